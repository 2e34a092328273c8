//! What people and clocks do to a Google sheet in the worst moment: while nobody knows what became of a request.

use std::time::Duration;

use beadle_campus::faults::{Action, Matcher};
use beadle_plan::{Clock as _, Delivered, Previewed};
use beadle_store::EffectState;

use crate::house::{BOOK, House, all_done, done, held};

const APPEND: &str = ":append";
const READ: &str = "values:batchGet";

/// A house whose tab is in use, and in which `b` was written by a request whose answer was lost, as was the look for it.
async fn in_doubt() -> House {
    let house = House::google().await;
    house.rows(&["z"]).await;
    house.finish().await;
    house.campus.faults.order(APPEND, Some(1), Action::ApplyThenDrop);
    house.campus.faults.order(Matcher::path(READ).after(1), Some(1), Action::Reset);
    house.rows(&["b"]).await;
    assert!(matches!(house.step().await[..], [Delivered::Unknown { .. }]));
    house
}

#[tokio::test]
async fn a_row_in_doubt_is_found_wherever_people_sorted_it_to() {
    let house = in_doubt().await;
    house.campus.sort(BOOK, "Online", 0);
    house.campus.insert_column(BOOK, "Online", 0);
    house.campus.set_cell(BOOK, "Online", 0, 0, "Note");
    house.rows(&["c"]).await;
    house.clock.advance(Duration::from_secs(10));
    let outcomes = house.step().await;
    assert_eq!(outcomes[0], done("Online!A2"));
    assert!(all_done(&outcomes), "{outcomes:?}");
    let hashes: Vec<String> = house.cells().into_iter().skip(1).map(|row| row[1].clone()).collect();
    assert_eq!(hashes, ["b", "z", "c"]);
}

#[tokio::test]
async fn a_row_in_doubt_whose_tab_was_renamed_waits_for_the_tab() {
    let house = in_doubt().await;
    house.campus.rename_tab(BOOK, "Online", "Old");
    house.rows(&["c"]).await;
    house.clock.advance(Duration::from_secs(300));
    assert!(held(&house.step().await[0]).0.contains("was there and is gone; there are: Sheet1, Old"));
    assert_eq!(house.states().await[1].0, EffectState::Unknown, "it is still in doubt");
    assert_eq!(house.states().await[2].0, EffectState::Queued);
    house.campus.rename_tab(BOOK, "Old", "Online");
    house.finish().await;
    assert_eq!(house.hashes(), ["z", "b", "c"]);
}

/// A tab that was deleted is not made anew behind its owner's back. Made by hand, it goes on with what waits.
#[tokio::test]
async fn a_tab_that_was_deleted_goes_on_where_its_owner_makes_it_anew() {
    let house = House::google().await;
    house.rows(&["a"]).await;
    house.finish().await;
    house.campus.delete_tab(BOOK, "Online");
    house.rows(&["b"]).await;
    let outcomes = house.step().await;
    let (cause, advice) = held(&outcomes[0]);
    assert!(cause.ends_with("was there and is gone; there are: Sheet1"), "{cause}");
    assert!(advice.contains("make it anew with the header: Hash, Room, Time"), "{advice}");
    house.campus.add_tab(BOOK, "Online");
    assert!(held(&house.step().await[0]).0.contains("the header of tab Online"), "a tab alone does not do");
    for (column, name) in ["Time", "Hash", "Room"].iter().enumerate() {
        house.campus.set_cell(BOOK, "Online", 0, column, name);
    }
    house.finish().await;
    assert_eq!(
        house.cells()[1..],
        [["2026-11-20 09:55:00", "b", "Lab 2"]],
        "and what stood in the old one is not repeated"
    );
}

/// People who copy rows make keys stand twice. The row that was in doubt says both places.
#[tokio::test]
async fn a_row_that_stands_twice_shows_both_places() {
    let house = in_doubt().await;
    for (column, cell) in ["'b", "'Lab 2", "'2026-11-20 09:55:00"].iter().enumerate() {
        house.campus.set_cell(BOOK, "Online", 3, column, cell);
    }
    house.clock.advance(Duration::from_secs(10));
    house.step().await;
    assert_eq!(house.states().await[1], (EffectState::Done, "Online!A3 and Online!A4".to_owned()));
    let preview = house.preview(&["c"]).await;
    assert!(matches!(&preview.what, Previewed::Rows { twice, .. } if *twice == ["Online!A3 and Online!A4"]));
    assert_eq!(preview.problem, None, "it keeps nobody from writing");
}

/// The host's own limit goes by time that passes, not by the hour that a clock shows.
#[tokio::test]
async fn a_clock_that_is_set_back_uses_up_no_quota() {
    let house = House::google().await;
    house.rows(&["a"]).await;
    house.finish().await;
    let now = house.clock.now();
    house.clock.set(beadle_plan::Instant::from_millis(now.millis() - 3_600_000));
    house.rows(&["b"]).await;
    assert!(all_done(&house.step().await));
    // As many as fit into a burst, and one more: the wait for it is as long as ever.
    let mut waits = None;
    for row in 0..30 {
        house.rows(&[&format!("r{row}")]).await;
        if let [Delivered::Retry { not_before: Some(until), .. }] = &house.step().await[..] {
            waits = Some(until.since(house.clock.now()));
            break;
        }
    }
    let waits = waits.expect("the limit is met");
    assert!(waits <= Duration::from_secs(2), "{waits:?}");
}
