//! `[host]`: the host itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use beadle_plan::SiteName;
use jiff::tz::TimeZone;
use url::Url;

use super::Site;
use super::databases::address;
use crate::reader::{Item, Section, closest};
use crate::secret::SecretRef;
use crate::shape::{Key, Kind, Shape};
use crate::values;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Where the host keeps what it knows. No address holds a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server; the scheme is always `postgres`.
    Postgres {
        /// Its address.
        url: Url,
        /// The password of the user in it.
        password: Option<SecretRef>,
    },
}

/// The language of what people read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
    /// Spanish.
    Spanish,
}

impl Language {
    /// Returns the language's code: `en`, `de` or `es`.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Spanish => "es",
        }
    }
}

/// The host's own settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Where it keeps what it knows.
    pub store: Store,
    /// The time zone of schedules that name none, and of what people read.
    pub timezone: TimeZone,
    /// The language of what people read.
    pub language: Language,
    /// How many runs may be under way at once.
    pub runs: usize,
    /// How long ended runs and undelivered effects are kept.
    pub keep: Duration,
    /// The folder of contents that plugins keep.
    pub artifacts: PathBuf,
    /// How long content is kept in whose place another stands.
    pub keep_artifacts: Duration,
    /// The folder of the compile cache.
    pub cache: PathBuf,
    /// Where the key of the pseudonyms is; a file that is not there yet is made at first start.
    pub key: SecretRef,
    /// How long running plugins may take to end when the host is stopped.
    pub grace: Duration,
    /// How long the store is kept for a host that has stopped answering, before one that stands by may take it over.
    pub lease: Duration,
}

pub(crate) static STORE: Shape = Shape {
    title: "host.store",
    doc: "The store as a table, for stores that want a password.",
    keys: &[
        Key::new("url", Kind::Text, "\"sqlite:beadle.db\"", "Where the store is.").required(),
        Key::new("password", Kind::Secret, "{ env = \"BEADLE_DB_PASSWORD\" }", "Its password."),
    ],
    one_of: &[],
    elsewhere: &[],
};

pub(crate) static HOST: Shape = Shape {
    title: "[host]",
    doc: "The host itself. Every key has a default.",
    keys: &[
        Key::new(
            "store",
            Kind::TextOr(&STORE),
            "\"sqlite:beadle.db\"",
            "Where the host keeps what it knows: `\"sqlite:FILE\"`, relative to this file's folder, or a database of its own on a \
             PostgreSQL server, `\"postgres://USER@HOST/NAME\"`. With a password, and for a second host that stands by, write \
             `{ url = \"postgres://…\", password = { env = \"BEADLE_DB_PASSWORD\" } }`.",
        )
        .default("\"sqlite:beadle.db\""),
        Key::new(
            "timezone",
            Kind::Text,
            "\"Europe/Berlin\"",
            "The time zone of cron lines and of what people read, by its IANA name.",
        )
        .default("the machine's, else `\"UTC\"`"),
        Key::new("language", Kind::Choice(&["en", "de", "es"]), "\"de\"", "The language of what people read.")
            .default("`\"en\"`"),
        Key::new(
            "runs",
            Kind::Whole(1, 256),
            "8",
            "How many runs may be under way at once. With fewer than all sites together may have, runs that wait for one site can keep \
             those of another waiting.",
        )
        .default("`runs` of all sites together and `4`, at most `256`"),
        Key::new(
            "keep",
            Kind::Duration,
            "\"30d\"",
            "How long ended runs are kept, and how long an effect that cannot be delivered is tried, from `1h` to `3650d`.",
        )
        .default("\"30d\""),
        Key::new(
            "artifacts",
            Kind::Text,
            "\"artifacts\"",
            "The folder of content that plugins keep, such as a site's answers, relative to this file's folder. It belongs to the store: \
             back up both, and give hosts that share a store one folder.",
        )
        .default("`artifacts` beside the store"),
        Key::new(
            "keep-artifacts",
            Kind::Duration,
            "\"90d\"",
            "How long kept content stays after another has taken its place, from `1h` to `3650d`. What stands is kept as long as it stands.",
        )
        .default("\"90d\""),
        Key::new("cache", Kind::Text, "\".beadle-cache\"", "The folder of compiled plugins, relative to this file's folder.")
            .default("`.beadle-cache` beside the store"),
        Key::new(
            "key",
            Kind::Secret,
            "{ file = \"beadle.key\" }",
            "The key of the pseudonyms. A file that is not there yet is made at first start. Whoever loses it loses the link between \
             old pseudonyms and new ones.",
        )
        .default("`{ file = \"beadle.key\" }` beside the store"),
        Key::new(
            "grace",
            Kind::Duration,
            "\"20s\"",
            "How long running plugins may take to end when the host is stopped, before they are cancelled.",
        )
        .default("\"20s\""),
        Key::new(
            "lease",
            Kind::Duration,
            "\"30s\"",
            "How long a store on PostgreSQL is kept for a host that has stopped answering, before one that stands by takes it over. A \
             store in a file is free the moment its host ends. From `1s` to `1h`.",
        )
        .default("\"30s\""),
    ],
    one_of: &[],
    elsewhere: &[],
};

/// How many runs may be under way beside those of sites, unless the operator says otherwise.
const WITHOUT_A_SITE: usize = 4;

/// Reads the section of a host that has these sites.
pub(crate) fn read(section: Option<Section<'_>>, folder: &Path, sites: &BTreeMap<SiteName, Site>) -> Host {
    let get = |name: &'static str| section.as_ref().and_then(|section| section.item(name));
    let place = get("store").and_then(|item| store(&item)).unwrap_or_else(|| Store::Sqlite(folder.join("beadle.db")));
    let beside = |name: &str| match &place {
        Store::Sqlite(path) => path.parent().unwrap_or(Path::new("")).join(name),
        Store::Postgres { .. } => folder.join(name),
    };
    Host {
        timezone: get("timezone").and_then(|item| item.zone()).unwrap_or_else(system_zone),
        language: get("language")
            .and_then(|item| {
                item.choice(&[("en", Language::English), ("de", Language::German), ("es", Language::Spanish)])
            })
            .unwrap_or_default(),
        runs: get("runs").and_then(|item| item.whole()).map_or_else(
            || (sites.values().map(|site| site.runs).sum::<usize>() + WITHOUT_A_SITE).min(256),
            |runs| runs as usize,
        ),
        keep: get("keep").and_then(|item| item.duration(HOUR, 3_650 * DAY)).unwrap_or(30 * DAY),
        artifacts: get("artifacts")
            .and_then(|item| item.text().map(|text| item.reader.path(text)))
            .unwrap_or_else(|| beside("artifacts")),
        keep_artifacts: get("keep-artifacts").and_then(|item| item.duration(HOUR, 3_650 * DAY)).unwrap_or(90 * DAY),
        cache: get("cache")
            .and_then(|item| item.text().map(|text| item.reader.path(text)))
            .unwrap_or_else(|| beside(".beadle-cache")),
        key: get("key").and_then(|item| key(&item)).unwrap_or_else(|| SecretRef::File(beside("beadle.key"))),
        grace: get("grace").and_then(|item| item.duration(Duration::ZERO, HOUR)).unwrap_or(Duration::from_secs(20)),
        lease: get("lease")
            .and_then(|item| item.duration(Duration::from_secs(1), HOUR))
            .unwrap_or(Duration::from_secs(30)),
        store: place,
    }
}

/// Reads the key of the pseudonyms: a file may be made at first start, a variable must be there.
fn key(item: &Item<'_>) -> Option<SecretRef> {
    match item.secret_to_come()? {
        SecretRef::File(path) if !path.exists() => Some(SecretRef::File(path)),
        _ => item.secret(),
    }
}

/// Reads where the store is, as a text or as a table.
fn store(item: &Item<'_>) -> Option<Store> {
    if item.value.get_ref().as_table().is_none() {
        return place(item);
    }
    let section = item.table(&STORE)?;
    match section.required("url").and_then(|url| place(&url)) {
        Some(Store::Postgres { url, .. }) => {
            let password = section.item("password").and_then(|item| item.secret());
            Some(Store::Postgres { url, password })
        }
        Some(file) => {
            section.refuse("password", "has no meaning for a SQLite store");
            Some(file)
        }
        None => {
            if let Some(password) = section.item("password") {
                password.secret_to_come();
            }
            None
        }
    }
}

fn place(item: &Item<'_>) -> Option<Store> {
    let text = item.text()?;
    let fix = || "write: store = \"sqlite:beadle.db\"".to_owned();
    if let Some(file) = text.strip_prefix("sqlite:") {
        let file = file.strip_prefix("//").unwrap_or(file);
        if file.is_empty() || file.contains(['?', ':']) {
            item.error(format!("{} names no file", item.path), fix());
            return None;
        }
        return Some(Store::Sqlite(item.reader.path(file)));
    }
    let scheme = text.split(':').next().unwrap_or_default();
    let message = match scheme {
        "postgres" | "postgresql" => {
            let example = "postgres://beadle@db.school.example/beadle";
            let fix = |url: &str| {
                format!(
                    "write: store = {{ url = {}, password = {{ env = \"BEADLE_DB_PASSWORD\" }} }}",
                    values::quoted(url)
                )
            };
            let url = address(item, "postgres", example, fix)?;
            return Some(Store::Postgres { url, password: None });
        }
        "mysql" | "mariadb" => format!("{scheme} is no store, only a database that plugins read"),
        _ => format!("{} takes \"sqlite:FILE\" or \"postgres://USER@HOST/NAME\"", item.path),
    };
    item.error(message, fix());
    None
}

fn system_zone() -> TimeZone {
    TimeZone::try_system().unwrap_or(TimeZone::UTC)
}

impl Item<'_> {
    /// Reads the IANA name of a time zone.
    pub(crate) fn zone(&self) -> Option<TimeZone> {
        let text = self.text()?;
        if let Ok(zone) = TimeZone::get(text) {
            return Some(zone);
        }
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        // People leave out the continent, or write a blank.
        let city = text.rsplit('/').next().unwrap_or(text).trim().replace(' ', "_");
        let by_city = || {
            let mut cities = names
                .iter()
                .filter(|name| name.contains('/') && !name.starts_with("posix") && !name.starts_with("right"));
            cities.find(|name| name.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(&city)))
        };
        let near = closest(text, names.iter().map(String::as_str)).or_else(|| by_city().map(String::as_str));
        let fix = match near {
            Some(near) => self.write_text(near),
            None => format!("write an IANA name, such as: {} = {}", self.spec.name, values::quoted("Europe/Berlin")),
        };
        self.error(format!("unknown zone {text:?} for {}", self.path), fix);
        None
    }
}
