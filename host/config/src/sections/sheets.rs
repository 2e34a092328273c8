//! `[sheets.NAME]`: tables that plugins append to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use beadle_plan::SheetName;
use url::Url;

use super::named;
use crate::reader::{Item, Section};
use crate::secret::SecretRef;
use crate::shape::{Key, Kind, Shape};

/// A table that plugins append to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sheet {
    /// A tab of a Google spreadsheet.
    Google {
        /// The spreadsheet's id.
        spreadsheet: String,
        /// The tab's title.
        tab: String,
        /// The service account's key, as JSON.
        key: SecretRef,
        /// Another address than Google's, for tests.
        endpoint: Option<Url>,
    },
    /// A file of this machine.
    Csv {
        /// The file; made at first use.
        file: PathBuf,
    },
}

pub(crate) static SHEET: Shape = Shape {
    title: "[sheets.NAME]",
    doc: "A table that plugins append to: a tab of a Google spreadsheet, or a CSV file.",
    keys: &[
        Key::new("kind", Kind::Choice(&["google", "csv"]), "\"google\"", "What it is.").required(),
        Key::new(
            "spreadsheet",
            Kind::Text,
            "\"1AbCdEfGhIjKlMnOpQrStUvWxYz\"",
            "`google`, required: the spreadsheet's id, the long part of its address between `/d/` and `/edit`.",
        ),
        Key::new(
            "tab",
            Kind::Text,
            "\"Online\"",
            "`google`, required: the title of the tab; made at first use if absent.",
        ),
        Key::new(
            "key",
            Kind::Secret,
            "{ file = \"service-account.json\" }",
            "`google`, required: the key of a service account that may edit the spreadsheet, as Google's JSON.",
        ),
        Key::new(
            "endpoint",
            Kind::Text,
            "\"http://127.0.0.1:9090\"",
            "`google`: another address than Google's, for tests.",
        ),
        Key::new(
            "file",
            Kind::Text,
            "\"presence.csv\"",
            "`csv`, required: the file, relative to this file's folder; made at first use.",
        ),
    ],
    one_of: &[],
    elsewhere: &[],
};

pub(crate) fn read(item: &Item<'_>) -> BTreeMap<SheetName, Sheet> {
    named(item, &SHEET).into_iter().filter_map(|(name, section)| Some((name.into(), sheet(&section)?))).collect()
}

fn sheet(section: &Section<'_>) -> Option<Sheet> {
    let kind = section.required("kind")?.choice(&[("google", true), ("csv", false)])?;
    if !kind {
        for name in ["spreadsheet", "tab", "key", "endpoint"] {
            section.refuse(name, "belongs to kind = \"google\"");
        }
        let file = section.required("file")?;
        return Some(Sheet::Csv { file: file.reader.path(file.text()?) });
    }
    section.refuse("file", "belongs to kind = \"csv\"");
    let spreadsheet = section.required("spreadsheet").and_then(|item| spreadsheet(&item));
    let tab = section.required("tab").and_then(|item| item.text());
    let key = section.required("key").and_then(|item| item.secret());
    let endpoint = section.item("endpoint").and_then(|item| item.web_address(item.text()?));
    Some(Sheet::Google { spreadsheet: spreadsheet?, tab: tab?.to_owned(), key: key?, endpoint })
}

/// Reads a spreadsheet's id; people paste the whole address.
fn spreadsheet(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let plain = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    if plain(text) {
        return Some(text.to_owned());
    }
    let id = text.split_once("/d/").map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
    let fix = match id.filter(|id| plain(id) && !id.is_empty()) {
        Some(id) => item.write_text(id),
        None => item.write_example(),
    };
    item.error(format!("{} is no id of a spreadsheet: the part of its address between /d/ and /edit", item.path), fix);
    None
}
