//! The campus beside the recorded site: sends what a recording sent, and tells how the recorded answer would read here.

use std::path::Path;

use beadle_campus::Campus;
use beadle_campus::moodle::{Account, CUSTOM_SERVICE, MOBILE_SERVICE, PASSWORD};
use beadle_campus::school::School;
use beadle_campus::school::conferences::Calendar;
use serde_json::{Value, json};

use super::lab::{lab, lab_with_courses};
use super::{Hand, RECORDED, campus, client, recording};

/// Where the recorded site lived.
pub(crate) const SITE: &str = "http://moodle.example.test";

pub(crate) struct Replay {
    pub(crate) campus: Campus,
    pub(crate) client: reqwest::Client,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) location: Option<String>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

impl Replay {
    pub(crate) async fn of(folder: &Path) -> Self {
        Self::on(lab(folder), &Hand::at(RECORDED * 1000)).await
    }

    /// The same site with its courses, and these conferences.
    pub(crate) async fn with(folder: &Path, calendar: Calendar, hand: &Hand) -> Self {
        Self::on(lab_with_courses(folder, calendar), hand).await
    }

    pub(crate) async fn on(school: School, hand: &Hand) -> Self {
        Self { campus: campus(school, hand).await, client: client() }
    }

    /// Asks what a recording asked and returns both answers.
    pub(crate) async fn ask(&self, folder: &Path, name: &str) -> (Value, Value) {
        let recording = recording(folder, name);
        let answer = self.send(&recording, None).await;
        self.assert_envelope(name, &recording, &answer);
        (answer.json(), self.expected(&recording))
    }

    /// Sends what a recording sent, with this site's tokens, and with `instead` for a function that is not simulated.
    pub(crate) async fn send(&self, recording: &Value, instead: Option<&str>) -> Answer {
        let request = &recording["request"];
        let url = format!("{}{}", self.campus.moodle_url, request["path"].as_str().expect("path"));
        let mut form: Vec<(String, String)> = Vec::new();
        for (name, value) in request["params"].as_object().expect("params") {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let value = match name.as_str() {
                "wstoken" => self.token(&value).await,
                "wsfunction" => instead.map_or(value, str::to_owned),
                "password" if value == "fake-password" => PASSWORD.into(),
                "service" if value == "lab_monitor" => CUSTOM_SERVICE.into(),
                _ => value,
            };
            form.push((name.clone(), value));
        }
        let mut builder = if request["method"] == "GET" {
            self.client.get(url).query(&form)
        } else if let Some(raw) = request["raw_body"].as_str() {
            self.client.post(url).header("content-type", "application/json").body(raw.to_owned())
        } else {
            self.client.post(url).form(&form)
        };
        if let Some(host) = request["host"].as_str() {
            builder = builder.header("host", host);
        }
        let answer = builder.send().await.expect("answer");
        let header = |name| answer.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        Answer {
            status: answer.status().as_u16(),
            content_type: header("content-type").unwrap_or_default(),
            location: header("location"),
            text: answer.text().await.expect("text"),
        }
    }

    async fn token(&self, recorded: &str) -> String {
        let known = [
            ("faketokenwsmonitor", Account::Monitor),
            ("faketokenwsviewer", Account::Viewer),
            ("faketokenwsminimal", Account::Minimal),
            ("faketokenadmin0", Account::Admin),
            ("faketokenstudent010", Account::StudentMobile),
            ("faketokenteacher01mobile", Account::TeacherMobile),
        ];
        if let Some((_, account)) = known.iter().find(|(prefix, _)| recorded.starts_with(prefix)) {
            return account.token().into();
        }
        let mobile = recorded.strip_prefix("faketoken").and_then(|rest| rest.split_once("mobile"));
        let Some((username, _)) = mobile else { return recorded.into() };
        self.log_in(username).await
    }

    pub(crate) async fn log_in(&self, username: &str) -> String {
        let form = [("username", username), ("password", PASSWORD), ("service", MOBILE_SERVICE)];
        let url = format!("{}/login/token.php", self.campus.moodle_url);
        let answer: Value = self.client.post(url).form(&form).send().await.expect("answer").json().await.expect("JSON");
        // A user who may not log in keeps the token that was made before.
        answer["token"].as_str().map_or_else(|| "campustokenlogin0000000000000001".into(), str::to_owned)
    }

    /// Returns the recorded body as it would read from this site.
    pub(crate) fn expected(&self, recording: &Value) -> Value {
        let text = recording["body"].to_string().replace(SITE, &self.campus.moodle_url);
        serde_json::from_str(&text.replace("lab_monitor", CUSTOM_SERVICE)).expect("JSON")
    }

    pub(crate) fn assert_envelope(&self, name: &str, recording: &Value, answer: &Answer) {
        assert_eq!(json!(answer.status), recording["status"], "{name}: status");
        let (got, wanted) = (answer.content_type.to_lowercase(), recording["content_type"].as_str().expect("type"));
        assert_eq!(got, wanted.to_lowercase(), "{name}: content type");
    }
}

/// Keys in order, all the way down: what a snapshot of an answer would show.
pub(crate) fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(keys).collect(),
        Value::Object(map) => map.iter().flat_map(|(name, inner)| [vec![name.clone()], keys(inner)].concat()).collect(),
        _ => Vec::new(),
    }
}

/// Leaves the types of values: what no two sites have equal.
pub(crate) fn types(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(types).collect(),
        Value::Object(map) => map.iter().map(|(name, inner)| (name.clone(), types(inner))).collect(),
        Value::Null => json!("null"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("text"),
    }
}
