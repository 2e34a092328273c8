//! Each row stands once for its key in a Google sheet, whatever is lost on the way.

use std::sync::Arc;
use std::time::Duration;

use beadle_campus::faults::{Action, Gate, Matcher};
use beadle_plan::{Clock as _, Delivered, Doubt};

use crate::house::{BOOK, House, all_done, by_day, done, effect};

const APPEND: &str = ":append";

#[tokio::test]
async fn tab_and_header_are_made_and_rows_stand_once() {
    let house = House::google().await;
    house
        .stage(vec![
            effect(crate::house::by_hash(), ["00123456", "=1+1", "2026-11-20 09:55:00"]),
            crate::house::row("12e45678"),
        ])
        .await;
    let outcomes = house.step().await;
    assert_eq!(outcomes[0], done("Online!A2"));
    assert_eq!(outcomes[1], done("Online!A3"));
    let want = [
        ["Hash", "Room", "Time"],
        ["00123456", "=1+1", "2026-11-20 09:55:00"],
        ["12e45678", "Lab 2", "2026-11-20 09:55:00"],
    ];
    assert_eq!(house.cells(), want);
    house.rows(&["12e45678", "b", "b"]).await;
    assert!(all_done(&house.step().await));
    assert_eq!(house.hashes(), ["00123456", "12e45678", "b"]);
    assert_eq!(house.campus.faults.count(APPEND), 2);
}

#[tokio::test]
async fn a_long_backlog_needs_as_few_requests_as_their_size_allows() {
    let house = House::google().await;
    let hash = |number: usize| format!("{number:0100}");
    house.stage((0..10_000).map(|number| crate::house::row(&hash(number))).collect()).await;
    house.finish().await;
    assert_eq!(house.hashes().len(), 10_000);
    // Rows of some 135 bytes, at most 1 MiB of them in a request.
    assert_eq!(house.campus.faults.count(APPEND), 2);
    let others = house.campus.faults.total() - 2;
    assert!(others < 10, "{others} requests besides");
}

#[tokio::test]
async fn rows_of_an_old_sheet_are_recognised() {
    let house = House::google().await;
    house.campus.add_tab(BOOK, "Online");
    for (row, cells) in
        [["Note", "Time", "Hash", "Room"], ["x", "2026-11-20 08:00:00", "a", "Lab 1"]].iter().enumerate()
    {
        for (column, cell) in cells.iter().enumerate() {
            house.campus.set_cell(BOOK, "Online", row, column, &format!("'{cell}"));
        }
    }
    let day = |hash| effect(by_day(), [hash, "Lab 2", "2026-11-20 09:55:00"]);
    house.stage(vec![day("a"), day("b"), effect(by_day(), ["a", "Lab 2", "2026-11-21 07:00:00"])]).await;
    house.finish().await;
    assert_eq!(
        house.cells()[2..],
        [["", "2026-11-20 09:55:00", "b", "Lab 2"], ["", "2026-11-21 07:00:00", "a", "Lab 2"]]
    );
}

#[tokio::test]
async fn an_append_that_was_applied_and_lost_is_found_at_once() {
    for action in [Action::ApplyThenDrop, Action::CutBody] {
        let house = House::google().await;
        house.campus.faults.order(APPEND, Some(1), action.clone());
        house.rows(&["a", "b"]).await;
        let outcomes = house.step().await;
        assert!(all_done(&outcomes), "{action:?}: {outcomes:?}");
        assert_eq!(house.hashes(), ["a", "b"]);
        assert_eq!(house.campus.faults.count(APPEND), 1);
    }
}

#[tokio::test]
async fn a_lost_append_is_sent_again_only_after_the_services_own_limit() {
    for action in [Action::Reset, Action::Garbage, Action::json(503, "{}"), Action::html(502, "<p>bad gateway</p>")] {
        let house = House::google().await;
        let sent = house.clock.now();
        let look_at = sent + Duration::from_secs(180);
        house.campus.faults.order(APPEND, Some(1), action.clone());
        house.rows(&["a"]).await;
        let outcomes = house.step().await;
        assert!(
            matches!(&outcomes[..], [Delivered::Unknown { doubt: Doubt { sent: s, .. }, look_at: l, .. }] if (*s, *l) == (sent, look_at)),
            "{action:?}: {outcomes:?}"
        );
        house.rows(&["b"]).await;
        house.clock.advance(Duration::from_secs(179));
        let outcomes = house.step().await;
        assert!(matches!(outcomes[0], Delivered::Unknown { .. }), "{outcomes:?}");
        assert!(matches!(outcomes[1], Delivered::Retry { not_before: Some(at), .. } if at == look_at), "{outcomes:?}");
        assert_eq!(house.campus.faults.count(APPEND), 1, "nothing may be sent to a tab in doubt");
        house.clock.advance(Duration::from_secs(1));
        assert!(all_done(&house.step().await));
        assert_eq!(house.hashes(), ["a", "b"]);
    }
}

#[tokio::test]
async fn an_append_that_is_carried_out_late_is_not_sent_again() {
    let house = House::google().await;
    house.rows(&["first"]).await;
    house.finish().await;
    house.campus.faults.order(APPEND, Some(1), Action::Reset);
    house.rows(&["a"]).await;
    assert!(matches!(house.step().await[0], Delivered::Unknown { .. }));
    for (column, cell) in ["'a", "'Lab 2", "'2026-11-20 09:55:00"].iter().enumerate() {
        house.campus.set_cell(BOOK, "Online", 2, column, cell);
    }
    house.clock.advance(Duration::from_secs(180));
    assert_eq!(house.step().await, [done("Online!A3")]);
    assert_eq!(house.hashes(), ["first", "a"]);
}

#[tokio::test]
async fn a_request_without_an_answer_is_given_up_and_looked_for() {
    let house = Arc::new(House::google().await);
    house.rows(&["warm"]).await;
    house.finish().await;
    let gate = Gate::new();
    house.campus.faults.order(APPEND, Some(1), Action::ApplyThenHold(gate.clone()));
    house.rows(&["a"]).await;
    let under_way = tokio::spawn({
        let house = Arc::clone(&house);
        async move { house.step().await }
    });
    gate.arrived(1).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(26)).await;
    tokio::time::resume();
    assert!(all_done(&under_way.await.expect("no panic")));
    assert_eq!(house.hashes(), ["warm", "a"]);
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_request_duplicates_nothing() {
    for applied in [true, false] {
        let mut house = House::google().await;
        house.rows(&["warm"]).await;
        house.finish().await;
        let gate = Gate::new();
        let action = if applied { Action::ApplyThenHold(gate.clone()) } else { Action::Hold(gate.clone()) };
        house.campus.faults.order(APPEND, Some(1), action);
        house.rows(&["a", "b"]).await;
        {
            let step = house.step();
            tokio::select! {
                outcomes = step => panic!("answered: {outcomes:?}"),
                () = gate.arrived(1) => {}
            }
        }
        house.restart().await;
        house.clock.advance(Duration::from_secs(5));
        house.rows(&["c"]).await;
        let outcomes = house.step().await;
        if applied {
            assert!(all_done(&outcomes), "{outcomes:?}");
        } else {
            assert!(matches!(outcomes[0], Delivered::Unknown { .. }), "{outcomes:?}");
            house.finish().await;
        }
        assert_eq!(house.hashes(), ["warm", "a", "b", "c"]);
    }
}

#[tokio::test]
async fn every_fault_at_every_request_ends_with_each_row_once() {
    let actions = || {
        [
            Action::ApplyThenDrop,
            Action::Reset,
            Action::Garbage,
            Action::CutBody,
            Action::json(500, "{}"),
            Action::too_many(30, "{}"),
            Action::html(200, "<p>please log in</p>"),
        ]
    };
    for (index, action) in actions().into_iter().enumerate() {
        for after in 0..9 {
            let mut house = House::google().await;
            // Two faults: the chosen one somewhere on the way, and one more of another kind behind it.
            house.campus.faults.order(Matcher::any().after(after), Some(1), action.clone());
            house.campus.faults.order(Matcher::any().after(after + 1), Some(1), actions()[(index + 3) % 7].clone());
            house.rows(&["a", "b"]).await;
            house.step().await;
            if after % 2 == 1 {
                house.restart().await;
            }
            house.rows(&["b", "c"]).await;
            house.finish().await;
            assert_eq!(house.hashes(), ["a", "b", "c"], "{action:?} after {after} requests");
            assert_eq!(house.campus.tabs(BOOK), ["Sheet1", "Online"], "{action:?} after {after} requests");
        }
    }
}
