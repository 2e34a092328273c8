//! Ranges: written so that no title can break out of its place, and read back from answers.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Returns a text as it may stand in a path. The client pastes it in raw, so that `../` would reach another spreadsheet.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Returns a tab's title in quotes; unquoted, a tab called `D3` would be a cell.
pub(super) fn quoted(title: &str) -> String {
    format!("'{}'", title.replace('\'', "''"))
}

/// Returns the letters of a column, counted from 0.
pub(super) fn letters(mut column: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or(0)));
        match column / 26 {
            0 => break,
            rest => column = rest - 1,
        }
    }
    letters.iter().rev().collect()
}

/// Returns the row with which a range in an answer begins: 7 for `'My tab'!A7:D9`.
pub(super) fn first_row(range: &str) -> Option<usize> {
    corners(range).map(|((_, row), _)| row)
}

/// Tells whether rows were written where they belong: in the first column, in the row after the table.
pub(super) fn follows(table: &str, updated: &str) -> bool {
    match (corners(table), corners(updated)) {
        (Some(((left, _), (_, bottom))), Some(((column, row), _))) => {
            column == left && left == "A" && bottom.checked_add(1) == Some(row)
        }
        _ => false,
    }
}

type Corner<'a> = (&'a str, usize);

fn corners(range: &str) -> Option<(Corner<'_>, Corner<'_>)> {
    let (_, cells) = range.rsplit_once('!')?;
    let (from, to) = cells.split_once(':').unwrap_or((cells, cells));
    Some((corner(from)?, corner(to)?))
}

fn corner(cell: &str) -> Option<Corner<'_>> {
    let digits = cell.find(|c: char| c.is_ascii_digit())?;
    Some((&cell[..digits], cell[digits..].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_breaks_out_of_a_path() {
        for title in ["../../OTHER/values/Online", "A/B #1?", "Online?majorDimension=COLUMNS", "ö", "..", "O'Brien!"] {
            let encoded = encoded(&format!("{}!A1", quoted(title)));
            assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'%'), "{encoded}");
            assert!(encoded.starts_with("%27"), "{encoded}");
        }
        assert_eq!(quoted("O'Brien"), "'O''Brien'");
    }

    #[test]
    fn answers_tell_where_rows_went() {
        assert_eq!(first_row("'My ! tab'!A7:D9"), Some(7));
        assert_eq!(first_row("Online!B12"), Some(12));
        assert_eq!(first_row(""), None);
        for (table, updated, good) in [
            ("Online!A1:D6", "Online!A7:D7", true),
            ("Online!A1", "Online!A2:C2", true),
            ("Online!C1", "Online!C2:E2", false),
            ("Online!A1:D6", "Online!A2:D2", false),
            ("", "Online!A1:D1", false),
        ] {
            assert_eq!(follows(table, updated), good, "{table} {updated}");
        }
        assert_eq!((letters(0), letters(25), letters(26)), ("A".into(), "Z".into(), "AA".into()));
    }

    /// Reads a column's letters back, slowly and otherwise than they are written.
    fn number(letters: &str) -> usize {
        letters.bytes().fold(0, |number, letter| number * 26 + usize::from(letter - b'A') + 1) - 1
    }

    proptest! {
        #[test]
        fn columns_are_read_back(column in 0usize..20_000_000) {
            prop_assert_eq!(number(&letters(column)), column);
        }

        /// A row is found in whatever tab it stands.
        #[test]
        fn rows_are_found_behind_any_title(title in "\\PC{1,20}", column in 0usize..1_000, row in 1usize..10_000_000, more in 0usize..50) {
            let tab = quoted(&title);
            let range = format!("{tab}!{}{row}:{}{}", letters(column), letters(column + 3), row + more);
            prop_assert_eq!(first_row(&range), Some(row));
            let table = format!("{tab}!{}1:{}{}", letters(column), letters(column + 3), row);
            let next = format!("{tab}!{}{}:{}{}", letters(column), row + 1, letters(column + 3), row + 1 + more);
            prop_assert_eq!(follows(&table, &next), column == 0);
            prop_assert!(!follows(&next, &table));
        }

        /// What an answer says of its places is the service's own word: nothing in it breaks anything.
        #[test]
        fn no_answer_is_too_strange(table in ANY, updated in ANY) {
            let _ = (first_row(&table), follows(&table, &updated));
        }
    }

    /// Ranges, nearly, with numbers that are nearly too large.
    const ANY: &str = "(\\PC{0,6}!|'[^']{0,4}'!)?[A-Z$]{0,3}(0|[0-9]{0,21}|18446744073709551615)(:[A-Z]{0,2}([0-9]{0,3}|18446744073709551615))?";

    #[test]
    fn a_table_as_long_as_numbers_go_is_followed_by_nothing() {
        assert!(!follows(&format!("Online!A1:D{}", usize::MAX), "Online!A0:D0"));
    }
}
