//! Tab and header: when they may be made, and when they hold the target. Pure.

use crate::keys::{HeaderError, place};
use crate::table::{Head, Trouble};

/// Returns the columns of all rows, in the order in which they are first named.
pub(crate) fn agreed(columns: impl IntoIterator<Item = impl AsRef<[String]>>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for list in columns {
        for column in list.as_ref() {
            if !all.contains(column) {
                all.push(column.clone());
            }
        }
    }
    all
}

/// Says why a tab without a header holds its target; `None` where tab and header may be made, which is only at first use.
pub(crate) fn missing(head: &Head, used: bool, name: &str, wanted: &[String]) -> Option<Trouble> {
    let header = wanted.join(", ");
    match head {
        Head::Header(_) => None,
        Head::Missing { .. } | Head::Bare { empty: true } if !used => None,
        Head::Missing { instead } => {
            let others =
                if instead.is_empty() { String::new() } else { format!("; there are: {}", instead.join(", ")) };
            Some(Trouble::held(
                format!("{name} was there and is gone{others}"),
                format!("put it back under its old name, or make it anew with the header: {header}"),
            ))
        }
        Head::Bare { empty: true } => Some(Trouble::held(
            format!("the header of {name} was there and is gone"),
            format!("write it into the first row: {header}"),
        )),
        Head::Bare { empty: false } => Some(Trouble::held(
            format!("the first row of {name} is empty, but rows stand below it"),
            format!("write the header into the first row: {header}"),
        )),
    }
}

/// Checks that a header has the wanted columns.
pub(crate) fn check(header: &[String], wanted: &[String], name: &str) -> Result<(), Trouble> {
    place(header, wanted).map(|_| ()).map_err(|error| trouble(error, name))
}

/// Says what is wrong with a header.
pub(crate) fn trouble(error: HeaderError, name: &str) -> Trouble {
    match error {
        HeaderError::Missing(columns) => Trouble::held(
            format!("the header of {name} lacks the columns: {}", columns.join(", ")),
            "add them to the first row, or correct their names there",
        ),
        HeaderError::Twice(column) => Trouble::held(
            format!("the header of {name} has the column {column:?} twice"),
            "rename or delete one of them",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tab_and_header_are_made_at_first_use_only() {
        let gone = || Head::Missing { instead: vec!["Old".into()] };
        for (head, used, held) in [
            (Head::Header(vec![]), true, None),
            (gone(), false, None),
            (Head::Bare { empty: true }, false, None),
            (gone(), true, Some("Online was there and is gone; there are: Old")),
            (Head::Bare { empty: true }, true, Some("the header of Online was there and is gone")),
            (Head::Bare { empty: false }, false, Some("the first row of Online is empty, but rows stand below it")),
            (Head::Bare { empty: false }, true, Some("the first row of Online is empty, but rows stand below it")),
        ] {
            let cause = missing(&head, used, "Online", &["a".into()]).map(|trouble| match trouble {
                Trouble::Held { cause, .. } => cause,
                other => panic!("{other:?}"),
            });
            assert_eq!(cause.as_deref(), held, "{head:?} {used}");
        }
    }

    #[test]
    fn columns_are_agreed_in_order() {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(agreed([list(&["a", "b"]), list(&["b", "c", "a"])]), list(&["a", "b", "c"]));
    }
}
