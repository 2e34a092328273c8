//! What people and tests do to spreadsheets, beside the API.

use std::sync::PoisonError;

use super::book::{Book, MAX_CELLS, Role};
use super::cell::Cell;
use super::tab::Tab;
use super::world::World;
use super::{EMAIL, Sheets, token};

impl Sheets {
    /// Returns the address of the service account, for share lists.
    pub fn email(&self) -> &str {
        EMAIL
    }

    /// Returns the service account's key file.
    pub fn service_account_json(&self) -> String {
        self.service_account_named(EMAIL)
    }

    /// Returns the key file of a further service account, which has its own quota. All share one key pair.
    pub fn service_account_named(&self, email: &str) -> String {
        self.with(|world| world.accounts.insert(email.to_owned()));
        token::key().map_or_else(|_| String::new(), |key| token::key_file(key, email, &self.token_url))
    }

    /// Makes an empty spreadsheet with one tab, `Sheet1`, shared with those accounts.
    pub fn create(&self, id: &str, shares: &[(&str, Role)]) {
        let mut book = Book::new(id);
        book.shares = shares.iter().map(|(email, role)| ((*email).to_owned(), *role)).collect();
        self.with(|world| world.books.insert(id.to_owned(), book));
    }

    /// Names a spreadsheet, as its owner does.
    pub fn set_title(&self, id: &str, title: &str) {
        self.book(id, |book| title.clone_into(&mut book.title));
    }

    /// Shares a spreadsheet with an account, or changes its role.
    pub fn share(&self, id: &str, email: &str, role: Role) {
        self.book(id, |book| book.shares.insert(email.to_owned(), role));
    }

    /// Takes an account off the share list.
    pub fn unshare(&self, id: &str, email: &str) {
        self.book(id, |book| book.shares.remove(email));
    }

    /// Deletes a spreadsheet.
    pub fn remove(&self, id: &str) {
        self.with(|world| world.books.remove(id));
    }

    /// Returns what a person sees in a tab, empty cells and rows at the end left out; nothing where the tab does not exist.
    pub fn cells(&self, id: &str, tab: &str) -> Vec<Vec<String>> {
        self.tab(id, tab, |tab| {
            let rows = tab.used_rows();
            let shown = |line: &Vec<Cell>| {
                let filled = line.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
                line[..filled].iter().map(Cell::shown).collect()
            };
            tab.cells[..rows].iter().map(shown).collect()
        })
        .unwrap_or_default()
    }

    /// Returns the titles of the tabs, in order.
    pub fn tabs(&self, id: &str) -> Vec<String> {
        self.book(id, |book| book.tabs.iter().map(|tab| tab.title.clone()).collect()).unwrap_or_default()
    }

    /// Adds an empty tab.
    pub fn add_tab(&self, id: &str, title: &str) {
        self.book(id, |book| {
            let fresh = book.fresh_id();
            book.tabs.push(Tab::new(fresh, title, 1000, 26));
        });
    }

    /// Deletes a tab.
    pub fn delete_tab(&self, id: &str, tab: &str) {
        self.book(id, |book| book.tabs.retain(|other| other.title != tab));
    }

    /// Renames a tab.
    pub fn rename_tab(&self, id: &str, tab: &str, title: &str) {
        self.tab(id, tab, |tab| title.clone_into(&mut tab.title));
    }

    /// Types a text into a cell; row and column count from 0.
    pub fn set_cell(&self, id: &str, tab: &str, row: usize, column: usize, text: &str) {
        self.tab(id, tab, |tab| {
            tab.grow(row + 1, column + 1);
            tab.set(row, column, if text.is_empty() { Cell::Empty } else { Cell::typed(text) });
        });
    }

    /// Deletes a row; rows count from 0.
    pub fn delete_row(&self, id: &str, tab: &str, row: usize) {
        self.tab(id, tab, |tab| tab.delete_rows(row, row + 1));
    }

    /// Inserts an empty column before another; columns count from 0.
    pub fn insert_column(&self, id: &str, tab: &str, column: usize) {
        self.tab(id, tab, |tab| tab.insert_columns(column, 1));
    }

    /// Sorts the rows below the header by a column.
    pub fn sort(&self, id: &str, tab: &str, column: usize) {
        self.tab(id, tab, |tab| tab.sort(column));
    }

    /// Grows a tab until not one more row fits into the spreadsheet.
    pub fn fill(&self, id: &str, tab: &str) {
        self.book(id, |book| {
            let cells = |tab: &Tab| tab.rows * tab.columns;
            let others: usize = book.tabs.iter().filter(|other| other.title != tab).map(cells).sum();
            if let Some(tab) = book.tabs.iter_mut().find(|other| other.title == tab) {
                tab.rows = MAX_CELLS.saturating_sub(others) / tab.columns.max(1);
            }
        });
    }

    /// Switches the API of the project off or on.
    pub fn disable_api(&self, disabled: bool) {
        self.with(|world| world.disabled = disabled);
    }

    /// Makes all access tokens invalid, as when a key is rotated.
    pub fn revoke_tokens(&self) {
        self.with(|world| world.tokens.clear());
    }

    /// Deletes a service account: its next exchange is refused and its tokens are invalid.
    pub fn delete_account(&self, email: &str) {
        self.with(|world| {
            world.accounts.remove(email);
            world.tokens.clear();
        });
    }

    /// Sets the requests a minute that one account and the project may make of each kind.
    pub fn set_quota(&self, per_user: u32, per_project: u32) {
        self.with(|world| {
            world.quota.per_user = per_user;
            world.quota.per_project = per_project;
        });
    }

    /// Returns the numbers of the developer metadata of a spreadsheet.
    pub fn metadata_ids(&self, id: &str) -> Vec<i64> {
        self.book(id, |book| book.metadata.keys().copied().collect()).unwrap_or_default()
    }

    pub(super) fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn book<T>(&self, id: &str, act: impl FnOnce(&mut Book) -> T) -> Option<T> {
        self.with(|world| world.books.get_mut(id).map(act))
    }

    fn tab<T>(&self, id: &str, tab: &str, act: impl FnOnce(&mut Tab) -> T) -> Option<T> {
        self.book(id, |book| book.tabs.iter_mut().find(|other| other.title == tab).map(act)).flatten()
    }
}
