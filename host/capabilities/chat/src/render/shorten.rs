//! A message as one text, cut where it must be.

use super::Dialect;
use super::layout::Line;
use super::letters::Kind;
use super::part::{Cost, Part};
use super::split::{characters, words};

/// Returns the text of a message. Where it is too long its end is cut at a word, and says so; a last block with a link stays, if
/// that leaves a quarter of the text to the others.
pub(super) fn shorten(blocks: &[Vec<Line>], dialect: &dyn Dialect, mention: Option<&str>) -> String {
    let mut whole = Part::new(dialect, mention, Cost::default());
    if whole.attempt(|part| blocks.iter().for_each(|block| part.lines(block))) {
        if !whole.is_seen() {
            whole.cut();
        }
        return whole.finish();
    }
    let (head, tail) = match blocks.split_last() {
        Some((tail, head)) if !head.is_empty() && is_kept(tail, dialect) => (head, &tail[..]),
        _ => (blocks, &[][..]),
    };
    let mut part = Part::new(dialect, mention, room(tail, dialect));
    fill(&mut part, head, dialect);
    part.cut();
    part.lines(tail);
    part.finish()
}

/// Whether a last block is worth what is cut for it.
fn is_kept(tail: &[Line], dialect: &dyn Dialect) -> bool {
    let Cost { count, marks } = room(tail, dialect);
    tail.iter().flatten().any(|atom| atom.kind == Kind::Link)
        && dialect.limit().is_none_or(|limit| count <= limit / 4 * 3)
        && dialect.most_marks().is_none_or(|most| marks <= most / 4 * 3)
}

/// Returns what the sign of a cut and the lines after it take.
fn room(tail: &[Line], dialect: &dyn Dialect) -> Cost {
    let mut part = Part::new(dialect, None, Cost::default());
    part.cut();
    part.lines(tail);
    let Cost { count, marks } = part.cost();
    Cost { count: dialect.count(" ") + count, marks }
}

/// Writes as many words as fit. A word that no text holds is cut itself, and so is one before which there is nothing.
fn fill(part: &mut Part<'_>, blocks: &[Vec<Line>], dialect: &dyn Dialect) {
    for line in blocks.iter().flatten() {
        part.end_line();
        for word in words(line) {
            if part.attempt(|part| part.atoms(word)) {
                continue;
            }
            let endless = !Part::new(dialect, None, Cost::default()).attempt(|part| part.atoms(word));
            if endless || !part.is_begun() {
                let mut characters = characters(word);
                while characters.next().is_some_and(|character| part.attempt(|part| part.atoms(character))) {}
            }
            return;
        }
    }
}
