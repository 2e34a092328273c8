//! What a run can say in chats, and when it can ask to run again. Each try is a line of its log.

use beadle_sdk::chat::{self, Block, Form, Look, Mention, Message, Severity};
use beadle_sdk::{Error, Summary, info, run, time};

use crate::Settings;

type Outcome = Result<Summary, Error>;

/// Returns a message of one title and one block.
pub(crate) fn message(title: &str, block: Option<Block>) -> Message {
    Message {
        title: title.to_owned(),
        blocks: block.into_iter().collect(),
        mentions: vec![Mention::Ping],
        severity: Severity::Notice,
    }
}

/// Says each of `texts` in the channel `how`.
pub(crate) fn talks(settings: &Settings) -> Outcome {
    let now = u64::try_from(time::now().as_millisecond()).unwrap_or(0);
    for text in &settings.texts {
        let one = |piece| message("Lamps", Some(Block::Text(vec![piece])));
        let (mut key, mut at, mut until) = ("lamp".to_owned(), None, None);
        let said = match text.as_str() {
            "nothing" => message("  ", Some(Block::Text(vec![chat::words(" ")]))),
            "a script" => one(chat::link("light", "javascript:alert(1)")),
            "a login" => one(chat::link("light", "https://ada:secret@lamps.example/")),
            "an end before its beginning" => one(chat::time(now, Some(now - 1), Form::Full, Look::Plain)),
            "no point in time" => one(chat::time(u64::MAX, None, Form::Clock, Look::Plain)),
            "a megabyte" => message(&"lamp ".repeat(1 << 18), None),
            other => {
                match other {
                    "no key" => key.clear(),
                    "a long key" => key = "k".repeat(2_000),
                    "too late at once" => (at, until) = (Some(now), Some(now)),
                    "later" => (at, until) = (Some(now + 60_000), Some(now + 120_000)),
                    _ => {}
                }
                message("Lamps", Some(Block::Items(vec![vec![chat::look("on", Look::Strong)]])))
            }
        };
        let outcome = match text.as_str() {
            "the end" => chat::remove(&settings.how, &key),
            _ => chat::put(&settings.how, &key, &said, at, until),
        };
        match outcome {
            Ok(()) => info!("{text}: staged"),
            Err(error) => info!("{text}: {error:?}"),
        }
    }
    Ok(Summary::new("said"))
}

/// Asks for runs in so many seconds, each of `texts` a number.
pub(crate) fn asks_for_earlier_runs(settings: &Settings) -> Outcome {
    let now = u64::try_from(time::now().as_millisecond()).unwrap_or(0);
    for text in &settings.texts {
        match run::wake_at(now + text.parse::<u64>().unwrap_or(0) * 1_000) {
            Ok(()) => info!("{text}: asked"),
            Err(error) => info!("{text}: {error:?}"),
        }
    }
    Ok(Summary::new("asked"))
}
