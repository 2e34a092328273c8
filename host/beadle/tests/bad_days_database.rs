//! Bad days of a database, end to end: each is one clear line, nobody is lost or written twice, and no hand is needed afterwards.

mod support;

use beadle_campus::services::{Database, Server, mariadb_or_skip, own_mariadb_or_skip, own_postgres_or_skip};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection};
use support::host::Host;
use support::reckoning::people_once;
use support::school::{BY_HAND, FROM_DATABASE, Town};
use support::tables::{all_settled, csv};
use support::way::Way;
use support::{House, PATIENCE};

/// Somebody who may do everything in the database of a story.
enum Owner {
    Mariadb(MySqlConnection),
    Postgres(PgConnection),
}

/// A Moodle's database on a server, with a user that only reads.
struct Books<'a> {
    server: &'a Server,
    database: Database,
    postgres: bool,
    owner: Owner,
    /// Sees what the server works on. The owner would see the same all through a transaction.
    eye: Owner,
    /// Who is there.
    there: Vec<i64>,
}

impl<'a> Books<'a> {
    async fn mariadb(server: &'a Server) -> Self {
        let books = Self::on(server, server.database(), false).await;
        let name = &books.database.name;
        server.execute(&format!("CREATE USER 'reader_{name}'@'localhost' IDENTIFIED BY 'right'")).expect("a user");
        server.execute(&books.grant()).expect("a right");
        books
    }

    async fn postgres(server: &'a Server) -> Self {
        let mut books = Self::on(server, server.database(), true).await;
        let name = books.database.name.clone();
        server.execute(&format!("CREATE ROLE reader_{name} LOGIN PASSWORD 'right'")).expect("a user");
        let grant = books.grant();
        books.sql(&grant).await;
        books
    }

    async fn on(server: &'a Server, database: Database, postgres: bool) -> Self {
        let (owner, eye) = (Self::enter(&database, postgres).await, Self::enter(&database, postgres).await);
        let mut books = Self { server, database, postgres, owner, eye, there: Vec::new() };
        books
            .sql(
                "CREATE TABLE mdl_user (id BIGINT PRIMARY KEY, lastaccess BIGINT NOT NULL, lastip VARCHAR(45), \
                 deleted SMALLINT NOT NULL DEFAULT 0)",
            )
            .await;
        books
    }

    async fn enter(database: &Database, postgres: bool) -> Owner {
        match postgres {
            false => Owner::Mariadb(MySqlConnection::connect(&database.url).await.expect("connects")),
            true => Owner::Postgres(PgConnection::connect(&database.url).await.expect("connects")),
        }
    }

    fn reader(&self) -> String {
        format!("reader_{}", self.database.name)
    }

    fn grant(&self) -> String {
        match self.postgres {
            false => format!("GRANT SELECT ON {}.mdl_user TO '{}'@'localhost'", self.database.name, self.reader()),
            true => format!("GRANT SELECT ON mdl_user TO {}", self.reader()),
        }
    }

    fn revoke(&self) -> String {
        self.grant().replace("GRANT", "REVOKE").replace(" TO ", " FROM ")
    }

    /// Runs a statement as the owner.
    async fn sql(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        let done = match &mut self.owner {
            Owner::Mariadb(owner) => sqlx::raw_sql(sql).execute(owner).await.map(|_| ()),
            Owner::Postgres(owner) => sqlx::raw_sql(sql).execute(owner).await.map(|_| ()),
        };
        done.expect("the owner may");
    }

    /// Has somebody who was never there before load a page.
    async fn arrives(&mut self) {
        let id = self.there.last().map_or(11, |last| last + 1);
        let now = jiff::Timestamp::now().as_second();
        self.sql(&format!("INSERT INTO mdl_user (id, lastaccess, lastip) VALUES ({id}, {now}, '10.20.1.45')")).await;
        self.there.push(id);
    }

    /// Keeps the next poll waiting until [`Books::lets_go`]: somebody works on the table.
    async fn holds(&mut self) {
        match self.postgres {
            false => self.sql("LOCK TABLES mdl_user WRITE").await,
            true => self.sql("BEGIN; LOCK TABLE mdl_user").await,
        }
    }

    async fn lets_go(&mut self) {
        match self.postgres {
            false => self.sql("UNLOCK TABLES").await,
            true => self.sql("COMMIT").await,
        }
    }

    /// Counts the statements of the reader that the server works on.
    async fn at_work(&mut self) -> i64 {
        let reader = self.reader();
        match &mut self.eye {
            Owner::Mariadb(eye) => {
                let sql = format!(
                    "SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{reader}' AND command <> 'Sleep'"
                );
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(eye).await
            }
            Owner::Postgres(eye) => {
                let sql = format!(
                    "SELECT count(*) FROM pg_stat_activity WHERE usename = '{reader}' AND state = 'active' AND wait_event_type = 'Lock'"
                );
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(eye).await
            }
        }
        .expect("answers")
    }

    /// Waits until the server works on so many statements of the reader.
    async fn waits_for(&mut self, count: i64) {
        let seen = async {
            while self.at_work().await != count {
                // A process outside has to come so far; nothing tells when it has.
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("never {count} statements at work"));
    }

    /// Ends what the reader's session works on, or the session.
    fn ends(&self, session: bool) {
        let (reader, what) = (self.reader(), if session { "terminate" } else { "cancel" });
        let statement = match (self.postgres, session) {
            (false, false) => format!("KILL QUERY USER '{reader}'@'localhost'"),
            (false, true) => format!("KILL USER '{reader}'@'localhost'"),
            (true, _) => format!("SELECT pg_{what}_backend(pid) FROM pg_stat_activity WHERE usename = '{reader}'"),
        };
        self.server.execute(&statement).expect("ends it");
    }

    /// Writes a `schedules.toml` that polls this database every second.
    fn house(&self, town: &Town, url: &str) -> House {
        let house = town.house(&FROM_DATABASE);
        house.secret("db.password", "right");
        let file = format!("url = \"sqlite:{}\"", town.campus.database_path.display());
        house.edit(
            "schedules.toml",
            &file,
            &format!("url = {url:?}\npassword = {{ file = \"db.password\" }}\ntimeout = \"2s\""),
        );
        house
    }

    fn url(&self) -> String {
        self.database.url_as(&self.reader(), None)
    }

    /// Waits for the poll in which the last one who came is seen, and nobody else comes or goes.
    async fn sees_one_more(&self, host: &mut Host, after: &str) {
        let line = host.line(&format!(" {} online", self.there.len())).await;
        assert!(line.contains("1 arrived") && !line.contains("left"), "after {after}: {line}\n{}", host.log());
    }
}

/// Waits for the line of a poll that was skipped.
async fn skipped(host: &mut Host, told: &str) {
    let line = host.line_where(told, |line| line.contains("skipped: ") && line.contains(told)).await;
    assert!(line.contains("WARN") && line.contains("database moodle: "), "{line}");
}

async fn every_bad_day(mut books: Books<'_>) {
    let town = Town::found().await;
    let house = books.house(&town, &books.url());
    books.arrives().await;
    let mut host = house.serve().await;
    books.sees_one_more(&mut host, "the start").await;

    // Somebody works on the table for longer than a statement may take: no statement is left behind on the server.
    books.holds().await;
    skipped(&mut host, "the statement took longer than 2s (timeout under [databases.moodle])").await;
    let (often, never) = (FROM_DATABASE.when, BY_HAND.when);
    house.edit("schedules.toml", often, never);
    host.line("took over an edit").await;
    books.waits_for(0).await;
    books.lets_go().await;
    // From here on nothing may be over before the story ends it.
    let text = house.read("schedules.toml").replace(never, often).replace("timeout = \"2s\"", "timeout = \"10m\"");
    house.write(
        "schedules.toml",
        text.replace("[plugins.online]\n", "[plugins.online]\nlimits = { host-call = \"10m\" }\n"),
    );
    host.line("took over an edit").await;
    books.arrives().await;
    books.sees_one_more(&mut host, "a slow statement").await;

    // A statement is ended, then a session.
    for (session, told) in [(false, "the server ended the statement"), (true, "database moodle: ")] {
        books.holds().await;
        books.waits_for(1).await;
        books.ends(session);
        skipped(&mut host, told).await;
        books.lets_go().await;
        books.arrives().await;
        books.sees_one_more(&mut host, told).await;
    }

    // The user loses its right, and gets it back.
    let (revoke, grant) = (books.revoke(), books.grant());
    books.sql(&revoke).await;
    let line = host.line("failed: ").await;
    assert!(line.contains("kind=\"denied\"") && line.contains("GRANT SELECT ON"), "{line}");
    books.arrives().await;
    books.sql(&grant).await;
    books.sees_one_more(&mut host, "a right that was taken").await;

    // The server is stopped between two polls, and in the middle of one.
    for in_a_poll in [false, true] {
        books.arrives().await;
        books.sees_one_more(&mut host, "a calm moment").await;
        if in_a_poll {
            books.holds().await;
            books.waits_for(1).await;
        }
        books.server.stop();
        skipped(&mut host, "it cannot be reached").await;
        books.server.start_again();
        books.owner = Books::enter(&books.database, books.postgres).await;
        books.eye = Books::enter(&books.database, books.postgres).await;
        books.arrives().await;
        books.sees_one_more(&mut host, "a restart").await;
    }

    let arrived = host.log().matches(" arrived").count();
    assert_eq!(arrived, books.there.len(), "{}", host.log());
    host.line("delivered").await;
    host.stop_cleanly().await;
    people_once(&csv(&house.read("presence.csv")).1, &books.there);
    all_settled(&house.file("beadle.db")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_day_of_a_mariadb_is_one_line_and_who_comes_meanwhile_is_written_once() {
    let Some(server) = own_mariadb_or_skip() else { return };
    every_bad_day(Books::mariadb(&server).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_day_of_a_postgres_is_one_line_and_who_comes_meanwhile_is_written_once() {
    let Some(server) = own_postgres_or_skip() else { return };
    every_bad_day(Books::postgres(&server).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_room_skips_polls_until_there_is_room() {
    let Some(server) = own_mariadb_or_skip() else { return };
    let mut books = Books::mariadb(&server).await;
    let town = Town::found().await;
    let house = books.house(&town, &books.url());
    server.execute("SET GLOBAL max_connections = 10").expect("a limit");
    // Others take all the room.
    let mut others = Vec::new();
    let url = books.database.url_as(&books.reader(), Some("right"));
    while let Ok(other) = MySqlConnection::connect(&url).await {
        others.push(other);
    }
    let mut host = house.serve().await;
    skipped(&mut host, "Too many connections").await;
    books.arrives().await;
    for other in others {
        let _ = other.close().await;
    }
    books.sees_one_more(&mut host, "a full server").await;
    host.line("delivered").await;
    host.stop_cleanly().await;
    people_once(&csv(&house.read("presence.csv")).1, &books.there);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_fails_over_is_found_at_its_address_again() {
    let (Some(first), Some(second)) = (own_mariadb_or_skip(), mariadb_or_skip()) else { return };
    let (mut before, mut after) = (Books::mariadb(&first).await, Books::mariadb(second).await);
    for _ in 0..2 {
        before.arrives().await;
        after.arrives().await;
    }
    let town = Town::found().await;
    let mut way = Way::to(&before.database.url).await;
    let url = format!("mysql://{}@127.0.0.1:{}/{}?ssl-mode=DISABLED", before.reader(), way.port, before.database.name);
    let house = before.house(&town, &url);
    house.edit("schedules.toml", "timeout = \"2s\"", "timeout = \"30s\"");
    let mut host = house.serve().await;
    assert!(host.line(" 2 online").await.contains("2 arrived"));

    // The address refuses, then another server answers at it.
    way.refuse().await;
    skipped(&mut host, "it cannot be reached").await;
    assert_eq!(before.reader(), after.reader(), "the other server has the same database");
    after.arrives().await;
    way.lead(&after.database.url).await;
    after.sees_one_more(&mut host, "a fail-over").await;

    // The server goes without a word: kept connections never answer again. Another one answers at once, and no poll is lost.
    after.arrives().await;
    after.sees_one_more(&mut host, "a calm moment").await;
    let skips = host.log().matches("skipped: database").count();
    way.fall_silent();
    after.arrives().await;
    after.sees_one_more(&mut host, "a fail-over without a word").await;
    assert_eq!(host.log().matches("skipped: database").count(), skips, "{}", host.log());
    host.line("delivered").await;
    host.stop_cleanly().await;
    people_once(&csv(&house.read("presence.csv")).1, &after.there);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_clock_is_wrong_by_a_day_lists_neither_nobody_nor_everybody() {
    const DAY: i64 = 86_400;
    let Some(server) = own_mariadb_or_skip() else { return };
    for ahead in [DAY, -DAY] {
        // The clock of a session stands, which a poll does not notice.
        let init = format!("SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() + {ahead}'");
        server.execute(&init).expect("another time");
        let mut books = Books::mariadb(&server).await;
        let now = jiff::Timestamp::now().as_second() + ahead;
        for (id, ago) in [(11, 20), (12, 3 * 3_600), (13, 20 * 3_600), (14, 30 * 3_600)] {
            books.sql(&format!("INSERT INTO mdl_user (id, lastaccess) VALUES ({id}, {})", now - ago)).await;
        }
        let town = Town::found().await;
        let house = books.house(&town, &books.url());
        let said = house.run(&["run", "online"]).await.ok();
        assert!(said.contains("1 online") && said.contains("1 arrived"), "{ahead}: {said}");
        people_once(&csv(&house.read("presence.csv")).1, &[11]);
        let doctor = house.run(&["doctor"]).await;
        assert!(doctor.out.contains("database moodle: its clock is"), "{}", doctor.out);
        assert!(doctor.out.contains("set the one that is wrong"), "{}", doctor.out);
    }
}
