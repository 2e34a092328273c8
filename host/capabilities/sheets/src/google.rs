//! A tab of a Google spreadsheet, through `google-sheets4`.
//!
//! That crate pastes identifiers into paths as they stand, drops JSON nulls out of rows, asks for all of the owner's files unless told
//! otherwise, and has no time-out. Everything that leaves this module is therefore encoded, made of texts only, limited to the scope
//! of spreadsheets, anchored at the table's first cell, written `RAW` into rows of its own, and given up after a time. Whoever sets up
//! logging must keep `yup_oauth2` below DEBUG: there it prints tokens.

mod account;
mod answer;
mod call;
mod range;
mod secrets;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use google_sheets4::api::{
    AddSheetRequest, BatchUpdateSpreadsheetRequest, GridProperties, Request, Scope, SheetProperties, ValueRange,
};
use serde_json::Value;

use crate::table::{Head, Standing, Table, Trouble};
pub use account::GoogleSettings;
pub(crate) use account::{Account, Accounts};
use answer::Sheet;
use call::Kind;
use range::{encoded, first_row, letters, quoted};

/// How long after it was sent a request may still be carried out: the service's own limit.
const SETTLES: Duration = Duration::from_secs(180);

/// Rows of a new tab; it grows with what is appended.
const NEW_ROWS: i32 = 1000;

/// Makes a request: with the narrow scope, watched, within its time, and again with a new token where the old one was refused. A macro,
/// because every request is of its own type.
macro_rules! ask {
    ($google:expr, $kind:expr, |$api:ident| $call:expr) => {{
        let (account, sheet) = (&$google.account, &$google.sheet);
        let mut attempt = account.begin($kind)?;
        loop {
            let $api = account.hub().spreadsheets();
            let call = $call.clear_scopes().add_scope(Scope::Spreadsheet).delegate(attempt.watch());
            let answer = account.within(call.doit()).await;
            if let Some(settled) = attempt.settle(answer, account, sheet).await {
                break settled;
            }
        }
    }};
}

/// A tab of a Google spreadsheet.
pub(crate) struct Google {
    account: Arc<Account>,
    sheet: Sheet,
}

impl Google {
    pub(crate) fn new(account: Arc<Account>, spreadsheet: String, tab: String) -> Self {
        let sheet = Sheet { email: account.email().to_owned(), spreadsheet, tab };
        Self { account, sheet }
    }

    /// Returns a range of the tab in the form in which it may stand in a path.
    fn range(&self, cells: &str) -> String {
        encoded(&format!("{}!{cells}", quoted(&self.sheet.tab)))
    }

    /// Reads ranges of the tab by rows or columns.
    async fn get(&self, ranges: &[String], by: &'static str) -> Result<Vec<Vec<Vec<String>>>, Trouble> {
        let answer = ask!(self, Kind::Read, |api| {
            let call = api.values_batch_get(&self.sheet.spreadsheet).major_dimension(by);
            // These travel as parameters, which the crate encodes.
            ranges.iter().fold(call, |call, range| call.add_ranges(&format!("{}!{range}", quoted(&self.sheet.tab))))
        })?;
        let found = answer.value_ranges.unwrap_or_default();
        if found.len() != ranges.len() {
            return Err(foreign());
        }
        Ok(found.into_iter().map(|range| texts(range.values)).collect())
    }

    /// Returns the titles of the spreadsheet's tabs.
    async fn tabs(&self) -> Result<Vec<String>, Trouble> {
        let answer = ask!(self, Kind::Read, |api| {
            api.get(&self.sheet.spreadsheet).param("fields", "sheets.properties.title")
        })?;
        let title = |sheet: google_sheets4::api::Sheet| sheet.properties.and_then(|properties| properties.title);
        Ok(answer.sheets.ok_or_else(foreign)?.into_iter().filter_map(title).collect())
    }
}

/// An answer in JSON that is not the service's: a proxy's or a portal's. Taken at its word, a tab would look empty.
fn foreign() -> Trouble {
    Trouble::busy("the answer was not what the service sends; a proxy may stand in between")
}

/// Shows cells as texts; what stands in a tab may be a number that a person typed.
fn texts(values: Option<Vec<Vec<Value>>>) -> Vec<Vec<String>> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    values.unwrap_or_default().into_iter().map(|line| line.into_iter().map(text).collect()).collect()
}

/// Makes a body of texts only: a null in a row would move all cells behind it.
fn body(lines: &[Vec<String>]) -> ValueRange {
    let line = |line: &Vec<String>| line.iter().cloned().map(Value::String).collect();
    ValueRange { values: Some(lines.iter().map(line).collect()), ..ValueRange::default() }
}

#[async_trait]
impl Table for Google {
    fn name(&self) -> String {
        format!("tab {} of spreadsheet {}", self.sheet.tab, self.sheet.spreadsheet)
    }

    fn place(&self, row: usize) -> String {
        format!("{}!A{row}", self.sheet.tab)
    }

    fn settles_within(&self) -> Duration {
        SETTLES
    }

    async fn head(&self) -> Result<Head, Trouble> {
        let header = match self.get(&["1:1".to_owned()], "ROWS").await {
            Ok(found) => found.into_iter().flatten().next().unwrap_or_default(),
            Err(trouble) if answer::is_missing_tab(&trouble) => {
                return Ok(Head::Missing { instead: self.tabs().await? });
            }
            Err(trouble) => return Err(trouble),
        };
        if header.iter().any(|cell| !cell.is_empty()) {
            // The service looks for the table to continue by its filled cells: a gap would split it, and rows would land elsewhere.
            return match header.iter().position(String::is_empty) {
                None => Ok(Head::Header(header)),
                Some(gap) => Err(Trouble::held(
                    format!("the header of {} has no text in column {}", self.name(), letters(gap)),
                    "give that column a name, or delete it",
                )),
            };
        }
        // Only here the whole tab is read: usually there is nothing in it.
        let empty = self.read().await?.iter().flatten().all(String::is_empty);
        Ok(Head::Bare { empty })
    }

    async fn rows(&self, header: &[String], places: &[usize]) -> Result<Vec<Standing>, Trouble> {
        let ranges: Vec<String> = places.iter().map(|place| format!("{0}:{0}", letters(*place))).collect();
        let columns: Vec<Vec<String>> =
            self.get(&ranges, "COLUMNS").await?.into_iter().map(|mut found| found.pop().unwrap_or_default()).collect();
        let top = columns.iter().map(|column| column.first());
        if top.zip(places).any(|(top, place)| top != header.get(*place)) {
            return Err(Trouble::busy(format!("the columns of {} were just being moved", self.name())));
        }
        let height = columns.iter().map(Vec::len).max().unwrap_or(0);
        let cells = |row: usize| columns.iter().map(|column| column.get(row).cloned().unwrap_or_default()).collect();
        Ok((1..height).map(|row| Standing { number: row + 1, cells: cells(row) }).collect())
    }

    async fn create(&self, columns: &[String]) -> Result<(), Trouble> {
        if !self.tabs().await?.contains(&self.sheet.tab) {
            let width = i32::try_from(columns.len()).unwrap_or(i32::MAX);
            let properties = SheetProperties {
                title: Some(self.sheet.tab.clone()),
                grid_properties: Some(GridProperties {
                    row_count: Some(NEW_ROWS),
                    column_count: Some(width.max(1)),
                    ..GridProperties::default()
                }),
                ..SheetProperties::default()
            };
            let add = AddSheetRequest { properties: Some(properties) };
            let batch = BatchUpdateSpreadsheetRequest {
                requests: Some(vec![Request { add_sheet: Some(add), ..Request::default() }]),
                ..BatchUpdateSpreadsheetRequest::default()
            };
            let made = ask!(self, Kind::Write, |api| api.batch_update(batch.clone(), &self.sheet.spreadsheet));
            // Made by an earlier request whose answer was lost, or by a person this moment.
            if made.is_err() && !self.tabs().await?.contains(&self.sheet.tab) {
                made?;
            }
        }
        // A person may have been quicker, and what they wrote must not be written over.
        if self.get(&["1:1".to_owned()], "ROWS").await?.iter().flatten().flatten().any(|cell| !cell.is_empty()) {
            return Err(Trouble::busy(format!("{} was just made by somebody else", self.name())));
        }
        // At a fixed place, so that doing it twice does it once.
        let header = body(&[columns.to_vec()]);
        let range = self.range("A1");
        ask!(self, Kind::Write, |api| {
            api.values_update(header.clone(), &self.sheet.spreadsheet, &range).value_input_option("RAW")
        })
        .map(|_| ())
    }

    async fn append(&self, lines: &[Vec<String>]) -> Result<Option<usize>, Trouble> {
        let rows = body(lines);
        let range = self.range("A1");
        let answer = ask!(self, Kind::Write, |api| {
            api.values_append(rows.clone(), &self.sheet.spreadsheet, &range)
                .value_input_option("RAW")
                .insert_data_option("INSERT_ROWS")
        })?;
        let Some(updated) = answer.updates.and_then(|updates| updates.updated_range) else {
            return Err(Trouble::Unknown { cause: "the answer did not say where the rows were written".to_owned() });
        };
        let table = answer.table_range.unwrap_or_default();
        if !range::follows(&table, &updated) {
            let [table, updated] = [&table, &updated].map(|range| self.account.tokens().clean_text(range));
            tracing::warn!(sheet = %self.name(), %table, %updated, "rows were appended at an unexpected place");
        }
        Ok(first_row(&updated))
    }

    /// The service carries a request out whole or not at all.
    async fn mend(&self, _lines: &[Vec<String>]) -> Result<(), Trouble> {
        Ok(())
    }

    async fn read(&self) -> Result<Vec<Vec<String>>, Trouble> {
        let range = encoded(&quoted(&self.sheet.tab));
        match ask!(self, Kind::Read, |api| api.values_get(&self.sheet.spreadsheet, &range)) {
            Ok(found) if found.range.is_none() => Err(foreign()),
            Ok(found) => Ok(texts(found.values)),
            Err(trouble) if answer::is_missing_tab(&trouble) => Ok(Vec::new()),
            Err(trouble) => Err(trouble),
        }
    }
}
