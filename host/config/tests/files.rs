//! Files that are no configuration, the shipped one, and texts of every kind.

use std::path::Path;

use beadle_config::{Code, Config, DEFAULT, Day, Difference, SecretRef, SitePeer, Source, Store};
use proptest::prelude::*;

fn nothing(_: &str) -> Option<String> {
    None
}

/// Loads a file and returns what is said, with the folder taken out.
fn refused(folder: &Path, name: &str) -> String {
    let errors = Config::load(&folder.join(name), &nothing).expect_err("the file is bad");
    errors.to_string().replace(&folder.display().to_string(), "FOLDER")
}

#[test]
fn missing() {
    let folder = tempfile::tempdir().unwrap();
    insta::assert_snapshot!(refused(folder.path(), "schedules.toml"), @r#"
    error: FOLDER/schedules.toml: there is no such file
      run `beadle init` to write one, or name another with --config FILE
    "#);
}

#[test]
fn a_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("conf")).unwrap();
    insta::assert_snapshot!(refused(folder.path(), "conf"), @r#"
    error: FOLDER/conf: this is a folder, not a file
      name a file, such as FOLDER/conf/schedules.toml
    "#);
}

#[test]
fn empty() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.toml"), "").unwrap();
    std::fs::write(folder.path().join("b.toml"), "\u{feff}\n# only a comment\n").unwrap();
    insta::assert_snapshot!(refused(folder.path(), "a.toml"), @r#"
    error: FOLDER/a.toml: the file is empty: it says nothing to run
      run `beadle init` to write one, or copy the shipped schedules.toml
    "#);
    assert!(refused(folder.path(), "b.toml").contains("the file is empty"));
}

#[test]
fn not_utf8() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.toml"), b"[host]\nlanguage = \"de\"\n# Sch\xfcler\n").unwrap();
    insta::assert_snapshot!(refused(folder.path(), "a.toml"), @r#"
    error: FOLDER/a.toml: the file is not UTF-8 text (line 3)
      save it as UTF-8 without other encodings
    "#);
}

#[test]
fn too_large() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.toml"), "#".repeat((4 << 20) + 1)).unwrap();
    assert!(refused(folder.path(), "a.toml").contains("larger than 4 MiB"));
}

#[cfg(unix)]
#[test]
fn endless() {
    let errors = Config::load(Path::new("/dev/zero"), &nothing).unwrap_err();
    assert!(errors.to_string().contains("larger than 4 MiB"), "{errors}");
}

#[test]
fn a_byte_order_mark_and_foreign_line_ends_do_no_harm() {
    let text = format!("\u{feff}{}", DEFAULT.replace('\n', "\r\n"));
    let (config, _) = Config::from_source(&Source::from_text("schedules.toml", text), &nothing).unwrap();
    assert_eq!(config, Config::embedded(&nothing).unwrap().0);
}

#[test]
fn the_shipped_file_runs_the_campus_with_nothing_beside_it() {
    let (config, warnings) = Config::embedded(&nothing).unwrap();
    assert_eq!(warnings, vec![]);
    assert!(config.uses_campus());
    assert_eq!(config.sites[&"main".into()].peer, SitePeer::Campus);
    assert_eq!(config.campus.day, Day::Compressed(std::time::Duration::from_secs(720)));
    assert_eq!(config.host.store, Store::Sqlite("beadle.db".into()));
    assert_eq!(config.host.key, SecretRef::File("beadle.key".into()));
    assert_eq!(config.host.cache, Path::new(".beadle-cache"));
    let plugin = &config.plugins[&"online".into()];
    assert_eq!(plugin.code, Code::Builtin("online-users".into()));
    assert_eq!(plugin.mapper, Some("rooms".into()));
    let rooms = config.plugins[&"rooms".into()].settings["rooms"].as_array().unwrap();
    assert!(rooms.iter().any(|room| room["network"] == "10.20.1.0/24" && room["name"] == "Room 101"));
    let schedule = config.schedule(&"online".into()).unwrap();
    assert_eq!((schedule.site.clone(), schedule.base.as_str()), (Some("main".into()), "online"));
    assert_eq!(schedule.settings["sheet"], "presence");
}

#[test]
fn files_are_relative_to_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("rooms")).unwrap();
    std::fs::write(folder.path().join("t"), "abc\n").unwrap();
    let text = "[host]\nstore = \"sqlite:data/x.db\"\n[sites.a]\nurl = \"https://moodle.example/\"\ntoken = { file = \"t\" }\n[plugins.r]\nbuiltin = \"classroom-mapper\"\nfolder = \"rooms/\"\n";
    std::fs::write(folder.path().join("schedules.toml"), text).unwrap();
    let (config, _) = Config::load(&folder.path().join("schedules.toml"), &nothing).unwrap();
    assert_eq!(config.host.store, Store::Sqlite(folder.path().join("data/x.db")));
    assert_eq!(config.host.key, SecretRef::File(folder.path().join("data/beadle.key")));
    assert_eq!(config.plugins[&"r".into()].folder, Some(folder.path().join("rooms/")));
}

const TWO_SITES: &str = r#"
[sites.main]
url = "campus:"
[sites.north]
url = "campus:"
[plugins.online]
builtin = "online-users"
grants = { moodle = ["core_user_get_users"] }
settings = { window = "5m", page = 100 }
[[schedule]]
name = "online"
plugin = "online"
sites = ["main", "north"]
every = "30s"
settings = { window = "1m" }
"#;

fn two_sites(change: impl Fn(&str) -> String) -> Config {
    let source = Source::from_text("schedules.toml", change(TWO_SITES));
    Config::from_source(&source, &nothing).unwrap_or_else(|errors| panic!("{errors}")).0
}

#[test]
fn several_sites_are_several_schedules() {
    let config = two_sites(str::to_owned);
    let names: Vec<&str> = config.schedules.iter().map(|schedule| schedule.name.as_str()).collect();
    assert_eq!(names, ["online@main", "online@north"]);
    assert_eq!(config.schedules[1].site, Some("north".into()));
    // The schedule's settings win key by key.
    assert_eq!(config.schedules[0].settings, serde_json::json!({ "window": "1m", "page": 100 }));
}

#[test]
fn others_can_point_at_lines() {
    let config = two_sites(str::to_owned);
    let line = |path: &[&str]| config.locate(path).map(|place| place.line);
    assert_eq!(line(&["schedule", "online", "settings", "window"]), Some(15));
    assert_eq!(line(&["schedule", "online@north", "settings", "window"]), Some(15));
    // What the schedule does not say itself stands with the plugin.
    assert_eq!(line(&["schedule", "online", "settings", "page"]), Some(9));
    assert_eq!(line(&["plugins", "online", "grants"]), Some(8));
    assert_eq!(line(&["schedule", "online", "settings", "sheet"]), None);
    assert_eq!(config.locate_nearest(&["schedule", "online", "settings", "sheet"]).map(|place| place.line), Some(15));
    let problem = config.problem(&["schedule", "online", "settings", "window"], "\"1m\" is too short", None);
    assert_eq!(
        problem.to_string(),
        "error: schedules.toml:15: \"1m\" is too short\n   15 | settings = { window = \"1m\" }\n      |                       ^^^^"
    );
}

#[test]
fn an_edit_is_seen_for_what_it_changes() {
    let old = two_sites(str::to_owned);
    let difference = |change: &dyn Fn(&str) -> String| old.difference(&two_sites(change));
    let names = |names: &[&str]| names.iter().map(|name| (*name).into()).collect();
    assert!(difference(&|text| format!("# a comment\n{text}")).is_empty());
    assert_eq!(
        difference(&|text| text.replace("page = 100", "page = 200")),
        Difference { changed: names(&["online@main", "online@north"]), ..Difference::default() }
    );
    assert_eq!(
        difference(&|text| text.replace("[sites.north]", "[sites.north]\nconcurrency = 5")),
        Difference { changed: names(&["online@north"]), ..Difference::default() }
    );
    assert_eq!(
        difference(&|text| text.replace("[\"main\", \"north\"]", "[\"main\"]")),
        Difference {
            added: names(&["online"]),
            removed: names(&["online@main", "online@north"]),
            ..Difference::default()
        }
    );
    // Cache and key stand beside the store, in the same folder as before.
    let store = difference(&|text| format!("[host]\nstore = \"sqlite:other.db\"\n{text}"));
    assert_eq!(store, Difference { restart: vec!["host.store"], ..Difference::default() });
}

#[test]
fn a_source_knows_its_digest_and_hides_its_text() {
    let (a, b) = (Source::from_text("x", "token = \"s3cret\""), Source::from_text("x", "token = \"s3cret\" "));
    assert_ne!(a.digest(), b.digest());
    assert_eq!(a.digest(), a.clone().digest());
    assert!(!format!("{a:?}").contains("s3cret"));
}

/// Pieces of real files, for texts that come close to being good.
const PIECES: [&str; 32] = [
    "[host]",
    "[[schedule]]",
    "[sites.main]",
    "[sites]",
    "[plugins.online.grants]",
    "[databases.moodle]",
    "[sheets.x]",
    "\n",
    "\n",
    "url = ",
    "\"campus:\"",
    "name = \"a\"",
    "plugin = \"online\"",
    "every = \"5s\"",
    "cron = \"* * * * *\"",
    "token = ",
    "{ env = \"A\" }",
    "\"mysql://u:p@h/d\"",
    "settings = ",
    "{ a = [1, 2.5, inf, 2020-01-01] }",
    "sites = [\"main\"]",
    "timezone = \"",
    "\"",
    "'''",
    "\"\"\"",
    "rate = 1e999",
    "runs = 0x_ff",
    "kind = \"google\"",
    "a.b.c = 1",
    "# é \u{1F600}",
    "store = \"sqlite:\"",
    "blackout = [\"..\", 1]",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_loader_panic(text in "\\PC{0,200}") {
        let _ = Config::from_source(&Source::from_text("x.toml", text), &nothing).map_err(|errors| errors.to_string());
    }

    #[test]
    fn no_text_that_is_nearly_good_makes_the_loader_panic(
        pieces in proptest::collection::vec(prop_oneof![9 => proptest::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => "\\PC{0,5}"], 0..40)
    ) {
        let _ = Config::from_source(&Source::from_text("x.toml", pieces.concat()), &nothing).map_err(|errors| errors.to_string());
    }

    #[test]
    fn no_damage_to_the_shipped_file_makes_the_loader_panic(from in 0..DEFAULT.len(), length in 0..80usize, instead in "\\PC{0,4}") {
        let mut bytes = DEFAULT.as_bytes().to_vec();
        let to = (from + length).min(bytes.len());
        bytes.splice(from..to, instead.bytes());
        if let Ok(text) = String::from_utf8(bytes) {
            let _ = Config::from_source(&Source::from_text("x.toml", text), &nothing).map_err(|errors| errors.to_string());
        }
    }
}

#[test]
fn a_site_with_a_calendar_needs_no_account_and_may_have_one() {
    let text = r#"
[sites.bare]
url = "https://moodle.example"
calendar = { env = "C" }

[sites.both]
url = "https://moodle.example"
calendar = { env = "C" }
token = { env = "T" }
"#;
    let all_set = |_: &str| Some("set".to_owned());
    let (config, _) = Config::from_source(&Source::from_text("schedules.toml", text), &all_set).unwrap();
    for (name, expected) in [("bare", false), ("both", true)] {
        let SitePeer::Moodle { account, calendar, .. } = &config.sites[&name.into()].peer else { panic!("{name}") };
        assert_eq!((account.is_some(), calendar), (expected, &Some(SecretRef::Env("C".into()))), "{name}");
    }
}
