//! What `doctor` says of a connection: whether it answers, whether it is proven to be read-only, and what its user can see and do
//! beyond reading.

use std::time::{Duration, Instant};

use crate::connect::Connection;
use crate::rows::Answer;
use crate::statement::Statement;
use crate::{Databases, DbError, Dialect, Value};

/// Columns of a Moodle that hold secrets.
const SECRETS: [(&str, &str); 8] = [
    ("user", "password"),
    ("user", "secret"),
    ("external_tokens", "token"),
    ("user_private_key", "value"),
    ("user_password_resets", "token"),
    ("sessions", "sid"),
    ("config", "value"),
    ("config_plugins", "value"),
];

/// What a user that only reads may have.
const READING: [&str; 4] = ["USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES"];

/// The state of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The connection's name.
    pub name: String,
    /// The server's version; none where it did not answer.
    pub server: Option<String>,
    /// How long connecting and answering took.
    pub took: Duration,
    /// Why it cannot be used, if it cannot.
    pub problem: Option<String>,
    /// Whether the server confirms that the session only reads.
    pub read_only: bool,
    /// What the operator should change, a sentence each.
    pub warnings: Vec<String>,
}

impl Databases {
    /// Looks at a connection, reading only.
    pub async fn check(&self, name: &str) -> Health {
        let began = Instant::now();
        let mut health = Health {
            name: name.to_owned(),
            server: None,
            took: Duration::ZERO,
            problem: None,
            read_only: false,
            warnings: Vec::new(),
        };
        let outcome = match self.get(name) {
            Ok(connection) => Probe { name, connection }.look(&mut health, began).await,
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            health.problem = Some(error.to_string());
        }
        health
    }
}

struct Probe<'a> {
    name: &'a str,
    connection: &'a Connection,
}

impl Probe<'_> {
    async fn look(&self, health: &mut Health, began: Instant) -> Result<(), DbError> {
        let dialect = self.connection.dialect;
        let version = match dialect {
            Dialect::Mysql => "SELECT VERSION()",
            Dialect::Postgres => "SHOW server_version",
            Dialect::Sqlite => "SELECT sqlite_version() FROM (SELECT count(*) FROM sqlite_master)",
        };
        health.server = self.ask(version).await?.into_iter().next();
        health.took = began.elapsed();
        let (session, proof) = match dialect {
            Dialect::Mysql => (
                "SHOW SESSION VARIABLES WHERE Variable_name IN ('tx_read_only', 'transaction_read_only') AND Value = 'ON'",
                "ON",
            ),
            Dialect::Postgres => ("SHOW transaction_read_only", "on"),
            Dialect::Sqlite => ("PRAGMA query_only", "1"),
        };
        health.read_only = self.ask(session).await?.iter().any(|value| value == proof);
        if !health.read_only {
            health
                .warnings
                .push(format!("database {}: the server does not confirm that the session only reads", self.name));
        }
        health.warnings.extend(self.rights().await?);
        health.warnings.extend(self.secrets().await);
        Ok(())
    }

    async fn rights(&self) -> Result<Vec<String>, DbError> {
        let name = self.name;
        let (excess, mend) = match self.connection.dialect {
            // A file has no users.
            Dialect::Sqlite => return Ok(Vec::new()),
            Dialect::Mysql => (beyond_reading(&self.ask("SHOW GRANTS FOR CURRENT_USER").await?), "GRANT SELECT only"),
            Dialect::Postgres => {
                let role = "SELECT 'superuser' FROM pg_roles WHERE rolname = current_user AND rolsuper";
                let tables = "SELECT DISTINCT p.privilege FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                    CROSS JOIN (VALUES ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS p (privilege) \
                    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
                    AND n.nspname NOT LIKE 'pg_toast%' AND n.nspname NOT LIKE 'pg_temp%' \
                    AND has_table_privilege(c.oid, p.privilege) ORDER BY 1";
                let mut excess = self.ask(role).await?;
                excess.extend(self.ask(tables).await?);
                (excess, "GRANT SELECT only, or membership in pg_read_all_data")
            }
        };
        if excess.is_empty() {
            return Ok(Vec::new());
        }
        let excess = excess.join(", ");
        Ok(vec![format!("database {name}: its user may do more than read ({excess}); use one with {mend}")])
    }

    async fn secrets(&self) -> Vec<String> {
        let quote = if self.connection.dialect == Dialect::Mysql { '`' } else { '"' };
        let prefix = &self.connection.prefix;
        let mut seen = Vec::new();
        for (table, column) in SECRETS {
            let statement = format!("SELECT {quote}{column}{quote} FROM {quote}{prefix}{table}{quote} WHERE 1 = 0");
            // No such table and no right to see it are the same here: nothing to warn of.
            if self.ask(&statement).await.is_ok() {
                seen.push(format!("{prefix}{table}.{column}"));
            }
        }
        if seen.is_empty() {
            return Vec::new();
        }
        let (name, seen) = (self.name, seen.join(", "));
        vec![format!("database {name}: its user can see secrets ({seen}); grant SELECT on the needed columns only")]
    }

    /// Runs one of the host's own statements and returns all values that are texts or numbers.
    async fn ask(&self, statement: &str) -> Result<Vec<String>, DbError> {
        let answer: Answer =
            self.connection.run(self.name, &Statement::own(statement), Vec::new(), Duration::MAX).await?;
        let text = |value| match value {
            Value::Text(text) => Some(text),
            Value::Signed(number) => Some(number.to_string()),
            _ => None,
        };
        Ok(answer.rows.rows.into_iter().flatten().filter_map(text).collect())
    }
}

/// Returns what the lines of `SHOW GRANTS` give beyond reading. The lines themselves hold password hashes and are not handed on.
fn beyond_reading(lines: &[String]) -> Vec<String> {
    let mut beyond = Vec::new();
    for line in lines {
        let Some((rights, rest)) = line.strip_prefix("GRANT ").and_then(|line| line.split_once(" ON ")) else {
            continue;
        };
        let option = rest.ends_with("WITH GRANT OPTION").then_some("GRANT OPTION");
        for right in split(rights).into_iter().chain(option) {
            let plain = right.split(" (").next().unwrap_or(right);
            if !READING.contains(&plain) && !beyond.iter().any(|known| known == plain) {
                beyond.push(plain.to_owned());
            }
        }
    }
    beyond
}

/// Splits `SELECT (a, b), INSERT` at the commas outside of parentheses.
fn split(rights: &str) -> Vec<&str> {
    let mut depth = 0;
    rights
        .split(|c| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            c == ',' && depth == 0
        })
        .map(str::trim)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rights_beyond_reading_are_told_and_no_hash() {
        let lines = [
            "GRANT USAGE ON *.* TO `reader`@`localhost` IDENTIFIED BY PASSWORD '*0123ABC'",
            "GRANT SELECT, SHOW VIEW ON `school`.* TO `reader`@`localhost`",
            "GRANT SELECT (`id`, `lastip`), INSERT (`id`, `x`), DELETE ON `school`.`mdl_user` TO `reader`@`localhost`",
            "GRANT ALL PRIVILEGES ON `test`.* TO `reader`@`localhost` WITH GRANT OPTION",
            "GRANT `role` TO `reader`@`localhost`",
        ];
        let beyond = beyond_reading(&lines.map(str::to_owned));
        assert_eq!(beyond, ["INSERT", "DELETE", "ALL PRIVILEGES", "GRANT OPTION"]);
        assert!(beyond_reading(&lines[..2].iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()).is_empty());
    }
}
