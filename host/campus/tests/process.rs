//! The campus as a process of its own: one line when it serves, and an end when it is told.

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A child that does not outlive a failed test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn it_says_where_it_is_and_stops_on_sigterm() {
    let folder = tempfile::tempdir().expect("folder");
    let database = folder.path().join("moodle.db");
    let child = Command::new(env!("CARGO_BIN_EXE_beadle-campus"))
        .args(["--accounts", "50", "--online", "20", "--database"])
        .arg(&database)
        .stdout(Stdio::piped())
        .spawn()
        .expect("campus");
    let mut running = Running(child);
    let mut line = String::new();
    let out = running.0.stdout.take().expect("output");
    BufReader::new(out).read_line(&mut line).expect("line");
    let line: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(line["database"].as_str(), database.to_str());
    let (url, token) = (line["moodle"].as_str().expect("address"), line["token"].as_str().expect("token"));
    let answer = common::call(url, token, "core_enrol_get_enrolled_users", &[("courseid", "1")]).await;
    assert!(answer.as_array().expect("list").len() > 50);
    assert!(database.exists());
    let told = Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status().expect("kill");
    assert!(told.success());
    assert!(running.0.wait().expect("end").success());
}
