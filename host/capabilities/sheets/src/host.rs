//! The contract's functions, on a view of one run.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant as Timer;

use beadle_plan::{Body, Effect, Grants, KeyColumn, Row, SheetName, Stage, Take, Target};
use wasmtime::component::{HasData, Linker};

use crate::deliver::not_configured;
use crate::grant::{Right, may};
use crate::limits::{check_cells, check_columns};
use crate::settings::Sheets;
use crate::{keys, settings};

mod generated {
    wasmtime::component::bindgen!({
        path: "../../../wit/sheets",
        world: "uses-sheets",
        imports: { default: async | trappable },
    });
}

use generated::beadle::sheets::sheets as wit;

/// The sheets as one run sees them.
pub struct SheetsView<'a> {
    /// The plugin's name.
    pub plugin: &'a str,
    /// What is granted.
    pub grants: &'a Grants,
    /// The operator's sheets.
    pub sheets: &'a Sheets,
    /// Where rows are staged.
    pub stage: &'a mut Stage,
}

struct HasSheets<T>(std::marker::PhantomData<T>);

impl<T: 'static> HasData for HasSheets<T> {
    type Data<'a> = SheetsView<'a>;
}

/// Adds the interface to a linker; `view` borrows a run's view from the store's data.
///
/// # Errors
/// When the linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> SheetsView<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasSheets<T>>(linker, view)
}

impl SheetsView<'_> {
    /// Returns a sheet that the plugin has a right on.
    fn sheet(&self, sheet: &str, right: Right) -> Result<(&settings::Sheet, SheetName), wit::Error> {
        may(self.plugin, self.grants, sheet, right).map_err(|denial| wit::Error::Denied(denial.to_string()))?;
        let name = SheetName::from(sheet);
        match self.sheets.get(&name) {
            Some(found) => Ok((found, name)),
            None => {
                let (cause, advice) = not_configured(&name);
                Err(wit::Error::Denied(format!("{cause}; {advice}")))
            }
        }
    }
}

impl wit::Host for SheetsView<'_> {
    async fn read(&mut self, sheet: String) -> wasmtime::Result<Result<Vec<Vec<String>>, wit::Error>> {
        self.stage.call()?;
        let table = match self.sheet(&sheet, Right::Read) {
            Ok((found, _)) => found.table.as_ref(),
            Err(error) => return Ok(Err(error)),
        };
        let began = Timer::now();
        let answer = table.read().await;
        let size: usize = answer.iter().flatten().flatten().map(|cell| cell.len() + 8).sum();
        let error = answer.as_ref().err().map(crate::table::Trouble::text);
        self.stage.read(format!("sheet:{sheet}"), began.elapsed(), size as u64, error);
        match answer {
            Ok(rows) => {
                self.stage.respond(size)?;
                Ok(Ok(rows))
            }
            Err(trouble) => Ok(Err(wit::Error::Unavailable(trouble.text()))),
        }
    }

    async fn append(
        &mut self,
        sheet: String,
        columns: Vec<String>,
        key: Vec<wit::KeyColumn>,
        rows: Vec<Vec<String>>,
    ) -> wasmtime::Result<Result<(), wit::Error>> {
        self.stage.call()?;
        let name = match self.sheet(&sheet, Right::Append) {
            Ok((_, name)) => name,
            Err(error) => return Ok(Err(error)),
        };
        match effects(name, columns, key, rows) {
            Ok(effects) => {
                self.stage.effects(effects)?;
                Ok(Ok(()))
            }
            Err(message) => Ok(Err(wit::Error::Invalid(message))),
        }
    }
}

/// Makes effects of an append's rows; of several rows with one key the first counts.
fn effects(
    sheet: SheetName,
    columns: Vec<String>,
    key: Vec<wit::KeyColumn>,
    rows: Vec<Vec<String>>,
) -> Result<Vec<Effect>, String> {
    check_columns(&columns)?;
    let columns: Arc<[String]> = columns.into();
    let key: Arc<[KeyColumn]> = key
        .into_iter()
        .map(|part| KeyColumn {
            column: part.column,
            take: match part.take {
                wit::Take::Whole => Take::Whole,
                wit::Take::Date => Take::Date,
            },
        })
        .collect();
    let mut seen = HashSet::with_capacity(rows.len());
    let mut effects = Vec::with_capacity(rows.len());
    for (number, cells) in rows.into_iter().enumerate() {
        let row = Row { columns: Arc::clone(&columns), key: Arc::clone(&key), cells };
        let at = |message: String| format!("row {}: {message}", number + 1);
        check_cells(&row).map_err(at)?;
        let key = keys::of_row(&row).map_err(|error| at(error.to_string()))?;
        if seen.insert(key.clone()) {
            effects.push(Effect { target: Target::Sheet(sheet.clone()), key, body: Body::Row(row) });
        }
    }
    Ok(effects)
}

#[cfg(test)]
mod tests {
    use super::*;
    use beadle_plan::{Limits, SystemClock};
    use std::collections::BTreeMap;
    use wit::Host as _;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    fn whole(column: &str) -> wit::KeyColumn {
        wit::KeyColumn { column: column.to_owned(), take: wit::Take::Whole }
    }

    #[tokio::test]
    async fn a_plugin_reads_and_stages_what_it_is_granted() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("presence.csv");
        std::fs::write(&file, "Hash,Room\na,'=1\n").expect("a file");
        let settings = BTreeMap::from([("presence".into(), crate::Settings::Csv { file: file.clone() })]);
        let sheets = Sheets::open(settings, Arc::new(SystemClock)).await.expect("settings that can be right");
        let grants = Grants {
            sheets: vec!["presence:read".into(), "presence:append".into(), "gone:append".into()],
            ..Grants::default()
        };
        let mut stage = Stage::new(Limits::default(), false);
        let mut view = SheetsView { plugin: "online", grants: &grants, sheets: &sheets, stage: &mut stage };
        let columns = || texts(&["Hash", "Room"]);

        let rows = view.read("presence".into()).await.expect("no trap").expect("granted");
        assert_eq!(rows, [texts(&["Hash", "Room"]), texts(&["a", "=1"])]);
        let rows = vec![texts(&["b", "1"]), texts(&["b", "2"]), texts(&["c", ""])];
        view.append("presence".into(), columns(), vec![whole("Hash")], rows).await.expect("no trap").expect("granted");
        for (columns, key, row) in [
            (columns(), vec![], texts(&["b", "1"])),
            (columns(), vec![whole("Hat")], texts(&["b", "1"])),
            (columns(), vec![whole("Hash")], texts(&["b"])),
            (columns(), vec![whole("Hash")], texts(&["", "1"])),
            (texts(&["Hash", "Hash"]), vec![whole("Hash")], texts(&["b", "1"])),
        ] {
            let refused = view.append("presence".into(), columns, key, vec![row]).await.expect("no trap");
            assert!(matches!(refused, Err(wit::Error::Invalid(_))), "{refused:?}");
        }
        let gone = view.append("gone".into(), columns(), vec![whole("Hash")], vec![]).await.expect("no trap");
        assert!(matches!(gone, Err(wit::Error::Denied(text)) if text.contains("[sheets.gone]")));
        let ungranted = view.read("gone".into()).await.expect("no trap");
        assert!(matches!(ungranted, Err(wit::Error::Denied(text)) if text.contains("gone:read")));

        let keys: Vec<String> = stage.take_plan().effects.into_iter().map(|effect| effect.key).collect();
        assert_eq!(keys, ["b", "c"]);
        assert_eq!(std::fs::read_to_string(&file).expect("still there"), "Hash,Room\na,'=1\n");
    }
}
