//! What operators get wrong, and what goes wrong around them: each is a line that says what to do, and an exit code for scripts.

mod support;

use beadle_campus::faults::{Action, Matcher};
use beadle_campus::moodle::breakdown;
use beadle_campus::services::mariadb_or_skip;
use beadle_campus::sheets::Role;
use support::school::{BOOK, BY_HAND, FROM_DATABASE, TAB, Town, Wishes};
use support::tables::{all_settled, csv};
use support::{House, host_section};

/// The exit codes of `src/exit.rs`.
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const CONFIGURATION: i32 = 3;
const STORE: i32 = 4;
const UNAVAILABLE: i32 = 5;
const NOT_FOUND: i32 = 6;

/// Makes the smallest component that exports interfaces of these names, with nothing in them.
fn component_exporting(names: &[&str]) -> Vec<u8> {
    let byte = |length: usize| u8::try_from(length).expect("short enough for one byte");
    let mut exports = vec![byte(names.len())];
    for name in names {
        exports.extend([0, byte(name.len())]);
        exports.extend(name.as_bytes());
        // The instance 0, with no type ascribed.
        exports.extend([5, 0, 0]);
    }
    // The preamble of a component; a section of instances with one that exports nothing; the section of exports.
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.extend([5, 3, 1, 1, 0]);
    bytes.extend([11, byte(exports.len())]);
    bytes.extend(exports);
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_plugin_is_refused_by_name_line_and_reason() {
    let cut = &beadle_builtins::builtin("online-users").expect("it comes with the host")[..5_000];
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("empty", Vec::new(), "the file is empty; build the plugin again"),
        ("core module", b"\0asm\x01\0\0\0".to_vec(), "not a component; build it for the target wasm32-wasip2"),
        ("script", b"#!/bin/sh\n".to_vec(), "this is not a WebAssembly component"),
        ("cut", cut.to_vec(), "the component cannot be compiled"),
        ("bare", b"\0asm\x0d\0\x01\0".to_vec(), "does not export beadle:plugin/plugin@0.1"),
        (
            "without a role",
            component_exporting(&["beadle:plugin/plugin@0.1.0"]),
            "exports none of the roles this host knows (collector, mapper",
        ),
        (
            "newer",
            component_exporting(&["beadle:plugin/plugin@0.9.0", "beadle:collector/collector@0.9.0"]),
            "rebuild against beadle:plugin@0.1",
        ),
        (
            "hollow",
            component_exporting(&["beadle:plugin/plugin@0.1.0", "beadle:collector/collector@0.1.0"]),
            "rebuild against this host's wit folder",
        ),
    ];
    let house = House::with(&format!("{}\n[plugins.lamps]\nfile = \"lamps.wasm\"\n", host_section()));
    let missing = house.run(&["check"]).await.failed(CONFIGURATION);
    assert!(
        missing.contains("schedules.toml:6: the file lamps.wasm for plugins.lamps.file does not exist"),
        "{missing}"
    );
    assert!(missing.contains("it is relative to this file's folder"), "{missing}");

    let elsewhere = House::with(&host_section());
    for (what, bytes, reason) in cases {
        house.write("lamps.wasm", &bytes);
        let said = house.run(&["check"]).await.failed(CONFIGURATION);
        assert!(said.contains("schedules.toml:6: ") && said.contains(reason), "{what}: {said}");
        // A file that is only tried stands in no line of the configuration.
        elsewhere.write("lamps.wasm", &bytes);
        let said = elsewhere.run(&["run", "lamps.wasm"]).await.failed(CONFIGURATION);
        assert!(said.contains("error: lamps.wasm: ") && said.contains(reason), "{what}: {said}");
    }
    let said = house.run(&["serve"]).await.failed(CONFIGURATION);
    assert!(said.contains("rebuild against this host's wit folder"), "{said}");
    let json = house.run(&["check", "--json"]).await;
    assert_eq!((json.code, json.json()[1]["line"].as_i64()), (Some(CONFIGURATION), Some(6)), "{}", json.out);
    let gone = elsewhere.run(&["run", "lights.wasm"]).await.failed(NOT_FOUND);
    assert!(gone.contains("there is no file lights.wasm"), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_and_not_granted_is_named_with_the_line_that_grants_it() {
    let town = Town::found().await;
    let house = town.house(&BY_HAND);
    house.edit("schedules.toml", "db = [\"moodle\"]\n", "");
    let said = house.run(&["check"]).await.failed(CONFIGURATION);
    assert!(said.contains("missing grant: plugin online needs db = [\"moodle\"]"), "{said}");
    assert!(said.contains("under [plugins.online.grants] write: db = [\"moodle\"]"), "{said}");

    let house = town.house(&BY_HAND);
    let text = house.read("schedules.toml");
    let text = text.replace("db = [\"moodle\"]\n", "").replace("database = \"moodle\"\n", "");
    house.write(
        "schedules.toml",
        text.replace("moodle = [\"core_enrol_get_enrolled_users\", \"core_user_get_users\"]\n", ""),
    );
    let said = house.run(&["run", "online"]).await.failed(CONFIGURATION);
    assert!(said.contains("to see who is online"), "{said}");

    let house = town.house(&BY_HAND);
    house.edit("schedules.toml", "identity = \"seed\"", "identity = \"sed\"");
    let said = house.run(&["check"]).await.failed(CONFIGURATION);
    assert!(said.contains("sed") && said.contains("keyed"), "the values there are: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_room_in_the_settings_is_refused_with_its_line_before_any_poll() {
    let town = Town::found().await;
    let house = town.house(&BY_HAND);
    let second = &town.campus.school().rooms()[1];
    house.edit("schedules.toml", &format!("{:?}", second.network_v4()), "\"10.20.2.0/99\"");
    let line = 1 + house.read("schedules.toml").lines().position(|line| line.contains("10.20.2.0/99")).expect("a line");
    for command in [["check"].as_slice(), &["serve"], &["run", "online"]] {
        let said = house.run(command).await.failed(CONFIGURATION);
        assert!(said.contains(&format!("schedules.toml:{line}: ")), "{command:?}: {said}");
        assert!(said.contains("\"10.20.2.0/99\" is not a network"), "{command:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_lost_is_a_warning_that_says_what_it_means() {
    let town = Town::found().await;
    let house = town.house(&BY_HAND);
    let first = house.run(&["run", "online"]).await;
    assert!(first.err.contains("made the key of the pseudonyms") && !first.err.contains("WARN"), "{}", first.err);
    std::fs::remove_file(house.file("beadle.key")).expect("it was made");
    let dry = house.run(&["run", "online", "--dry-run"]).await;
    assert!(dry.err.contains("WARN") && dry.err.contains("put a copy of the old key there"), "{}", dry.err);
    assert!(!house.file("beadle.key").exists(), "a dry run makes none");
    let again = house.run(&["run", "online"]).await;
    assert!(again.err.contains("WARN") && again.err.contains("everybody has another pseudonym now"), "{}", again.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_run_is_called_so_everywhere() {
    let town = Town::found().await;
    let house = town.house(&Wishes { settings: "source = \"enrolled\"", ..BY_HAND });
    town.campus.faults().order(Matcher::path("/webservice/rest/server.php"), None, breakdown::bad_gateway());
    house.run(&["run", "online"]).await.failed(UNAVAILABLE);
    for list in [["runs"].as_slice(), &["runs", "--why-not"]] {
        let told = house.run(list).await.ok();
        assert!(told.contains("skipped") && !told.contains("failed"), "{list:?}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_cannot_be_read_says_what_to_do() {
    let house = House::new();
    for command in [["check"].as_slice(), &["serve"], &["run", "online"], &["next"], &["doctor"]] {
        let said = house.run(command).await.failed(CONFIGURATION);
        assert!(said.contains("there is no such file") && said.contains("beadle init"), "{said}");
    }
    house.write("schedules.toml", "");
    let said = house.run(&["check"]).await.failed(CONFIGURATION);
    assert!(said.contains("the file is empty") && said.contains("beadle init"), "{said}");
    house.write("schedules.toml", b"[host]\nlanguage = \"de\" # \xfc\n");
    let said = house.run(&["check"]).await.failed(CONFIGURATION);
    assert!(said.contains("not UTF-8 text (line 2)") && said.contains("save it as UTF-8"), "{said}");
    std::fs::remove_file(house.file("schedules.toml")).expect("it was there");
    std::fs::create_dir(house.file("schedules.toml")).expect("a folder");
    let said = house.run(&["check"]).await.failed(CONFIGURATION);
    assert!(said.contains("this is a folder, not a file"), "{said}");
    let said = house.run(&["runs", "--config", "schedules.toml"]).await.failed(CONFIGURATION);
    assert!(said.contains("this is a folder"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_none_is_said_to_be_none() {
    let town = Town::found().await;
    let house = town.house(&BY_HAND);
    house.write(
        "beadle.db",
        "these are my notes, not a database, and they are longer than a header of SQLite would be\n",
    );
    let notes = house.read("beadle.db");
    for command in [["runs"].as_slice(), &["run", "online"], &["serve"]] {
        let said = house.run(command).await.failed(STORE);
        assert!(said.contains("beadle.db") && said.contains("file is not a database"), "{said}");
    }
    assert_eq!(house.read("beadle.db"), notes, "it is left as it is");
}

/// The error rows of the protocol, each with whether the site is away or says no, and what must be told.
fn errors(town: &Town) -> Vec<(&'static str, Action, i32, &'static str)> {
    let url = &town.campus.moodle_url;
    vec![
        ("token", breakdown::invalid_token(), UNAVAILABLE, "make a new one and put it where `token` says"),
        ("access", breakdown::access_exception(), FAILED, "the service of the token does not contain"),
        ("record", breakdown::invalid_record(), FAILED, "Can't find data record in database"),
        ("parameter", breakdown::invalid_parameter(), FAILED, "Invalid parameter value detected"),
        ("course", breakdown::course_not_accessible(1), FAILED, "Course or activity not accessible"),
        ("rights", breakdown::no_permissions("View participants"), FAILED, "View participants"),
        ("suspended", breakdown::user_suspended("wsbeadle"), UNAVAILABLE, "suspended username: wsbeadle"),
        ("maintenance", breakdown::site_maintenance(), UNAVAILABLE, "the site is in maintenance"),
        ("its database", breakdown::database_down(), UNAVAILABLE, "the site does not reach its database"),
        ("closed", breakdown::command_line_maintenance(), UNAVAILABLE, "the site is in maintenance (status 503)"),
        ("switched off", breakdown::web_services_disabled(), UNAVAILABLE, "are switched off on the site"),
        ("php down", breakdown::bad_gateway(), UNAVAILABLE, "status 502"),
        (
            "php error",
            breakdown::php_error("Call to a member function f() on null"),
            UNAVAILABLE,
            "the site failed at it: Call to a member function f() on null; its own log says more",
        ),
        ("php talks", breakdown::php_warning_before("[]"), UNAVAILABLE, "switch off `display_errors`"),
        ("portal", breakdown::login_page(), UNAVAILABLE, "a log-in portal"),
        ("sent away", breakdown::redirect_to_login(url), UNAVAILABLE, "write the site's own address as `url`"),
        ("null", Action::json(200, "null"), FAILED, "cannot read the answer"),
        ("cut", Action::CutBody, UNAVAILABLE, "site main: the connection ended in the middle of the answer"),
        ("reset", Action::Reset, UNAVAILABLE, "site main: "),
        ("no http", Action::Garbage, UNAVAILABLE, "site main: "),
        ("slow", Action::Hang, UNAVAILABLE, "no whole answer within 1 s"),
        ("busy", Action::too_many(3_600, "{}"), UNAVAILABLE, "the site asks to wait (status 429)"),
    ]
}

async fn every_error_skips_the_poll(source: &'static str) {
    let town = Town::found().await;
    let house = town.house(&Wishes { settings: source, ..BY_HAND });
    let token = "token = { file = \"moodle.token\" }";
    house.edit("schedules.toml", token, &format!("{token}\ntimeout = \"1s\""));
    house.run(&["run", "online"]).await.ok();
    let (_, rows) = csv(&house.read("presence.csv"));
    assert_eq!(rows.len(), 12);
    let records = standing(&house).await;
    let faults = town.campus.faults();
    for (what, action, code, told) in errors(&town) {
        faults.order(Matcher::path("/webservice/rest/server.php"), None, action);
        let done = house.run(&["run", "online"]).await;
        assert_eq!(done.code, Some(code), "{what}: {}\n{}", done.out, done.err);
        assert!(done.err.contains(told), "{what}: {}", done.err);
        assert!(!done.err.contains(&town.campus.token), "{what}: no token in the log");
        faults.clear();
    }
    assert_eq!(csv(&house.read("presence.csv")).1, rows, "nothing was written");
    assert_eq!(standing(&house).await, records, "nobody left because nobody could be seen");
    let again = house.run(&["run", "online"]).await.ok();
    assert!(again.contains("12 online") && again.contains("arrived 0, moved 0, left 0"), "nobody is new: {again}");
    let told = house.run(&["runs", "--json", "--number", "50"]).await.json();
    let without_reason = told.as_array().expect("a list").iter().filter(|run| run["state"] != "committed");
    assert!(without_reason.into_iter().all(|run| run["failure"].as_str().is_some_and(|why| !why.is_empty())));
}

/// Returns how many records stand in each collection.
async fn standing(house: &House) -> Vec<(String, i64)> {
    sqlx::query_as(
        "SELECT collection, count(*) FROM record JOIN scope ON scope.id = scope_id WHERE stands = 1 GROUP BY 1 ORDER BY 1",
    )
    .fetch_all(&mut support::tables::open(&house.file("beadle.db")).await)
    .await
    .expect("the records")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_of_the_participants_list_skips_the_poll() {
    every_error_skips_the_poll("source = \"enrolled\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_of_the_account_search_skips_the_poll() {
    every_error_skips_the_poll("source = \"users\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_comes_back_is_polled_again_without_a_restart() {
    let town = Town::found().await;
    let house = town.house(&Wishes { settings: "source = \"enrolled\"", ..FROM_DATABASE });
    town.campus.faults().order(Matcher::path("/webservice/rest/server.php"), Some(2), breakdown::bad_gateway());
    let mut host = house.serve().await;
    let skipped = host.line("skipped: site main").await;
    assert!(skipped.contains("status 502") && skipped.contains("WARN"), "{skipped}");
    host.line("12 arrived").await;
    host.line("delivered target=sheet:presence written=12").await;
    host.stop_cleanly().await;
    all_settled(&house.file("beadle.db")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_file_that_is_away_or_no_moodle_skips_the_poll() {
    let mut town = Town::found().await;
    let house = town.house(&BY_HAND);
    house.run(&["run", "online"]).await.ok();
    let rows = house.read("presence.csv");
    let database = format!("sqlite:{}", town.campus.database_path.display());
    for (place, code, told) in [
        ("sqlite:nowhere/moodle.db", UNAVAILABLE, "unable to open database file"),
        ("sqlite:presence.csv", UNAVAILABLE, "file is not a database"),
    ] {
        house.edit("schedules.toml", &database, place);
        let said = house.run(&["run", "online"]).await.failed(code);
        assert!(said.contains("database moodle") && said.contains(told), "{said}");
        let doctor = house.run(&["doctor"]).await;
        assert_eq!(doctor.code, Some(FAILED));
        assert!(doctor.out.contains(&format!("bad   database moodle: {told}")), "{}", doctor.out);
        house.edit("schedules.toml", place, &database);
    }
    town.sql("ALTER TABLE mdl_user RENAME TO mdl_elsewhere").await;
    let said = house.run(&["run", "online"]).await.failed(FAILED);
    assert!(said.contains("no such table: mdl_user") && said.contains("the prefix under [databases.moodle]"), "{said}");
    town.sql("ALTER TABLE mdl_elsewhere RENAME TO mdl_user").await;
    let back = house.run(&["run", "online"]).await.ok();
    assert!(back.contains("12 online") && back.contains("arrived 0, moved 0, left 0"), "{back}");
    assert_eq!(house.read("presence.csv"), rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mariadb_that_refuses_or_is_away_skips_the_poll() {
    let Some(server) = mariadb_or_skip() else { return };
    let (database, town) = (server.database(), Town::found().await);
    let name = &database.name;
    for statement in [
        format!(
            "CREATE TABLE {name}.mdl_user (id BIGINT PRIMARY KEY, lastaccess BIGINT NOT NULL, lastip VARCHAR(45), deleted TINYINT NOT NULL DEFAULT 0)"
        ),
        format!("INSERT INTO {name}.mdl_user (id, lastaccess, lastip) VALUES (7, UNIX_TIMESTAMP(), '10.20.1.45')"),
        format!("CREATE USER '{name}'@'localhost' IDENTIFIED BY 'right'"),
        format!("GRANT SHOW VIEW ON {name}.* TO '{name}'@'localhost'"),
    ] {
        server.execute(&statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let house = town.house(&BY_HAND);
    let url = database.url_as(name, None);
    let file = format!("url = \"sqlite:{}\"", town.campus.database_path.display());
    house.edit(
        "schedules.toml",
        &file,
        &format!("url = {url:?}\npassword = {{ file = \"db.password\" }}\ntimeout = \"2s\""),
    );

    house.secret("db.password", "wrong");
    let said = house.run(&["run", "online"]).await.failed(UNAVAILABLE);
    assert!(said.contains("Access denied for user") && !said.contains("wrong"), "{said}");
    house.secret("db.password", "right");
    let said = house.run(&["run", "online"]).await;
    assert_ne!(said.code, Some(0), "no right to read: {}", said.out);
    assert!(said.err.contains("SELECT") && said.err.contains("mdl_user"), "the missing right is named: {}", said.err);
    server.execute(&format!("GRANT SELECT ON {name}.mdl_user TO '{name}'@'localhost'")).expect("a right");
    let out = house.run(&["run", "online"]).await.ok();
    assert!(out.contains("1 online in 1 room (Room 101 1), 1 arrived"), "{out}");
    server.execute(&format!("RENAME TABLE {name}.mdl_user TO {name}.mdl_gone")).expect("renamed");
    let said = house.run(&["run", "online"]).await;
    assert_ne!(said.code, Some(0));
    assert!(said.err.contains("mdl_user"), "{}", said.err);
    server.execute(&format!("RENAME TABLE {name}.mdl_gone TO {name}.mdl_user")).expect("renamed");

    house.edit("schedules.toml", "socket=", "socket=%2Fnowhere");
    let said = house.run(&["run", "online"]).await.failed(UNAVAILABLE);
    assert!(said.contains("database moodle"), "{said}");
    house.edit("schedules.toml", "socket=%2Fnowhere", "socket=");
    let out = house.run(&["run", "online"]).await.ok();
    assert!(out.contains("1 online") && out.contains("arrived 0,"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_that_is_not_shared_is_held_with_advice_until_it_is() {
    let mut town = Town::with_sheets().await;
    let house = town.house(&FROM_DATABASE);
    let account = town.sheets().email().to_owned();
    town.sheets().unshare(BOOK, &account);
    let advice = format!("share the spreadsheet with {account} as an editor");

    let mut host = house.serve().await;
    let held = host.line("the target is held").await;
    assert!(held.contains("ERROR") && held.contains(&advice), "{held}");
    let newcomer = town.absent().await[0];
    town.arrive(newcomer, "10.20.2.22").await;
    host.line("1 arrived").await;
    let doctor = house.run(&["doctor"]).await;
    assert_eq!(doctor.code, Some(FAILED));
    assert!(doctor.out.contains(&advice) && doctor.out.contains("13 rows wait"), "{}", doctor.out);
    let of_sheet: Vec<&str> = doctor.out.lines().filter(|line| line.contains("  sheet:presence: ")).collect();
    assert!(matches!(of_sheet[..], [line] if line.starts_with("bad")), "one word on each sheet: {}", doctor.out);

    // Mended, and any edit of the file, or a start, tries it at once; otherwise the next probe would.
    town.sheets().share(BOOK, &account, Role::Writer);
    house.edit("schedules.toml", "[host]\n", "[host]\nlanguage = \"de\"\n");
    host.line("the target takes what waited").await;
    host.stop_cleanly().await;
    assert_eq!(town.sheets().cells(BOOK, TAB).len(), 14);
    all_settled(&house.file("beadle.db")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_tab_holds_its_rows_and_a_start_finds_it_mended() {
    let mut town = Town::with_sheets().await;
    let house = town.house(&FROM_DATABASE);
    let mut host = house.serve().await;
    host.line("delivered").await;
    town.sheets().rename_tab(BOOK, TAB, "Anwesenheit");
    let newcomer = town.absent().await[0];
    town.arrive(newcomer, "10.20.2.22").await;
    let held = host.line("the target is held").await;
    assert!(held.contains("Anwesenheit") && held.contains(TAB), "both names, and what to do: {held}");
    host.stop_cleanly().await;
    assert_eq!(town.sheets().tabs(BOOK).iter().filter(|tab| *tab == TAB).count(), 0, "no second tab is made");

    town.sheets().rename_tab(BOOK, "Anwesenheit", TAB);
    let mut host = house.serve().await;
    host.line("delivered target=sheet:presence written=1").await;
    host.stop_cleanly().await;
    assert_eq!(town.sheets().cells(BOOK, TAB).len(), 14);
    all_settled(&house.file("beadle.db")).await;

    // The same by the command that runs once.
    town.sheets().rename_tab(BOOK, TAB, "Anwesenheit");
    let latecomer = town.absent().await[0];
    town.arrive(latecomer, "10.20.2.23").await;
    let out = house.run(&["run", "online"]).await.ok();
    assert!(out.contains("held"), "{out}");
    town.sheets().rename_tab(BOOK, "Anwesenheit", TAB);
    house.run(&["run", "online"]).await.ok();
    assert_eq!(town.sheets().cells(BOOK, TAB).len(), 15);
    all_settled(&house.file("beadle.db")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_is_none_is_refused_without_showing_it() {
    let town = Town::with_sheets().await;
    let house = town.house(&BY_HAND);
    house.secret("service-account.json", "{\"private_key\": \"hush-hush-hush\"}");
    let said = house.run(&["check"]).await.failed(CONFIGURATION);
    assert!(said.contains("`key` cannot be used") && !said.contains("hush"), "{said}");
    house.secret("service-account.json", &town.sheets().service_account_json());
    town.sheets().delete_account(town.sheets().email());
    let doctor = house.run(&["doctor"]).await;
    assert_eq!(doctor.code, Some(FAILED));
    assert!(doctor.out.contains("bad   sheet:presence"), "{}", doctor.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_do_not_exist_and_words_that_are_no_options() {
    let town = Town::found().await;
    let house = town.house(&BY_HAND);
    let said = house.run(&["run", "onlin"]).await.failed(NOT_FOUND);
    assert!(said.contains("there is no schedule \"onlin\"; there are: online"), "{said}");
    let said = house.run(&["show", "99"]).await.failed(NOT_FOUND);
    assert!(said.contains("there is no run 99"), "{said}");
    let said = house.run(&["next", "--from", "tomorrow"]).await.failed(USAGE);
    assert!(said.contains("\"tomorrow\" is no instant; write it as 2026-11-20T09:00"), "{said}");
    assert_eq!(house.run(&["run", "online", "--dri-run"]).await.code, Some(USAGE));
    assert_eq!(
        house.run(&["run", "online", "--clock", "2026-11-20T09:00"]).await.code,
        Some(USAGE),
        "only for a dry run"
    );
    for (option, value) in [("--settings", "{}"), ("--grants", "{}"), ("--site", "main"), ("--mapper", "rooms")] {
        let said = house.run(&["run", "online", option, value]).await.failed(USAGE);
        assert!(said.contains(&format!("{option} is for a plugin file")), "{said}");
    }
    for none in [["next", "-n", "0"], ["runs", "-n", "0"]] {
        assert_eq!(house.run(&none).await.code, Some(USAGE), "{none:?}");
    }
}
