//! How the operator's sheets are reached.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use beadle_plan::{Clock, SheetName};
use tokio::sync::Mutex;
use url::Url;

use crate::deliver::Knowledge;
use crate::google::{Accounts, Google, GoogleSettings};
use crate::local::Local;
use crate::table::Table;

/// How one sheet is reached.
#[derive(Debug, Clone)]
pub enum Settings {
    /// A tab of a Google spreadsheet.
    Google(GoogleSettings),
    /// A CSV file on this machine.
    Csv {
        /// The file.
        file: PathBuf,
    },
}

/// What is wrong with the settings of a sheet. No text holds any part of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The key file is none.
    #[error("`key` cannot be used: {0}; download a JSON key of the service account")]
    Key(String),
    /// The id of the spreadsheet cannot be one.
    #[error(
        "`spreadsheet` is {0:?}, but an id has only letters, digits, `_` and `-`; take the long part of its address in the browser"
    )]
    Spreadsheet(String),
    /// No tab is named.
    #[error("`tab` is empty; name the tab")]
    Tab,
    /// An address that would carry tokens in the clear.
    #[error("{0:?} is neither https nor on this machine; a token sent there could be read on the way")]
    Address(String),
    /// Two names for one tab: each would write without knowing of the other's rows.
    #[error("it is the same tab as sheet {0}; use one name for both")]
    Same(SheetName),
    /// The system has no certificates.
    #[error("no TLS: {0}; install the system's certificates (ca-certificates)")]
    Tls(String),
}

/// Which tab settings mean, whatever it is called.
type Address = (Option<Url>, PathBuf, String);

fn address(settings: &Settings) -> Address {
    match settings {
        Settings::Google(google) => {
            (google.base_url.clone(), PathBuf::from(&google.spreadsheet), google.tab.to_lowercase())
        }
        Settings::Csv { file } => {
            // The file may not be there yet, but its folder is.
            let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
            let file = folder.zip(file.file_name()).map_or_else(|| file.clone(), |(folder, name)| folder.join(name));
            (None, file, String::new())
        }
    }
}

/// One sheet in use: the table, and what delivery knows of it. The lock makes its holder the only writer.
pub(crate) struct Sheet {
    pub(crate) table: Box<dyn Table>,
    pub(crate) knowledge: Mutex<Knowledge>,
}

/// The operator's sheets, opened.
#[derive(Default)]
pub struct Sheets(BTreeMap<SheetName, Sheet>);

impl std::fmt::Debug for Sheets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Sheets {
    /// Opens the sheets. Nothing is sent yet: a sheet that cannot be reached shows when it is used.
    ///
    /// # Errors
    /// The sheet whose settings cannot be right, and why.
    pub async fn open(
        settings: BTreeMap<SheetName, Settings>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, (SheetName, SetupError)> {
        let mut accounts = Accounts::default();
        let mut sheets = BTreeMap::new();
        let mut tabs: HashMap<Address, SheetName> = HashMap::new();
        for (name, settings) in settings {
            if let Some(other) = tabs.insert(address(&settings), name.clone()) {
                return Err((name, SetupError::Same(other)));
            }
            let table: Box<dyn Table> = match settings {
                Settings::Csv { file } => Box::new(Local::new(file)),
                Settings::Google(settings) => match accounts.open(&settings, &clock).await {
                    Ok(account) => Box::new(Google::new(account, settings.spreadsheet, settings.tab)),
                    Err(error) => return Err((name, error)),
                },
            };
            sheets.insert(name, Sheet { table, knowledge: Mutex::default() });
        }
        Ok(Self(sheets))
    }

    /// Returns the names of the sheets.
    pub fn names(&self) -> impl Iterator<Item = &SheetName> {
        self.0.keys()
    }

    pub(crate) fn get(&self, name: &SheetName) -> Option<&Sheet> {
        self.0.get(name)
    }
}
