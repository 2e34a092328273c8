//! What the commands print, word for word, and in which form programs get it.

mod support;

use std::collections::BTreeSet;

use beadle_campus::faults::{Action, Gate};
use insta::assert_snapshot;
use support::school::{BY_HAND, FROM_DATABASE, Town};
use support::steady::{narrow, steady};
use support::{House, host_section};

/// Three schedules of the simulated school, two of which meet the clock's change.
fn with_clocks() -> House {
    House::with(&format!(
        r#"{}
[sites.main]
url = "campus:"

[plugins.online]
builtin = "online-users"
grants = {{ moodle = ["core_user_get_users"] }}

[[schedule]]
name = "nightly"
plugin = "online"
sites = ["main"]
cron = "30 2 * * *"
timezone = "Europe/Berlin"

[[schedule]]
name = "hourly"
plugin = "online"
sites = ["main"]
cron = "30 * * * *"
timezone = "Europe/Berlin"
blackout = ["04:00-06:00"]
mode = "dry-run"

[[schedule]]
name = "resting"
plugin = "online"
sites = ["main"]
every = "6h"
mode = "off"
"#,
        host_section()
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn check_counts_what_it_found() {
    let house = Town::found().await.house(&BY_HAND);
    assert_snapshot!(house.run(&["check"]).await.ok(), @r#"
    schedules.toml is right: 1 schedules, 2 plugins, 1 sites, 1 sheets, 0 chats.
    Nothing was connected to; `beadle doctor` tries that.
    "#);
    assert_eq!(house.run(&["check", "--json"]).await.json(), serde_json::json!([]));
    house.edit("schedules.toml", "cron =", "timzone = \"UTC\"\ncron =");
    let wrong = house.run(&["check", "--json"]).await;
    assert_eq!(wrong.code, Some(3));
    assert_snapshot!(serde_json::to_string_pretty(&wrong.json()).expect("JSON"), @r#"
    [
      {
        "severity": "error",
        "file": "schedules.toml",
        "line": 47,
        "column": 1,
        "key": "schedule[online].timzone",
        "message": "unknown key \"timzone\" in schedule[online]",
        "fix": "did you mean timezone? write: timezone = \"UTC\""
      }
    ]
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn next_marks_the_hour_that_comes_twice() {
    let house = with_clocks();
    let out = house.run(&["next", "-n", "3", "--from", "2026-10-24T22:00:00Z"]).await.ok();
    assert_snapshot!(out, @r#"
    nightly (Europe/Berlin)
      Sun 2026-10-25 02:30:00 CEST  (this hour comes twice; run in the first)
      Mon 2026-10-26 02:30:00 CET
      Tue 2026-10-27 02:30:00 CET
    hourly (Europe/Berlin, dry run)
      Sun 2026-10-25 00:30:00 CEST
      Sun 2026-10-25 01:30:00 CEST
      Sun 2026-10-25 02:30:00 CEST  (this hour comes twice; run in the first)
    resting (UTC, switched off)
      Sun 2026-10-25 00:00:00 UTC
      Sun 2026-10-25 06:00:00 UTC
      Sun 2026-10-25 12:00:00 UTC
    "#);
    let json = house.run(&["next", "hourly", "-n", "4", "--from", "2026-10-25T02:00", "--json"]).await.json();
    let marks: Vec<_> = json.as_array().expect("a list").iter().map(|one| (&one["at"], &one["mark"])).collect();
    assert_snapshot!(format!("{marks:#?}"), @r#"
    [
        (
            String("2026-10-25T02:30:00+02:00[Europe/Berlin]"),
            String("this hour comes twice; run in the first"),
        ),
        (
            String("2026-10-25T02:30:00+01:00[Europe/Berlin]"),
            String("this hour comes twice; run again in the second"),
        ),
        (
            String("2026-10-25T03:30:00+01:00[Europe/Berlin]"),
            Null,
        ),
        (
            String("2026-10-25T04:30:00+01:00[Europe/Berlin]"),
            Null,
        ),
    ]
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn next_from_within_the_gap_lists_what_comes_at_its_end() {
    let house = with_clocks();
    let out = house.run(&["next", "nightly", "-n", "1", "--from", "2027-03-28T02:15"]).await.ok();
    assert_snapshot!(out, @r#"
    nightly (Europe/Berlin)
      Sun 2027-03-28 03:00:00 CEST  (the clock skips this time; run at the first instant after the gap)
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn next_marks_the_hour_that_is_skipped() {
    let house = with_clocks();
    assert_snapshot!(house.run(&["next", "nightly", "-n", "2", "--from", "2027-03-27T12:00"]).await.ok(), @r#"
    nightly (Europe/Berlin)
      Sun 2027-03-28 03:00:00 CEST  (the clock skips this time; run at the first instant after the gap)
      Mon 2027-03-29 02:30:00 CEST
    "#);
    assert_snapshot!(house.run(&["next", "hourly", "-n", "6", "--from", "2027-03-28T00:00"]).await.ok(), @r#"
    hourly (Europe/Berlin, dry run)
      Sun 2027-03-28 00:30:00 CET
      Sun 2027-03-28 01:30:00 CET
      Sun 2027-03-28 03:30:00 CEST
      Sun 2027-03-28 04:30:00 CEST  not run: blackout 04:00-06:00
      Sun 2027-03-28 05:30:00 CEST  not run: blackout 04:00-06:00
      Sun 2027-03-28 06:30:00 CEST
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_say_what_they_ask_for_and_why() {
    let house = Town::found().await.house(&BY_HAND);
    house.edit("schedules.toml", "moodle = [\"core_enrol_get_enrolled_users\", \"core_user_get_users\"]\n", "");
    assert_snapshot!(steady(&house.run(&["plugins"]).await.ok()), @r#"
    online: online-users VERSION (collector)
      Sees who is online in Moodle and in which room, and writes a row for each arrival.
      digest …
      can use db: granted
          to read from Moodle's own database who was active, and from which address: one statement of a fraction of a millisecond, and the only source that knows rooms
      can use moodle core_enrol_get_enrolled_users: not granted
          to list the accounts of the site page by page where there is no database; its account needs moodle/site:viewparticipants
      can use moodle core_user_get_users: not granted
          to list all accounts of the site at once where nothing else is granted
      can use sheets append: granted
          to write a row for each arrival: a pseudonym, two times and a room, never a name
      can use classrooms: granted
          to turn addresses into rooms; without a mapper every room is unknown
      remembers presence: who is here and in which room, under pseudonyms; a record ends with its session
      remembers polls: when a poll was last counted, while somebody is away
      remembers occupancy: how many people are in each room, others may be granted to read it
      runs as online
    rooms: classroom-mapper VERSION (mapper)
      Turns network addresses into rooms.
      digest …
    "#);
    let json = house.run(&["plugins", "--json"]).await.json();
    assert_eq!((&json[0]["name"], &json[1]["roles"][0]), (&"online".into(), &"mapper".into()), "{json:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_tries_everything_and_says_what_to_fix() {
    let town = Town::with_sheets().await;
    let house = town.house(&BY_HAND);
    assert_snapshot!(steady(&house.run(&["doctor"]).await.ok()), @r#"
    good  store beadle.db: not there yet; the first start makes it
    good  site main: Campus (Moodle 5.0.6+ (Build: 20260403)) answers user wsbeadle in …; its token may call 11 functions
    good  database moodle: VERSION answers in …; the session only reads
    look  database moodle: its user can see secrets (mdl_user.password, mdl_user.secret, mdl_external_tokens.token, mdl_sessions.sid); grant SELECT on the needed columns only
    good  sheet:presence: new rows would go to tab Online of spreadsheet 1AbCdEfGhIjKlMnOpQrStUvWxYz, which would be made
    good  schedule online: tried dry: 12 online in 8 rooms (Room 103 2, Room 104 2, Room 105 2, …), 12 arrived
    "#);
    let json = house.run(&["doctor", "--json"]).await.json();
    let standings: Vec<_> = json.as_array().expect("a list").iter().map(|one| one["standing"].as_str()).collect();
    assert!(standings.len() >= 5 && standings.iter().all(|one| matches!(one, Some("good" | "look"))), "{json:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_told_when_it_ends_and_afterwards() {
    let mut town = Town::found().await;
    let house = town.house(&BY_HAND);
    town.sql("UPDATE mdl_user SET lastaccess = 0 WHERE id > 5").await;
    assert_snapshot!(house.run(&["runs"]).await.ok(), @r#"No runs yet; `beadle next` shows when the first is due."#);
    let told = house.run(&["run", "online", "--at", "2026-11-20T09:00"]).await.ok();
    assert_snapshot!(narrow(&told), @r#"
    run 1 · online · committed · attempt 1 · live
    due DATE TIME, by manual
    began DATE TIME, …
    3 online in 3 rooms (Room 103 1, Room 104 1, Room 105 1), 3 arrived
    online 3, hidden 0, arrived 3, moved 0, left 0, rooms 3
    observed site of occupancy: 3 differ, 0 unchanged
    observed site of presence: 3 differ, 0 unchanged
    read db:moodle in …, 3
    read classrooms:rooms in …, 3
    read ledger:online:presence in …, 0
    read ledger:online:occupancy in …, 0
    guest …, 2 MiB
    no. target key state where, or why not
    1 sheet:presence 4e074085 | DATE TIME done presence.csv:2
    2 sheet:presence 4b227777 | DATE TIME done presence.csv:3
    3 sheet:presence ef2d127d | DATE TIME done presence.csv:4
    "#);
    assert_eq!(house.run(&["show", "1"]).await.ok(), told, "the same afterwards");
    assert_snapshot!(narrow(&house.run(&["runs"]).await.ok()), @r#"
    run schedule due state took what came of it
    1 online DATE TIME committed … 3 online in 3 rooms (Room 103 1, Room 104 1, Room 105 1), 3 arrived
    "#);
    let again = house.run(&["run", "online", "--at", "2026-11-20T09:00:00Z"]).await.failed(1);
    assert_snapshot!(again, @r#"error: online has a run for this instant already"#);

    let runs = house.run(&["runs", "--json"]).await.json();
    assert_eq!((&runs[0]["state"], &runs[0]["trigger"]), (&"committed".into(), &"manual".into()), "{runs:#}");
    let run = house.run(&["show", "1", "--json"]).await.json();
    assert_eq!(run["instant"], "2026-11-20T09:00:00Z".parse::<jiff::Timestamp>().expect("an instant").as_millisecond());
    assert_eq!(run["effects"].as_array().map(Vec::len), Some(3), "{run:#}");
    assert_eq!(run["effects"][0]["place"], "presence.csv:2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_prints_its_plan_as_a_difference() {
    let mut town = Town::found().await;
    let house = town.house(&BY_HAND);
    town.sql("UPDATE mdl_user SET lastaccess = 0 WHERE id > 5").await;
    house.run(&["run", "online"]).await.ok();
    town.sql("UPDATE mdl_user SET lastaccess = 0 WHERE id = 5").await;
    town.arrive(20, "10.20.8.8").await;
    let out = house.run(&["run", "online", "--dry-run"]).await.ok();
    // Pseudonyms under the key of this folder.
    let key = |line: &str| {
        let hidden = |word: &str| word.len() == 16 && word.bytes().all(|digit| digit.is_ascii_hexdigit());
        line.split(' ').map(|word| if hidden(word) { "PSEUDONYM" } else { word }).collect::<Vec<_>>().join(" ")
    };
    let mut lines: Vec<String> = narrow(&out).lines().map(key).collect();
    let people = lines.iter().position(|line| line.contains("site of presence")).expect("the presence");
    lines[people + 1..people + 3].sort();
    assert_snapshot!(lines.join("\n"), @r#"
    online · dry run for DATE TIME · nothing was written
    3 online in 3 rooms (Room 103 1, Room 104 1, Room 108 1), 1 arrived, 1 left

    would remember site of occupancy: 2 differ, 2 unchanged
    ~ Room 105 count: 1 → 0
    + Room 108

    would remember site of polls: 1 differ, 0 unchanged, never seen before
    + last

    would remember site of presence: 2 differ, 2 unchanged
    + PSEUDONYM
    . PSEUDONYM

    would write to sheet:presence (presence.csv, after row 4): 1 rows
    Hashed ID | Last Seen | Classroom | Snapshot Time
    + f5ca38f7 | TIME | Room 108 | DATE TIME

    read
    db:moodle … 3
    classrooms:rooms … 3
    ledger:online:presence … 3
    ledger:online:occupancy … 3
    ledger:online:polls … 0
    guest …, 2 MiB
    "#);
}

/// Beside the schedule that runs: one that rests all day, one that is switched off, one whose run does not end in time.
const THREE_MORE: &str = r#"
[[schedule]]
name = "resting"
plugin = "online"
sites = ["main"]
every = "1s"
blackout = ["Mon-Sun"]

[[schedule]]
name = "switched-off"
plugin = "online"
sites = ["main"]
every = "1s"
mode = "off"

[[schedule]]
name = "slow"
plugin = "online"
sites = ["main"]
every = "1s"
settings = { source = "enrolled" }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_run_says_why() {
    let town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    assert_snapshot!(house.run(&["runs", "--why-not"]).await.ok(), @"Every firing ran.");
    house.run(&["run", "online"]).await.ok();
    let text = house.read("schedules.toml");
    house.write("schedules.toml", text + THREE_MORE);
    // Fifty minutes without a host.
    let stopped = jiff::Timestamp::now().as_millisecond() - 3_000_000;
    let sql = format!("UPDATE schedule SET planned_through = {stopped} WHERE name = 'online'");
    support::tables::execute(&house.file("beadle.db"), &sql).await;
    let gate = Gate::new();
    town.campus.faults().order("core_enrol_get_enrolled_users", None, Action::Hold(gate.clone()));
    let mut host = house.serve().await;
    gate.arrived(1).await;
    host.line("skipped: the run before is still under way schedule=slow").await;
    host.line("schedule=online").await;
    host.line("schedule=online").await;
    gate.open();
    host.line(" online in ").await;
    host.stop_cleanly().await;

    let told = house.run(&["runs", "--why-not", "--number", "200", "--json"]).await.json();
    let firings = told.as_array().expect("a list");
    let reasons = |schedule: &str| -> BTreeSet<&str> {
        let of = firings.iter().filter(|one| one["schedule"] == schedule);
        of.map(|one| one["reason"].as_str().unwrap_or("none")).collect()
    };
    assert_eq!(reasons("resting"), BTreeSet::from(["blackout"]), "{told:#}");
    assert_eq!(reasons("switched-off"), BTreeSet::from(["disabled"]), "{told:#}");
    assert_eq!(reasons("slow"), BTreeSet::from(["overlap"]), "{told:#}");
    assert_eq!(reasons("online"), BTreeSet::from(["misfire"]), "{told:#}");
    let missed = firings.iter().find(|one| one["schedule"] == "online").expect("the fifty minutes");
    assert!(missed["stands_for"].as_u64().is_some_and(|count| (2_995..=3_060).contains(&count)), "{missed:#}");
    let table = narrow(&house.run(&["runs", "--why-not", "online"]).await.ok());
    let [head, row] = table.lines().collect::<Vec<_>>()[..] else { panic!("one row: {table}") };
    assert_snapshot!(head, @"firing schedule due how many what became of it why");
    assert!(row.contains("online DATE TIME to DATE TIME 30") && row.ends_with("skipped misfire"), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_serving_host_a_run_goes_through_it() {
    let mut town = Town::found().await;
    let house = town.house(&BY_HAND);
    town.sql("UPDATE mdl_user SET lastaccess = 0 WHERE id > 3").await;
    let mut host = house.serve().await;
    let told = house.run(&["run", "online"]).await;
    let asked = told.err.lines().collect::<Vec<_>>();
    assert!(
        matches!(asked[..], [line] if line.contains("asking `beadle serve`, process ")),
        "the run is the host's: {}",
        told.err
    );
    let told = told.ok();
    assert!(told.contains("run 1 · online · committed · attempt 1 · live") && told.contains("by manual"), "{told}");
    host.line("1 arrived").await;
    host.line("delivered target=sheet:presence written=1").await;
    let json = house.run(&["run", "online", "--json"]).await.json();
    assert_eq!((&json["id"], &json["state"]), (&2.into(), &"committed".into()), "{json:#}");
    let dry = house.run(&["run", "online", "--dry-run"]).await.ok();
    assert!(dry.contains("would write nothing anywhere"), "{dry}");

    let second = house.run(&["serve"]).await.failed(4);
    let second = second.split(", until").next().unwrap_or_default();
    assert_snapshot!(steady(second), @r#"error: the store is in use by `beadle serve`, process …"#);
    let doctor = house.run(&["doctor"]).await.ok();
    assert!(doctor.contains(&format!("in use by `beadle serve`, process {}", host.id())), "{doctor}");

    let requests: Vec<(String, Option<String>)> = sqlx::query_as("SELECT body, answer FROM request ORDER BY id")
        .fetch_all(&mut support::tables::open(&house.file("beadle.db")).await)
        .await
        .expect("requests");
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|(body, answer)| body.contains("online") && answer.is_some()), "{requests:?}");
    host.stop_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn init_writes_what_the_older_monitors_variables_say() {
    let town = Town::with_sheets().await;
    let mut house = House::new();
    house.secret("account.json", &town.sheets().service_account_json());
    for (name, value) in [
        ("MOODLE_URL", "https://moodle.school.example/login/index.php"),
        ("TOKEN", "0123456789abcdef0123456789abcdef"),
        ("INTERVAL", "10"),
        ("ONLINE_WINDOW", "300"),
        ("DB_HOST", "db.school.example"),
        ("DB_PORT", "3307"),
        ("DB_NAME", "moodle"),
        ("DB_USER", "reader"),
        ("DB_PASSWORD", "hush-hush"),
        ("DB_PREFIX", "mdl_"),
        ("SERVICE_ACCOUNT", "account.json"),
        ("SPREADSHEET_ID", "https://docs.google.com/spreadsheets/d/1AbCdEfGhIjKlMnOpQrStUvWxYz/edit#gid=0"),
        ("SHEET_NAME", "Online"),
    ] {
        house.set(name, value);
    }
    let asked = house.run(&["init"]).await.failed(1);
    assert!(asked.contains("nobody is at the terminal to answer questions"), "{asked}");
    assert!(!house.file("schedules.toml").exists());
    assert_snapshot!(house.run(&["init", "--no-questions"]).await.ok(), @r#"
    Taken from the environment: MOODLE_URL, TOKEN, DB_HOST, DB_PORT, DB_NAME, DB_USER, DB_PASSWORD, DB_PREFIX, SPREADSHEET_ID, SHEET_NAME, SERVICE_ACCOUNT, INTERVAL, ONLINE_WINDOW.
    to go on with the rows of the older script, write identity = "seed" and once = "ever" under [schedule.settings]; as written now, everybody gets a new pseudonym and new rows
    Wrote schedules.toml. Next: `beadle check`, then `beadle doctor`, then `beadle run online --dry-run`.
    "#);
    let text = house.read("schedules.toml");
    assert!(!text.contains("hush") && !text.contains("0123456789abcdef"), "secrets stay where they are: {text}");
    for part in [
        "https://moodle.school.example\"",
        "reader@db.school.example:3307/moodle",
        "every = \"10s\"",
        "tab = \"Online\"",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let right = house.run(&["check"]).await.ok();
    assert!(right.contains("schedules.toml is right: 1 schedules, 2 plugins, 1 sites, 1 sheets, 0 chats."), "{right}");
    let there = house.run(&["init", "--no-questions"]).await.failed(1);
    assert!(there.contains("schedules.toml is there already; --force replaces it"), "{there}");
    house.run(&["init", "--no-questions", "--force"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn init_without_anything_writes_a_school_that_runs() {
    let house = House::new();
    house.run(&["init", "--no-questions"]).await.ok();
    let text = house.read("schedules.toml");
    house.write("schedules.toml", text.replace("[host]\n", &host_section()));
    house.run(&["check"]).await.ok();
    let out = house.run(&["run", "online", "--dry-run"]).await.ok();
    assert!(out.contains(" online"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_know_the_commands() {
    let house = House::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = house.run(&["completions", shell]).await.ok();
        assert!(script.contains("rehearse") && script.contains("why-not"), "{shell}");
    }
    assert_eq!(house.run(&["completions", "tcsh"]).await.code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_listed_from_where_a_reader_stands() {
    let mut town = Town::found().await;
    let house = town.house(&BY_HAND);
    town.sql("UPDATE mdl_user SET lastaccess = 0 WHERE id > 5").await;
    assert_snapshot!(house.run(&["changes"]).await.ok(), @r#"
    Nothing that matters has changed since then; --all lists first looks and refreshed values as well.

    What comes after: beadle changes --since c0
    "#);
    house.run(&["run", "online"]).await.ok();
    assert_snapshot!(house.run(&["changes"]).await.ok(), @r#"
    Nothing that matters has changed since then; --all lists first looks and refreshed values as well.

    What comes after: beadle changes --since c6
    "#);
    town.sql("UPDATE mdl_user SET lastaccess = 0 WHERE id = 5").await;
    town.arrive(20, "10.20.8.8").await;
    house.run(&["run", "online"]).await.ok();
    let rooms = |text: &str| text.lines().filter(|line| !line.contains("presence")).collect::<Vec<_>>().join("\n");
    assert_snapshot!(rooms(&narrow(&house.run(&["changes", "--since", "c6"]).await.ok())), @r#"
    when site what change before → now
    DATE TIME main occupancy Room 108 new
    DATE TIME main occupancy Room 105 count_changed count: 1 → 0

    What comes after: beadle changes --since c10
    "#);
    let all = house.run(&["changes", "--since", "2h", "--all", "--json"]).await.json();
    let rows = all["changes"].as_array().expect("a list");
    assert_eq!((rows.len(), &all["more"]), (9, &false.into()), "{all:#}");
    assert!(rows.iter().any(|row| row["baseline"] == true && row["meaningful_change"] == false), "{all:#}");
    let next = all["next"].as_str().expect("a cursor");
    let nothing = house.run(&["changes", "--since", next, "--json"]).await.json();
    assert_eq!(nothing["changes"].as_array().map(Vec::len), Some(0));
    let first = house.run(&["changes", "--since", "c0", "--all", "-n", "2"]).await.ok();
    assert!(first.contains("There is more: beadle changes --since c0-"), "{first}");
    assert_snapshot!(house.run(&["changes", "--since", "tomorrow"]).await.failed(2), @r#"
    error: "tomorrow" says no time to begin from; write how long ago (48h), an instant (2026-11-20T09:00), or a cursor as it was printed (c120)
    "#);
    assert_snapshot!(house.run(&["changes", "--site", "north"]).await.failed(6), @r#"
    error: no site "north" is configured; there is main
    "#);
    let of_rooms = house.run(&["changes", "--since", "c6", "--collection", "occupancy"]).await.ok();
    assert!(of_rooms.contains("Room 108") && !of_rooms.contains("presence"), "{of_rooms}");
    assert_snapshot!(house.run(&["changes", "--since", "c900"]).await.failed(6), @r#"
    error: c900 is a cursor of another store, or of this one before it was replaced: its newest change is c10; begin again, for one with --since 24h
    "#);
}
