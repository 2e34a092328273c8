//! Channels for looking on: the terminal, and a file.

use std::sync::Arc;

use beadle_chat::Service;
use beadle_store::EffectState;

use crate::brittle::{Brittle, How};
use crate::campus::Folder;
use crate::house::{House, held, put, remove};

fn entries(house: &House<Folder>) -> Vec<String> {
    house.campus.entries().into_iter().map(|(what, _, text)| format!("{what} {text}").trim_end().to_owned()).collect()
}

#[tokio::test]
async fn a_file_says_what_happens() {
    let house = House::file().await;
    house.deliver([put("a", "one"), put("b", "two")]).await;
    house.deliver([put("a", "three"), remove("b")]).await;
    assert_eq!(entries(&house), ["new one", "new two", "changed three", "removed"]);
    assert_eq!(house.texts(), ["three"]);
    let entries = house.campus.entries();
    assert_eq!((&entries[2].1, &entries[3].1), (&entries[0].1, &entries[1].1), "changes name what they change");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_is_for_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::file().await;
    house.deliver([put("a", "one")]).await;
    let mode = std::fs::metadata(house.campus.file()).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// The process dies when the entry is written and not yet written down: it is read back.
#[tokio::test]
async fn an_entry_is_read_back_after_a_kill() {
    let mut house = House::file().await;
    house.deliver([put("a", "one")]).await;
    let brittle = Arc::new(Brittle::new(house.store.clone(), How::DieBefore, 3));
    house.begin(brittle.clone(), brittle.clone());
    house.stage([put("b", "one")]).await;
    tokio::select! {
        biased;
        _ = house.finish() => panic!("it dies"),
        () = brittle.dead() => {}
    }
    assert_eq!(entries(&house), ["new one", "new one"]);
    house.restart();
    house.finish().await;
    assert_eq!(entries(&house), ["new one", "new one"]);
    house.deliver([remove("b")]).await;
    assert_eq!(house.texts(), ["one"]);
    assert_eq!(house.states().await, [EffectState::Done; 3]);
}

/// Nobody can read a terminal: what was said there before a kill is said again.
#[tokio::test]
async fn a_terminal_is_told_again_after_a_kill() {
    let mut house = House::console().await;
    let brittle = Arc::new(Brittle::new(house.store.clone(), How::DieBefore, 3));
    house.begin(brittle.clone(), brittle.clone());
    house.stage([put("a", "one\u{1b}[31m")]).await;
    tokio::select! {
        biased;
        _ = house.finish() => panic!("it dies"),
        () = brittle.dead() => {}
    }
    house.restart();
    house.finish().await;
    house.deliver([put("a", "two")]).await;
    house.deliver([remove("a")]).await;
    let said = house.said.lock().expect("nobody panics in it").clone();
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[0].starts_with("class · new\n  one") && said[0] == said[1] && said[2].contains("two"), "{said:?}");
    assert!(!said.concat().contains('\u{1b}'), "nothing steers the terminal");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_holds_the_channel() {
    let mut house = House::file().await;
    let file = house.campus.file();
    let missing = file.with_file_name("nowhere").join("class.txt");
    house.configure(|settings| settings.service = Service::File { file: missing.clone() });
    house.stage([put("a", "one")]).await;
    let told = held(&house.round().await[0]);
    assert!(told.contains("make its folder"), "{told}");
    assert!(house.chats.check(&"class".into()).await.expect("a chat").is_err());
    std::fs::create_dir(missing.parent().expect("a folder")).expect("it is made");
    house.next_round().await;
    assert!(std::fs::read_to_string(missing).expect("a file").contains("one"));
    assert!(house.chats.check(&"class".into()).await.expect("a chat").is_ok());
}
