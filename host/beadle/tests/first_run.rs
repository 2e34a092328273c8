//! The first command that anybody tries: `beadle serve` in a folder with the file as it is shipped.

mod support;

use std::collections::BTreeSet;

use support::tables::{all_settled, csv, log_is_of_committed_runs, log_tells_the_records};
use support::{House, SHIPPED, files};

/// The files that the documents promise, beside those of the compile cache and what plugins keep.
const PROMISED: [&str; 5] = ["schedules.toml", "beadle.db", "beadle.db-lease", "beadle.key", "presence.csv"];

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_file_fills_a_table_and_a_second_start_goes_on_with_it() {
    let house = House::with(SHIPPED);
    let mut host = house.serve().await;
    host.line("simulated school").await;
    let summary = host.line("arrived").await;
    assert!(summary.contains(" online") && summary.contains(" rooms (") && summary.contains("Room 10"), "{summary}");
    host.line("delivered target=sheet:presence").await;
    host.stop_cleanly().await;

    let (header, first) = csv(&house.read("presence.csv"));
    assert_eq!(header, ["Hashed ID", "Last Seen", "Classroom", "Snapshot Time"]);
    assert!(first.len() > 10, "a school day is under way: {first:?}");
    assert!(first.iter().any(|row| row[2].starts_with("Room 10")), "{first:?}");
    for row in &first {
        assert!(row[0].len() == 16 && row[0].bytes().all(|digit| digit.is_ascii_hexdigit()), "{row:?}");
    }
    let people: BTreeSet<&String> = first.iter().map(|row| &row[0]).collect();
    assert_eq!(people.len(), first.len(), "a person has one row: {first:?}");

    let mut host = house.serve().await;
    assert!(!host.log().contains("made the key"), "{}", host.log());
    host.line(" online ").await;
    host.stop_cleanly().await;
    let (_, second) = csv(&house.read("presence.csv"));
    assert_eq!(second[..first.len()], first[..], "what stood stands");
    let again: BTreeSet<&String> = second.iter().map(|row| &row[0]).collect();
    assert_eq!(again.len(), second.len(), "nobody arrived twice: {second:?}");

    let folders = [".beadle-cache/", "artifacts/"];
    let left =
        files::names(house.path()).into_iter().filter(|name| !folders.iter().any(|folder| name.starts_with(folder)));
    assert_eq!(left.collect::<BTreeSet<_>>(), PROMISED.map(str::to_owned).into());
    all_settled(&house.file("beadle.db")).await;
    log_tells_the_records(&house.file("beadle.db")).await;
    log_is_of_committed_runs(&house.file("beadle.db"), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_needs_no_file_at_all() {
    let house = House::new();
    let out = house.run(&["run", "online", "--dry-run", "--demo"]).await.ok();
    assert!(out.contains("would write to sheet:presence"), "{out}");
    let left: Vec<String> =
        files::names(house.path()).into_iter().filter(|name| !name.starts_with(".beadle-cache/")).collect();
    assert_eq!(left, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_for_the_hosts_user_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::with(SHIPPED);
    let host = house.serve().await;
    for name in ["beadle.db", "beadle.key"] {
        let rights = std::fs::metadata(house.file(name)).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(rights, 0o600, "{name}");
    }
    host.stop_cleanly().await;
}
