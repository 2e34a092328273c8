//! Hosts are killed, requests are lost: each row stands once all the same, and the store knows it.

mod support;

use std::time::Duration;

use beadle_campus::faults::{Action, Gate, Matcher};
use support::school::{BOOK, FROM_DATABASE, TAB, Town};
use support::tables::{
    self, all_settled, csv, every_firing_has_its_row, log_tells_the_records, one_row_each, seed, three_minutes_pass,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_host_killed_at_any_moment_writes_every_row_once() {
    let mut chance = fastrand::Rng::with_seed(20_261_120);
    let mut town = Town::found().await;
    let house = town.house(&FROM_DATABASE);
    let mut absent = town.absent().await;
    for round in 0..12 {
        for _ in 0..chance.usize(1..=2) {
            if let Some(id) = absent.pop() {
                town.arrive(id, &format!("10.20.{}.{}", chance.u8(1..=8), chance.u8(20..250))).await;
            }
        }
        let mut host = house.serve().await;
        // Firings lie on whole seconds. Half of the rounds aim between firing and commit, the others behind the commit. The moment
        // within is left to chance: nothing is waited for here but the moment itself.
        let within = if round % 2 == 0 {
            let now = jiff::Timestamp::now().as_millisecond();
            let due = 1_000 - u64::try_from(now.rem_euclid(1_000)).unwrap_or(0);
            Duration::from_micros(due * 1_000 + chance.u64(0..30_000))
        } else {
            host.line(" online").await;
            Duration::from_micros(chance.u64(0..15_000))
        };
        tokio::time::sleep(within).await;
        host.kill().await;
    }
    let mut host = house.serve().await;
    host.line(" online").await;
    host.line(" online").await;
    host.stop_cleanly().await;

    let (_, rows) = csv(&house.read("presence.csv"));
    one_row_each(&rows, &town.online().await);
    assert!(rows.len() > 20, "people came in most rounds: {}", rows.len());
    all_settled(&house.file("beadle.db")).await;
    log_tells_the_records(&house.file("beadle.db")).await;
    every_firing_has_its_row(&house.file("beadle.db")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_gets_every_row_once_whatever_becomes_of_the_requests() {
    let append = || Matcher::path(":append");
    let mut chance = fastrand::Rng::with_seed(20_261_121);
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
    one_row_each(&town.sheets().cells(BOOK, TAB)[1..], &town.online().await);

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
        one_row_each(&town.sheets().cells(BOOK, TAB)[1..], &town.online().await);
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
    three_minutes_pass(&house.file("beadle.db")).await;
    let mut host = house.serve().await;
    host.line("delivered target=sheet:presence").await;
    host.stop_cleanly().await;
    one_row_each(&town.sheets().cells(BOOK, TAB)[1..], &town.online().await);

    // And at random moments.
    for _ in 0..4 {
        come(&mut town).await;
        let mut host = house.serve().await;
        host.line(" online").await;
        tokio::time::sleep(Duration::from_micros(chance.u64(0..25_000))).await;
        host.kill().await;
        three_minutes_pass(&house.file("beadle.db")).await;
    }
    let mut host = house.serve().await;
    host.line(" online").await;
    host.line(" online").await;
    host.stop_cleanly().await;

    one_row_each(&town.sheets().cells(BOOK, TAB)[1..], &town.online().await);
    all_settled(&house.file("beadle.db")).await;
    log_tells_the_records(&house.file("beadle.db")).await;
    every_firing_has_its_row(&house.file("beadle.db")).await;
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
    one_row_each(&rows, &town.online().await);
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
