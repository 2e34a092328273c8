//! A school that runs inside the test: its Moodle, its database, a spreadsheet service. Nobody in it moves unless the story says so.

use std::sync::Arc;

use beadle_campus::school::{Plan, School, system_clock};
use beadle_campus::sheets::{Role, Sheets};
use beadle_campus::{Campus, Options};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::{House, host_section, tables};

/// The spreadsheet of the stories.
pub(crate) const BOOK: &str = "1AbCdEfGhIjKlMnOpQrStUvWxYz";

/// The title of its tab.
pub(crate) const TAB: &str = "Online";

/// A school with 40 students of whom 12 are online when it is founded, in eight classrooms.
pub(crate) struct Town {
    pub(crate) campus: Campus,
    database: SqliteConnection,
}

impl Town {
    pub(crate) async fn found() -> Self {
        Self::of(Options::of(School::new(&Plan::everybody_online(40, 12)))).await
    }

    /// The same with a spreadsheet service, in which the stories' spreadsheet is shared with the service account.
    pub(crate) async fn with_sheets() -> Self {
        let town = Self::of(Options::of(School::new(&Plan::everybody_online(40, 12))).with_sheets()).await;
        town.sheets().create(BOOK, &[(town.sheets().email(), Role::Writer)]);
        town
    }

    pub(crate) async fn of(options: Options) -> Self {
        let campus = Campus::start(options.on(system_clock())).await.expect("a campus");
        let database = tables::open(&campus.database_path).await;
        Self { campus, database }
    }

    pub(crate) fn sheets(&self) -> &Sheets {
        self.campus.sheets.as_ref().expect("it was asked for")
    }

    /// Runs statements on the school's database.
    pub(crate) async fn sql(&mut self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.database).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// Tells whether the table of people is away.
    pub(crate) async fn is_away(&mut self) -> bool {
        let found: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = 'mdl_user'")
            .fetch_one(&mut self.database)
            .await
            .expect("the tables");
        found == 0
    }

    /// Has somebody load a page now, from this address.
    pub(crate) async fn arrive(&mut self, id: i64, address: &str) {
        let now = jiff::Timestamp::now().as_second();
        let done = sqlx::query("UPDATE mdl_user SET lastaccess = ?, lastip = ? WHERE id = ?")
            .bind(now)
            .bind(address)
            .bind(id)
            .execute(&mut self.database)
            .await
            .expect("an arrival");
        assert_eq!(done.rows_affected(), 1, "there is no account {id}");
    }

    /// Returns the ids of students who are not online.
    pub(crate) async fn absent(&mut self) -> Vec<i64> {
        sqlx::query_scalar(
            "SELECT id FROM mdl_user WHERE username LIKE 'student%' AND deleted = 0 AND lastaccess < ? ORDER BY id",
        )
        .bind(jiff::Timestamp::now().as_second() - 3_600)
        .fetch_all(&mut self.database)
        .await
        .expect("students")
    }

    /// Returns the ids of everybody who was active in the last ten minutes.
    pub(crate) async fn online(&mut self) -> Vec<i64> {
        sqlx::query_scalar("SELECT id FROM mdl_user WHERE deleted = 0 AND lastaccess > ? ORDER BY id")
            .bind(jiff::Timestamp::now().as_second() - 600)
            .fetch_all(&mut self.database)
            .await
            .expect("people")
    }

    /// Returns the number that changes when anybody else writes to the database.
    pub(crate) async fn version(&mut self) -> i64 {
        sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut self.database).await.expect("a number")
    }

    /// Returns the names, user names and addresses of everybody: what must stand in no file.
    pub(crate) async fn names(&mut self) -> Vec<String> {
        let rows: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT username, firstname || ' ' || lastname, email, lastname FROM mdl_user WHERE username LIKE 'student%'",
        )
        .fetch_all(&mut self.database)
        .await
        .expect("people");
        rows.into_iter().flat_map(|(user, full, mail, last)| [user, full, mail, last]).collect()
    }

    /// Writes a `schedules.toml` for this school, and the secrets that it names.
    pub(crate) fn house(&self, wishes: &Wishes) -> House {
        let house = House::new();
        house.secret("moodle.token", &self.campus.token);
        if let Some(sheets) = &self.campus.sheets {
            house.secret("service-account.json", &sheets.service_account_json());
        }
        house.write("schedules.toml", self.config(wishes));
        house
    }

    /// Returns a `schedules.toml` for this school.
    pub(crate) fn config(&self, wishes: &Wishes) -> String {
        let sheet = match &self.campus.sheets {
            Some(sheets) => format!(
                "kind = \"google\"\nspreadsheet = {BOOK:?}\ntab = {TAB:?}\nkey = {{ file = \"service-account.json\" }}\n\
                 endpoint = {:?}\n",
                sheets.base_url
            ),
            None => "kind = \"csv\"\nfile = \"presence.csv\"\n".to_owned(),
        };
        let rooms: String = self
            .campus
            .school()
            .rooms()
            .iter()
            .map(|room| format!("    {{ network = {:?}, name = {:?} }},\n", room.network_v4(), room.name))
            .collect();
        format!(
            r#"{host}
[sites.main]
url = {url:?}
token = {{ file = "moodle.token" }}

[databases.moodle]
url = "sqlite:{database}"

[sheets.presence]
{sheet}
[plugins.rooms]
builtin = "classroom-mapper"

[plugins.rooms.settings]
rooms = [
{rooms}]

[plugins.online]
builtin = "online-users"
mapper = "rooms"

[plugins.online.grants]
moodle = ["core_enrol_get_enrolled_users", "core_user_get_users"]
db = ["moodle"]
sheets = ["presence:append"]

[[schedule]]
name = "online"
plugin = "online"
sites = ["main"]
{when}

[schedule.settings]
window = "10m"
sheet = "presence"
show-hidden = true
{settings}
"#,
            host = host_section(),
            url = self.campus.moodle_url,
            database = self.campus.database_path.display(),
            when = wishes.when,
            settings = wishes.settings,
        )
    }
}

/// How a story wants its schedule.
#[derive(Clone, Copy)]
pub(crate) struct Wishes {
    /// The lines of `[[schedule]]` that say when.
    pub(crate) when: &'static str,
    /// More lines of `[schedule.settings]`.
    pub(crate) settings: &'static str,
}

/// Every second, from the database, under the older monitor's eight digits.
pub(crate) const FROM_DATABASE: Wishes =
    Wishes { when: "every = \"1s\"", settings: "database = \"moodle\"\nidentity = \"seed\"" };

/// Never by itself while a story runs; from the database.
pub(crate) const BY_HAND: Wishes =
    Wishes { when: "cron = \"0 0 29 2 *\"", settings: "database = \"moodle\"\nidentity = \"seed\"" };

/// A still school, of exactly these accounts and what Moodle needs.
pub(crate) fn shared(school: School) -> Options {
    let mut options = Options::of(School::new(&Plan::everybody_online(1, 0)));
    options.school = Arc::new(school);
    options
}
