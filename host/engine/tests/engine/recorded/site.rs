//! A Moodle that answers what was recorded.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::header;
use axum::routing::post;
use beadle_plan::Clock as _;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::world::World;

/// A function, and the course or forum that it is asked about, where it is asked about one.
type Question = (String, String);

#[derive(Default)]
struct Answers {
    given: HashMap<Question, Value>,
    asked: BTreeMap<String, usize>,
}

pub(super) struct Site {
    pub(super) url: String,
    folder: PathBuf,
    answers: Arc<Mutex<Answers>>,
    task: JoinHandle<()>,
}

impl Site {
    /// Opens on the clock of a world; none, with a word about it, on a machine without the recordings.
    pub(super) async fn open(world: &World) -> Option<Self> {
        let folder = folder()?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let answers = Arc::new(Mutex::new(Answers::default()));
        let handler = {
            let (answers, clock) = (Arc::clone(&answers), Arc::clone(&world.clock));
            move |form: String| {
                let now = Timestamp::from_millisecond(clock.now().millis()).expect("an instant");
                let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).expect("a date");
                let text = answers.lock().expect("no panic while it is held").to(&form);
                async move { ([(header::CONTENT_TYPE, "application/json".to_owned()), (header::DATE, date)], text) }
            }
        };
        let router = Router::new().route("/webservice/rest/server.php", post(handler));
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Some(Self { url, folder, answers, task })
    }

    /// Answers from now on what a recording holds. Where it was asked about some courses only, the others' part stays as it was.
    pub(super) fn answer(&self, name: &str) {
        let recorded = Recorded::read(&self.folder, name);
        let mut answers = self.answers.lock().expect("no panic while it is held");
        let body = recorded.beside(answers.given.get(&recorded.question));
        answers.given.insert(recorded.question, body);
    }

    /// Answers what a recording holds, as it was before anything was graded.
    pub(super) fn answer_without_grades(&self, name: &str) {
        let mut recorded = Recorded::read(&self.folder, name);
        for item in recorded.body["usergrades"][0]["gradeitems"].as_array_mut().expect("a list") {
            (item["graderaw"], item["gradeformatted"], item["feedback"]) = (Value::Null, json!("-"), json!(""));
        }
        let mut answers = self.answers.lock().expect("no panic while it is held");
        answers.given.insert(recorded.question, recorded.body);
    }

    /// Returns how often a function was called.
    pub(super) fn count(&self, function: &str) -> usize {
        self.answers.lock().expect("no panic while it is held").asked.get(function).copied().unwrap_or(0)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Answers {
    fn to(&mut self, form: &str) -> String {
        let pairs: HashMap<String, String> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        let question = question(|name| pairs.get(name).cloned());
        *self.asked.entry(question.0.clone()).or_default() += 1;
        let unknown =
            || json!({"exception": "moodle_exception", "errorcode": "notrecorded", "message": "Nobody knows."});
        self.given.get(&question).cloned().unwrap_or_else(unknown).to_string()
    }
}

/// Returns what is asked, by the parameters of a call.
fn question(parameter: impl Fn(&str) -> Option<String>) -> Question {
    let function = parameter("wsfunction").expect("a function");
    // The groups of the account are asked for in all courses at once.
    let about = parameter("courseid").or_else(|| parameter("forumid")).filter(|id| id != "0");
    (function, about.unwrap_or_default())
}

/// A recorded call.
struct Recorded {
    question: Question,
    /// The courses that it asked about; none where it asked about all, or about one by its number.
    courses: Vec<i64>,
    /// Whether it asked for the events of no course, too.
    whole: bool,
    body: Value,
}

impl Recorded {
    fn read(folder: &Path, name: &str) -> Self {
        let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("it was recorded");
        let recorded: Value = serde_json::from_str(&text).expect("JSON");
        let parameters = recorded["request"]["params"].as_object().expect("parameters");
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let courses = parameters.iter().filter(|(name, _)| name.contains("courseids"));
        Self {
            question: question(|name| parameters.get(name).map(text)),
            courses: courses.map(|(_, id)| text(id).parse().expect("a number")).collect(),
            whole: parameters.get("options[siteevents]").is_none_or(|asked| text(asked) == "1"),
            body: recorded["body"].clone(),
        }
    }

    /// Returns the answer to what the host asks, who asks about all courses.
    fn beside(&self, before: Option<&Value>) -> Value {
        let mut body = self.body.clone();
        let lists = [("events", "courseid"), ("quizzes", "course"), ("courses", "id")];
        let part = lists.into_iter().find(|(list, _)| body[*list].is_array() && !self.courses.is_empty());
        let Some((list, course)) = part else { return body };
        let asked = |one: &Value| match one[course].as_i64() {
            Some(id) if id > 1 => self.courses.contains(&id),
            _ => self.whole,
        };
        let now = body[list].as_array_mut().expect("a list");
        now.retain(|one| asked(one));
        let before = before.and_then(|before| before[list].as_array()).into_iter().flatten();
        now.extend(before.filter(|one| !asked(one)).cloned());
        body
    }
}

/// Returns the folder of the recorded answers.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
fn folder() -> Option<PathBuf> {
    let root = std::env::var_os("BEADLE_FIXTURES").map(PathBuf::from).or_else(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().find(|folder| folder.join("rust-toolchain.toml").is_file())?;
        Some(root.parent()?.join("shared/fixtures"))
    });
    let folder = root.map(|root| root.join("moodle")).filter(|folder| folder.is_dir());
    if folder.is_none() {
        assert!(
            std::env::var("BEADLE_REQUIRE_FIXTURES").as_deref() != Ok("1"),
            "no recorded answers in ../shared/fixtures, and BEADLE_REQUIRE_FIXTURES is set"
        );
        eprintln!("skipped: no recorded answers in ../shared/fixtures");
    }
    folder
}
