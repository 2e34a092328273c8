//! A file that other programs hold, replace or take away, and systems that refuse.

use std::fs::{self, File};

use beadle_plan::Delivered;

use crate::house::{House, all_done, held};

const HEADER: &str = "Hash,Room,Time\n";
const TAIL: &str = ",Lab 2,2026-11-20 09:55:00\n";

#[tokio::test]
async fn a_file_that_another_program_has_locked_is_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("presence.csv");
    let house = House::csv(file.clone()).await;
    house.rows(&["a"]).await;
    house.finish().await;
    let other = File::open(&file).expect("it is there");
    other.lock().expect("nobody else has it");
    house.rows(&["b"]).await;
    let outcomes = house.step().await;
    assert!(
        matches!(&outcomes[..], [Delivered::Retry { cause, .. }] if cause.ends_with("is locked by another program")),
        "{outcomes:?}"
    );
    assert_eq!(fs::read_to_string(&file).expect("it is there"), format!("{HEADER}a{TAIL}"));
    drop(other);
    assert!(all_done(&house.step().await));
    assert_eq!(fs::read_to_string(&file).expect("it is there"), format!("{HEADER}a{TAIL}b{TAIL}"));
}

/// Editors write a file beside it and rename it over the old one. This one keeps others out meanwhile, as programs do that respect
/// locks; what it cannot keep out is a row that goes into the file which it has just replaced.
#[tokio::test]
async fn a_file_that_an_editor_replaces_again_and_again_loses_and_repeats_no_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("presence.csv");
    let house = House::csv(file.clone()).await;
    house.rows(&["first"]).await;
    house.finish().await;
    let hashes: Vec<String> = (0..40).map(|number| format!("r{number}")).collect();
    for hash in &hashes {
        let path = file.clone();
        let replaced = tokio::task::spawn_blocking(move || {
            let old = File::open(&path).expect("it is there");
            old.lock().expect("locks are known here");
            let fresh = path.with_extension("edited");
            fs::copy(&path, &fresh).and_then(|_| fs::rename(&fresh, &path)).expect("replaced");
        });
        house.rows(&[hash.as_str()]).await;
        house.finish().await;
        replaced.await.expect("no panic");
    }
    let text = fs::read_to_string(&file).expect("it is there");
    let lines: Vec<&str> = text.lines().skip(2).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(lines, hashes);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_in_which_nothing_may_be_made_is_said() {
    // Nobody makes files there, not even the system's own user.
    let house = House::csv("/sys/presence.csv".into()).await;
    house.rows(&["a"]).await;
    let outcomes = house.step().await;
    let (cause, advice) = held(&outcomes[0]);
    assert!(cause.starts_with("/sys/presence.csv cannot be used"), "{cause}");
    assert_eq!(advice, "let the host's user write there");
}

#[tokio::test]
async fn a_file_that_is_a_folder_or_lies_in_a_file_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("presence.csv");
    let house = House::csv(file.clone()).await;
    house.rows(&["a"]).await;
    house.finish().await;
    fs::remove_file(&file).expect("it was there");
    fs::create_dir(&file).expect("a folder");
    house.rows(&["b"]).await;
    let outcomes = house.step().await;
    assert_eq!(held(&outcomes[0]).1, "name a file, not a folder");
    fs::remove_dir(&file).expect("it was there");
    // The file is gone now, and is not made anew behind its owner's back.
    assert!(held(&house.step().await[0]).0.ends_with("was there and is gone"));
    fs::write(&file, format!("{HEADER}a{TAIL}")).expect("put back");
    house.finish().await;
    assert_eq!(fs::read_to_string(&file).expect("it is there"), format!("{HEADER}a{TAIL}b{TAIL}"));
}
