//! Reads the parsed file section by section and collects everything that is wrong with it.
//!
//! Nothing stops at the first mistake: a value that cannot be read is reported and counts as absent, and the rest is still looked
//! at, so that a file with five mistakes takes one round to mend.

mod item;
mod section;
mod suggest;

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

pub(crate) use self::item::Item;
pub(crate) use self::section::Section;
pub(crate) use self::suggest::closest;
use crate::Env;
use crate::problem::{Problem, Severity};
use crate::source::Source;

/// How many problems of one file are told. Nobody reads more, and each is shown with its line.
pub(crate) const TOLD: usize = 100;

/// A parsed value with its place.
pub(crate) type Value<'a> = toml::Spanned<DeValue<'a>>;

/// What all sections share while a file is read.
pub(crate) struct Reader<'a> {
    pub(crate) source: &'a Source,
    pub(crate) env: &'a Env<'a>,
    pub(crate) names: Names,
    problems: RefCell<Vec<Problem>>,
    /// How many more there are of each severity: errors, warnings.
    untold: Cell<(usize, usize)>,
}

/// The names that sections may refer to, also those of sections that are wrong otherwise.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) sites: Vec<String>,
    pub(crate) databases: Vec<String>,
    pub(crate) sheets: Vec<String>,
    pub(crate) chats: Vec<String>,
    pub(crate) plugins: Vec<String>,
}

impl Names {
    pub(crate) fn of(root: &DeTable<'_>) -> Self {
        let names = |section: &str| match root.get(section).map(|value| value.get_ref()) {
            Some(DeValue::Table(table)) => table.keys().map(|key| key.get_ref().to_string()).collect(),
            _ => Vec::new(),
        };
        Self {
            sites: names("sites"),
            databases: names("databases"),
            sheets: names("sheets"),
            chats: names("chats"),
            plugins: names("plugins"),
        }
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(source: &'a Source, env: &'a Env<'a>, names: Names) -> Self {
        Self { source, env, names, problems: RefCell::default(), untold: Cell::default() }
    }

    /// Returns a path named in the file, relative to the file's folder.
    pub(crate) fn path(&self, text: &str) -> PathBuf {
        let folder = self.source.folder();
        if folder == Path::new("") { PathBuf::from(text) } else { folder.join(text) }
    }

    /// Reports an error.
    pub(crate) fn error(&self, span: Range<usize>, key: &str, message: String, fix: impl Into<Option<String>>) {
        self.report(Severity::Error, span, key, message, fix.into());
    }

    /// Reports a warning.
    pub(crate) fn warning(&self, span: Range<usize>, key: &str, message: String, fix: impl Into<Option<String>>) {
        self.report(Severity::Warning, span, key, message, fix.into());
    }

    fn report(&self, severity: Severity, span: Range<usize>, key: &str, message: String, fix: Option<String>) {
        if self.problems.borrow().iter().filter(|problem| problem.severity == severity).count() >= TOLD {
            let (errors, warnings) = self.untold.get();
            self.untold.set(if severity == Severity::Error { (errors + 1, warnings) } else { (errors, warnings + 1) });
            return;
        }
        let place = Some(self.source.location(span));
        let (file, key) = (self.source.name(), key.to_owned());
        self.problems.borrow_mut().push(Problem { severity, file, place, key, message, fix });
    }

    /// Reports a warning about the file as a whole.
    pub(crate) fn whole_file_warning(&self, message: String, fix: String) {
        let (severity, file) = (Severity::Warning, self.source.name());
        self.add(Problem { severity, file, place: None, key: String::new(), message, fix: Some(fix) });
    }

    /// Adds a problem that was made elsewhere.
    pub(crate) fn add(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Whether any error has been reported so far.
    pub(crate) fn has_errors(&self) -> bool {
        self.problems.borrow().iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Returns errors and warnings.
    pub(crate) fn finish(self) -> (Vec<Problem>, Vec<Problem>) {
        let (errors, warnings) = self.untold.get();
        for (severity, more) in [(Severity::Error, errors), (Severity::Warning, warnings)] {
            if more > 0 {
                let message = format!("{more} more are not told; mend these first");
                let (file, key) = (self.source.name(), String::new());
                self.add(Problem { severity, file, place: None, key, message, fix: None });
            }
        }
        self.problems.into_inner().into_iter().partition(|problem| problem.severity == Severity::Error)
    }
}
