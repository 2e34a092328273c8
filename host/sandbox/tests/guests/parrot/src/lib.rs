//! A plugin that asks for all it can and repeats everything that it is told: into its log, its observations, its rows and its summary.
//! What does not stand there afterwards was never in a guest's memory.

use std::fmt::Debug;

use beadle_sdk::ledger::{Collection, Losses, Record};
use beadle_sdk::sheets::Take;
use beadle_sdk::{Collector, Description, Error, Plugin, Summary, db, files, http, info, moodle, run, sheets};
use serde::Deserialize;

/// What a test has it ask.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// Functions of the site.
    functions: Vec<String>,
    /// Databases, each with a statement.
    statements: Vec<(String, String)>,
    /// Addresses.
    urls: Vec<String>,
    /// Sheets to read; the first is written to as well.
    sheets: Vec<String>,
}

const HEARD: Collection<String> = Collection::new("heard");

struct Parrot;

impl Plugin for Parrot {
    fn describe() -> Description {
        Description::new("parrot", "0.1.0", "Repeats everything.")
            .settings(r#"{"type": "object"}"#)
            .may_use("moodle", &[], "to be told something")
            .may_use("db", &[], "to be told something")
            .may_use("http", &[], "to be told something")
            .may_use("sheets", &["read", "append"], "to be told something and repeat it")
            .keeps("heard", "Everything that it was told.")
    }
}

impl Collector for Parrot {
    type Settings = Settings;

    fn collect(settings: Settings) -> Result<Summary, Error> {
        let heard = listen(&settings);
        for one in &heard {
            info!("{one}");
        }
        let record = |(number, text): (usize, &String)| {
            Record::new(format!("{number:03}"), text.clone()).aspect("text", 1, text.clone())
        };
        HEARD.observe("all", Losses::Ordinary, heard.iter().enumerate().map(record).collect())?;
        // Each run has rows of its own: what stands already would not be sent again.
        let instant = run::context().instant;
        let row = |(number, text): (usize, &String)| vec![format!("{instant} {number}"), text.clone()];
        let rows: Vec<Vec<String>> = heard.iter().enumerate().map(row).collect();
        if let Some(sheet) = settings.sheets.first() {
            sheets::append(sheet, &["Number", "Heard"], &[("Number", Take::Whole)], &rows)?;
        }
        run::show(&run::Table {
            title: "Heard".to_owned(),
            columns: vec!["Number".to_owned(), "Heard".to_owned()],
            rows,
            notes: heard.clone(),
        });
        Ok(Summary::new(heard.join(" ")).count("heard", heard.len() as u64))
    }
}

fn listen(settings: &Settings) -> Vec<String> {
    let mut heard = Vec::new();
    let mut hear = |what: &str, told: &dyn Debug| heard.push(format!("{what}: {told:?}"));
    hear("context", &run::context());
    hear("environment", &(std::env::vars().collect::<Vec<_>>(), std::env::args().collect::<Vec<_>>()));
    hear("pseudonym", &run::pseudonyms(&["1".to_owned()]));
    for file in files::list().unwrap_or_default() {
        hear(&file.path, &files::text(&file.path));
    }
    for function in &settings.functions {
        let call = moodle::Call::new(function, &serde_json::json!({}));
        // As it comes, so that escapes in it stay what they are.
        match call.and_then(|call| call.text()) {
            Ok(text) => hear(&format!("{function} {text}"), &()),
            Err(error) => hear(function, &error),
        }
    }
    for (database, statement) in &settings.statements {
        hear(database, &db::query(database, statement, &[]));
    }
    for url in &settings.urls {
        hear(url, &http::get(url));
    }
    for sheet in &settings.sheets {
        hear(sheet, &sheets::read(sheet));
    }
    heard
}

beadle_sdk::collector!(Parrot);
