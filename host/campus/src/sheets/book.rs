//! One spreadsheet: tabs, who may open it, and its developer metadata.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::a1::{self, Rect};
use super::refusal::Refusal;
use super::tab::Tab;

/// Cells that one spreadsheet may have, over all tabs.
pub(super) const MAX_CELLS: usize = 10_000_000;

/// What somebody may do with a spreadsheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Read it.
    Reader,
    /// Read and change it.
    Writer,
}

/// A spreadsheet.
#[derive(Clone, Debug)]
pub(super) struct Book {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) tabs: Vec<Tab>,
    pub(super) shares: BTreeMap<String, Role>,
    pub(super) metadata: BTreeMap<i64, Value>,
    /// Counts the ids given to new tabs and metadata.
    pub(super) next: i64,
}

impl Book {
    /// Makes an empty spreadsheet with the one tab every new one has.
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: format!("Test {id}"),
            tabs: vec![Tab::new(0, "Sheet1", 1000, 26)],
            shares: BTreeMap::new(),
            metadata: BTreeMap::new(),
            next: 0,
        }
    }

    /// Returns an id that is not taken, looking as scattered as the service's.
    pub(super) fn fresh_id(&mut self) -> i64 {
        loop {
            self.next += 1;
            let id = (self.next * 1_103_515_245 + 12_345) % 2_147_483_647;
            if !self.metadata.contains_key(&id) && self.tabs.iter().all(|tab| tab.id != id) {
                return id;
            }
        }
    }

    /// Returns the `Spreadsheet` of an answer, without cells.
    pub(super) fn describe(&self) -> Value {
        let sheets: Vec<Value> = self
            .tabs
            .iter()
            .enumerate()
            .map(|(index, tab)| {
                let mut sheet = json!({ "properties": tab.properties(index) });
                if let Some(r) = tab.filter {
                    sheet["basicFilter"] = json!({ "range": {
                        "startRowIndex": r.top, "endRowIndex": r.bottom + 1,
                        "startColumnIndex": r.left, "endColumnIndex": r.right + 1,
                    } });
                    if tab.id != 0 {
                        sheet["basicFilter"]["range"]["sheetId"] = tab.id.into();
                    }
                }
                sheet
            })
            .collect();
        let mut answer = json!({
            "spreadsheetId": self.id,
            "properties": { "title": self.title, "locale": "en_US", "autoRecalc": "ON_CHANGE", "timeZone": "Etc/GMT" },
            "sheets": sheets,
            "spreadsheetUrl": format!("https://docs.google.com/spreadsheets/d/{}/edit", self.id),
        });
        if !self.metadata.is_empty() {
            answer["developerMetadata"] = self.metadata.values().cloned().collect();
        }
        answer
    }

    pub(super) fn tab_named(&self, title: &str) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.title == title)
    }

    pub(super) fn tab_with(&self, id: i64) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.id == id)
    }

    /// Finds the tab and the cells that a reference means; the flag says whether it named exactly one cell.
    pub(super) fn locate(&self, range: &str) -> Result<(usize, Rect, bool), Refusal> {
        let reference = a1::parse(range).ok_or_else(|| Refusal::unparsable(range))?;
        let tab = match &reference.tab {
            // Titles are matched without regard to case, as the service does.
            Some(title) => self
                .tab_named(title)
                .or_else(|| self.tabs.iter().position(|tab| tab.title.to_lowercase() == title.to_lowercase()))
                .ok_or_else(|| Refusal::unparsable(range))?,
            None => self.tabs.iter().position(|tab| !tab.hidden).unwrap_or(0),
        };
        let area = reference.area.unwrap_or_default();
        let grid = &self.tabs[tab];
        let rect = area.resolve(grid.rows, grid.columns).ok_or_else(|| {
            Refusal::invalid(format!(
                "Range ({range}) exceeds grid limits. Max rows: {}, max columns: {}",
                grid.rows, grid.columns
            ))
        })?;
        Ok((tab, rect, area.is_cell()))
    }

    /// Refuses a state with too many cells.
    pub(super) fn check_size(&self) -> Result<(), Refusal> {
        let cells: usize = self.tabs.iter().map(|tab| tab.rows.saturating_mul(tab.columns)).sum();
        if cells > MAX_CELLS { Err(Refusal::full()) } else { Ok(()) }
    }
}
