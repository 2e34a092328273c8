//! The variables of the script that people used before, so that they need not type everything again.

use std::time::Duration;

use super::{Answers, DatabaseAnswer, SheetAnswer, SiteAnswer, valid};
use crate::secret::SecretRef;

/// The variables that are understood, with the key that each becomes.
pub const VARIABLES: [(&str, &str); 13] = [
    ("MOODLE_URL", "[sites.main] url"),
    ("TOKEN", "[sites.main] token = { env = \"TOKEN\" }"),
    ("INTERVAL", "[[schedule]] every"),
    ("ONLINE_WINDOW", "[schedule.settings] window"),
    ("DB_HOST", "[databases.moodle] url"),
    ("DB_PORT", "[databases.moodle] url"),
    ("DB_NAME", "[databases.moodle] url"),
    ("DB_USER", "[databases.moodle] url"),
    ("DB_PASSWORD", "[databases.moodle] password = { env = \"DB_PASSWORD\" }"),
    ("DB_PREFIX", "[databases.moodle] prefix"),
    ("SERVICE_ACCOUNT", "[sheets.presence] key = { file = \"…\" }"),
    ("SPREADSHEET_ID", "[sheets.presence] spreadsheet"),
    ("SHEET_NAME", "[sheets.presence] tab"),
];

/// What the environment said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The answers, with defaults where nothing was said.
    pub answers: Answers,
    /// The variables that were taken over.
    pub used: Vec<&'static str>,
    /// What could not be taken over and why, one line each; never a secret's value.
    pub notes: Vec<String>,
}

/// Reads the variables. An empty one counts as absent.
pub fn from_environment(get: &dyn Fn(&str) -> Option<String>) -> Found {
    let mut reading = Reading { get, found: Found::default() };
    let site = reading.site();
    let database = reading.database();
    let sheet = reading.sheet();
    let every = reading.take("INTERVAL", |text| valid::duration(text, Duration::from_secs(1)));
    let window = reading.take("ONLINE_WINDOW", |text| valid::duration(text, Duration::from_secs(1)));
    let mut found = reading.found;
    let standard = Answers::default();
    if site.is_none() && database.is_some() {
        found
            .notes
            .push("MOODLE_URL is not set: the simulated school is watched, and the database is left out".to_owned());
    }
    found.answers = Answers {
        database: database.filter(|_| site.is_some()),
        site,
        sheet: sheet.unwrap_or(standard.sheet),
        every: every.unwrap_or(standard.every),
        window: window.unwrap_or(standard.window),
        timezone: None,
        language: None,
    };
    found
}

struct Reading<'g> {
    get: &'g dyn Fn(&str) -> Option<String>,
    found: Found,
}

impl Reading<'_> {
    fn get(&self, name: &str) -> Option<String> {
        (self.get)(name).filter(|value| !value.trim().is_empty())
    }

    /// Takes a variable over, or notes why not.
    fn take<T>(&mut self, name: &'static str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        match read(&self.get(name)?) {
            Ok(value) => {
                self.found.used.push(name);
                Some(value)
            }
            Err(problem) => {
                self.found.notes.push(format!("{name} is left out: {problem}"));
                None
            }
        }
    }

    fn site(&mut self) -> Option<SiteAnswer> {
        let url = self.take("MOODLE_URL", valid::moodle_url)?;
        if self.take("TOKEN", |_| Ok(())).is_none() {
            self.found.notes.push("TOKEN is not set: set it before the host starts".to_owned());
        }
        Some(SiteAnswer { url, token: SecretRef::Env("TOKEN".to_owned()) })
    }

    fn database(&mut self) -> Option<DatabaseAnswer> {
        let (host, port) = (self.get("DB_HOST"), self.get("DB_PORT"));
        let (name, user) = (self.get("DB_NAME"), self.get("DB_USER"));
        let (Some(name), Some(user)) = (&name, &user) else {
            if host.is_some() || name.is_some() || user.is_some() {
                self.found.notes.push("the database is left out: it takes DB_NAME and DB_USER".to_owned());
            }
            return None;
        };
        let url = match valid::database_url(host.as_deref().unwrap_or("localhost").trim(), port.as_deref(), user, name)
        {
            Ok(url) => url,
            Err(problem) => {
                self.found.notes.push(format!("the database is left out: {problem}"));
                return None;
            }
        };
        let parts = [("DB_HOST", host.is_some()), ("DB_PORT", port.is_some()), ("DB_NAME", true), ("DB_USER", true)];
        self.found.used.extend(parts.iter().filter(|(_, set)| *set).map(|(name, _)| *name));
        let password = self.take("DB_PASSWORD", |_| Ok(SecretRef::Env("DB_PASSWORD".to_owned())));
        let prefix = self.take("DB_PREFIX", |text| valid::prefix(text.trim()));
        Some(DatabaseAnswer { url, password, prefix: prefix.unwrap_or_else(|| "mdl_".to_owned()) })
    }

    fn sheet(&mut self) -> Option<SheetAnswer> {
        let spreadsheet = self.take("SPREADSHEET_ID", valid::spreadsheet)?;
        let tab = self.take("SHEET_NAME", valid::line).unwrap_or_else(|| "Online".to_owned());
        let key = self.take("SERVICE_ACCOUNT", |text| {
            // A bare word is a file here: the script's variable was the path of one.
            let path = valid::line(text)?;
            if path.starts_with('{') {
                return Err("it holds the key itself; put that into a file and name the file".to_owned());
            }
            Ok(SecretRef::File(path.into()))
        });
        if key.is_none() {
            self.found.notes.push("the service account's key is expected in service-account.json".to_owned());
        }
        // Keyed pseudonyms are written because they are the safer ones; the sheet of before knows other ones.
        self.found.notes.push(
            "to go on with the rows of the older script, write identity = \"seed\" and once = \"ever\" under [schedule.settings]; as \
             written now, everybody gets a new pseudonym and new rows"
                .to_owned(),
        );
        let key = key.unwrap_or_else(|| SecretRef::File("service-account.json".into()));
        Some(SheetAnswer::Google { spreadsheet, tab, key })
    }
}
