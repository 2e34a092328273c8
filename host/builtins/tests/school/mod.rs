//! A school for plugins to look at: a database with Moodle's tables, rooms, a clock, and a ledger in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use beadle_builtins::builtin;
use beadle_db::{Databases, Settings as Database};
use beadle_egress::{Egress, Guarded, Origins};
use beadle_files::Folder;
use beadle_plan::{
    Body, Change, Clock, Grants, Instant, Limits, ManualClock, Outcome, Plan, SheetName, Standing, Stored, Trigger,
};
use beadle_sandbox::{
    Configured, Context, LoadError, Mapper, NoAudience, Plugin, PseudonymKey, Sandbox, Services, Settings,
};
use beadle_sheets::Sheets;
use beadle_store::{Ledger, ScopeName, StoreError};
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

/// When the tests' day begins: 2026-11-20, 10:00 in Berlin.
pub(crate) const MORNING: i64 = 1_795_165_200;

const TABLES: &str = "
    CREATE TABLE mdl_user (id INTEGER PRIMARY KEY, deleted INTEGER NOT NULL DEFAULT 0, username TEXT, firstname TEXT,
                           lastname TEXT, lastaccess INTEGER NOT NULL, lastip TEXT NOT NULL DEFAULT '');
    CREATE TABLE mdl_user_preferences (id INTEGER PRIMARY KEY, userid INTEGER, name TEXT, value TEXT);";

const ROOMS: &str = "name,network,range\nLab 1,10.0.1.0/24,\nLibrary,,10.0.2.10-10.0.2.40\n";

pub(crate) struct School {
    folder: TempDir,
    database: SqliteConnection,
    clock: Arc<ManualClock>,
    ledger: Arc<Remembered>,
    plugin: Plugin,
    configured: Arc<Configured>,
    services: Services,
    settings: String,
}

/// Loads a plugin that comes with Beadle, with a folder of files beside it.
pub(crate) async fn load(sandbox: &Sandbox, name: &str, files: &[(&str, &str)]) -> Result<Plugin, LoadError> {
    let folder = tempfile::tempdir().expect("a folder");
    for (file, text) in files {
        std::fs::write(folder.path().join(file), text).expect("a file");
    }
    let beside = Folder::open(folder.path()).expect("a folder of a plugin");
    sandbox.load(builtin(name).expect("it comes with Beadle"), Some(Arc::new(beside))).await
}

pub(crate) fn sandbox() -> Sandbox {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Sandbox::new(&Settings { instances: 8, ..Settings::default() }).expect("an engine")
}

fn nowhere() -> Guarded {
    let egress = Egress::new(beadle_egress::Settings::default()).expect("a client");
    egress.guarded(Origins::public([]).expect("no origins"))
}

fn configured(name: &str, grants: Grants, plugin: &Plugin, mapper: Option<Arc<Mapper>>) -> Arc<Configured> {
    Arc::new(Configured {
        name: name.into(),
        grants,
        limits: Limits::default(),
        collections: plugin.description().collections.iter().map(|collection| collection.name.clone()).collect(),
        way: nowhere(),
        mapper,
    })
}

/// Makes a mapper as the host does.
pub(crate) async fn mapper(sandbox: &Sandbox, settings: &str, files: &[(&str, &str)]) -> Mapper {
    let plugin = load(sandbox, "classroom-mapper", files).await.expect("it loads");
    let configured = configured("rooms", Grants::default(), &plugin, None);
    Mapper::new(plugin, configured, Services::none(), settings.to_owned()).expect("it is a mapper")
}

impl School {
    /// Opens a school whose presence goes to a sheet.
    pub(crate) async fn open(settings: &str) -> Self {
        let sandbox = sandbox();
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("moodle.db").display());
        let mut database = SqliteConnection::connect(&format!("{url}?mode=rwc")).await.expect("a database");
        sqlx::raw_sql(TABLES).execute(&mut database).await.expect("tables");

        let clock = Arc::new(ManualClock::new(Instant::from_millis(MORNING * 1000)));
        let ledger = Arc::new(Remembered::default());
        let databases =
            Databases::new([("moodle".to_owned(), Database { prefix: "mdl_".into(), ..Database::new(url) })]);
        let sheet = beadle_sheets::Settings::Csv { file: folder.path().join("presence.csv") };
        let sheets = Sheets::open([(SheetName::from("presence"), sheet)].into(), Arc::clone(&clock) as Arc<dyn Clock>);
        let services = Services {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ledger: Arc::clone(&ledger) as Arc<dyn Ledger>,
            databases: Arc::new(databases.expect("a database")),
            sheets: Arc::new(sheets.await.expect("a sheet")),
            key: PseudonymKey::new(&[7; 32]),
            ..Services::none()
        };
        let mapper = Arc::new(mapper(&sandbox, "{}", &[("rooms.csv", ROOMS)]).await);
        let plugin = load(&sandbox, "online-users", &[]).await.expect("it loads");
        let grants = Grants { db: vec!["moodle".into()], sheets: vec!["presence:append".into()], ..Grants::default() };
        let configured = configured("online", grants, &plugin, Some(mapper));
        Self { folder, database, clock, ledger, plugin, configured, services, settings: settings.to_owned() }
    }

    /// Puts a person at an address, active just now.
    pub(crate) async fn enter(&mut self, id: i64, address: &str) {
        sqlx::query(
            "INSERT INTO mdl_user (id, username, firstname, lastname, lastaccess, lastip) VALUES (?, ?, 'Ada', 'Quill', ?, ?)
             ON CONFLICT (id) DO UPDATE SET lastaccess = excluded.lastaccess, lastip = excluded.lastip",
        )
        .bind(id)
        .bind(format!("user{id}"))
        .bind(self.clock.now().millis() / 1000)
        .bind(address)
        .execute(&mut self.database)
        .await
        .expect("a person");
    }

    /// Says in a person's name that they do not want to be shown.
    pub(crate) async fn hide(&mut self, id: i64) {
        sqlx::query("INSERT INTO mdl_user_preferences (userid, name, value) VALUES (?, 'block_online_users_uservisibility', '0')")
            .bind(id)
            .execute(&mut self.database)
            .await
            .expect("a preference");
    }

    /// Runs a statement on the school's database.
    pub(crate) async fn sql(&mut self, statement: &'static str) {
        sqlx::raw_sql(statement).execute(&mut self.database).await.expect("a statement");
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Polls once and commits the plan, as the engine does.
    pub(crate) async fn poll(&self) -> Outcome {
        let context = Context {
            schedule: "online".into(),
            plugin: "online".into(),
            site: Some("main".into()),
            trigger: Trigger::Time,
            instant: self.clock.now(),
            attempt: 1,
            dry: false,
            settings: self.settings.clone(),
            timezone: "Europe/Berlin".into(),
            language: "en".into(),
            announce_first: None,
            too_long: beadle_plan::TooLong::Split,
        };
        let never = std::future::pending();
        let outcome =
            self.plugin.run(&self.configured, &self.services, context, Arc::new(NoAudience), None, never).await;
        self.ledger.commit(&outcome.plan, self.clock.now());
        outcome
    }

    /// Where everything of this school lies.
    pub(crate) fn path(&self) -> &std::path::Path {
        self.folder.path()
    }
}

/// Returns the sentence of a run that went well.
pub(crate) fn sentence(outcome: &Outcome) -> &str {
    match &outcome.result {
        Ok(summary) => &summary.sentence,
        Err(failure) => panic!("{failure:?}"),
    }
}

/// Returns the cells of all staged rows.
pub(crate) fn rows(outcome: &Outcome) -> Vec<&[String]> {
    let cells = outcome.plan.effects.iter().map(|effect| {
        let Body::Row(row) = &effect.body else { panic!("a row, not {effect:?}") };
        row.cells.as_slice()
    });
    cells.collect()
}

/// A ledger that forgets with the test.
#[derive(Default)]
struct Remembered(Mutex<HashMap<(String, String), Standing>>);

impl Remembered {
    fn commit(&self, plan: &Plan, now: Instant) {
        let mut scopes = self.0.lock().expect("one test at a time");
        for staged in &plan.scopes {
            let key = (staged.observation.collection.clone(), staged.observation.scope.clone());
            let standing = scopes.entry(key).or_default();
            let mut records = (*standing.records).clone();
            for change in &staged.changes {
                match change {
                    Change::Put { record, .. } => {
                        let stored = Stored { record: record.clone(), stands: true, since: now };
                        records.insert(record.key.clone(), stored);
                    }
                    Change::Lose { key } => {
                        if let Some(stored) = records.get_mut(key) {
                            stored.stands = false;
                        }
                    }
                    Change::Hold { key } => panic!("losses are ordinary here, but {key} is held"),
                }
            }
            standing.version = Some(standing.version.unwrap_or(0) + 1);
            standing.records = Arc::new(records);
        }
    }
}

#[async_trait]
impl Ledger for Remembered {
    async fn standing(&self, scope: &ScopeName) -> Result<Standing, StoreError> {
        let key = (scope.collection.clone(), scope.scope.clone());
        Ok(self.0.lock().expect("one test at a time").get(&key).cloned().unwrap_or_default())
    }
}
