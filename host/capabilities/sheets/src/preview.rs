//! The dry run: what delivering rows would do, found out by reading only.

use std::collections::{HashMap, HashSet};

use beadle_plan::{Body, Effect, Preview, PreviewRow, Row, Target};
use beadle_store::Tabs;

use crate::deliver::not_configured;
use crate::header::{agreed, check, missing};
use crate::look::{kinds, look};
use crate::settings::Sheets;
use crate::table::{Head, Table};

/// Says which of the rows stand already and where the others would go.
pub(crate) async fn preview(sheets: &Sheets, tabs: &dyn Tabs, target: &Target, effects: &[Effect]) -> Preview {
    let Target::Sheet(name) = target;
    let rows: Vec<(&str, &Row)> = effects
        .iter()
        .map(|effect| {
            let Body::Row(row) = &effect.body;
            (effect.key.as_str(), row)
        })
        .collect();
    let columns = agreed(rows.iter().map(|(_, row)| &row.columns[..]));
    let (place, stands, problem) = match sheets.get(name) {
        None => {
            let (cause, advice) = not_configured(name);
            (format!("sheet {name}"), HashSet::new(), Some(format!("{cause}; {advice}")))
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
    Preview { target: target.clone(), place, columns, rows: shown, problem }
}

/// Returns the place for people, the keys that stand, and what would hold the target.
async fn inspect(
    table: &dyn Table,
    tabs: &dyn Tabs,
    target: &Target,
    rows: &[(&str, &Row)],
    columns: &[String],
) -> (String, HashSet<String>, Option<String>) {
    let name = table.name();
    let keys: Vec<&str> = rows.iter().map(|(key, _)| *key).collect();
    let mut stands = match tabs.known(target, &keys).await {
        Ok(known) => known,
        Err(error) => return (name, HashSet::new(), Some(error.to_string())),
    };
    let found = match table.head().await {
        Ok(Head::Header(header)) => match check(&header, columns, &name) {
            Ok(()) => look(table, &header, &kinds(rows.iter().map(|(_, row)| &*row.key))).await,
            Err(trouble) => Err(trouble),
        },
        Ok(head) => {
            let used = match tabs.tab(target).await {
                Ok(tab) => tab.is_some(),
                Err(error) => return (name, stands, Some(error.to_string())),
            };
            if let Some(trouble) = missing(&head, used, &name, columns) {
                return (name, stands, Some(trouble.text()));
            }
            let made = match head {
                Head::Missing { .. } => "which would be made",
                _ => "whose header would be made",
            };
            return (format!("{name}, {made}"), stands, None);
        }
        Err(trouble) => Err(trouble),
    };
    match found {
        Ok(found) => {
            stands.extend(found.keys.into_keys());
            (format!("{name}, after row {}", found.last), stands, None)
        }
        Err(trouble) => (name, stands, Some(trouble.text())),
    }
}
