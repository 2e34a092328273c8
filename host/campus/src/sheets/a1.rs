//! The A1 grammar: which cells a text such as `'Rooms 1'!A2:D` means.
//!
//! A client that builds ranges by pasting text together works on `Sheet1` and breaks on the first tab called `D3` or `O'Brien`; the
//! grammar here is therefore as wide as the real one: quoted and bare tabs, open ranges, single cells, tabs alone.

/// A block of cells, zero-based, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rect {
    /// First row.
    pub(super) top: usize,
    /// First column.
    pub(super) left: usize,
    /// Last row.
    pub(super) bottom: usize,
    /// Last column.
    pub(super) right: usize,
}

impl Rect {
    /// Returns whether the two blocks share a cell.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.top <= other.bottom && other.top <= self.bottom && self.left <= other.right && other.left <= self.right
    }

    /// Returns whether it is one cell.
    pub(super) fn is_cell(&self) -> bool {
        self.top == self.bottom && self.left == self.right
    }
}

/// The cells part of a reference; a missing bound is open and ends where the grid does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Area {
    /// First row, or from the top.
    pub(super) top: Option<usize>,
    /// First column, or from the left.
    pub(super) left: Option<usize>,
    /// Last row, or to the bottom.
    pub(super) bottom: Option<usize>,
    /// Last column, or to the right.
    pub(super) right: Option<usize>,
}

impl Area {
    /// Returns the block it means in a grid of that size, or `None` where it reaches beyond it.
    pub(super) fn resolve(&self, rows: usize, columns: usize) -> Option<Rect> {
        let rect = Rect {
            top: self.top.unwrap_or(0),
            left: self.left.unwrap_or(0),
            bottom: self.bottom.unwrap_or(rows.saturating_sub(1)),
            right: self.right.unwrap_or(columns.saturating_sub(1)),
        };
        let inside = rect.bottom < rows && rect.right < columns && rect.top <= rect.bottom && rect.left <= rect.right;
        inside.then_some(rect)
    }

    /// Returns whether it names exactly one cell.
    pub(super) fn is_cell(&self) -> bool {
        self.top.is_some() && self.left.is_some() && self.top == self.bottom && self.left == self.right
    }
}

/// A parsed reference: tab and cells, each of which may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The tab's title; without one the first visible tab is meant.
    pub(super) tab: Option<String>,
    /// The cells; without them the whole tab is meant.
    pub(super) area: Option<Area>,
}

/// Parses a reference. A bare text that can be read as cells is cells, else it is a tab's title.
pub(super) fn parse(text: &str) -> Option<Reference> {
    if text.is_empty() {
        return None;
    }
    if let Some(rest) = text.strip_prefix('\'') {
        let (title, rest) = quoted(rest)?;
        return match rest.strip_prefix('!') {
            None if rest.is_empty() => Some(Reference { tab: Some(title), area: None }),
            None => None,
            Some(cells) => Some(Reference { tab: Some(title), area: Some(area(cells)?) }),
        };
    }
    if let Some((title, cells)) = text.rsplit_once('!') {
        return (!title.is_empty())
            .then_some(())
            .and_then(|()| Some(Reference { tab: Some(title.to_owned()), area: Some(area(cells)?) }));
    }
    match area(text) {
        Some(cells) => Some(Reference { tab: None, area: Some(cells) }),
        None => Some(Reference { tab: Some(text.to_owned()), area: None }),
    }
}

/// Reads a quoted title from behind its opening quote; a doubled quote stands for one.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut title = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('\'')?;
        title.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('\'') {
            Some(more) => {
                title.push('\'');
                rest = more;
            }
            None => return (!title.is_empty()).then_some((title, rest)),
        }
    }
}

/// Parses the cells part.
fn area(text: &str) -> Option<Area> {
    let Some((from, to)) = text.split_once(':') else {
        let (row, column) = corner(text)?;
        return (row.is_some() && column.is_some()).then_some(Area {
            top: row,
            left: column,
            bottom: row,
            right: column,
        });
    };
    let (top, left) = corner(from)?;
    let (bottom, right) = corner(to)?;
    let (top, bottom) = ordered(top, bottom);
    let (left, right) = ordered(left, right);
    Some(Area { top, left, bottom, right })
}

fn ordered(a: Option<usize>, b: Option<usize>) -> (Option<usize>, Option<usize>) {
    match (a, b) {
        (Some(x), Some(y)) if x > y => (b, a),
        _ => (a, b),
    }
}

/// Parses `B7`, `B` or `7` into row and column, zero-based.
fn corner(text: &str) -> Option<(Option<usize>, Option<usize>)> {
    let text = text.strip_prefix('$').unwrap_or(text);
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, rest) = text.split_at(letters);
    let digits = if letters.is_empty() { rest } else { rest.strip_prefix('$').unwrap_or(rest) };
    if letters.len() > 3 || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let column = (!letters.is_empty())
        .then(|| letters.bytes().fold(0, |n, b| n * 26 + usize::from(b.to_ascii_uppercase() - b'A') + 1) - 1);
    let row = match digits {
        "" => None,
        digits => Some(digits.parse::<usize>().ok()?.checked_sub(1)?),
    };
    (row.is_some() || column.is_some()).then_some((row, column))
}

/// Returns the letters of a zero-based column: `A`, `Z`, `AA`.
pub(super) fn column(mut index: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(index % 26).unwrap_or(0)));
        match index / 26 {
            0 => break,
            rest => index = rest - 1,
        }
    }
    letters.iter().rev().collect()
}

/// Returns the title as it stands before `!` in answers: bare where that cannot be misread, else quoted.
pub(super) fn title(title: &str) -> String {
    let bare = title.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !title.starts_with(|c: char| c.is_ascii_digit())
        && corner(title).is_none();
    if bare { title.to_owned() } else { format!("'{}'", title.replace('\'', "''")) }
}

/// Returns the reference to a block as answers write it; one cell is `Tab!B2`, not `Tab!B2:B2`.
pub(super) fn format(tab: &str, rect: Rect) -> String {
    let from = format!("{}!{}{}", title(tab), column(rect.left), rect.top + 1);
    if rect.is_cell() { from } else { format!("{from}:{}{}", column(rect.right), rect.bottom + 1) }
}

#[cfg(test)]
mod tests {
    use super::{Area, Rect, Reference, column, format, parse, title};

    fn cells(text: &str) -> Option<(Option<String>, [Option<usize>; 4])> {
        let Reference { tab, area } = parse(text)?;
        area.map(|a| (tab, [a.top, a.left, a.bottom, a.right]))
    }

    #[test]
    fn reads_every_form_of_range() {
        let tab = || Some("Online".to_owned());
        for (text, want) in [
            ("Online!A1", (tab(), [Some(0), Some(0), Some(0), Some(0)])),
            ("Online!b2:$D$4", (tab(), [Some(1), Some(1), Some(3), Some(3)])),
            ("Online!D4:B2", (tab(), [Some(1), Some(1), Some(3), Some(3)])),
            ("Online!A:D", (tab(), [None, Some(0), None, Some(3)])),
            ("Online!A2:D", (tab(), [Some(1), Some(0), None, Some(3)])),
            ("Online!A1:A", (tab(), [Some(0), Some(0), None, Some(0)])),
            ("Online!A2:2", (tab(), [Some(1), Some(0), Some(1), None])),
            ("Online!2:3", (tab(), [Some(1), None, Some(2), None])),
            ("'O''Brien!'!AA10", (Some("O'Brien!".to_owned()), [Some(9), Some(26), Some(9), Some(26)])),
            ("'D3'!A1:D4", (Some("D3".to_owned()), [Some(0), Some(0), Some(3), Some(3)])),
            ("🌵 a 1!A1", (Some("🌵 a 1".to_owned()), [Some(0), Some(0), Some(0), Some(0)])),
            ("D3", (None, [Some(2), Some(3), Some(2), Some(3)])),
        ] {
            assert_eq!(cells(text), Some(want), "{text}");
        }
    }

    #[test]
    fn a_tab_may_stand_alone() {
        for (text, want) in
            [("Sheet1", "Sheet1"), ("'D3'", "D3"), ("🌵 x", "🌵 x"), ("'it''s'", "it's"), ("ABCD1", "ABCD1")]
        {
            assert_eq!(parse(text), Some(Reference { tab: Some(want.to_owned()), area: None }), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_range() {
        for text in
            ["", "Online!", "!A1", "Online!A0", "Online!A", "Online!7", "'open!A1", "''!A1", "'a'b!A1", "a!A1:B2:C3"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn open_ends_stop_at_the_grid_and_closed_ones_are_refused_beyond_it() {
        let open = Area { top: Some(1), left: Some(0), bottom: None, right: Some(3) };
        assert_eq!(open.resolve(10, 4), Some(Rect { top: 1, left: 0, bottom: 9, right: 3 }));
        assert_eq!(open.resolve(10, 3), None);
        assert_eq!(open.resolve(1, 4), None);
    }

    #[test]
    fn writes_as_the_service_does() {
        assert_eq!((column(0), column(25), column(26), column(701), column(702)), {
            let s = str::to_owned;
            (s("A"), s("Z"), s("AA"), s("ZZ"), s("AAA"))
        });
        for (name, want) in [
            ("Sheet1", "Sheet1"),
            ("D3", "'D3'"),
            ("Q1", "'Q1'"),
            ("a b", "'a b'"),
            ("it's", "'it''s'"),
            ("2026", "'2026'"),
        ] {
            assert_eq!(title(name), want);
        }
        assert_eq!(format("Sheet1", Rect { top: 1, left: 0, bottom: 1, right: 0 }), "Sheet1!A2");
        assert_eq!(format("D3", Rect { top: 0, left: 0, bottom: 3, right: 3 }), "'D3'!A1:D4");
    }
}
