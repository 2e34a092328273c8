//! A sheet in a local file: kills, hands, and formulas.

use std::fs;
use std::path::PathBuf;

use beadle_plan::{Delivered, Doubt, EffectId, Previewed};
use beadle_store::Outbox as _;

use crate::house::{House, all_done, by_hash, done, effect, held, rows, target};
use beadle_plan::Clock as _;
use tempfile::TempDir;

struct Sheet {
    house: House,
    file: PathBuf,
    _folder: TempDir,
}

impl Sheet {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("presence.csv");
        Self { house: House::csv(file.clone()).await, file, _folder: folder }
    }

    /// A sheet whose file holds that.
    async fn with(text: impl AsRef<[u8]>) -> Self {
        let sheet = Self::new().await;
        fs::write(&sheet.file, text).expect("written");
        sheet
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.file).expect("a file in UTF-8")
    }
}

const HEADER: &str = "Hash,Room,Time\n";
const TAIL: &str = ",Lab 2,2026-11-20 09:55:00\n";

#[tokio::test]
async fn header_and_rows_are_written_once() {
    let mut sheet = Sheet::new().await;
    sheet.house.rows(&["a", "b"]).await;
    let outcomes = sheet.house.step().await;
    assert_eq!(outcomes[1], done("presence.csv:3"));
    sheet.house.restart().await;
    sheet.house.rows(&["b", "c"]).await;
    sheet.house.finish().await;
    assert_eq!(sheet.text(), format!("{HEADER}a{TAIL}b{TAIL}c{TAIL}"));
}

#[tokio::test]
async fn a_line_torn_by_a_kill_is_cut_away_and_written_anew() {
    let whole = format!("{HEADER}a{TAIL}b, c{TAIL}").replace("b, c", "\"b, c\"");
    let begin = HEADER.len() + 1 + TAIL.len();
    for end in begin..=whole.len() {
        let mut sheet = Sheet::with(&whole[..end]).await;
        sheet.house.rows(&["b, c"]).await;
        // The request was written down as being sent when the process died.
        let queued = sheet.house.store.queued(&target(), 10, sheet.house.clock.now()).await.expect("the store works");
        let ids: Vec<EffectId> = queued.iter().map(|effect| effect.id).collect();
        sheet
            .house
            .store
            .sending(&ids, Doubt { sent: sheet.house.clock.now(), requests: 1 })
            .await
            .expect("the store works");
        sheet.house.restart().await;
        assert!(all_done(&sheet.house.step().await), "cut at {end}");
        sheet.house.rows(&["d"]).await;
        sheet.house.finish().await;
        assert_eq!(sheet.text(), format!("{whole}d{TAIL}"), "cut at {end}");
    }
}

#[tokio::test]
async fn a_last_line_without_an_end_that_a_person_wrote_is_kept() {
    for last in ["x,Lab 1,2026", "only a note"] {
        let sheet = Sheet::with(format!("{HEADER}{last}")).await;
        sheet.house.rows(&["a"]).await;
        sheet.house.finish().await;
        assert_eq!(sheet.text(), format!("{HEADER}{last}\na{TAIL}"));
    }
}

#[tokio::test]
async fn files_saved_by_other_programs_are_continued_in_their_manner() {
    let sheet = Sheet::with("\u{feff}Time,Hash,Room\r\n\r\n2026-11-19,a,Lab 1\r\n").await;
    sheet.house.rows(&["a", "b"]).await;
    assert_eq!(sheet.house.step().await[1], done("presence.csv:4"));
    assert_eq!(sheet.text(), "\u{feff}Time,Hash,Room\r\n\r\n2026-11-19,a,Lab 1\r\n2026-11-20 09:55:00,b,Lab 2\r\n");
}

#[tokio::test]
async fn what_would_run_as_a_formula_is_disarmed_and_known_again() {
    let mut sheet = Sheet::new().await;
    let nasty = || effect(by_hash(), ["=WEBSERVICE(\"http://x.example\")", "+1", "'=2"]);
    sheet.house.stage(vec![nasty()]).await;
    sheet.house.finish().await;
    assert_eq!(sheet.text(), format!("{HEADER}\"'=WEBSERVICE(\"\"http://x.example\"\")\",'+1,''=2\n"));
    // A new store knows no keys: they come from the file.
    let file = sheet.file.clone();
    sheet.house = House::csv(file).await;
    sheet.house.stage(vec![nasty()]).await;
    assert_eq!(sheet.house.step().await, [Delivered::AlreadyThere]);
}

#[tokio::test]
async fn rows_that_people_delete_stay_deleted_and_a_missing_file_holds() {
    let mut sheet = Sheet::new().await;
    sheet.house.rows(&["a", "b"]).await;
    sheet.house.finish().await;
    fs::write(&sheet.file, format!("{HEADER}b{TAIL}")).expect("written");
    sheet.house.restart().await;
    sheet.house.rows(&["a", "b"]).await;
    sheet.house.finish().await;
    assert_eq!(sheet.text(), format!("{HEADER}b{TAIL}"));
    fs::remove_file(&sheet.file).expect("removed");
    sheet.house.rows(&["c"]).await;
    assert!(held(&sheet.house.step().await[0]).0.contains("was there and is gone"));
    fs::write(&sheet.file, HEADER).expect("written");
    sheet.house.finish().await;
    assert_eq!(sheet.text(), format!("{HEADER}c{TAIL}"));
}

#[tokio::test]
async fn what_a_person_must_mend_is_said() {
    for (text, cause) in [
        (&b"Hash,R\xe4um\n"[..], "is not UTF-8"),
        (b"Hash;Room;Time\n", "lacks the columns"),
        (b"\n\nHash,Room,Time\n", ""),
    ] {
        let sheet = Sheet::with(text).await;
        sheet.house.rows(&["a"]).await;
        let outcomes = sheet.house.step().await;
        assert!(held(&outcomes[0]).0.contains(cause), "{outcomes:?}");
        assert_eq!(fs::read(&sheet.file).expect("still there"), text, "a held file is left alone");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let house = House::csv(folder.path().join("missing").join("x.csv")).await;
    house.rows(&["a"]).await;
    assert!(held(&house.step().await[0]).1.contains("make the folder"));
    let house = House::csv(folder.path().to_owned()).await;
    house.rows(&["a"]).await;
    held(&house.step().await[0]);
}

#[tokio::test]
async fn a_preview_says_where_rows_would_go_and_writes_nothing() {
    let sheet = Sheet::new().await;
    assert!(sheet.house.preview(&["a"]).await.place.ends_with("presence.csv, which would be made"));
    assert!(!sheet.file.exists());
    sheet.house.rows(&["a"]).await;
    sheet.house.finish().await;
    let preview = sheet.house.preview(&["a", "b"]).await;
    assert!(preview.place.ends_with("presence.csv, after row 2"), "{}", preview.place);
    assert_eq!(rows(&preview).iter().map(|row| row.stands).collect::<Vec<_>>(), [true, false]);
    assert!(matches!(&preview.what, Previewed::Rows { columns, .. } if *columns == crate::house::COLUMNS));
    assert_eq!(sheet.text(), format!("{HEADER}a{TAIL}"));
}
