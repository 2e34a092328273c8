//! Cells that a spreadsheet program would run.
//!
//! A file is opened by a person, and a cell such as `=WEBSERVICE(…)`, which may come from a stranger's display name, would then send
//! their data away. An apostrophe before it makes it a text. The change can be undone exactly, so keys compare as they were staged.

use std::borrow::Cow;

/// The characters with which a formula can begin, or which some programs skip before one.
const TRIGGERS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Tells whether, behind any apostrophes, the cell begins like a formula.
fn dangerous(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(TRIGGERS)
}

/// Returns the cell as it may stand in a file.
pub(crate) fn disarmed(cell: &str) -> Cow<'_, str> {
    if dangerous(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// Returns the cell as it was before it was disarmed. What a person typed without an apostrophe is returned as it stands.
pub(crate) fn armed(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if dangerous(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_are_disarmed_and_nothing_else_is_touched() {
        for (cell, want) in [
            ("=1+1", "'=1+1"),
            ("+49 30 1234", "'+49 30 1234"),
            ("-5", "'-5"),
            ("@x", "'@x"),
            ("\t=1", "'\t=1"),
            ("'=1", "''=1"),
            ("'quoted", "'quoted"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(disarmed(cell), want);
        }
    }

    proptest! {
        #[test]
        fn disarming_can_be_undone(cell in "[='+a-]{0,6}") {
            let safe = disarmed(&cell);
            prop_assert!(!safe.starts_with(TRIGGERS));
            prop_assert_eq!(armed(&safe), cell.as_str());
        }
    }
}
