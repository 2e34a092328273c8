//! Requests are lost, hosts are killed while they wait for an answer: each row stands once all the same, and the store knows it.

mod support;

use beadle_campus::faults::{Action, Gate, Matcher};
use support::reckoning::{self, people_once};
use support::school::{BOOK, FROM_DATABASE, TAB, Town};
use support::tables::{self, all_settled, csv, log_is_of_committed_runs, log_tells_the_records, seed};
use support::trial::three_minutes_pass;

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_gets_every_row_once_whatever_becomes_of_the_requests() {
    let append = || Matcher::path(":append");
    let mut town = Town::with_sheets().await;
    let house = town.house(&FROM_DATABASE);
    let mut absent = town.absent().await;
    let mut come = async |town: &mut Town| {
        let id = absent.pop().expect("somebody is absent");
        town.arrive(id, "10.20.4.44").await;
    };

    // The answer is lost, three times, and the host looks for the rows at once.
    town.sheets().faults.order(append(), Some(3), Action::ApplyThenDrop);
    let mut host = house.serve().await;
    for _ in 0..3 {
        host.line("delivered target=sheet:presence").await;
        come(&mut town).await;
    }
    host.line("delivered target=sheet:presence").await;
    assert!(town.sheets().faults.open_orders().is_empty());
    assert_eq!(town.sheets().faults.count(append()), 4, "nothing was sent twice");
    host.stop_cleanly().await;
    people_once(&town.sheets().cells(BOOK, TAB)[1..], &town.online().await);

    // Killed after the service had carried the request out, before it answered.
    for _ in 0..2 {
        come(&mut town).await;
        let gate = Gate::new();
        town.sheets().faults.order(append(), Some(1), Action::ApplyThenHold(gate.clone()));
        let host = house.serve().await;
        gate.arrived(1).await;
        host.kill().await;
        let mut host = house.serve().await;
        host.line("delivered target=sheet:presence").await;
        host.stop_cleanly().await;
        people_once(&town.sheets().cells(BOOK, TAB)[1..], &town.online().await);
    }

    // Killed while the request was under way; the service never got it. It may still come for three minutes, so it is not sent again
    // before.
    come(&mut town).await;
    let gate = Gate::new();
    town.sheets().faults.order(append(), Some(1), Action::Hold(gate.clone()));
    let host = house.serve().await;
    gate.arrived(1).await;
    host.kill().await;
    let sent = town.sheets().faults.count(append());
    let mut host = house.serve().await;
    let doubt = host.line("delivery is tried again later").await;
    assert!(doubt.contains("its answer lost"), "{doubt}");
    host.stop_cleanly().await;
    assert_eq!(town.sheets().faults.count(append()), sent, "not sent again while it may still arrive");
    three_minutes_pass(&house).await;
    let mut host = house.serve().await;
    host.line("delivered target=sheet:presence").await;
    host.stop_cleanly().await;
    people_once(&town.sheets().cells(BOOK, TAB)[1..], &town.online().await);
    all_settled(&house.file("beadle.db")).await;
    log_tells_the_records(&house.file("beadle.db")).await;
    log_is_of_committed_runs(&house.file("beadle.db"), None).await;
    reckoning::firings(&house.file("beadle.db"), |_| 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_written_line_is_finished_and_a_persons_rows_are_left_alone() {
    let mut town = Town::found().await;
    let house = town.house(&support::school::BY_HAND);
    house.run(&["run", "online"]).await.ok();
    let newcomer = town.absent().await[0];
    town.arrive(newcomer, "10.20.1.99").await;

    // As a kill in the middle of the write leaves it: the effect was being sent, and half of its line stands.
    house.edit("schedules.toml", "file = \"presence.csv\"", "file = \"nowhere/presence.csv\"");
    house.run(&["run", "online"]).await.ok();
    house.edit("schedules.toml", "file = \"nowhere/presence.csv\"", "file = \"presence.csv\"");
    tables::execute(
        &house.file("beadle.db"),
        "UPDATE effect SET state = 'sending', sent_at = created_at WHERE state = 'queued'; DELETE FROM target",
    )
    .await;
    let whole = house.read("presence.csv");
    house.write("presence.csv", format!("{whole}{}", &seed(newcomer)[..5]));

    house.run(&["run", "online"]).await.ok();
    let (_, rows) = csv(&house.read("presence.csv"));
    people_once(&rows, &town.online().await);
    all_settled(&house.file("beadle.db")).await;

    // Sorted, a column more, a row deleted: nothing comes back, nothing is written twice.
    let (header, mut rows) = csv(&house.read("presence.csv"));
    rows.sort_by(|one, two| two[2].cmp(&one[2]));
    let deleted = rows.remove(0);
    let mut text = format!("Notes,{}\n", header.join(","));
    for row in &rows {
        text += &format!("mine,{}\n", row.join(","));
    }
    house.write("presence.csv", text);
    let latecomer = town.absent().await[0];
    town.arrive(latecomer, "10.20.2.20").await;
    house.run(&["run", "online"]).await.ok();
    let (header, now) = csv(&house.read("presence.csv"));
    assert_eq!(header[..2], ["Notes".to_owned(), "Hashed ID".to_owned()]);
    assert_eq!(now.len(), rows.len() + 1);
    assert!(now.iter().all(|row| row[1] != deleted[0]), "what people delete stays deleted");
    let last = now.last().expect("a row");
    assert_eq!((last[0].as_str(), &last[1], last[3].as_str()), ("", &seed(latecomer), "Room 102"));
}
