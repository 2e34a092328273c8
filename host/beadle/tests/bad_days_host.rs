//! Bad days of the machine: a full disk, a locked store, no more files to open, edits that go wrong. The host says so once, holds
//! on, and goes on by itself.

mod support;

use support::host::Host;
use support::reckoning::people_once;
use support::school::{FROM_DATABASE, Town};
use support::tables::{self, all_settled, csv, every_firing_has_its_row, log_tells_the_records};
use support::{House, tables::execute};

/// Expects the rows of everybody who came, the store in order, and that the trouble was said once.
async fn all_is_well(town: &mut Town, house: &House, log: &str, said: &str) {
    assert_eq!(log.matches(said).count(), 1, "{log}");
    let (_, rows) = csv(&house.read("presence.csv"));
    people_once(&rows, &town.online().await);
    let store = house.file("beadle.db");
    all_settled(&store).await;
    log_tells_the_records(&store).await;
    every_firing_has_its_row(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_waited_for() {
    let mut town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let newcomer = town.absent().await[0];
    // A program that ignores this signal is told that the file cannot grow, as it is where the disk is full.
    let mut host = Host::start(house.command_after("trap '' XFSZ", &["serve"]));
    host.line("serving schedules.toml").await;
    host.line("delivered target=sheet:presence").await;
    host.limit("fsize=4096");
    town.arrive(newcomer, "10.20.1.77").await;
    let said = host.line("the store cannot be used now").await;
    assert!(said.contains("make room on its disk"), "{said}");
    // It is there, and other commands can tell what was written down before.
    assert!(house.run(&["runs"]).await.ok().contains("committed"));
    host.limit("fsize=unlimited");
    host.line("the store can be used again").await;
    host.line("delivered target=sheet:presence").await;
    let log = host.stop_cleanly().await;
    all_is_well(&mut town, &house, &log, "the store cannot be used now").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_another_program_keeps_locked_is_waited_for() {
    let mut town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let newcomer = town.absent().await[0];
    let mut host = house.serve().await;
    host.line("delivered target=sheet:presence").await;
    let mut other = tables::open(&house.file("beadle.db")).await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.expect("a lock");
    town.arrive(newcomer, "10.20.1.77").await;
    let said = host.line("the store cannot be used now").await;
    assert!(said.contains("end what keeps it locked"), "{said}");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("no lock");
    host.line("the store can be used again").await;
    host.line("delivered target=sheet:presence").await;
    drop(other);
    let log = host.stop_cleanly().await;
    all_is_well(&mut town, &house, &log, "the store cannot be used now").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_can_open_no_more_files_goes_on_when_it_can() {
    let mut town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let newcomer = town.absent().await[0];
    let mut host = house.serve().await;
    host.line("delivered target=sheet:presence").await;
    host.limit("nofile=5");
    town.arrive(newcomer, "10.20.1.77").await;
    host.line("Too many open files").await;
    host.limit("nofile=1024");
    host.line("delivered target=sheet:presence").await;
    host.line(" online").await;
    let log = host.stop_cleanly().await;
    assert!(!log.contains("is held"), "nobody has to mend it: {log}");
    let (_, rows) = csv(&house.read("presence.csv"));
    people_once(&rows, &town.online().await);
    every_firing_has_its_row(&house.file("beadle.db")).await;
}

/// A start under a limit that is far too low ends with a message, and leaves nothing that a later start would stumble over.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_too_few_files_says_so() {
    let town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let child = house.command_after("ulimit -n 12", &["serve"]).spawn().expect("the program starts");
    let output = tokio::time::timeout(support::PATIENCE, child.wait_with_output()).await.expect("it ends");
    let output = output.expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|code| code != 0), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    assert!(!said.trim().is_empty(), "it says why");
    let mut host = house.serve().await;
    host.line("12 arrived").await;
    host.stop_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_becomes_a_folder_or_loses_its_end_harms_nothing() {
    let mut town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let good = house.read("schedules.toml");
    let mut host = house.serve().await;
    host.line("delivered target=sheet:presence").await;
    std::fs::remove_file(house.file("schedules.toml")).expect("it was there");
    std::fs::create_dir(house.file("schedules.toml")).expect("a folder");
    host.line("this is a folder, not a file").await;
    host.line("12 online").await;
    std::fs::remove_dir(house.file("schedules.toml")).expect("it was there");
    house.write("schedules.toml", &good);
    host.line("the configuration is as it runs again").await;
    // Cut off where what is left is a good file: its schedules are gone until the rest is there.
    let cut = good.find("[[schedule]]").expect("a schedule");
    std::fs::write(house.file("schedules.toml"), &good[..cut]).expect("half a file");
    assert!(host.line("took over an edit").await.contains("removed=\"online\""), "{}", host.log());
    std::fs::write(house.file("schedules.toml"), &good).expect("the whole file");
    assert!(host.line("took over an edit").await.contains("added=\"online\""), "{}", host.log());
    host.line("12 online").await;
    host.stop_cleanly().await;
    let (_, rows) = csv(&house.read("presence.csv"));
    people_once(&rows, &town.online().await);
    every_firing_has_its_row(&house.file("beadle.db")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_while_it_opens_everything_it_stops_and_has_begun_nothing() {
    let town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    // A cache of its own: all plugins are compiled first, which takes seconds.
    let text = house.read("schedules.toml");
    let text: String = text.lines().filter(|line| !line.starts_with("cache")).map(|line| format!("{line}\n")).collect();
    house.write("schedules.toml", text);
    let mut host = Host::start(house.command(&["serve"]));
    host.line("made the key").await;
    let (ended, log) = host.stop().await;
    assert_eq!(ended.code(), Some(0), "{log}");
    assert!(log.contains("stopped before it began to serve"), "{log}");
    assert_eq!(house.run(&["runs", "--json"]).await.json(), serde_json::json!([]));
    let mut host = house.serve().await;
    host.line("12 arrived").await;
    host.stop_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_in_the_middle_of_an_edit_it_stops() {
    let town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let mut command = house.command(&["serve"]);
    command.env("BEADLE_LOG", "info,beadle::commands::serve=debug");
    let mut host = Host::start(command);
    host.line("12 arrived").await;
    house.edit("schedules.toml", "window = \"10m\"", "window = \"9m\"");
    host.line("looking at the configuration again").await;
    host.stop_cleanly().await;
    every_firing_has_its_row(&house.file("beadle.db")).await;
}

/// A clock that stood wrong when the host was stopped: the store has rows from the future.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_from_the_future_silences_nobody() {
    let mut town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let mut host = house.serve().await;
    host.line("delivered target=sheet:presence").await;
    host.stop_cleanly().await;
    let hour = "3600000";
    execute(
        &house.file("beadle.db"),
        &format!(
            "UPDATE schedule SET planned_through = planned_through + {hour};
             UPDATE firing SET instant = instant + {hour}, created_at = created_at + {hour};
             UPDATE run SET started_at = started_at + {hour}, ended_at = ended_at + {hour};
             UPDATE lease SET taken_at = taken_at + {hour}, expires_at = expires_at + {hour}"
        ),
    )
    .await;
    let newcomer = town.absent().await[0];
    town.arrive(newcomer, "10.20.1.77").await;
    let mut host = house.serve().await;
    host.line("the clock was set back").await;
    host.line("delivered target=sheet:presence").await;
    host.stop_cleanly().await;
    let (_, rows) = csv(&house.read("presence.csv"));
    people_once(&rows, &town.online().await);
}
