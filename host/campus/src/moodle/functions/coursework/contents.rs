//! `core_course_get_contents`.

use serde_json::{Value, json};

use super::super::super::params::Params;
use super::super::super::{Fail, text, write};
use super::super::{Caller, courses, take};
use super::parts;
use crate::school::conferences::Activity;
use crate::school::courses::{Contents, Kind, Module, Section};

/// What may be asked for in `options`.
const OPTIONS: [&str; 8] = [
    "excludemodules",
    "excludecontents",
    "includestealthmodules",
    "sectionid",
    "sectionnumber",
    "cmid",
    "modname",
    "modid",
];

#[derive(Default)]
struct Asked {
    without_modules: bool,
    without_contents: bool,
    section: Option<i64>,
    number: Option<i64>,
    cm: Option<i64>,
    kind: Option<String>,
    instance: Option<i64>,
}

impl Asked {
    fn read(params: &Params) -> Result<Self, Fail> {
        let mut asked = Self::default();
        for option in take::structures(params, "options")?.unwrap_or_default() {
            take::only(option, &["name", "value"])?;
            let (name, value) = (take::text(option, "name")?, take::text(option, "value")?);
            if !OPTIONS.contains(&name) {
                return Err(Fail::moodle("errorinvalidparam", format!("The param \"{name}\" is invalid.")));
            }
            let number = take::lenient(value);
            match name {
                "excludemodules" => asked.without_modules = number != 0,
                "excludecontents" => asked.without_contents = number != 0,
                "sectionid" => asked.section = Some(number),
                "sectionnumber" => asked.number = Some(number),
                "cmid" => asked.cm = Some(number),
                "modname" => asked.kind = Some(value.to_owned()),
                "modid" => asked.instance = Some(number),
                // Nothing is available and yet not on the course page.
                _ => {}
            }
        }
        Ok(asked)
    }

    fn wants(&self, cm: i64, kind: &str, instance: i64) -> bool {
        !self.without_modules
            && self.cm.is_none_or(|wanted| wanted == cm)
            && self.kind.as_deref().is_none_or(|wanted| wanted == kind)
            && self.instance.is_none_or(|wanted| self.kind.is_none() || wanted == instance)
    }
}

/// Calls `core_course_get_contents`.
pub(in crate::moodle::functions) fn contents(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["courseid", "options"])?;
    let id = take::int(params, "courseid")?;
    let asked = Asked::read(params)?;
    let course = caller.course(id).ok_or_else(|| courses::unknown(id))?;
    if !caller.enters(course) {
        return Err(Fail::course(id));
    }
    // A course always has one.
    let general = [Section { id, number: 0, name: "General".into(), summary: String::new() }];
    let nothing = Contents::default();
    let (book, calendar) = (caller.moodle.book(), caller.moodle.calendar());
    let contents = book.of(id).unwrap_or(&nothing);
    let all = if contents.sections.is_empty() { &general[..] } else { &contents.sections };
    let url = caller.moodle.url();
    let seen = Seen {
        url: &url,
        revision: caller.moodle.revision(),
        now: caller.moodle.now(),
        manages: caller.sees_hidden(course),
        contents: !asked.without_contents,
        me: caller.me.id,
    };
    let sections = all.iter().filter(|section| {
        asked.section.is_none_or(|wanted| wanted == section.id)
            && asked.number.is_none_or(|wanted| wanted == section.number)
    });
    // Conferences stand in the first section after the general one, as their own list has it.
    let conferences = all.iter().map(|section| section.number).filter(|number| *number <= 1).max();
    let sections = sections.map(|section| {
        let modules = contents.modules.iter().filter(|module| module.section == section.number);
        let modules = modules.filter(|module| asked.wants(module.cm, module.kind.name(), module.instance));
        let modules = modules.filter(|module| caller.notices(course, module));
        let mut lines: Vec<Value> = modules.map(|module| line(module, &seen)).collect();
        if conferences == Some(section.number) {
            let activities = calendar.activities.iter().filter(|activity| {
                activity.course == id
                    && caller.sees(activity)
                    && asked.wants(activity.cm, "bigbluebuttonbn", activity.id)
            });
            for activity in activities {
                // It stands before what was made later.
                let later = lines.iter().position(|line| line["id"].as_i64().is_some_and(|cm| cm > activity.cm));
                lines.insert(later.unwrap_or(lines.len()), conference(activity, &seen));
            }
        }
        json!({
            "id": section.id,
            "name": text::shown(&section.name),
            "visible": 1,
            "summary": section.summary,
            "summaryformat": 1,
            "section": section.number,
            "hiddenbynumsections": 0,
            "uservisible": true,
            "component": null,
            "itemid": null,
            "modules": lines,
        })
    });
    Ok(write::json(&sections.collect::<Vec<_>>()))
}

/// What a line depends on beside the module.
struct Seen<'a> {
    url: &'a str,
    revision: i64,
    now: i64,
    manages: bool,
    contents: bool,
    me: i64,
}

/// What is said of any module alike.
struct Common<'a> {
    cm: i64,
    instance: i64,
    kind: &'static str,
    name: &'a str,
    hidden: bool,
    /// Only texts on the course page have one, and no page of their own.
    description: Option<&'a str>,
}

/// Writes the keys up to what a kind has of its own.
fn head(common: &Common<'_>, url: &str) -> serde_json::Map<String, Value> {
    let mut map = serde_json::Map::new();
    map.insert("id".into(), common.cm.into());
    if common.description.is_none() {
        map.insert("url".into(), format!("{url}/mod/{}/view.php?id={}", common.kind, common.cm).into());
    }
    map.insert("name".into(), text::shown(common.name).into());
    map.insert("instance".into(), common.instance.into());
    map.insert("contextid".into(), parts::context(common.cm).into());
    if let Some(description) = common.description {
        let wrapped = format!("<div class=\"no-overflow\">{description}</div>");
        map.insert("description".into(), wrapped.into());
    }
    map.insert("visible".into(), i64::from(!common.hidden).into());
    map
}

fn line(module: &Module, seen: &Seen<'_>) -> Value {
    let kind = module.kind.name();
    let is_label = module.kind == Kind::Label;
    let common = Common {
        cm: module.cm,
        instance: module.instance,
        kind,
        name: &module.name,
        hidden: module.hidden,
        description: is_label.then_some(&*module.intro),
    };
    let mut map = head(&common, seen.url);
    let mut set = |name: &str, value: Value| {
        map.insert(name.into(), value);
    };
    set("uservisible", (seen.manages || module.available.is_none_or(|from| from <= seen.now)).into());
    if let Some(from) = module.available.filter(|from| *from > seen.now || seen.manages) {
        set("availabilityinfo", parts::available_from(from).into());
    }
    set("visibleoncoursepage", 1.into());
    set("modicon", parts::icon(module, seen.url, seen.revision).into());
    set("modname", kind.into());
    set("purpose", parts::purpose(&module.kind).into());
    set("branded", false.into());
    set("modplural", parts::plural(&module.kind).into());
    if seen.manages {
        set("availability", module.available.map_or(Value::Null, |from| parts::restriction(from).into()));
    }
    set("indent", 0.into());
    set("onclick", "".into());
    set("afterlink", parts::after_link(module).map_or(Value::Null, Value::from));
    if let Some(badge) = parts::badge(module) {
        set("activitybadge", badge);
    }
    set("customdata", parts::custom_data(module).into());
    set("noviewlink", is_label.into());
    set("candisplay", true.into());
    set("completion", i64::from(module.done.is_some()).into());
    if let Some(done) = &module.done {
        set("completiondata", parts::completion(done.get(&seen.me).copied()));
    }
    set("downloadcontent", 1.into());
    set("dates", parts::dates(module, seen.now).into());
    set("groupmode", 0.into());
    if let Some((list, info)) = parts::contents(module, seen.url) {
        set("contents", if seen.contents { json!([list]) } else { json!([]) });
        set("contentsinfo", info);
    }
    Value::Object(map)
}

fn conference(activity: &Activity, seen: &Seen<'_>) -> Value {
    let kind = "bigbluebuttonbn";
    let name = &activity.name;
    let common =
        Common { cm: activity.cm, instance: activity.id, kind, name, hidden: activity.hidden, description: None };
    let mut map = head(&common, seen.url);
    let rest = json!({
        "uservisible": true,
        "visibleoncoursepage": 1,
        "modicon": parts::monologo(seen.url, kind, seen.revision),
        "modname": kind,
        "purpose": "communication",
        "branded": true,
        "modplural": "BigBlueButton",
        "availability": null,
        "indent": 0,
        "onclick": "",
        "afterlink": null,
        "customdata": "\"\"",
        "noviewlink": false,
        "candisplay": true,
        "completion": 0,
        "downloadcontent": 1,
        "dates": [],
        "groupmode": 0,
    });
    let rest = rest.as_object().into_iter().flatten();
    let rest = rest.filter(|(name, _)| seen.manages || *name != "availability");
    map.extend(rest.map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(map)
}
