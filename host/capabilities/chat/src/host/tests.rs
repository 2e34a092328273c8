use std::collections::BTreeMap;
use std::sync::Arc;

use beadle_egress::Egress;
use beadle_plan::{Clock, Fallbacks, Limits, SystemClock};

use super::wit::Host as _;
use super::*;
use crate::settings::{Console, Service, Settings};

fn chats() -> Chats {
    let settings = || Settings {
        service: Service::Console,
        endpoint: None,
        ping: None,
        ping_text: None,
        fallbacks: Fallbacks::default(),
    };
    let (clock, console): (Arc<dyn Clock>, Console) = (Arc::new(SystemClock), Arc::new(|_: &str| {}));
    let egress = Egress::new(beadle_egress::Settings::default()).expect("clients");
    let chats = BTreeMap::from([("class".into(), settings()), ("staff".into(), settings())]);
    Chats::open(chats, &egress, &clock, &console).expect("settings that can be right")
}

fn grants() -> Grants {
    Grants { chat: vec!["class".into(), "attic".into()], ..Grants::default() }
}

fn said(text: &str) -> wit::Message {
    let words = wit::Piece::Words(wit::Words { text: text.to_owned(), look: wit::Look::Plain });
    wit::Message {
        title: String::new(),
        blocks: vec![wit::Block::Text(vec![words])],
        mentions: Vec::new(),
        severity: wit::Severity::Info,
    }
}

/// What a plugin says, and where.
type Put<'a> = (&'a str, &'a str, wit::Message, Option<u64>, Option<u64>);

/// Has a plugin say something, and returns the keys that were staged.
async fn put(plugin: &str, site: &str, (channel, key, message, at, until): Put<'_>) -> Result<Vec<String>, wit::Error> {
    let (chats, grants, mut stage) = (chats(), grants(), Stage::new(Limits::default(), false));
    let mut view = ChatView {
        plugin,
        site,
        grants: &grants,
        chats: &chats,
        timezone: "Europe/Berlin",
        language: "en",
        too_long: TooLong::Split,
        stage: &mut stage,
    };
    let put = view.put(channel.to_owned(), key.to_owned(), message, at, until).await.expect("no trap");
    if put.is_ok() {
        let removed = view.remove(channel.to_owned(), key.to_owned()).await.expect("no trap");
        assert!(removed.is_ok(), "what may be said may be taken back");
    }
    put.map(|()| stage.take_plan().effects.into_iter().map(|effect| effect.key).collect())
}

#[tokio::test]
async fn keys_belong_to_plugin_and_site() {
    let one = ("class", "a/b", said("x"), None, None);
    assert_eq!(put("watcher", "", one.clone()).await.expect("it may"), ["watcher/a/b"]);
    assert_eq!(put("watcher", "main", one.clone()).await.expect("it may"), ["watcher@main/a/b"]);
    assert_eq!(put("other", "main", one).await.expect("it may"), ["other@main/a/b"]);
}

#[tokio::test]
async fn what_is_not_granted_or_not_there_is_denied_with_the_line_that_would_allow_it() {
    for (channel, words) in [("staff", r#"chat = ["staff"]"#), ("", "grants"), ("attic", "[chats.attic]")] {
        let refused = put("watcher", "", (channel, "a", said("x"), None, None)).await.expect_err("it may not");
        let wit::Error::Denied(told) = refused else { panic!("{refused:?}") };
        assert!(told.contains(words), "{told}");
    }
}

#[tokio::test]
async fn mistakes_are_told_to_the_plugin() {
    let piece = |piece: wit::Piece| wit::Message { blocks: vec![wit::Block::Text(vec![piece])], ..said("") };
    let link = |url: &str| piece(wit::Piece::Link(wit::Link { text: "x".into(), url: url.into() }));
    let time = |at, until, form| piece(wit::Piece::Time(wit::Moment { at, until, form, look: wit::Look::Plain }));
    let long = "k".repeat(LONGEST_KEY);
    for (put_, words) in [
        (("class", "", said("x"), None, None), "the key is empty"),
        (("class", long.as_str(), said("x"), None, None), "the key is longer"),
        (("class", "a", said(" "), None, None), "says nothing"),
        (("class", "a", said(&"x".repeat(LARGEST)), None, None), "larger than 64 KiB"),
        (("class", "a", said("x"), Some(5), Some(5)), "not behind `at`"),
        (("class", "a", said("x"), Some(u64::MAX), None), "no point in time"),
        (("class", "a", link("javascript:alert(1)"), None, None), "https://"),
        (("class", "a", link("https://ada:word@x.example"), None, None), "no login"),
        (("class", "a", time(7, Some(6), wit::Form::Full), None, None), "ends before it begins"),
        (("class", "a", time(7, None, wit::Form::Distance), None, None), "says nothing"),
    ] {
        let refused = put("watcher", "", put_).await.expect_err(words);
        let wit::Error::Invalid(told) = refused else { panic!("{refused:?}") };
        assert!(told.contains(words), "{told} instead of {words}");
    }
}
