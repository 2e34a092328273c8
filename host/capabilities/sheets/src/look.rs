//! Which keys stand in a tab, and where.

use std::collections::HashMap;

use beadle_plan::KeyColumn;

use crate::header::{agreed, trouble};
use crate::keys;
use crate::table::{Standing, Table, Trouble};

/// A kind of key: the columns it is made of.
pub(crate) type Spec = Vec<KeyColumn>;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The keys, each with the number of the first row in which it stands.
    pub(crate) keys: HashMap<String, usize>,
    /// Keys that stand in two rows, with the numbers of both.
    pub(crate) twice: Vec<(String, usize, usize)>,
    /// The number of the last row.
    pub(crate) last: usize,
}

/// Returns each kind of key once.
pub(crate) fn kinds<'a>(specs: impl IntoIterator<Item = &'a [KeyColumn]>) -> Vec<Spec> {
    let mut unique: Vec<Spec> = Vec::new();
    for spec in specs {
        if !unique.iter().any(|known| known == spec) {
            unique.push(spec.to_vec());
        }
    }
    unique
}

/// Returns the names of a kind's columns.
pub(crate) fn names(spec: &[KeyColumn]) -> Vec<String> {
    spec.iter().map(|part| part.column.clone()).collect()
}

/// Reads the columns of the keys and says which keys stand.
pub(crate) async fn look(table: &dyn Table, header: &[String], specs: &[Spec]) -> Result<Found, Trouble> {
    let columns = agreed(specs.iter().map(|spec| names(spec)));
    let places = keys::place(header, &columns).map_err(|error| trouble(error, &table.name()))?;
    Ok(find(&columns, specs, &table.rows(header, &places).await?))
}

/// Names the places of a key that stands twice.
pub(crate) fn both(table: &dyn Table, first: usize, second: usize) -> String {
    format!("{} and {}", table.place(first), table.place(second))
}

/// Finds the keys of every kind in rows that hold these columns.
fn find(columns: &[String], specs: &[Spec], rows: &[Standing]) -> Found {
    let mut found = Found { last: rows.last().map_or(1, |row| row.number), ..Found::default() };
    for spec in specs {
        let at: Vec<usize> =
            spec.iter().filter_map(|part| columns.iter().position(|column| *column == part.column)).collect();
        let unique = specs.iter().all(|other| !finer(other, spec));
        let mut of_spec: HashMap<String, usize> = HashMap::new();
        for row in rows {
            let cells: Vec<&str> = at.iter().map(|i| row.cells[*i].as_str()).collect();
            let Some(key) = keys::standing(spec, &cells) else { continue };
            match of_spec.get(&key) {
                Some(first) if unique => found.twice.push((key, *first, row.number)),
                Some(_) => {}
                None => {
                    of_spec.insert(key, row.number);
                }
            }
        }
        found.keys.extend(of_spec);
    }
    found
}

/// Tells whether a kind of key looks at more than another. Where rows stand once a day, a person stands there on several days, and
/// that is no fault.
fn finer(one: &Spec, other: &Spec) -> bool {
    let has = |spec: &Spec, part: &KeyColumn| spec.iter().any(|own| own.column == part.column);
    one != other && other.iter().all(|part| has(one, part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use beadle_plan::Take;

    #[test]
    fn keys_are_found_for_every_kind_and_only_the_finest_must_be_unique() {
        let part = |column: &str, take| KeyColumn { column: column.to_owned(), take };
        let (ever, day) = (vec![part("Hash", Take::Whole)], vec![part("Hash", Take::Whole), part("Time", Take::Date)]);
        let columns = vec!["Hash".to_owned(), "Time".to_owned()];
        let row = |number, hash: &str, time: &str| Standing { number, cells: vec![hash.to_owned(), time.to_owned()] };
        let rows = [
            row(2, "a", "2026-11-20 09:00"),
            row(3, "", ""),
            row(4, "a", "2026-11-21 09:00"),
            row(5, "a", "2026-11-21 10:00"),
        ];
        let found = find(&columns, &[ever.clone(), day.clone()], &rows);
        let keys = [("a", 2), ("a | 2026-11-20", 2), ("a | 2026-11-21", 4)];
        assert_eq!(found.keys, keys.map(|(key, row)| (key.to_owned(), row)).into());
        assert_eq!(found.twice, [("a | 2026-11-21".to_owned(), 4, 5)]);
        assert_eq!(find(&columns, &[ever], &rows).twice.len(), 2);
        assert_eq!((found.last, find(&columns, &[day], &[]).last), (5, 1));
    }
}
