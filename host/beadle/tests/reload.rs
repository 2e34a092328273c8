//! Edits while a host serves: a good one takes effect at once, a bad one is named with its line and changes nothing.

mod support;

use support::House;
use support::host::Host;
use support::school::{BY_HAND, FROM_DATABASE, Town};
use support::tables::{csv, seed};

/// Waits until an edit was taken over, and returns the line that says so.
async fn taken_over(host: &mut Host) -> String {
    host.line("took over an edit").await
}

/// Waits until an edit was refused for `reason`, and returns the lines that say why, down to the one with the reason.
async fn refused(host: &mut Host, reason: &str) -> String {
    host.line("an edit was refused, the last good configuration runs on").await;
    host.line(reason).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_rhythm_takes_effect_without_a_restart() {
    let town = Town::found().await;
    let house = town.house(&BY_HAND);
    let mut host = house.serve().await;
    house.edit("schedules.toml", "cron = \"0 0 29 2 *\"", "every = \"1s\"");
    assert!(taken_over(&mut host).await.contains("changed=\"online\""), "{}", host.log());
    host.line("12 online").await;
    house.edit("schedules.toml", "every = \"1s\"", "cron = \"* * * * * *\"");
    taken_over(&mut host).await;
    host.line("12 online").await;
    // Switched off, nothing runs any more; on again, it does not make up for what it missed.
    house.edit("schedules.toml", "cron = \"* * * * * *\"", "cron = \"* * * * * *\"\nmode = \"off\"");
    taken_over(&mut host).await;
    house.edit("schedules.toml", "mode = \"off\"", "mode = \"live\"");
    taken_over(&mut host).await;
    host.line("12 online").await;
    host.stop_cleanly().await;
    let off = house.run(&["runs", "--why-not", "--json"]).await.json();
    let reasons: Vec<&str> = off.as_array().expect("a list").iter().filter_map(|one| one["reason"].as_str()).collect();
    assert!(reasons.iter().all(|reason| *reason == "disabled" || *reason == "withdrawn"), "{reasons:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_come_and_go_with_the_file() {
    let town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let mut host = house.serve().await;
    host.line("12 online").await;
    let text = house.read("schedules.toml");
    let more = "\n[[schedule]]\nname = \"looking\"\nplugin = \"online\"\nsites = [\"main\"]\nevery = \"1s\"\nmode = \"dry-run\"\n";
    house.write("schedules.toml", format!("{text}{more}"));
    assert!(taken_over(&mut host).await.contains("added=\"looking\""), "{}", host.log());
    host.line("schedule=looking").await;
    house.write("schedules.toml", &text);
    assert!(taken_over(&mut host).await.contains("removed=\"looking\""), "{}", host.log());
    host.line("schedule=online").await;
    host.stop_cleanly().await;
    let runs = house.run(&["runs", "looking", "--json"]).await.json();
    assert!(!runs.as_array().expect("a list").is_empty(), "what ran is still told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_taken_away_is_gone_at_the_next_run() {
    let mut town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let mut host = house.serve().await;
    host.line("delivered").await;

    // The schedule still names the sheet: the edit is a contradiction, and is refused with both ways out.
    house.edit("schedules.toml", "sheets = [\"presence:append\"]", "sheets = []");
    let why = refused(&mut host, "presence").await;
    assert!(why.contains("sheets"), "{why}");
    assert!(host.log().contains("presence:append"), "the line that would allow it is named: {}", host.log());
    host.line("12 online").await;

    // Without the sheet in the settings it is a good edit: nothing is written any more.
    let text = house.read("schedules.toml").replace("sheet = \"presence\"\n", "");
    house.write("schedules.toml", text);
    taken_over(&mut host).await;
    let rows = house.read("presence.csv");
    let newcomer = town.absent().await[0];
    town.arrive(newcomer, "10.20.1.50").await;
    host.line("13 online").await;
    host.line("13 online").await;
    assert_eq!(house.read("presence.csv"), rows);

    // A source that is taken away is not used any more, although the plugin would like to.
    let text = house.read("schedules.toml").replace("db = [\"moodle\"]", "").replace("database = \"moodle\"\n", "");
    house.write("schedules.toml", text);
    taken_over(&mut host).await;
    let asked = town.campus.faults().count("core_enrol_get_enrolled_users");
    town.campus.faults().wait_for("core_enrol_get_enrolled_users", asked + 2).await;
    host.stop_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_rooms_is_taken_over_from_settings_and_from_its_folder() {
    let mut town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let mut absent = town.absent().await;
    let mut host = house.serve().await;
    host.line("delivered").await;

    house.edit("schedules.toml", "name = \"Room 103\"", "name = \"Chemistry\"");
    taken_over(&mut host).await;
    let first = absent.pop().expect("somebody");
    town.arrive(first, "10.20.3.3").await;
    host.line("delivered").await;

    // The same network moves from the settings into a file beside them.
    let text = house.read("schedules.toml");
    let text: String =
        text.lines().filter(|line| !line.contains("Chemistry")).map(|line| format!("{line}\n")).collect();
    house.write("rooms/rooms.csv", "name,network\nPhysics,10.20.3.0/24\n");
    house.write(
        "schedules.toml",
        text.replace("builtin = \"classroom-mapper\"", "builtin = \"classroom-mapper\"\nfolder = \"rooms/\""),
    );
    taken_over(&mut host).await;
    let second = absent.pop().expect("somebody");
    town.arrive(second, "10.20.3.4").await;
    host.line("delivered").await;

    house.write("rooms/rooms.csv", "name,network\nGeography,10.20.3.0/24\n");
    assert!(taken_over(&mut host).await.contains("plugins=\"rooms\""), "{}", host.log());
    let third = absent.pop().expect("somebody");
    town.arrive(third, "10.20.3.5").await;
    host.line("delivered").await;

    // A mistake in the table is named with file and line, and the last good table goes on.
    house.write("rooms/rooms.csv", "name,network\nHistory,10.20.3.0/42\n");
    let why = refused(&mut host, "rooms.csv line 2").await;
    assert!(why.contains("10.20.3.0/42"), "{why}");
    let fourth = absent.pop().expect("somebody");
    town.arrive(fourth, "10.20.3.6").await;
    host.line("delivered").await;
    host.stop_cleanly().await;

    let (_, rows) = csv(&house.read("presence.csv"));
    let room = |id: i64| rows.iter().find(|row| row[0] == seed(id)).map(|row| row[2].as_str());
    assert_eq!([first, second, third, fourth].map(room), ["Chemistry", "Physics", "Geography", "Geography"].map(Some));
}

/// A bad edit: what is written for what, and what the refusal must name.
struct Bad {
    from: &'static str,
    to: &'static str,
    named: &'static [&'static str],
}

const BAD: [Bad; 7] = [
    Bad { from: "every = \"1s\"", to: "cron = \"61 * * * *\"", named: &["61", "minute"] },
    Bad { from: "every = \"1s\"", to: "cron = \"0 8 1 * Mon\"", named: &["0 8 1 * Mon"] },
    Bad { from: "every = \"1s\"", to: "evry = \"1s\"", named: &["unknown key \"evry\"", "every"] },
    Bad { from: "timezone = \"UTC\"", to: "timezone = \"Europe/Berln\"", named: &["Europe/Berln", "Europe/Berlin"] },
    Bad { from: "plugin = \"online\"", to: "plugin = \"onlin\"", named: &["onlin", "online"] },
    Bad { from: "name = \"Room 104\"", to: "nmae = \"Room 104\"", named: &["nmae"] },
    Bad { from: "file = \"moodle.token\"", to: "file = \"moodel.token\"", named: &["moodel.token"] },
];

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_edit_is_refused_with_its_line_and_the_last_good_one_runs_on() {
    let town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let good = house.read("schedules.toml");
    let mut host = house.serve().await;
    for Bad { from, to, named } in BAD {
        house.edit("schedules.toml", from, to);
        let line = 1 + good.lines().position(|line| line.contains(from)).expect("the line");
        let message = refused(&mut host, "error: schedules.toml:").await;
        let number: usize = message.split(':').nth(2).and_then(|number| number.parse().ok()).unwrap_or(0);
        // What is wrong with a plugin's settings may be told at the section's line.
        let near = if from.contains("Room") { number < line && number + 20 > line } else { number == line };
        assert!(near, "{to}: line {line} is named in {message:?}");
        host.line(" online").await;
        let log = host.log();
        let said = &log[log.rfind("an edit was refused").unwrap_or(0)..];
        for part in named {
            assert!(said.contains(part), "{to}: {part:?} is named in {said}");
        }
        house.write("schedules.toml", &good);
        host.line("the configuration is as it runs again").await;
    }
    host.stop_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_half_written_or_gone_for_a_moment_harms_nothing() {
    let town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let good = house.read("schedules.toml");
    let mut host = house.serve().await;
    // Not renamed into place but written bit by bit, as some editors do.
    std::fs::write(house.file("schedules.toml"), &good[..good.len() / 2]).expect("half a file");
    refused(&mut host, "error: schedules.toml").await;
    host.line("12 online").await;
    std::fs::write(house.file("schedules.toml"), "").expect("an empty file");
    refused(&mut host, "schedules.toml").await;
    std::fs::remove_file(house.file("schedules.toml")).expect("it was there");
    refused(&mut host, "schedules.toml").await;
    host.line("12 online").await;
    house.write("schedules.toml", good.replace("every = \"1s\"", "cron = \"* * * * * *\""));
    taken_over(&mut host).await;
    host.line("12 online").await;
    host.stop_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_while_everything_is_being_opened_is_not_missed() {
    let town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    // A cache of its own: all plugins are compiled first, which takes seconds.
    let text = house.read("schedules.toml");
    let text: String = text.lines().filter(|line| !line.starts_with("cache")).map(|line| format!("{line}\n")).collect();
    house.write("schedules.toml", &text);
    let mut host = Host::start(house.command(&["serve"]));
    host.line("made the key").await;
    house.edit("schedules.toml", "name = \"online\"", "name = \"renamed\"");
    assert!(taken_over(&mut host).await.contains("added=\"renamed\""), "{}", host.log());
    host.line("schedule=renamed").await;
    host.stop_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hosts_own_files_beside_the_configuration_are_no_edits() {
    let town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let mut command = house.command(&["serve"]);
    command.env("BEADLE_LOG", "info,beadle::commands::serve=debug");
    let mut host = Host::start(command);
    for _ in 0..3 {
        host.line(" online").await;
    }
    house.edit("schedules.toml", "window = \"10m\"", "window = \"9m\"");
    taken_over(&mut host).await;
    let log = host.stop_cleanly().await;
    assert_eq!(log.matches("looking at the configuration").count(), 1, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_lacked_a_file_is_taken_over_when_the_file_is_there() {
    let town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let mut host = house.serve().await;
    house.edit("schedules.toml", "file = \"moodle.token\"", "file = \"new.token\"");
    refused(&mut host, "new.token").await;
    host.line("12 online").await;
    house.secret("new.token", &town.campus.token);
    taken_over(&mut host).await;
    host.line("12 online").await;
    host.stop_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_the_next_start_is_said() {
    let house = House::with(&format!("{}{}", support::host_section(), "[sites.main]\nurl = \"campus:\"\n"));
    let mut host = house.serve().await;
    house.edit("schedules.toml", "[host]\n", "[host]\nlease = \"40s\"\n");
    let said = host.line("takes effect at the next start").await;
    assert!(said.contains("host.lease"), "{said}");
    // What counts at once is named as well, and what a start would warn of.
    house.edit("schedules.toml", "[host]\n", "[host]\nruns = 3\n");
    let said = host.line("nothing is scheduled").await;
    assert!(said.contains("WARN"), "{said}");
    let said = host.line("took over an edit").await;
    assert!(said.contains("settings=\"host.runs\""), "{said}");
    host.stop_cleanly().await;
}
