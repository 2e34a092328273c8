//! One tab: a grid of a stated size, of which only the filled part is kept.

use serde_json::{Value, json};

use super::a1::Rect;
use super::cell::{Cell, Input};
use super::refusal::Refusal;

/// A tab.
#[derive(Clone, Debug)]
pub(super) struct Tab {
    pub(super) id: i64,
    pub(super) title: String,
    pub(super) hidden: bool,
    /// Size of the grid; the cells kept may be fewer.
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// The filled part; rows may be of different length.
    pub(super) cells: Vec<Vec<Cell>>,
    pub(super) filter: Option<Rect>,
    /// Validation rules, as they were sent.
    pub(super) validations: Vec<Value>,
}

/// What a write touched.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) cells: usize,
}

impl Tab {
    pub(super) fn new(id: i64, title: &str, rows: usize, columns: usize) -> Self {
        Self {
            id,
            title: title.to_owned(),
            hidden: false,
            rows,
            columns,
            cells: Vec::new(),
            filter: None,
            validations: Vec::new(),
        }
    }

    /// Returns the `SheetProperties` of an answer.
    pub(super) fn properties(&self, index: usize) -> Value {
        let mut properties = json!({
            "sheetId": self.id,
            "title": self.title,
            "index": index,
            "sheetType": "GRID",
            "gridProperties": { "rowCount": self.rows, "columnCount": self.columns },
        });
        if self.hidden {
            properties["hidden"] = Value::Bool(true);
        }
        properties
    }

    pub(super) fn get(&self, row: usize, column: usize) -> &Cell {
        const NOTHING: &Cell = &Cell::Empty;
        self.cells.get(row).and_then(|line| line.get(column)).unwrap_or(NOTHING)
    }

    pub(super) fn set(&mut self, row: usize, column: usize, cell: Cell) {
        if cell.is_empty() && self.get(row, column).is_empty() {
            return;
        }
        if self.cells.len() <= row {
            self.cells.resize(row + 1, Vec::new());
        }
        let line = &mut self.cells[row];
        if line.len() <= column {
            line.resize(column + 1, Cell::Empty);
        }
        line[column] = cell;
    }

    /// Returns which of the kept cells hold something.
    pub(super) fn filled(&self) -> Vec<Vec<bool>> {
        self.cells.iter().map(|line| line.iter().map(|cell| !cell.is_empty()).collect()).collect()
    }

    /// Returns the number of rows up to the last one that holds something.
    pub(super) fn used_rows(&self) -> usize {
        self.cells.iter().rposition(|line| line.iter().any(|cell| !cell.is_empty())).map_or(0, |last| last + 1)
    }

    pub(super) fn clear(&mut self, rect: Rect) {
        for line in self.cells.iter_mut().take(rect.bottom + 1).skip(rect.top) {
            for cell in line.iter_mut().take(rect.right + 1).skip(rect.left) {
                *cell = Cell::Empty;
            }
        }
    }

    /// Writes values from a corner on; null leaves a cell as it was.
    pub(super) fn write(
        &mut self,
        row: usize,
        column: usize,
        values: &[Vec<Value>],
        input: Input,
    ) -> Result<Written, Refusal> {
        let mut written = Written { rows: values.len(), ..Written::default() };
        for (r, line) in values.iter().enumerate() {
            written.columns = written.columns.max(line.len());
            for (c, value) in line.iter().enumerate() {
                match Cell::read(value, input) {
                    Ok(Some(cell)) => {
                        self.set(row + r, column + c, cell);
                        written.cells += 1;
                    }
                    Ok(None) => {}
                    Err(()) => return Err(Refusal::invalid(format!("Invalid values[{r}][{c}]: {value}"))),
                }
            }
        }
        Ok(written)
    }

    /// Grows the grid so that it holds that many rows and columns.
    pub(super) fn grow(&mut self, rows: usize, columns: usize) {
        self.rows = self.rows.max(rows);
        self.columns = self.columns.max(columns);
    }

    pub(super) fn insert_rows(&mut self, at: usize, count: usize) {
        self.rows += count;
        if at < self.cells.len() {
            self.cells.splice(at..at, std::iter::repeat_n(Vec::new(), count));
        }
    }

    pub(super) fn insert_columns(&mut self, at: usize, count: usize) {
        self.columns += count;
        for line in self.cells.iter_mut().filter(|line| at < line.len()) {
            line.splice(at..at, std::iter::repeat_n(Cell::Empty, count));
        }
    }

    pub(super) fn delete_rows(&mut self, from: usize, to: usize) {
        self.rows = self.rows.saturating_sub(to - from);
        let kept = self.cells.len();
        self.cells.drain(from.min(kept)..to.min(kept));
    }

    pub(super) fn delete_columns(&mut self, from: usize, to: usize) {
        self.columns = self.columns.saturating_sub(to - from);
        for line in &mut self.cells {
            let kept = line.len();
            line.drain(from.min(kept)..to.min(kept));
        }
    }

    /// Cuts or grows the grid; what lies outside is lost.
    pub(super) fn resize(&mut self, rows: usize, columns: usize) {
        self.rows = rows;
        self.columns = columns;
        self.cells.truncate(rows);
        for line in &mut self.cells {
            line.truncate(columns);
        }
    }

    /// Sorts the rows below the header by what a column shows, as a person does with the mouse.
    pub(super) fn sort(&mut self, column: usize) {
        if self.cells.len() > 1 {
            self.cells[1..].sort_by_key(|line| line.get(column).map(Cell::shown).unwrap_or_default());
        }
    }
}
