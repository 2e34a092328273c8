//! What people do to a Google sheet, what they must mend, and what holds for quotas and tokens.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beadle_campus::faults::{Action, Matcher};
use beadle_campus::sheets::Role;
use beadle_plan::{Delivered, ManualClock};
use beadle_sheets::{Settings, SetupError, Sheets};

use crate::house::{BOOK, House, all_done, held, rows};

const APPEND: &str = ":append";

/// A house whose tab is in use.
async fn used() -> House {
    let house = House::google().await;
    house.rows(&["a"]).await;
    house.finish().await;
    house
}

#[tokio::test]
async fn what_an_operator_must_mend_holds_the_target_until_it_is_mended() {
    type Act = fn(&House);
    let cases: [(&str, Act, Act, &str, &str); 6] = [
        (
            "not shared",
            |h| h.campus.unshare(BOOK, h.campus.email()),
            |h| h.campus.share(BOOK, h.campus.email(), Role::Writer),
            "may not use spreadsheet",
            "share the spreadsheet with beadle@simulated-school.iam.gserviceaccount.com as an editor",
        ),
        (
            "shared for reading",
            |h| h.campus.share(BOOK, h.campus.email(), Role::Reader),
            |h| h.campus.share(BOOK, h.campus.email(), Role::Writer),
            "may not use spreadsheet",
            "as an editor",
        ),
        (
            "API off",
            |h| h.campus.disable_api(true),
            |h| h.campus.disable_api(false),
            "API is not enabled",
            "project=123456789012",
        ),
        (
            "tab renamed",
            |h| h.campus.rename_tab(BOOK, "Online", "Old"),
            |h| h.campus.rename_tab(BOOK, "Old", "Online"),
            "was there and is gone; there are: Sheet1, Old",
            "under its old name",
        ),
        (
            "column renamed",
            |h| h.campus.set_cell(BOOK, "Online", 0, 1, "Raum"),
            |h| h.campus.set_cell(BOOK, "Online", 0, 1, "Room"),
            "lacks the columns: Room",
            "first row",
        ),
        (
            "column without a name",
            |h| h.campus.insert_column(BOOK, "Online", 1),
            |h| h.campus.set_cell(BOOK, "Online", 0, 1, "Note"),
            "no text in column B",
            "name",
        ),
    ];
    for (what, spoil, mend, cause, advice) in cases {
        let house = used().await;
        spoil(&house);
        house.rows(&["b", "c"]).await;
        for _ in 0..2 {
            let outcomes = house.step().await;
            assert_eq!(outcomes.len(), 2, "{what}");
            let (said_cause, said_advice) = held(&outcomes[0]);
            assert!(said_cause.contains(cause), "{what}: {said_cause}");
            assert!(said_advice.contains(advice), "{what}: {said_advice}");
            // As often as the engine probes.
            house.clock.advance(Duration::from_secs(300));
        }
        mend(&house);
        house.finish().await;
        assert_eq!(house.hashes(), ["a", "b", "c"], "{what}");
    }
}

#[tokio::test]
async fn a_header_that_was_deleted_holds_and_a_full_book_does() {
    let house = used().await;
    house.campus.delete_row(BOOK, "Online", 0);
    house.campus.delete_row(BOOK, "Online", 0);
    house.rows(&["b"]).await;
    assert!(held(&house.step().await[0]).0.contains("the header of tab Online"));

    let house = used().await;
    house.campus.fill(BOOK, "Online");
    house.rows(&["b"]).await;
    assert!(held(&house.step().await[0]).0.contains("is full"));

    let house = used().await;
    house.campus.remove(BOOK);
    house.rows(&["b"]).await;
    assert!(held(&house.step().await[0]).0.contains("there is no spreadsheet"));

    let house = House::google().await;
    house.campus.add_tab(BOOK, "Online");
    house.campus.set_cell(BOOK, "Online", 4, 0, "somebody's notes");
    house.rows(&["b"]).await;
    assert!(held(&house.step().await[0]).0.contains("rows stand below it"));
}

#[tokio::test]
async fn a_deleted_account_holds_and_an_expired_token_is_renewed() {
    let house = used().await;
    house.clock.advance(Duration::from_secs(2 * 3600));
    house.rows(&["b"]).await;
    assert!(all_done(&house.step().await));
    house.campus.delete_account(house.campus.email());
    house.rows(&["c"]).await;
    let outcomes = house.step().await;
    let (cause, advice) = held(&outcomes[0]);
    assert!(cause.contains("was refused: invalid_grant"), "{cause}");
    assert!(advice.contains("clock"), "{advice}");
    assert_eq!(house.hashes(), ["a", "b"]);
}

#[tokio::test]
async fn people_may_sort_delete_and_move_columns() {
    let mut house = used().await;
    house.rows(&["c", "b"]).await;
    house.finish().await;
    house.campus.sort(BOOK, "Online", 0);
    house.campus.delete_row(BOOK, "Online", 2);
    house.campus.insert_column(BOOK, "Online", 1);
    house.campus.set_cell(BOOK, "Online", 0, 1, "Note");
    house.rows(&["b", "d"]).await;
    assert!(all_done(&house.step().await));
    house.restart().await;
    house.rows(&["b", "c"]).await;
    house.finish().await;
    assert_eq!(house.cells()[0], ["Hash", "Note", "Room", "Time"]);
    assert_eq!(house.cells()[3], ["d", "", "Lab 2", "2026-11-20 09:55:00"]);
    assert_eq!(house.hashes(), ["a", "c", "d"]);
}

#[tokio::test]
async fn a_used_up_quota_is_waited_for_and_the_own_limit_keeps_below_it() {
    let house = used().await;
    house.campus.faults.order(APPEND, Some(1), Action::too_many(40, r#"{"error":{"code":429}}"#));
    house.rows(&["b"]).await;
    let outcomes = house.step().await;
    assert!(matches!(&outcomes[0], Delivered::Retry { not_before: Some(_), .. }), "{outcomes:?}");
    assert_eq!(house.hashes(), ["a"]);
    // One row at a time, as fast as it goes: the service never has to refuse.
    let rows: Vec<String> = (0..150).map(|n| format!("r{n}")).collect();
    for row in &rows {
        house.rows(&[row.as_str()]).await;
        house.finish().await;
    }
    assert_eq!(house.hashes().len(), 152);
    let writes = house.campus.faults.count(Matcher::path(APPEND));
    assert_eq!(writes, 1 + 1 + 150, "the first, the refused one, and one for each row: no request was refused again");
}

#[tokio::test]
async fn one_bad_row_does_not_keep_the_others() {
    let house = used().await;
    let refusal = r#"{"error":{"code":400,"message":"Invalid value","status":"INVALID_ARGUMENT"}}"#;
    let poison = Matcher::new(|seen| seen.path.contains("append") && seen.text().contains("poison"));
    house.campus.faults.order(poison, None, Action::json(400, refusal));
    house.rows(&["b", "c", "poison", "d"]).await;
    let outcomes = house.step().await;
    assert!(matches!(&outcomes[2], Delivered::Invalid { cause } if cause.contains("Invalid value")), "{outcomes:?}");
    assert_eq!(house.hashes(), ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn odd_titles_reach_their_own_tab_only() {
    for title in ["A/B #1? it's", "D3", "../../OTHER/values/Sheet1", "Sheet1?majorDimension=COLUMNS", "..", "ö 100%"] {
        let house = House::google_tab(title).await;
        house.campus.create("OTHER", &[(house.campus.email(), Role::Writer)]);
        house.rows(&["a"]).await;
        house.finish().await;
        assert_eq!(house.campus.cells(BOOK, title).len(), 2, "{title}");
        assert!(house.campus.cells("OTHER", "Sheet1").is_empty(), "{title}");
    }
}

#[tokio::test]
async fn a_preview_only_reads() {
    let house = House::google().await;
    let preview = house.preview(&["a"]).await;
    assert_eq!(preview.place, format!("tab Online of spreadsheet {BOOK}, which would be made"));
    assert_eq!(preview.problem, None);
    assert_eq!(house.campus.tabs(BOOK), ["Sheet1"]);
    let house = used().await;
    house.campus.faults.forget();
    let preview = house.preview(&["a", "b", "b"]).await;
    let stands: Vec<bool> = rows(&preview).iter().map(|row| row.stands).collect();
    assert_eq!(
        (preview.place.as_str(), stands),
        ("tab Online of spreadsheet 1AbC_d-E, after row 2", vec![true, false, true])
    );
    assert!(house.campus.faults.requests().iter().all(|seen| seen.method == "GET"));
    house.campus.unshare(BOOK, house.campus.email());
    assert!(house.preview(&["c"]).await.problem.is_some_and(|problem| problem.contains("share the spreadsheet")));
}

#[tokio::test]
async fn a_key_that_stands_twice_is_reported_without_being_named() {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().map_err(|_| std::io::ErrorKind::Other)?.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut house = used().await;
    for (column, cell) in ["a", "Lab 2", "2026"].iter().enumerate() {
        house.campus.set_cell(BOOK, "Online", 2, column, cell);
    }
    house.restart().await;
    house.rows(&["b"]).await;
    house.finish().await;
    let said = String::from_utf8(lines.0.lock().expect("no panic").clone()).expect("text");
    assert!(said.contains("a key stands twice") && said.contains("Online!A2 and Online!A3"), "{said}");
    assert!(!said.contains("ya29."), "no token may be logged: {said}");
}

#[tokio::test]
async fn settings_that_cannot_be_right_are_refused() {
    let house = House::google().await;
    let Settings::Google(good) = house.settings.clone() else { panic!("a google sheet") };
    let open = async |settings| {
        let clock = Arc::new(ManualClock::new(beadle_plan::Instant::from_millis(0)));
        Sheets::open(BTreeMap::from([("presence".into(), Settings::Google(settings))]), clock)
            .await
            .map(|_| ())
            .map_err(|(_, error)| error)
    };
    let mut bad = good.clone();
    bad.spreadsheet = "../OTHER".into();
    assert!(matches!(open(bad).await, Err(SetupError::Spreadsheet(_))));
    let mut bad = good.clone();
    bad.base_url = "http://sheets.school.example/".parse().ok();
    assert!(matches!(open(bad).await, Err(SetupError::Address(_))));
    let mut bad = good.clone();
    bad.key = "{\"private_key\": \"SECRET\"}".to_owned().into();
    let error = open(bad).await.expect_err("no key");
    assert!(matches!(error, SetupError::Key(_)) && !error.to_string().contains("SECRET"), "{error}");
    assert_eq!(open(good.clone()).await, Ok(()));
    let clock = Arc::new(ManualClock::new(beadle_plan::Instant::from_millis(0)));
    let twice = ["one", "two"].map(|name| (name.into(), Settings::Google(good.clone())));
    let error = Sheets::open(twice.into(), clock).await.map(|_| ()).expect_err("two names for one tab");
    assert_eq!(error, ("two".into(), SetupError::Same("one".into())));
}

#[tokio::test]
async fn an_answer_that_is_not_the_services_is_not_believed() {
    let mut house = used().await;
    for path in ["values:batchGet", APPEND] {
        house.campus.faults.order(path, Some(1), Action::json(200, "{}"));
        house.rows(&[path]).await;
        let outcomes = house.step().await;
        assert!(matches!(outcomes[0], Delivered::Retry { .. } | Delivered::Unknown { .. }), "{outcomes:?}");
        house.restart().await;
        house.finish().await;
    }
    assert_eq!(house.hashes(), ["a", "values:batchGet", APPEND]);
}
