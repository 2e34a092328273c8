//! One text while it is written.

use beadle_plan::Look;

use super::Dialect;
use super::layout::Line;
use super::letters::{Atom, Kind};

/// What stands where something was cut.
const CUT: &str = "…";

/// One text while it is written. Looks are closed where they end, where a line ends and where the text does; whitespace is written
/// once something follows it.
pub(super) struct Part<'a> {
    dialect: &'a dyn Dialect,
    /// What will be added at the end, and needs room.
    reserved: Cost,
    text: String,
    state: State,
}

/// How much of a text is used.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    /// The length, in the units of the service.
    pub(super) count: usize,
    /// The number of looks and links.
    pub(super) marks: usize,
}

/// What goes back to what it was when something does not fit.
#[derive(Debug, Clone, Default)]
struct State {
    cost: Cost,
    /// The look whose fences are open.
    look: Look,
    /// The whitespace since the last atom.
    spaces: String,
    /// Whether some of that whitespace stands outside the open fences.
    spaces_outside: bool,
    line_ended: bool,
    begun: bool,
    seen: bool,
}

impl<'a> Part<'a> {
    /// Begins a text, with a mention where there is one that fits.
    pub(super) fn new(dialect: &'a dyn Dialect, mention: Option<&str>, reserved: Cost) -> Self {
        let mut part = Self { dialect, reserved, text: String::new(), state: State::default() };
        if let Some(mention) = mention.map(str::trim).filter(|mention| !mention.is_empty()) {
            part.attempt(|part| {
                part.write(mention);
                part.state.cost.marks += 1;
                part.state.seen = true;
                part.state.spaces.push(' ');
            });
        }
        part
    }

    /// Whether anything but a mention stands here.
    pub(super) fn is_begun(&self) -> bool {
        self.state.begun
    }

    /// Whether a reader sees anything here.
    pub(super) fn is_seen(&self) -> bool {
        self.state.seen
    }

    /// Returns what is used, fences that are still to be closed included.
    pub(super) fn cost(&self) -> Cost {
        let Cost { count, marks } = self.state.cost;
        Cost { count: count + self.dialect.count(self.dialect.fences(self.state.look).1), marks }
    }

    /// Writes something, or nothing where it does not fit. Returns whether it did.
    pub(super) fn attempt(&mut self, write: impl FnOnce(&mut Self)) -> bool {
        let (length, before) = (self.text.len(), self.state.clone());
        write(self);
        let used = self.cost();
        let fits = self.dialect.limit().is_none_or(|limit| used.count + self.reserved.count <= limit)
            && self.dialect.most_marks().is_none_or(|most| used.marks + self.reserved.marks <= most);
        if !fits {
            self.text.truncate(length);
            self.state = before;
        }
        fits
    }

    /// Writes lines.
    pub(super) fn lines(&mut self, lines: &[Line]) {
        for line in lines {
            self.end_line();
            self.atoms(line);
        }
    }

    /// Ends the line, where one has begun. A mention stays before the first line.
    pub(super) fn end_line(&mut self) {
        self.state.line_ended = self.state.begun;
    }

    /// Writes atoms.
    pub(super) fn atoms(&mut self, atoms: &[Atom]) {
        for atom in atoms {
            self.atom(atom);
        }
    }

    fn atom(&mut self, atom: &Atom) {
        if atom.kind == Kind::Space {
            // None at the beginning of a line: services drop it, or take what follows for another thing.
            if self.state.begun && !self.state.line_ended {
                self.state.spaces.push_str(&atom.markup);
                self.state.spaces_outside |= atom.look != self.state.look;
            }
            return;
        }
        if self.state.line_ended {
            self.close();
            self.state.spaces.clear();
            self.write("\n");
            self.state.line_ended = false;
        }
        if atom.look != self.state.look || self.state.spaces_outside {
            self.close();
        }
        let spaces = std::mem::take(&mut self.state.spaces);
        self.write(&spaces);
        self.state.spaces_outside = false;
        if atom.look != self.state.look {
            let fence = self.dialect.fences(atom.look).0;
            self.write(fence);
            self.state.look = atom.look;
            self.state.cost.marks += usize::from(!fence.is_empty());
        }
        self.write(&atom.markup);
        self.state.cost.marks += usize::from(atom.kind == Kind::Link);
        self.state.begun = true;
        self.state.seen |= atom.kind != Kind::Unseen;
    }

    /// Says that something was cut here; takes at most two more than what stands here.
    pub(super) fn cut(&mut self) {
        self.close();
        self.state.spaces.clear();
        self.state.line_ended = false;
        if !self.text.is_empty() {
            self.write(" ");
        }
        self.write(CUT);
        self.state.begun = true;
        self.state.seen = true;
    }

    /// Returns the text.
    pub(super) fn finish(mut self) -> String {
        self.close();
        self.text
    }

    fn close(&mut self) {
        let fence = self.dialect.fences(self.state.look).1;
        self.write(fence);
        self.state.look = Look::Plain;
    }

    fn write(&mut self, markup: &str) {
        self.text.push_str(markup);
        self.state.cost.count += self.dialect.count(markup);
    }
}
