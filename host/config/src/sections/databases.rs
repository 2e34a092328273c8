//! `[databases.NAME]`: databases that plugins may read, never write.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::named;
use crate::reader::{Item, Section};
use crate::secret::SecretRef;
use crate::shape::{Key, Kind, Shape};

/// A database that plugins may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Which one, and as whom.
    pub server: DatabaseServer,
    /// The password of the user in the address.
    pub password: Option<SecretRef>,
    /// What the names of Moodle's tables begin with.
    pub prefix: String,
    /// How long one statement may take, connecting included.
    pub timeout: Duration,
    /// How many rows one answer may have.
    pub rows: usize,
    /// How many bytes one answer may have.
    pub bytes: u64,
}

/// The database behind a name. No address holds a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseServer {
    /// The database of the simulated school.
    Campus,
    /// MariaDB or MySQL; the scheme is always `mysql`.
    MySql(Url),
    /// PostgreSQL; the scheme is always `postgres`.
    Postgres(Url),
    /// A file of this machine.
    Sqlite(PathBuf),
}

pub(crate) static DATABASE: Shape = Shape {
    title: "[databases.NAME]",
    doc: "A database that plugins may read. Give it a user of its own that may only SELECT.",
    keys: &[
        Key::new(
            "url",
            Kind::Text,
            "\"mysql://reader@db.school.example/moodle\"",
            "`mysql://USER@HOST:PORT/NAME`, the same with `mariadb://` or `postgres://`, `sqlite:FILE`, or `campus:` for the \
             simulated school.",
        )
        .required(),
        Key::new("password", Kind::Secret, "{ env = \"MOODLE_DB_PASSWORD\" }", "The password of that user."),
        Key::new("prefix", Kind::Text, "\"mdl_\"", "What the names of Moodle's tables begin with.").default("\"mdl_\""),
        Key::new("timeout", Kind::Duration, "\"10s\"", "How long one statement may take.").default("\"10s\""),
        Key::new("rows", Kind::Whole(1, 10_000_000), "100000", "How many rows one answer may have.").default("100000"),
        Key::new("bytes", Kind::Size, "\"64MiB\"", "How large one answer may be.").default("\"64MiB\""),
    ],
    one_of: &[],
    elsewhere: &[],
};

pub(crate) fn read(item: &Item<'_>) -> BTreeMap<String, Database> {
    let sections = named(item, &DATABASE).into_iter();
    sections.filter_map(|(name, section)| Some((name.to_owned(), database(&section)?))).collect()
}

fn database(section: &Section<'_>) -> Option<Database> {
    let get = |name: &'static str| section.item(name);
    let server = section.required("url").and_then(|item| server(&item));
    if matches!(server, Some(DatabaseServer::Campus | DatabaseServer::Sqlite(_))) {
        section.refuse("password", "has no meaning for this database");
    }
    let prefix = get("prefix").and_then(|item| prefix(&item));
    let password = match server {
        Some(DatabaseServer::Campus | DatabaseServer::Sqlite(_)) => None,
        _ => get("password").and_then(|item| item.secret()),
    };
    let timeout = get("timeout").and_then(|item| item.duration(Duration::from_secs(1), Duration::from_secs(600)));
    let (rows, bytes) =
        (get("rows").and_then(|item| item.whole()), get("bytes").and_then(|item| item.size(1 << 10, 1 << 30)));
    Some(Database {
        server: server?,
        password,
        prefix: prefix.unwrap_or_else(|| "mdl_".to_owned()),
        timeout: timeout.unwrap_or(Duration::from_secs(10)),
        rows: rows.map_or(100_000, |rows| rows as usize),
        bytes: bytes.unwrap_or(64 << 20),
    })
}

/// Reads a table prefix, which may be empty. It becomes part of statements, so it holds nothing that would need quoting.
fn prefix(item: &Item<'_>) -> Option<String> {
    if item.value.get_ref().as_str() == Some("") {
        return Some(String::new());
    }
    let text = item.text()?;
    if text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
        return Some(text.to_owned());
    }
    item.error(
        format!("{text:?} is no table prefix for {}: letters, digits and _ only", item.path),
        item.write_example(),
    );
    None
}

fn server(item: &Item<'_>) -> Option<DatabaseServer> {
    let text = item.text()?;
    if text == "campus:" {
        return Some(DatabaseServer::Campus);
    }
    if let Some(file) = text.strip_prefix("sqlite:") {
        let file = file.strip_prefix("//").unwrap_or(file);
        if file.is_empty() || file.contains(['?', ':']) {
            item.error(format!("{} names no file", item.path), item.write("\"sqlite:moodle.db\""));
            return None;
        }
        return Some(DatabaseServer::Sqlite(item.reader.path(file)));
    }
    let scheme = match text.split(':').next() {
        Some("mysql" | "mariadb") => "mysql",
        Some("postgres" | "postgresql") => "postgres",
        _ => {
            item.error(format!("{} is no address of a database", item.path), item.write_example());
            return None;
        }
    };
    let fix = |url: &str| format!("{}\nand: password = {{ env = \"MOODLE_DB_PASSWORD\" }}", item.write_text(url));
    let url = address(item, scheme, &format!("{scheme}://reader@db.school.example/moodle"), fix)?;
    Some(if scheme == "mysql" { DatabaseServer::MySql(url) } else { DatabaseServer::Postgres(url) })
}

/// Reads the address of a database on a server, which holds no password; `fix` says what to write instead of one that does.
pub(super) fn address(item: &Item<'_>, scheme: &str, example: &str, fix: impl Fn(&str) -> String) -> Option<Url> {
    let rest = item.text()?.split_once(':').map_or("", |(_, rest)| rest);
    let url = match Url::parse(&format!("{scheme}:{rest}")) {
        Ok(url) if url.has_host() && url.path().len() > 1 => url,
        _ => {
            let message = format!("{} is no address of a database: it takes {scheme}://USER@HOST/NAME", item.path);
            item.error(message, item.write_text(example));
            return None;
        }
    };
    let secret_parameter = url.query_pairs().any(|(name, _)| crate::mask::is_secret_key(&name));
    if url.password().is_some() || secret_parameter {
        let mut plain = url.clone();
        // Cannot fail: the address has a host.
        let _ = plain.set_password(None);
        if secret_parameter {
            plain.set_query(None);
        }
        let message = format!("secret written in clear: {} holds a password", item.path);
        item.error(message, fix(plain.as_str()));
        return None;
    }
    Some(url)
}
