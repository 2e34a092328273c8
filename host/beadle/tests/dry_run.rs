//! Trying must cost nothing: a dry run, a plugin file and `doctor` leave everything as it was, byte by byte.

mod support;

use std::collections::BTreeSet;

use beadle_campus::faults::Matcher;
use beadle_campus::sheets::Sheets;
use support::files::{all_but_allowed, same};
use support::school::{BOOK, BY_HAND, FROM_DATABASE, TAB, Town};
use support::{House, SHIPPED};

/// Returns the schedules of a folder's file.
async fn schedules(house: &House) -> BTreeSet<String> {
    let coming = house.run(&["next", "--number", "1", "--json"]).await.json();
    let coming = coming.as_array().expect("a list");
    coming.iter().map(|one| one["schedule"].as_str().expect("a name").to_owned()).collect()
}

/// Counts what was sent to the spreadsheet service that could change something there. A token that is fetched changes nothing.
fn writes(sheets: &Sheets) -> usize {
    sheets.faults.count(Matcher::new(|seen| seen.method != "GET" && seen.path != "/token"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_file_tried_without_a_store_leaves_none() {
    let house = House::with(SHIPPED);
    let before = all_but_allowed(house.path());
    let names = schedules(&house).await;
    assert!(!names.is_empty());
    for name in &names {
        let out = house.run(&["run", name, "--dry-run"]).await.ok();
        assert!(out.contains("nothing was written"), "{out}");
        if name.starts_with("moodle_") {
            let said = if name == "moodle_courses" { "at a first look" } else { "no courses are known yet" };
            assert!(out.contains(said), "{out}");
            continue;
        }
        assert!(out.contains("never seen before"), "{out}");
        let place = match name.as_str() {
            "conferences" => "would write to chat:class (the terminal)",
            _ => "would write to sheet:presence (presence.csv, which would be made)",
        };
        assert!(out.contains(place), "{out}");
        assert!(out.contains("  + "), "{out}");
    }
    same(&before, &all_but_allowed(house.path()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_file_tried_beside_its_store_changes_no_byte_of_it() {
    let house = House::with(SHIPPED);
    let names = schedules(&house).await;
    for name in &names {
        house.run(&["run", name]).await.ok();
    }
    let before = all_but_allowed(house.path());
    assert!(before.contains_key("beadle.db") && before.contains_key("presence.csv"));
    for name in &names {
        let out = house.run(&["run", name, "--dry-run"]).await.ok();
        if name.starts_with("moodle_") {
            assert!(out.contains("nothing was written"), "{out}");
            continue;
        }
        // The school goes on meanwhile: somebody may have left, which is remembered in a scope of its own from then on.
        let scope = if name == "conferences" { "site of conferences" } else { "site of presence" };
        let seen = out.lines().find(|line| line.contains(scope)).unwrap_or_default();
        assert!(
            seen.contains("unchanged") && !seen.contains("never seen before"),
            "a difference against the store: {out}"
        );
        let json = house.run(&["run", name, "--dry-run", "--json"]).await;
        assert_eq!(json.code, Some(0), "{}", json.err);
        let json = json.json();
        assert_eq!(json["schedule"], name.as_str());
        let word = if name == "conferences" { "conferences" } else { "online" };
        assert!(json["result"]["ok"]["sentence"].as_str().is_some_and(|sentence| sentence.contains(word)));
        assert!(json["report"]["scopes"].as_array().is_some_and(|scopes| scopes.len() >= 2), "{json:#}");
    }
    for looking in [["runs"].as_slice(), &["doctor"], &["check"], &["plugins"], &["next"], &["show", "1"]] {
        house.run(looking).await.ok();
        same(&before, &all_but_allowed(house.path()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_are_read_and_never_written_to() {
    let mut town = Town::with_sheets().await;
    let house = town.house(&BY_HAND);
    house.run(&["run", "online"]).await.ok();
    let newcomer = town.absent().await[0];
    town.arrive(newcomer, "10.20.3.77").await;
    // The tab now holds twelve rows, and there is one more to write.
    let (cells, sent, version) = (town.sheets().cells(BOOK, TAB), writes(town.sheets()), town.version().await);
    assert_eq!(cells.len(), 13, "{cells:?}");
    let before = all_but_allowed(house.path());

    let out = house.run(&["run", "online", "--dry-run"]).await.ok();
    assert!(out.contains("would write to sheet:presence (tab Online of spreadsheet"), "{out}");
    assert!(out.contains(": 1 rows"), "{out}");
    assert!(out.contains(&format!("  + {} | ", support::tables::seed(newcomer))), "{out}");
    let json = house.run(&["run", "online", "--dry-run", "--json"]).await.json();
    let rows = json["targets"][0]["rows"].as_array().expect("rows").clone();
    assert_eq!(rows.len(), 1, "{json:#}");
    assert_eq!((&rows[0]["stands"], &rows[0]["cells"][2]), (&false.into(), &"Room 103".into()));
    house.run(&["doctor"]).await.ok();

    assert_eq!(town.sheets().cells(BOOK, TAB), cells);
    assert_eq!(writes(town.sheets()), sent, "nothing was sent that writes");
    assert_eq!(town.version().await, version, "the school's database is as it was");
    same(&before, &all_but_allowed(house.path()));

    house.run(&["run", "online"]).await.ok();
    assert_eq!(town.sheets().cells(BOOK, TAB).len(), 14, "and the row was really due");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_file_is_only_ever_tried() {
    let town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    house.write("tried.wasm", beadle_builtins::builtin("online-users").expect("it comes with the host"));
    let before = all_but_allowed(house.path());
    let settings = r#"{"window": "10m", "sheet": "presence", "database": "moodle", "show-hidden": true}"#;
    let grants = r#"{"db": ["moodle"], "sheets": ["presence:append"]}"#;
    let args = ["run", "tried.wasm", "--site", "main", "--settings", settings, "--grants", grants, "--mapper", "rooms"];
    let out = house.run(&args).await.ok();
    assert!(out.contains("12 online") && out.contains("nothing was written"), "{out}");
    assert!(out.contains("would write to sheet:presence (presence.csv, which would be made): 12 rows"), "{out}");
    same(&before, &all_but_allowed(house.path()));

    // What is not granted on the command line is not granted because the file grants it to another plugin.
    let refused = house.run(&args[..6]).await;
    assert_eq!(refused.code, Some(1), "{}{}", refused.out, refused.err);
    assert!(refused.out.contains("denied"), "{}{}", refused.out, refused.err);
    same(&before, &all_but_allowed(house.path()));

    let unknown = house.run(&["run", "tried.wasm", "--site", "north"]).await.failed(6);
    assert!(unknown.contains("there is no site north; there are: main"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_in_dry_run_mode_writes_down_its_plan_and_nothing_else() {
    let town = Town::with_sheets().await;
    let house = town.house(&FROM_DATABASE);
    house.edit("schedules.toml", "every = \"1s\"", "every = \"1s\"\nmode = \"dry-run\"");
    let mut host = house.serve().await;
    host.line("12 online").await;
    host.line("12 arrived").await;
    let log = host.stop_cleanly().await;
    assert!(!log.contains("delivered"), "{log}");
    assert_eq!(writes(town.sheets()), 0);
    assert_eq!(town.sheets().tabs(BOOK), ["Sheet1"], "nor was the tab made");
    assert_eq!(support::tables::effects(&house.file("beadle.db")).await.len(), 0, "nothing is in the outbox");
    let run = house.run(&["show", "1", "--json"]).await.json();
    assert_eq!((&run["mode"], &run["state"]), (&"dry-run".into(), &"dry".into()), "{run:#}");
    assert_eq!(run["report"]["planned"].as_array().map(Vec::len), Some(12), "{run:#}");
}
