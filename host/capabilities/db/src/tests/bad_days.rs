//! Bad days of a server: statements that are given up or ended, and no room for another connection.

use std::sync::{Arc, Mutex};

use beadle_campus::services::{Server, mariadb_or_skip, postgres_or_skip};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection};

use super::*;
use crate::Reread;

/// A user of one database, on one of the servers.
struct Reader {
    server: &'static Server,
    name: String,
    settings: Settings,
    eye: Eye,
}

/// Somebody who sees what the server works on.
enum Eye {
    Mariadb(MySqlConnection),
    Postgres(PgConnection),
}

async fn mariadb() -> Option<Reader> {
    let server = mariadb_or_skip()?;
    let database = server.database();
    let name = format!("busy_{}", database.name);
    server.execute(&format!("CREATE USER '{name}'@'localhost' IDENTIFIED BY 'pass-word'")).expect("makes a user");
    server.execute(&format!("GRANT SELECT ON {}.* TO '{name}'@'localhost'", database.name)).expect("grants");
    let settings = Settings { password: secret("pass-word"), ..Settings::new(database.url_as(&name, None)) };
    let eye = Eye::Mariadb(MySqlConnection::connect(&database.url).await.expect("connects"));
    Some(Reader { server, name, settings, eye })
}

async fn postgres() -> Option<Reader> {
    let server = postgres_or_skip()?;
    let database = server.database();
    let name = format!("busy_{}", database.name);
    server.execute(&format!("CREATE ROLE {name} LOGIN PASSWORD 'pass-word'")).expect("makes a user");
    let settings = Settings { password: secret("pass-word"), ..Settings::new(database.url_as(&name, None)) };
    let eye = Eye::Postgres(PgConnection::connect(&database.url).await.expect("connects"));
    Some(Reader { server, name, settings, eye })
}

impl Reader {
    /// A statement that would take years.
    fn slow(&self) -> &'static str {
        match self.eye {
            Eye::Mariadb(_) => "SELECT COUNT(*) FROM seq_1_to_100000000 a, seq_1_to_100000000 b",
            Eye::Postgres(_) => "SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b",
        }
    }

    /// Returns how many statements of this user are at work.
    async fn working(&mut self) -> i64 {
        let name = &self.name;
        match &mut self.eye {
            Eye::Mariadb(eye) => {
                let count = format!(
                    "SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{name}' AND command <> 'Sleep'"
                );
                sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(eye).await
            }
            Eye::Postgres(eye) => {
                let count = format!(
                    "SELECT count(*) FROM pg_stat_activity WHERE usename = '{name}' AND state = 'active' AND query LIKE '%series%'"
                );
                sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(eye).await
            }
        }
        .expect("answers")
    }

    /// Waits until so many statements of this user are at work.
    async fn at_work(&mut self, wanted: i64) {
        let seen = async {
            while self.working().await != wanted {
                // A process outside has to come so far; nothing tells when it has.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(BOUND, seen)
            .await
            .unwrap_or_else(|_| panic!("there are never {wanted} statements at work"));
    }

    /// Ends the user's sessions.
    fn end(&self) {
        let name = &self.name;
        let statement = match &self.eye {
            Eye::Mariadb(_) => format!("KILL USER '{name}'@'localhost'"),
            Eye::Postgres(_) => {
                format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'")
            }
        };
        self.server.execute(&statement).expect("ends it");
    }
}

async fn what_is_given_up_ends(mut reader: Reader) {
    // The server's own limit is far away.
    let databases = with(Settings { timeout: Duration::from_secs(600), ..reader.settings.clone() });
    let given_up = databases.query("school", reader.slow(), Vec::new(), Duration::from_millis(500)).await;
    unavailable(given_up, "limits.host-call");
    reader.at_work(0).await;
    // A run that is stopped drops its call.
    let slow = reader.slow();
    tokio::select! {
        answer = databases.query("school", slow, Vec::new(), Duration::from_secs(300)) => panic!("{answer:?}"),
        () = reader.at_work(1) => {}
    }
    reader.at_work(0).await;
    assert_eq!(ask(&databases, "SELECT 1", Vec::new()).await.expect("serves on").rows, [[Value::Signed(1)]]);
}

#[tokio::test]
async fn a_statement_that_is_given_up_ends_on_mariadb() {
    let Some(reader) = mariadb().await else { return };
    what_is_given_up_ends(reader).await;
}

#[tokio::test]
async fn a_statement_that_is_given_up_ends_on_postgres() {
    let Some(reader) = postgres().await else { return };
    what_is_given_up_ends(reader).await;
}

#[tokio::test]
async fn no_room_for_another_connection_is_unavailable_and_passes() {
    for reader in [mariadb().await, postgres().await].into_iter().flatten() {
        let name = &reader.name;
        let (full, room, said) = match reader.eye {
            Eye::Mariadb(_) => (
                format!("ALTER USER '{name}'@'localhost' WITH MAX_USER_CONNECTIONS 1"),
                format!("ALTER USER '{name}'@'localhost' WITH MAX_USER_CONNECTIONS 0"),
                "max_user_connections",
            ),
            Eye::Postgres(_) => (
                format!("ALTER ROLE {name} CONNECTION LIMIT 1"),
                format!("ALTER ROLE {name} CONNECTION LIMIT -1"),
                "too many connections",
            ),
        };
        reader.server.execute(&full).expect("limits");
        let (first, second) = (with(reader.settings.clone()), with(reader.settings.clone()));
        ask(&first, "SELECT 1", Vec::new()).await.expect("the only place");
        unavailable(ask(&second, "SELECT 1", Vec::new()).await, said);
        reader.server.execute(&room).expect("lifts the limit");
        ask(&second, "SELECT 1", Vec::new()).await.expect("there is room again");
    }
}

#[tokio::test]
async fn a_password_that_was_replaced_in_its_file_is_taken_for_the_next_connection() {
    for reader in [mariadb().await, postgres().await].into_iter().flatten() {
        let file = Arc::new(Mutex::new("pass-word"));
        let kept = Arc::clone(&file);
        let reread: Reread = Arc::new(move || secret(*kept.lock().expect("no panic")));
        let databases = with(Settings { reread: Some(reread), ..reader.settings.clone() });
        ask(&databases, "SELECT 1", Vec::new()).await.expect("the first password");
        let name = &reader.name;
        let change = match reader.eye {
            Eye::Mariadb(_) => format!("ALTER USER '{name}'@'localhost' IDENTIFIED BY 'another-word'"),
            Eye::Postgres(_) => format!("ALTER ROLE {name} PASSWORD 'another-word'"),
        };
        reader.server.execute(&change).expect("another password");
        reader.end();
        unavailable(ask(&databases, "SELECT 1", Vec::new()).await, "it refuses the user");
        *file.lock().expect("no panic") = "another-word";
        ask(&databases, "SELECT 1", Vec::new()).await.expect("the password of the file");
    }
}

#[tokio::test]
async fn the_servers_own_clock_can_be_asked() {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs().cast_signed();
    for (reader, statement) in [
        (mariadb().await, "SELECT UNIX_TIMESTAMP()"),
        (postgres().await, "SELECT CAST(EXTRACT(EPOCH FROM now()) AS bigint)"),
    ] {
        let Some(reader) = reader else { continue };
        let rows = ask(&with(reader.settings), statement, Vec::new()).await.expect("answers").rows;
        assert!(matches!(rows[0][0], Value::Signed(there) if (there - now).abs() < 60), "{rows:?}");
    }
}
