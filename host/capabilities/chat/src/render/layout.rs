//! A message as lines of atoms.

use beadle_plan::{Block, Form, Instant, Look, Message, Piece};

use super::address::address;
use super::letters::{Atom, Kind, clean, letters};
use super::moment::Zone;
use super::{Dialect, moment};

/// What is never cut, in a row, with something visible among it.
pub(super) type Line = Vec<Atom>;

/// Returns the blocks of a message, its title the first of them. Lines and blocks that show nothing are left out.
pub(super) fn blocks(message: &Message, dialect: &dyn Dialect) -> Vec<Vec<Line>> {
    let writer = Writer { dialect, zone: Zone::new(&message.timezone, &message.language) };
    let title = letters(dialect, &clean(&message.title), Look::Strong);
    let blocks = message.blocks.iter().map(|block| match block {
        Block::Text(pieces) => vec![writer.line(pieces)],
        Block::Items(items) => items.iter().map(|pieces| writer.item(pieces)).collect(),
    });
    let shown = |line: &Line| line.iter().any(|atom| !matches!(atom.kind, Kind::Space | Kind::Unseen | Kind::Bullet));
    std::iter::once(vec![title])
        .chain(blocks)
        .map(|lines| lines.into_iter().filter(shown).collect::<Vec<Line>>())
        .filter(|lines| !lines.is_empty())
        .collect()
}

struct Writer<'a> {
    dialect: &'a dyn Dialect,
    zone: Zone,
}

impl Writer<'_> {
    fn item(&self, pieces: &[Piece]) -> Line {
        let mut line = vec![Atom::new(self.dialect, "• ".to_owned(), Look::Plain, Kind::Bullet)];
        line.extend(self.line(pieces).into_iter().skip_while(|atom| atom.kind == Kind::Space));
        line
    }

    fn line(&self, pieces: &[Piece]) -> Line {
        let mut line = Line::new();
        // Whether something that shows nothing was left out at the end of the line.
        let mut gap = false;
        for piece in pieces {
            let mut atoms = match piece {
                Piece::Words { text, look } => letters(self.dialect, &clean(text), *look),
                Piece::Link { text, url } => self.link(&clean(text), url),
                Piece::Time { at, until, form, look } => self.time(*at, *until, *form, *look),
            };
            if matches!(piece, Piece::Time { .. }) && atoms.is_empty() {
                gap = true;
            }
            if gap && !atoms.is_empty() {
                gap = close_gap(&mut line, &mut atoms);
            }
            line.append(&mut atoms);
        }
        line
    }

    fn link(&self, text: &str, url: &str) -> Vec<Atom> {
        let text = text.trim();
        let Some(address) = address(url) else {
            let separator = if text.is_empty() { "" } else { ": " };
            return letters(self.dialect, &format!("{text}{separator}{}", clean(url)), Look::Plain);
        };
        let bare = Atom::new(self.dialect, self.dialect.address(&address), Look::Plain, Kind::Link);
        let bare = if bare.fits(self.dialect) { vec![bare] } else { letters(self.dialect, &address, Look::Plain) };
        let written = letters(self.dialect, text, Look::Plain);
        let shown = written.iter().any(|atom| atom.kind == Kind::Letter);
        if !shown || text == url || text == address {
            return bare;
        }
        let joined: String = written.iter().map(|atom| atom.markup.as_str()).collect();
        let masked = self.dialect.link(text, &joined, &address);
        let masked = masked.map(|markup| Atom::new(self.dialect, markup, Look::Plain, Kind::Link));
        if let Some(masked) = masked.filter(|masked| masked.fits(self.dialect)) {
            return vec![masked];
        }
        let separator = if text.ends_with(':') { " " } else { ": " };
        let mut apart = letters(self.dialect, &format!("{text}{separator}"), Look::Plain);
        apart.extend(bare);
        apart
    }

    fn time(&self, at: Instant, until: Option<Instant>, form: Form, look: Look) -> Vec<Atom> {
        let text = match form {
            Form::Distance => {
                let markup = self.dialect.distance(at);
                return markup.into_iter().map(|markup| Atom::new(self.dialect, markup, look, Kind::Time)).collect();
            }
            Form::Full => moment::full(&self.zone, at, until),
            Form::Clock => moment::clock(&self.zone, at, until),
        };
        let loose = letters(self.dialect, &text, look);
        let markup = loose.iter().map(|atom| atom.markup.as_str()).collect();
        let whole = Atom::new(self.dialect, markup, look, Kind::Time);
        if whole.fits(self.dialect) { vec![whole] } else { loose }
    }
}

/// Joins a line with what follows something that showed nothing, so that nothing tells of it: one of two spaces goes, a space
/// before a comma, and parentheses around nothing. Returns whether the gap is still open.
fn close_gap(line: &mut Line, next: &mut Vec<Atom>) -> bool {
    let is = |atom: Option<&Atom>, marks: &[&str]| {
        atom.is_some_and(|atom| atom.kind == Kind::Letter && marks.contains(&atom.markup.as_str()))
    };
    if is(line.last(), &["("]) && is(next.first(), &[")"]) {
        line.pop();
        next.remove(0);
    }
    if line.last().is_none_or(|atom| atom.kind == Kind::Space) {
        let spaces = next.iter().take_while(|atom| atom.kind == Kind::Space).count();
        next.drain(..spaces);
        if is(next.first(), &[",", ".", ";", ":", "!", "?", ")"]) {
            let kept = line.iter().rposition(|atom| atom.kind != Kind::Space).map_or(0, |last| last + 1);
            line.truncate(kept);
        }
    }
    next.is_empty()
}
