//! The dry run: what delivering rows would do, found out by reading only.

use std::collections::{HashMap, HashSet};

use beadle_plan::{Body, Effect, Preview, PreviewRow, Previewed, Row, SheetName, Target};
use beadle_store::Tabs;

use crate::deliver::not_configured;
use crate::header::{agreed, check, missing};
use crate::look::{both, kinds, look};
use crate::settings::Sheets;
use crate::table::{Head, Table};

/// Says which of the rows stand already and where the others would go.
pub(crate) async fn preview(sheets: &Sheets, tabs: &dyn Tabs, name: &SheetName, effects: &[Effect]) -> Preview {
    let target = &Target::Sheet(name.clone());
    let rows: Vec<(&str, &Row)> = effects
        .iter()
        .filter_map(|effect| match &effect.body {
            Body::Row(row) => Some((effect.key.as_str(), row)),
            Body::Message(_) | Body::NoMessage => None,
        })
        .collect();
    let columns = agreed(rows.iter().map(|(_, row)| &row.columns[..]));
    let Seen { place, stands, problem, twice } = match sheets.get(name) {
        None => {
            let (cause, advice) = not_configured(name);
            Seen::problem(format!("sheet {name}"), HashSet::new(), format!("{cause}; {advice}"))
        }
        Some(sheet) => inspect(sheet.table.as_ref(), tabs, target, &rows, &columns).await,
    };
    let mut said: HashSet<&str> = HashSet::new();
    let mut shown = Vec::with_capacity(rows.len());
    for (key, row) in rows {
        // The second row of a key is not written either.
        let stands = stands.contains(key) || !said.insert(key);
        let of: HashMap<&str, &str> =
            row.columns.iter().map(String::as_str).zip(row.cells.iter().map(String::as_str)).collect();
        let cells =
            columns.iter().map(|column| of.get(column.as_str()).copied().unwrap_or_default().to_owned()).collect();
        shown.push(PreviewRow { key: key.to_owned(), stands, cells });
    }
    Preview { target: target.clone(), place, problem, what: Previewed::Rows { columns, rows: shown, twice } }
}

/// What was found at a sheet.
struct Seen {
    /// The place for people.
    place: String,
    /// The keys that stand.
    stands: HashSet<String>,
    /// What would hold the target.
    problem: Option<String>,
    /// Where keys stand twice.
    twice: Vec<String>,
}

impl Seen {
    fn good(place: String, stands: HashSet<String>) -> Self {
        Self { place, stands, problem: None, twice: Vec::new() }
    }

    fn problem(place: String, stands: HashSet<String>, problem: String) -> Self {
        Self { problem: Some(problem), ..Self::good(place, stands) }
    }
}

/// Looks at a sheet.
async fn inspect(
    table: &dyn Table,
    tabs: &dyn Tabs,
    target: &Target,
    rows: &[(&str, &Row)],
    columns: &[String],
) -> Seen {
    let name = table.name();
    let keys: Vec<&str> = rows.iter().map(|(key, _)| *key).collect();
    let mut stands = match tabs.known(target, &keys).await {
        Ok(known) => known,
        Err(error) => return Seen::problem(name, HashSet::new(), error.to_string()),
    };
    let found = match table.head().await {
        Ok(Head::Header(header)) => match check(&header, columns, &name) {
            Ok(()) => look(table, &header, &kinds(rows.iter().map(|(_, row)| &*row.key))).await,
            Err(trouble) => Err(trouble),
        },
        Ok(head) => {
            let used = match tabs.tab(target).await {
                Ok(tab) => tab.is_some(),
                Err(error) => return Seen::problem(name, stands, error.to_string()),
            };
            if let Some(trouble) = missing(&head, used, &name, columns) {
                return Seen::problem(name, stands, trouble.text());
            }
            let made = match head {
                Head::Missing { .. } => "which would be made",
                _ => "whose header would be made",
            };
            return Seen::good(format!("{name}, {made}"), stands);
        }
        Err(trouble) => Err(trouble),
    };
    match found {
        Ok(found) => {
            let twice = found.twice.iter().map(|(_, first, second)| both(table, *first, *second)).collect();
            stands.extend(found.keys.into_keys());
            Seen { twice, ..Seen::good(format!("{name}, after row {}", found.last), stands) }
        }
        Err(trouble) => Seen::problem(name, stands, trouble.text()),
    }
}
