//! What services show of rendered messages, by small readers of their markup that know nothing of the renderer.

mod discord;
mod hostile;
mod lengths;
mod looks;
mod moments;
mod properties;
mod telegram;

use beadle_plan::{Block, Form, Instant, Look, Message, Piece, Severity, TooLong};

use super::Dialect;

fn message(title: &str, blocks: Vec<Block>) -> Message {
    Message {
        title: title.to_owned(),
        blocks,
        ping: false,
        severity: Severity::Info,
        timezone: "Europe/Berlin".to_owned(),
        language: "en".to_owned(),
        too_long: TooLong::Split,
    }
}

fn words(text: &str) -> Piece {
    looking(text, Look::Plain)
}

fn looking(text: &str, look: Look) -> Piece {
    Piece::Words { text: text.to_owned(), look }
}

fn link(text: &str, url: &str) -> Piece {
    Piece::Link { text: text.to_owned(), url: url.to_owned() }
}

fn time(at: &str, until: Option<&str>, form: Form) -> Piece {
    Piece::Time { at: instant(at), until: until.map(instant), form, look: Look::Plain }
}

fn instant(text: &str) -> Instant {
    Instant::from(text.parse::<jiff::Timestamp>().unwrap())
}

/// A dialect with another limit.
struct Narrow<D>(D, usize);

impl<D: Dialect> Dialect for Narrow<D> {
    fn letter(&self, before: Option<char>, letter: char, after: &str, out: &mut String) {
        self.0.letter(before, letter, after, out);
    }

    fn fences(&self, look: Look) -> (&'static str, &'static str) {
        self.0.fences(look)
    }

    fn carries(&self, look: Look, letter: char) -> bool {
        self.0.carries(look, letter)
    }

    fn link(&self, text: &str, written: &str, url: &str) -> Option<String> {
        self.0.link(text, written, url)
    }

    fn address(&self, url: &str) -> String {
        self.0.address(url)
    }

    fn distance(&self, at: Instant) -> Option<String> {
        self.0.distance(at)
    }

    fn limit(&self) -> Option<usize> {
        Some(self.1)
    }

    fn count(&self, markup: &str) -> usize {
        self.0.count(markup)
    }

    fn most_marks(&self) -> Option<usize> {
        self.0.most_marks()
    }
}
