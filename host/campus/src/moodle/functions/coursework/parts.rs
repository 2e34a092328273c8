//! The parts of a module's line in the contents of a course.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::super::super::{text, write};
use crate::school::courses::{File, Kind, Module};

/// What all context ids are above the ids of their course modules.
const CONTEXTS: i64 = 58;

/// Returns the id of a module's context, which stands in the addresses of its files.
pub(super) fn context(cm: i64) -> i64 {
    cm + CONTEXTS
}

pub(super) fn purpose(kind: &Kind) -> &'static str {
    match kind {
        Kind::Assign(_) | Kind::Quiz(_) => "assessment",
        Kind::Forum { .. } => "collaboration",
        Kind::Page | Kind::Url { .. } | Kind::Resource(_) | Kind::Label => "content",
    }
}

pub(super) fn plural(kind: &Kind) -> &'static str {
    match kind {
        Kind::Assign(_) => "Assignments",
        Kind::Quiz(_) => "Quizzes",
        Kind::Forum { .. } => "Forums",
        Kind::Page => "Pages",
        Kind::Url { .. } => "URLs",
        Kind::Resource(_) => "Files",
        Kind::Label => "Text and media areas",
    }
}

/// Returns the address of the picture, with the theme's revision in it.
pub(super) fn icon(module: &Module, url: &str, revision: i64) -> String {
    let (component, picture) = match &module.kind {
        Kind::Resource(file) => ("core", format!("f/{}", extension(file))),
        kind => (kind.name(), "monologo".to_owned()),
    };
    address(url, component, revision, &picture)
}

/// Returns the address of the picture of a kind of module.
pub(in crate::moodle::functions) fn monologo(url: &str, kind: &str, revision: i64) -> String {
    address(url, kind, revision, "monologo")
}

fn address(url: &str, component: &str, revision: i64, picture: &str) -> String {
    format!("{url}/theme/image.php/boost/{component}/{revision}/{picture}?filtericon=1")
}

/// Writes when somebody marked something as done by hand, if they did.
pub(super) fn completion(done: Option<i64>) -> Value {
    json!({
        "state": i64::from(done.is_some()),
        "timecompleted": done.unwrap_or(0),
        "overrideby": null,
        "valueused": false,
        "hascompletion": true,
        "isautomatic": false,
        "istrackeduser": true,
        "uservisible": true,
        "details": [],
        "isoverallcomplete": done.is_some(),
    })
}

pub(super) fn available_from(from: i64) -> String {
    let day = Timestamp::from_second(from).unwrap_or_default().to_zoned(TimeZone::UTC);
    format!("Available from <strong>{}</strong>", day.strftime("%-d %B %Y"))
}

/// Returns a restriction as teachers get it.
pub(super) fn restriction(from: i64) -> String {
    format!("{{\"op\":\"&\",\"c\":[{{\"type\":\"date\",\"d\":\">=\",\"t\":{from}}}],\"showc\":[true]}}")
}

pub(super) fn after_link(module: &Module) -> Option<String> {
    let Kind::Resource(file) = &module.kind else { return None };
    let size = match file.size {
        size if size < 1024 => format!("{size}\u{a0}bytes"),
        size if size < 1 << 20 => format!("{}.{}\u{a0}KB", size / 1024, size % 1024 * 10 / 1024),
        size => format!("{}.{}\u{a0}MB", size >> 20, size % (1 << 20) * 10 / (1 << 20)),
    };
    Some(format!(" <span class=\"resourcelinkdetails\">{size}</span>"))
}

pub(super) fn badge(module: &Module) -> Option<Value> {
    match &module.kind {
        Kind::Forum { .. } => Some(json!([])),
        Kind::Resource(file) => {
            let content = extension(file).to_uppercase();
            Some(json!({"badgecontent": content, "badgestyle": "badge-none"}))
        }
        _ => None,
    }
}

/// Returns JSON in a text, where numbers are sometimes texts themselves.
pub(super) fn custom_data(module: &Module) -> String {
    let mut map = Map::new();
    let mut set = |name: &str, at: Option<i64>, as_text: bool| {
        if let Some(at) = at {
            map.insert(name.into(), if as_text { at.to_string().into() } else { at.into() });
        }
    };
    match &module.kind {
        Kind::Assign(assign) => {
            set("duedate", assign.due, false);
            set("cutoffdate", assign.cutoff, true);
            set("allowsubmissionsfromdate", assign.opens, true);
        }
        Kind::Quiz(quiz) => {
            set("timeopen", quiz.opens, true);
            set("timeclose", quiz.closes, true);
        }
        Kind::Forum { .. } => return "{\"trackingtype\":\"1\"}".into(),
        Kind::Url { .. } => return "{\"display\":4,\"filtericon\":true}".into(),
        Kind::Resource(file) => return file_data(file),
        Kind::Page | Kind::Label => {}
    }
    if map.is_empty() { "\"\"".into() } else { Value::Object(map).to_string() }
}

/// Returns how a file is displayed: PHP's own notation in JSON in a text.
fn file_data(file: &File) -> String {
    let extension = extension(file).to_uppercase();
    let kind = format!("{extension} document");
    let options = format!(
        "a:4:{{s:10:\"printintro\";i:0;s:8:\"showsize\";i:1;s:8:\"showtype\";i:1;s:11:\"filedetails\";a:4:{{s:4:\"size\";i:{};s:4:\"type\";s:{}:\"{kind}\";s:8:\"mimetype\";s:{}:\"{}\";s:9:\"extension\";s:{}:\"{extension}\";}}}}",
        file.size,
        kind.len(),
        file.media.len(),
        file.media,
        extension.len(),
    );
    write::json(&json!({"filtericon": true, "displayoptions": options, "display": 5}))
}

/// Lists the times of a module by their labels, whose words depend on the hour.
pub(super) fn dates(module: &Module, now: i64) -> Vec<Value> {
    let opened = |at: i64| if at <= now { "Opened:" } else { "Opens:" };
    let (opens, ends, names) = match &module.kind {
        Kind::Assign(assign) => {
            (assign.opens, assign.due.map(|due| ("Due:", due)), ["allowsubmissionsfromdate", "duedate"])
        }
        Kind::Quiz(quiz) => {
            let closed = |at: i64| if at <= now { "Closed:" } else { "Closes:" };
            (quiz.opens, quiz.closes.map(|at| (closed(at), at)), ["timeopen", "timeclose"])
        }
        _ => return Vec::new(),
    };
    let opens = opens.map(|at| (opened(at), at));
    let dates = [opens, ends].into_iter().zip(names);
    dates
        .filter_map(|(date, name)| date.map(|(label, at)| json!({"label": label, "timestamp": at, "dataid": name})))
        .collect()
}

/// Returns the one thing in a module, and the sum of it; nothing for what has no contents.
pub(super) fn contents(module: &Module, url: &str) -> Option<(Value, Value)> {
    let place = format!("{url}/webservice/pluginfile.php/{}", context(module.cm));
    let info = |size: i64, modified: i64, media: &[&str]| {
        json!({
            "filescount": 1,
            "filessize": size,
            "lastmodified": modified,
            "mimetypes": media,
            "repositorytype": "",
        })
    };
    let at = module.modified;
    match &module.kind {
        Kind::Resource(file) => {
            let name: String = url::form_urlencoded::byte_serialize(file.name.as_bytes()).collect();
            let name = name.replace('+', "%20");
            let line = json!({
                "type": "file",
                "filename": file.name,
                "filepath": "/",
                "filesize": file.size,
                "fileurl": format!("{place}/mod_resource/content/0/{name}?forcedownload=1"),
                "timecreated": file.modified,
                "timemodified": file.modified,
                "sortorder": 1,
                "mimetype": file.media,
                "isexternalfile": false,
                "userid": 2,
                "author": null,
                "license": null,
            });
            Some((line, info(file.size, file.modified, &[&file.media])))
        }
        Kind::Page => {
            let line = json!({
                "type": "file",
                "filename": "index.html",
                "filepath": "/",
                "filesize": 0,
                "fileurl": format!("{place}/mod_page/content/index.html?forcedownload=1"),
                "timecreated": null,
                "timemodified": at,
                "sortorder": 1,
                "userid": null,
                "author": null,
                "license": null,
            });
            Some((line, info(0, at, &[])))
        }
        Kind::Url { address } => {
            let line = json!({
                "type": "url",
                "filename": text::shown(&module.name),
                "filepath": null,
                "filesize": 0,
                "fileurl": address,
                "timecreated": null,
                "timemodified": at,
                "sortorder": null,
                "userid": null,
                "author": null,
                "license": null,
            });
            Some((line, info(0, at, &[])))
        }
        _ => None,
    }
}

fn extension(file: &File) -> &str {
    file.name.rsplit_once('.').map_or("unknown", |(_, extension)| extension)
}
