//! What a plugin can say of itself, as `describe.txt` of its folder wants it.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use beadle_sdk::{Description, Error, artifacts, catalog, classrooms, db, files, http, ledger, moodle, run, sheets};

const SCHEMA: &str =
    r#"{"type": "object", "properties": {"behaviour": {"type": "string"}, "count": {"type": "integer"}}}"#;

fn wanted() -> Option<String> {
    files::text("describe.txt").ok()
}

pub(crate) fn check() -> Result<(), Error> {
    match wanted().as_deref() {
        Some("refuses_its_files") => Err(Error::Invalid("describe.txt line 1: nonsense".to_owned())),
        _ => Ok(()),
    }
}

fn usual() -> Description {
    named("unruly")
}

fn named(name: &str) -> Description {
    Description::new(name, "0.1.0", "Misbehaves.")
        .settings(SCHEMA)
        .may_use("sheets", &["append"], "to stage rows")
        .may_use("moodle", &["core_webservice_get_site_info"], "to wait for an answer")
        .keeps("lamps", "Which lamps are on.")
}

macro_rules! describe {
    ($($name:ident)+) => {
        pub(crate) fn describe() -> Description {
            match wanted().as_deref() {
                $(Some(stringify!($name)) => $name(),)+
                Some(other) => panic!("there is no description {other:?}"),
                None => usual(),
            }
        }
    };
}

foreach_description!(describe);

fn refuses_its_files() -> Description {
    unreachable!("the check has refused")
}

fn panics() -> Description {
    panic!("who am I")
}

fn loops_for_ever() -> Description {
    crate::collecting::spin()
}

fn schema_of(bytes: usize) -> Description {
    usual().settings(&format!("{{\"type\": \"object\", \"description\": \"{}\"}}", "x".repeat(bytes)))
}

fn tells_a_megabyte() -> Description {
    schema_of(1 << 20)
}

fn tells_ten_megabytes() -> Description {
    schema_of(10 << 20)
}

fn has_a_long_version() -> Description {
    Description::new("unruly", &"1".repeat(1 << 20), "Misbehaves.")
}

fn has_a_schema_that_is_no_json() -> Description {
    usual().settings("{type: object}")
}

fn has_a_schema_that_is_no_schema() -> Description {
    usual().settings(r#"{"type": "lamp"}"#)
}

fn has_a_bad_name() -> Description {
    named("../unruly")
}

fn has_a_bad_collection() -> Description {
    usual().keeps("Lamps and \u{1b}[31m", "Escapes.")
}

fn has_too_many_asks() -> Description {
    (0..201).fold(usual(), |description, _| description.may_use("db", &[], "to read"))
}

/// Calls everything there is and tells in its summary how each call ended.
fn tries_everything() -> Description {
    let column = ("a", sheets::Take::Whole);
    let word = |what: &str, error: Option<Error>| {
        let word = match error {
            None => "allowed",
            Some(Error::Denied(_)) => "denied",
            Some(Error::Invalid(_)) => "invalid",
            Some(Error::Unavailable(_)) => "unavailable",
            Some(Error::Refused { .. }) => "refused",
        };
        format!("{what}={word}")
    };
    let site_info = "core_webservice_get_site_info";
    let lamps = ledger::Collection::<u32>::new("lamps");
    let words = [
        word("files", files::text("describe.txt").err()),
        word("moodle", moodle::call::<serde::de::IgnoredAny>(site_info, &serde_json::json!({})).err()),
        word("db", db::query("moodle", "SELECT 1", &[]).err()),
        word("http", http::get("https://api.school.example/").err()),
        word("sheet", sheets::read("presence").err()),
        word("append", sheets::append("presence", &["a"], &[column], &[vec!["1".to_owned()]]).err()),
        word("observe", lamps.observe("all", ledger::Losses::Ordinary, Vec::new()).err()),
        word("list", lamps.list("all").err()),
        word("sight", catalog::observe(&catalog::sightings("contents/4", catalog::Source::Contents, [])).err()),
        word("items", catalog::items(&crate::sighting::all_items()).err()),
        word("put", artifacts::put(&[crate::keeping::artifact("answer", Vec::new())]).pop().and_then(Result::err)),
        word("get", artifacts::get("").err()),
        word("references", artifacts::references("contents/4").err()),
        word("classrooms", classrooms::locate(&["10.0.0.1".to_owned()]).err()),
        word("pseudonyms", run::pseudonyms(&["1".to_owned()]).err()),
    ];
    Description::new("unruly", "0.1.0", &words.join(" "))
}

fn sleeps() -> Description {
    std::thread::sleep(std::time::Duration::from_secs(3_600));
    usual()
}

fn grows_for_ever() -> Description {
    crate::collecting::grow()
}

fn overflows_its_stack() -> Description {
    named(if crate::collecting::deep_in_calls(0) == 0 { "unruly" } else { "deep" })
}

fn has_a_schema_that_turns_in_circles() -> Description {
    usual().settings(r##"{"allOf": [{"$ref": "#"}]}"##)
}

/// Forty lines that mean a million million.
fn has_a_schema_that_doubles() -> Description {
    let double =
        |n: u32| format!(r##""{n}": {{"allOf": [{{"$ref": "#/$defs/{m}"}}, {{"$ref": "#/$defs/{m}"}}]}}"##, m = n + 1);
    let lines: Vec<String> = (0..40).map(double).collect();
    usual().settings(&format!(r##"{{"$ref": "#/$defs/0", "$defs": {{{}, "40": {{}}}}}}"##, lines.join(", ")))
}

fn has_a_pattern_that_explodes() -> Description {
    usual().settings(r#"{"properties": {"how": {"pattern": "((x{1000}){1000}){1000}"}}}"#)
}

fn claims_another_plugins_collection() -> Description {
    usual().keeps("online:sessions", "Who is there.")
}

fn writes_to_the_terminal() -> Description {
    Description::new("unruly", "0.1.0", "Harmless.\u{1b}[2J\u{1b}[H").may_use("db", &[], "to read")
}

/// It says that it wants nothing and keeps nothing. What it then does is another matter.
fn asks_for_nothing() -> Description {
    Description::new("unruly", "0.1.0", "Does nothing.").settings(r#"{"type": "object"}"#)
}

fn differs_each_time() -> Description {
    Description::new("unruly", "0.1.0", &format!("{:x}", RandomState::new().build_hasher().finish()))
}
