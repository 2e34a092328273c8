//! The whole file, typed.

use std::collections::BTreeMap;
use std::path::Path;

use beadle_plan::{ChatName, PluginName, ScheduleName, SheetName, SiteName};
use toml::de::{DeTable, DeValue};

use crate::locate::Places;
use crate::problem::{ConfigErrors, Problem, Severity, Warning, sort};
use crate::reader::{Item, Names, Reader, Section, TOLD, Value};
use crate::sections::{self, Campus, Chat, Database, Host, Plugin, ROOT, Schedule, Sheet, Site};
use crate::source::Source;
use crate::{Env, check};

/// The file as shipped: it runs a simulated school.
pub const DEFAULT: &str = include_str!("../../../schedules.toml");

/// A `schedules.toml`, typed and checked. Plain data: two of them are equal when they say the same, wherever it stands in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The host itself.
    pub host: Host,
    /// The simulated school behind the address `campus:`.
    pub campus: Campus,
    /// The Moodles.
    pub sites: BTreeMap<SiteName, Site>,
    /// The databases that plugins may read.
    pub databases: BTreeMap<String, Database>,
    /// The tables that plugins may write to.
    pub sheets: BTreeMap<SheetName, Sheet>,
    /// The channels that plugins may write to.
    pub chats: BTreeMap<ChatName, Chat>,
    /// The plugins.
    pub plugins: BTreeMap<PluginName, Plugin>,
    /// The schedules in the file's order, one for each site.
    pub schedules: Vec<Schedule>,
    pub(crate) places: Places,
}

impl Config {
    /// Reads and checks a file. `env` is asked for environment variables; only whether those of secrets are set is looked at.
    ///
    /// # Errors
    /// Returns everything that is wrong with the file.
    pub fn load(path: &Path, env: &Env<'_>) -> Result<(Self, Vec<Warning>), ConfigErrors> {
        Self::from_source(&Source::read(path)?, env)
    }

    /// Returns the shipped configuration, with the files that it names in the current folder.
    ///
    /// # Errors
    /// None that a test would not have found first.
    pub fn embedded(env: &Env<'_>) -> Result<(Self, Vec<Warning>), ConfigErrors> {
        Self::from_source(&Source::from_text("schedules.toml", DEFAULT), env)
    }

    /// Checks a file that has been read.
    ///
    /// # Errors
    /// Returns everything that is wrong with the file. Where it is no TOML, that is all that is said.
    pub fn from_source(source: &Source, env: &Env<'_>) -> Result<(Self, Vec<Warning>), ConfigErrors> {
        let (document, errors) = DeTable::parse_recoverable(source.text());
        if !errors.is_empty() {
            return Err(ConfigErrors::new(syntax(source, &errors)));
        }
        let root: Value<'_> = toml::Spanned::new(0..0, DeValue::Table(document.into_inner()));
        let Some(table) = root.get_ref().as_table().filter(|table| !table.is_empty()) else {
            let fix = "run `beadle init` to write one, or copy the shipped schedules.toml";
            return Err(ConfigErrors::whole(
                &source.name(),
                "the file is empty: it says nothing to run".to_owned(),
                fix,
            ));
        };
        let reader = Reader::new(source, env, Names::of(table));
        let config = read(&reader, table, Places::of(source, table));
        check::all(&reader, &config);
        let (errors, mut warnings) = reader.finish();
        if !errors.is_empty() {
            return Err(ConfigErrors::new(errors));
        }
        sort(&mut warnings);
        Ok((config, warnings))
    }

    /// Returns a schedule by its full name: `online`, `online@north`.
    pub fn schedule(&self, name: &ScheduleName) -> Option<&Schedule> {
        self.schedules.iter().find(|schedule| schedule.name == *name)
    }

    /// Whether anything of the configuration lives in the simulated school.
    pub fn uses_campus(&self) -> bool {
        self.sites.values().any(|site| site.peer == sections::SitePeer::Campus)
            || self.databases.values().any(|database| database.server == sections::DatabaseServer::Campus)
    }
}

fn read<'a>(reader: &'a Reader<'a>, table: &'a DeTable<'a>, places: Places) -> Config {
    let root = Section::open(reader, String::new(), 0..0, table, &ROOT);
    let section = |name: &'static str| {
        let item = root.item(name)?;
        let shape = match item.spec.kind {
            crate::shape::Kind::Table(shape) => shape,
            _ => return None,
        };
        item.table(shape)
    };
    let sites = each(&root, "sites", sections::read_sites);
    let host = sections::read_host(section("host"), reader.source.folder(), &sites);
    let campus = sections::read_campus(section("campus"));
    let plugins = each(&root, "plugins", sections::read_plugins);
    let schedules = root.item("schedule").map(|item| sections::read_schedules(&item, &plugins, &host.timezone));
    Config {
        sites,
        databases: each(&root, "databases", sections::read_databases),
        sheets: each(&root, "sheets", sections::read_sheets),
        chats: each(&root, "chats", sections::read_chats),
        schedules: schedules.unwrap_or_default(),
        host,
        campus,
        plugins,
        places,
    }
}

fn each<'a, T: Default>(root: &Section<'a>, name: &'static str, read: fn(&Item<'a>) -> T) -> T {
    root.item(name).map(|item| read(&item)).unwrap_or_default()
}

/// Says what keeps the text from being TOML; one message for a line is enough.
fn syntax(source: &Source, errors: &[toml::de::Error]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let line = source.line(span.start);
        // Before the place is looked for, which goes through the whole line.
        if problems.iter().any(|problem| problem.place.as_ref().is_some_and(|other| other.line == line)) {
            continue;
        }
        // One slip of the pen can make every line after it wrong.
        if problems.len() == TOLD {
            break;
        }
        let fix = match error.message() {
            message if message.contains("duplicate key") => "keep one of the two",
            message if message.contains("must be quoted") => "write a value after the =, texts in quotes",
            message if message.contains("string") => "close the quotes, or write \\\\ for each \\ inside them",
            _ => "write: key = \"text\", key = 5, key = [\"a\", \"b\"], [section] or [[schedule]]",
        };
        problems.push(Problem {
            severity: Severity::Error,
            file: source.name(),
            place: Some(source.location(span)),
            key: String::new(),
            message: format!("this is no TOML: {}", error.message()),
            fix: Some(fix.to_owned()),
        });
    }
    problems
}
