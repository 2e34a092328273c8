//! Bad days of a Moodle, end to end: each is one clear line, nobody is lost or written twice, and no hand is needed afterwards.

mod support;

use std::time::Duration;

use beadle_campus::faults::{Action, Gate, Matcher};
use beadle_campus::moodle::{Account, PASSWORD, breakdown};
use support::host::Host;
use support::reckoning::people_once;
use support::school::{FROM_DATABASE, Town, Wishes};
use support::script::{Script, participants, participants_by_clock};
use support::tables::{all_settled, csv};

/// Every second, from the list of participants.
const FROM_PARTICIPANTS: Wishes = Wishes { settings: "source = \"enrolled\"\nidentity = \"seed\"", ..FROM_DATABASE };

const DAY: i64 = 86_400;

const TOKEN: &str = "token = { file = \"moodle.token\" }";

/// 64 MiB of zeros, in brotli.
const BOMB: &str = "cbffff3ff82700e2b14020f7fe8fffff7ff04f00c4611180eefd1fffffffe09f0088c30200ddfb3ffeffffc13f0110870500baf77ffcffff837f02200e0b\
    0074effff8ffff07ff04401c1600e8defff1ffff0ffe0980382c00d0bdffcbffff3ffc1300715800a07bff07";

fn bomb() -> Action {
    let bytes: Vec<u8> =
        (0..BOMB.len()).step_by(2).map(|at| u8::from_str_radix(&BOMB[at..at + 2], 16).expect("hex")).collect();
    let headers = vec![("content-encoding".to_owned(), "br".to_owned())];
    Action::Answer { status: 200, headers, body: bytes.into() }
}

/// Waits for the next poll that was counted and saw so many, and returns its line.
async fn online(host: &mut Host, count: usize) -> String {
    host.line(&format!(" {count} online")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_day_is_one_line_and_who_comes_meanwhile_is_written_once() {
    let town = Town::found().await;
    let house = town.house(&FROM_PARTICIPANTS);
    house.edit("schedules.toml", TOKEN, &format!("{TOKEN}\ntimeout = \"1s\"\nanswer-limit = \"1MiB\""));
    let script = Script::new(town.campus.faults());
    let mut there = vec![(11, 5), (12, 60)];
    script.says(participants(&there));
    let mut host = house.serve().await;
    assert!(online(&mut host, 2).await.contains("2 arrived"), "{}", host.log());

    let days = [
        (breakdown::login_page(), "a page in place of JSON"),
        (breakdown::redirect_to_login("https://login.school.example"), "https://login.school.example/login/index.php"),
        (Action::Drip { chunk: 1, every: Duration::from_millis(300) }, "no whole answer within 1 s"),
        (Action::CutBody, "the connection ended in the middle of the answer"),
        (Action::Reset, "site main: "),
        (bomb(), "raise answer-limit under [sites.main]"),
        (breakdown::site_maintenance(), "the site is in maintenance"),
        (breakdown::database_down(), "the site does not reach its database"),
        (breakdown::php_error("Call to a member function f() on null"), "its own log says more"),
        (Action::json(200, "[]"), "the site lists 0 of its accounts"),
    ];
    for (number, (day, told)) in (13..).zip(days) {
        script.says(day);
        let line = host.line(told).await;
        assert!(line.contains("skipped: ") || line.contains("kind=\"invalid\""), "{line}");
        // Somebody comes while nobody can look.
        there.push((number, 1));
        script.says(participants(&there));
        let back = online(&mut host, there.len()).await;
        assert!(back.contains("1 arrived") && !back.contains("left"), "after {told}: {back}");
    }
    host.line("delivered").await;
    host.stop_cleanly().await;
    let ids: Vec<i64> = there.iter().map(|(id, _)| *id).collect();
    people_once(&csv(&house.read("presence.csv")).1, &ids);
    all_settled(&house.file("beadle.db")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_that_lasts_is_asked_about_less_often_and_ends_without_a_hand() {
    let town = Town::found().await;
    let house = town.house(&FROM_PARTICIPANTS);
    let script = Script::new(town.campus.faults());
    script.says(participants(&[(11, 5), (12, 60)]));
    let mut host = house.serve().await;
    online(&mut host, 2).await;
    script.says(breakdown::site_maintenance());
    // Such a poll sends nothing.
    for _ in 0..2 {
        let line = host.line("skipped: site main: the site is in maintenance; it is asked again in ").await;
        assert!(line.contains("WARN"), "{line}");
    }
    script.says(participants(&[(11, 5), (12, 60), (13, 5)]));
    let back = online(&mut host, 3).await;
    assert!(back.contains("1 arrived") && !back.contains("left"), "{back}");
    host.line("delivered").await;
    host.stop_cleanly().await;
    people_once(&csv(&house.read("presence.csv")).1, &[11, 12, 13]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_drips_for_ever_does_not_delay_another() {
    let (slow, well) = (Town::found().await, Town::found().await);
    let house = slow.house(&FROM_PARTICIPANTS);
    house.secret("other.token", &well.campus.token);
    house.edit("schedules.toml", TOKEN, &format!("{TOKEN}\ntimeout = \"10m\""));
    house.edit("schedules.toml", "[host]\n", "[host]\ngrace = \"0s\"\n");
    house.edit("schedules.toml", "sites = [\"main\"]", "sites = [\"main\", \"other\"]\ntimeout = \"20m\"");
    let other = format!("\n[sites.other]\nurl = {:?}\ntoken = {{ file = \"other.token\" }}\n", well.campus.moodle_url);
    let text = house.read("schedules.toml").replace("identity = \"seed\"", "identity = \"keyed\"");
    house.write("schedules.toml", text + &other);
    slow.campus.faults().order(Matcher::any(), None, Action::Drip { chunk: 1, every: Duration::from_secs(3_600) });
    let mut host = house.serve().await;
    slow.campus.faults().wait_for("core_enrol_get_enrolled_users", 1).await;
    for _ in 0..5 {
        host.line_where("a poll of the other site", |line| line.contains("online@other") && line.contains("12 online"))
            .await;
    }
    let ended = host.log().lines().any(|line| line.contains("schedule=online@main") && line.contains(" run="));
    assert!(!ended, "its run is still under way: {}", host.log());
    assert_eq!(slow.campus.faults().count("core_enrol_get_enrolled_users"), 1, "it is not asked again meanwhile");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_27_megabytes_is_read_and_one_over_the_limit_is_named() {
    let town = Town::found().await;
    let house = town.house(&Wishes { settings: "source = \"users\"\nidentity = \"seed\"", ..support::school::BY_HAND });
    let now = jiff::Timestamp::now().as_second();
    let filler = "x".repeat(400);
    let users: Vec<String> = (1..=54_000)
        .map(|id| {
            let last_access = if id % 540 == 0 { now - 20 } else { now - DAY };
            format!(r#"{{"id":{id},"username":"u{id}","fullname":"Some Body","lastaccess":{last_access},"description":"{filler}"}}"#)
        })
        .collect();
    let answer = format!(r#"{{"users":[{}],"warnings":[]}}"#, users.join(","));
    assert!(answer.len() > 26_000_000, "{}", answer.len());
    town.campus.faults().order("core_user_get_users", None, Action::json(200, answer));
    let said = house.run(&["run", "online"]).await.ok();
    assert!(said.contains("100 online") && said.contains("100 arrived"), "{said}");
    house.edit("schedules.toml", TOKEN, &format!("{TOKEN}\nanswer-limit = \"20MiB\""));
    let said = house.run(&["run", "online"]).await.failed(1);
    assert!(
        said.contains("larger than 20971520 bytes") && said.contains("raise answer-limit under [sites.main]"),
        "{said}"
    );
    assert_eq!(csv(&house.read("presence.csv")).1.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_revoked_in_the_middle_of_a_run_is_renewed_once() {
    let town = Town::found().await;
    let house =
        town.house(&Wishes { settings: "source = \"enrolled\"\nidentity = \"seed\"\npage = 20", ..FROM_DATABASE });
    house.secret("moodle.password", PASSWORD);
    let login =
        format!("username = {:?}\npassword = {{ file = \"moodle.password\" }}", Account::ManagerMobile.username());
    house.edit("schedules.toml", TOKEN, &login);
    let (faults, list) = (town.campus.faults(), "core_enrol_get_enrolled_users");
    let gate = Gate::new();
    faults.order(Matcher::from(list).after(1), Some(1), Action::Hold(gate.clone()));
    let mut host = house.serve().await;
    gate.arrived(1).await;
    let given = faults.requests_to(list)[0].param("wstoken").expect("a token");
    town.campus.moodle().revoke(&given);
    gate.open();
    assert!(online(&mut host, 12).await.contains("12 arrived"), "{}", host.log());
    online(&mut host, 12).await;
    let log = host.stop_cleanly().await;
    assert_eq!(faults.count("/login/token.php"), 2, "one login at the start, one for the token that went");
    assert!(!log.contains("skipped: site main"), "{log}");
    assert!(!log.contains(&given) && !log.contains(PASSWORD), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_revoked_and_replaced_in_its_file_needs_no_edit_and_no_start() {
    let town = Town::found().await;
    let house = town.house(&FROM_PARTICIPANTS);
    let mut host = house.serve().await;
    online(&mut host, 12).await;
    town.campus.moodle().revoke(&town.campus.token);
    let line = host.line("skipped: site main: ").await;
    assert!(line.contains("the site refuses the host's token") && line.contains("put it where `token` says"), "{line}");
    house.secret("moodle.token", Account::ManagerMobile.token());
    let back = online(&mut host, 12).await;
    assert!(!back.contains("arrived") && !back.contains("left"), "{back}");
    let log = host.stop_cleanly().await;
    assert_eq!(town.campus.faults().count("/login/token.php"), 0);
    assert!(!log.contains(&town.campus.token) && !log.contains(Account::ManagerMobile.token()), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_by_a_day_is_said_once_and_lists_neither_nobody_nor_everybody() {
    for (ahead, word) in [(DAY, "ahead of"), (-DAY, "behind")] {
        let town = Town::found().await;
        let house = town.house(&FROM_PARTICIPANTS);
        let script = Script::new(town.campus.faults());
        // One is there; the others were there some hours ago, by the clock of the site, which tells all times.
        let there = [(11, 20), (12, 3 * 3_600), (13, 20 * 3_600), (14, 30 * 3_600)];
        script.says(participants_by_clock(&there, ahead));
        let mut host = house.serve().await;
        let wrong = host.line("site main: its clock is ").await;
        assert!(wrong.contains("WARN") && wrong.contains("set the one that is wrong"), "{wrong}");
        assert!(wrong.contains(word), "{wrong}");
        assert!(online(&mut host, 1).await.contains("1 arrived"), "{}", host.log());
        for _ in 0..3 {
            let line = online(&mut host, 1).await;
            assert!(!line.contains("arrived") && !line.contains("left"), "{line}");
        }
        assert_eq!(host.log().matches("its clock is ").count(), 1, "{}", host.log());
        script.says(participants(&[(11, 20), (15, 5), (13, 20 * 3_600)]));
        host.line("its clock agrees with this machine's again").await;
        assert!(online(&mut host, 2).await.contains("1 arrived"), "{}", host.log());
        host.line("delivered").await;
        host.stop_cleanly().await;
        people_once(&csv(&house.read("presence.csv")).1, &[11, 15]);
        let (_, rows) = csv(&house.read("presence.csv"));
        assert!(rows.iter().all(|row| row[1].len() == "HH:MM:SS".len()), "{rows:?}");
    }
}
