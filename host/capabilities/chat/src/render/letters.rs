//! Words as the smallest pieces that may be parted from each other.

use beadle_plan::Look;
use unicode_segmentation::UnicodeSegmentation;

use super::Dialect;

/// A piece of a line that is never cut.
#[derive(Debug, Clone)]
pub(super) struct Atom {
    /// It, in the dialect, without the fences of its look.
    pub(super) markup: String,
    /// What the service counts for it.
    pub(super) count: usize,
    /// How it looks.
    pub(super) look: Look,
    /// What it is.
    pub(super) kind: Kind,
}

/// What a piece of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whitespace: a line may be cut here, and the whitespace goes.
    Space,
    /// What a reader sees as one character.
    Letter,
    /// A character that nobody sees.
    Unseen,
    /// What begins an item of a list.
    Bullet,
    /// A time.
    Time,
    /// A link.
    Link,
}

impl Atom {
    /// Takes markup of a dialect.
    pub(super) fn new(dialect: &dyn Dialect, markup: String, look: Look, kind: Kind) -> Self {
        Self { count: dialect.count(&markup), markup, look, kind }
    }

    /// Whether a text holds it, fences included.
    pub(super) fn fits(&self, dialect: &dyn Dialect) -> bool {
        let (open, close) = dialect.fences(self.look);
        let count = dialect.count(open) + self.count + dialect.count(close);
        dialect.limit().is_none_or(|limit| count <= limit)
    }
}

/// Returns words as they may be shown: on one line, and without characters that turn or hide what stands around them.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .filter(|letter| {
            // Those that join emoji, or shape Arabic and Persian letters, stay.
            !matches!(letter, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
                && !matches!(letter, '\u{61c}' | '\u{180e}' | '\u{feff}')
        })
        .map(|letter| if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') { ' ' } else { letter })
        .collect()
}

/// Returns clean words as atoms: a grapheme each, or a character where a grapheme is longer than a text may be, or half space.
pub(super) fn letters(dialect: &dyn Dialect, text: &str, look: Look) -> Vec<Atom> {
    let mut atoms = Vec::new();
    let mut before = None;
    for (start, grapheme) in text.grapheme_indices(true) {
        let mut characters = Vec::new();
        for (offset, letter) in grapheme.char_indices() {
            let mut markup = String::new();
            dialect.letter(before, letter, &text[start + offset + letter.len_utf8()..], &mut markup);
            characters.push((letter, markup));
            before = Some(letter);
        }
        let whole = atom(dialect, &characters, look);
        // An accent that stands on a space must not keep that from the ends of a line.
        if whole.kind == Kind::Space || (!grapheme.contains(char::is_whitespace) && whole.fits(dialect)) {
            atoms.push(whole);
        } else {
            atoms.extend(characters.chunks(1).map(|character| atom(dialect, character, look)));
        }
    }
    atoms
}

fn atom(dialect: &dyn Dialect, characters: &[(char, String)], look: Look) -> Atom {
    let all = |test: fn(char) -> bool| characters.iter().all(|(letter, _)| test(*letter));
    let kind = if all(char::is_whitespace) {
        Kind::Space
    } else if all(is_unseen) {
        Kind::Unseen
    } else {
        Kind::Letter
    };
    let carried = characters.iter().all(|(letter, _)| dialect.carries(look, *letter));
    let markup = characters.iter().map(|(_, markup)| markup.as_str()).collect();
    Atom::new(dialect, markup, if carried { look } else { Look::Plain }, kind)
}

/// Whether a character alone shows nothing: a text of only such characters is one that a service may refuse as empty.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{200c}' | '\u{200d}' | '\u{2800}' | '\u{3164}')
        || matches!(letter, '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}
