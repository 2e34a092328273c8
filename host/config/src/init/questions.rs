//! The questions of `beadle init`, one after the other; asking them is the terminal's business.

use std::time::Duration;

use super::{Answers, DatabaseAnswer, SheetAnswer, SiteAnswer, valid};
use crate::secret::SecretRef;
use crate::values::duration_text;

/// A question to put to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub prompt: &'static str,
    /// A sentence of help.
    pub help: &'static str,
    /// What an empty answer means; none where an empty answer leaves the thing out.
    pub default: Option<String>,
}

/// The course of the questions. An answer that will not do is refused with a reason, and the same question stands again.
#[derive(Debug, Clone)]
pub struct Questions {
    answers: Answers,
    step: Option<Step>,
    spreadsheet: Option<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Url,
    Token,
    Database,
    DatabasePassword,
    Prefix,
    Spreadsheet,
    Tab,
    Key,
    File,
    Every,
    Window,
    Timezone,
    Language,
}

impl Questions {
    /// Starts with what is known already, such as [`super::from_environment`] found; that becomes the defaults.
    pub fn new(known: Answers) -> Self {
        Self { answers: known, step: Some(Step::Url), spreadsheet: None }
    }

    /// Returns the question that stands; none when all are answered.
    pub fn question(&self) -> Option<Question> {
        let (prompt, help) = match self.step? {
            Step::Url => ("The address of your Moodle", "Leave it empty to look around in a simulated school first."),
            Step::Token => (
                "Where is the web service token?",
                "The name of an environment variable, such as MOODLE_TOKEN, or the path of a file. Never the token itself.",
            ),
            Step::Database => (
                "The address of Moodle's database",
                "Such as mysql://reader@db.school.example/moodle, without the password. Empty: Moodle is asked instead.",
            ),
            Step::DatabasePassword => (
                "Where is the password of the database?",
                "The name of an environment variable, such as MOODLE_DB_PASSWORD, or the path of a file. Empty: it has none.",
            ),
            Step::Prefix => ("What do the names of Moodle's tables begin with?", "The setting $CFG->prefix of Moodle."),
            Step::Spreadsheet => (
                "The address or the id of the Google spreadsheet",
                "Leave it empty to write into a CSV file beside the configuration.",
            ),
            Step::Tab => ("The title of the tab", "It is made when it is not there."),
            Step::Key => (
                "Where is the key of the Google service account?",
                "The path of the JSON file, or the name of an environment variable that holds it.",
            ),
            Step::File => ("The CSV file to write into", "It is made at first use."),
            Step::Every => ("How often to look", "Such as 30s or 5m."),
            Step::Window => {
                ("For how long is somebody online after the last click?", "Moodle itself counts five minutes: 5m.")
            }
            Step::Timezone => ("The time zone", "Such as Europe/Berlin. Empty: the machine's own."),
            Step::Language => ("The language: en, de or es", "The language of tables and messages."),
        };
        Some(Question { prompt, help, default: self.default() })
    }

    fn default(&self) -> Option<String> {
        let Answers { site, database, sheet, .. } = &self.answers;
        let place = |secret: &SecretRef| match secret {
            SecretRef::Env(name) => name.clone(),
            SecretRef::File(path) => path.display().to_string(),
        };
        match self.step? {
            Step::Url => site.as_ref().map(|site| site.url.clone()),
            Step::Token => site.as_ref().map(|site| place(&site.token)),
            Step::Database => database.as_ref().map(|database| database.url.clone()),
            Step::DatabasePassword => database.as_ref().and_then(|database| database.password.as_ref()).map(place),
            Step::Prefix => database.as_ref().map(|database| database.prefix.clone()),
            Step::Spreadsheet => match sheet {
                SheetAnswer::Google { spreadsheet, .. } => Some(spreadsheet.clone()),
                SheetAnswer::Csv { .. } => None,
            },
            Step::Tab => Some(match sheet {
                SheetAnswer::Google { tab, .. } => tab.clone(),
                SheetAnswer::Csv { .. } => "Online".to_owned(),
            }),
            Step::Key => Some(match sheet {
                SheetAnswer::Google { key, .. } => place(key),
                SheetAnswer::Csv { .. } => "./service-account.json".to_owned(),
            }),
            Step::File => Some("presence.csv".to_owned()),
            Step::Every => Some(duration_text(self.answers.every)),
            Step::Window => Some(duration_text(self.answers.window)),
            Step::Timezone => self.answers.timezone.clone(),
            Step::Language => Some(self.answers.language.clone().unwrap_or_else(|| "en".to_owned())),
        }
    }

    /// Takes the answer to the question that stands.
    ///
    /// # Errors
    /// Says in a few words why it will not do; the question stands again.
    pub fn answer(&mut self, text: &str) -> Result<(), String> {
        let Some(step) = self.step else { return Ok(()) };
        let text = match text.trim() {
            "" => self.default().unwrap_or_default(),
            text => text.to_owned(),
        };
        self.step = self.take(step, &text)?;
        Ok(())
    }

    /// Returns the answers; those to questions that still stand are the defaults.
    pub fn finish(self) -> Answers {
        self.answers
    }

    /// Takes one answer and returns the next step.
    fn take(&mut self, step: Step, text: &str) -> Result<Option<Step>, String> {
        let answers = &mut self.answers;
        Ok(Some(match step {
            Step::Url if text.is_empty() => {
                (answers.site, answers.database) = (None, None);
                Step::Spreadsheet
            }
            Step::Url => {
                let url = valid::moodle_url(text)?;
                let token =
                    answers.site.take().map_or_else(|| SecretRef::Env("MOODLE_TOKEN".to_owned()), |site| site.token);
                answers.site = Some(SiteAnswer { url, token });
                Step::Token
            }
            Step::Token => {
                if let Some(site) = &mut answers.site {
                    site.token = valid::secret(text)?;
                }
                Step::Database
            }
            Step::Database if text.is_empty() => {
                answers.database = None;
                Step::Spreadsheet
            }
            Step::Database => {
                let url = database(text)?;
                let known = answers.database.take();
                let prefix = known.as_ref().map_or_else(|| "mdl_".to_owned(), |known| known.prefix.clone());
                answers.database =
                    Some(DatabaseAnswer { url, password: known.and_then(|known| known.password), prefix });
                Step::DatabasePassword
            }
            Step::DatabasePassword => {
                let password = if text.is_empty() { None } else { Some(valid::secret(text)?) };
                if let Some(database) = &mut answers.database {
                    database.password = password;
                }
                Step::Prefix
            }
            Step::Prefix => {
                if let Some(database) = &mut answers.database {
                    database.prefix = valid::prefix(text)?;
                }
                Step::Spreadsheet
            }
            Step::Spreadsheet if text.is_empty() => Step::File,
            Step::Spreadsheet => {
                self.spreadsheet = Some((valid::spreadsheet(text)?, String::new()));
                Step::Tab
            }
            Step::Tab => {
                let tab = valid::line(text)?;
                if let Some((_, title)) = &mut self.spreadsheet {
                    *title = tab;
                }
                Step::Key
            }
            Step::Key => {
                let key = valid::secret(text)?;
                if let Some((spreadsheet, tab)) = self.spreadsheet.take() {
                    answers.sheet = SheetAnswer::Google { spreadsheet, tab, key };
                }
                Step::Every
            }
            Step::File => {
                answers.sheet = SheetAnswer::Csv { file: valid::line(text)? };
                Step::Every
            }
            Step::Every => {
                answers.every = valid::duration(text, Duration::from_secs(1))?;
                Step::Window
            }
            Step::Window => {
                answers.window = valid::duration(text, Duration::from_secs(1))?;
                Step::Timezone
            }
            Step::Timezone => {
                answers.timezone = if text.is_empty() { None } else { Some(valid::timezone(text)?) };
                Step::Language
            }
            Step::Language => {
                if !matches!(text, "en" | "de" | "es") {
                    return Err("write en, de or es".to_owned());
                }
                answers.language = Some(text.to_owned());
                return Ok(None);
            }
        }))
    }
}

/// Takes the whole address of a MariaDB, MySQL or PostgreSQL.
fn database(text: &str) -> Result<String, String> {
    let example = "one looks like mysql://reader@db.school.example/moodle";
    let url = url::Url::parse(text).map_err(|_| format!("that is no address of a database; {example}"))?;
    if url.password().is_some() {
        return Err("the address holds a password; leave it out, it is asked for next".to_owned());
    }
    let known = matches!(url.scheme(), "mysql" | "mariadb" | "postgres" | "postgresql");
    if !known || !url.has_host() || url.path().len() < 2 || url.query().is_some() {
        return Err(format!("that is no address of a database; {example}"));
    }
    Ok(url.into())
}
