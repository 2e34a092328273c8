//! A message as several texts.

use super::Dialect;
use super::layout::Line;
use super::letters::{Atom, Kind};
use super::part::{Cost, Part};

/// Returns the texts of a message, parted between blocks where that does, else between lines, words, characters.
pub(super) fn split(blocks: &[Vec<Line>], dialect: &dyn Dialect, mention: Option<&str>) -> Vec<String> {
    let mut parts = Parts { dialect, open: Part::new(dialect, mention, Cost::default()), done: Vec::new() };
    for block in blocks {
        parts.block(block);
    }
    parts.finish()
}

/// Returns the words of a line, each with the whitespace before it.
pub(super) fn words(line: &[Atom]) -> impl Iterator<Item = &[Atom]> {
    line.chunk_by(|before, after| before.kind == Kind::Space || after.kind != Kind::Space)
}

/// Returns the characters of a word. A bullet goes with what it stands before.
pub(super) fn characters(word: &[Atom]) -> impl Iterator<Item = &[Atom]> {
    word.chunk_by(|before, _| before.kind == Kind::Bullet)
}

struct Parts<'a> {
    dialect: &'a dyn Dialect,
    open: Part<'a>,
    done: Vec<String>,
}

impl<'a> Parts<'a> {
    fn block(&mut self, lines: &[Line]) {
        if self.put(&|part| part.lines(lines)) {
            return;
        }
        for line in lines {
            self.line(line);
        }
    }

    fn line(&mut self, line: &Line) {
        if self.put(&|part| part.lines(std::slice::from_ref(line))) {
            return;
        }
        self.open.end_line();
        for word in words(line) {
            if !self.put(&|part| part.atoms(word)) {
                for character in characters(word) {
                    self.character(character);
                }
            }
        }
    }

    fn character(&mut self, character: &[Atom]) {
        if self.put(&|part| part.atoms(character)) {
            return;
        }
        // A mention is in the way, or a bullet: what does not fit into a text of its own was taken apart before.
        self.turn(self.fresh());
        if !self.open.attempt(|part| part.atoms(character)) {
            self.open.atoms(&character[character.len() - 1..]);
        }
    }

    /// Writes something into the open text or, where that holds something already, into a new one. Returns whether it fitted.
    fn put(&mut self, write: &dyn Fn(&mut Part<'a>)) -> bool {
        if self.open.attempt(write) {
            return true;
        }
        let mut next = self.fresh();
        let fits = self.open.is_begun() && next.attempt(write);
        if fits {
            self.turn(next);
        }
        fits
    }

    fn fresh(&self) -> Part<'a> {
        Part::new(self.dialect, None, Cost::default())
    }

    fn turn(&mut self, next: Part<'a>) {
        let full = std::mem::replace(&mut self.open, next);
        if full.is_seen() {
            self.done.push(full.finish());
        }
    }

    fn finish(mut self) -> Vec<String> {
        self.turn(self.fresh());
        if self.done.is_empty() {
            let mut nothing = self.fresh();
            nothing.cut();
            self.done.push(nothing.finish());
        }
        self.done
    }
}
