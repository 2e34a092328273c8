//! The sections of the file, a module each: the keys as data, the typed form, and how the one becomes the other.

mod campus;
mod chats;
mod databases;
mod grants;
mod host;
mod limits;
mod plugins;
mod schedules;
mod settings;
mod sheets;
mod sites;

pub use self::campus::{Campus, Day};
pub use self::chats::{Chat, ChatService};
pub use self::databases::{Database, DatabaseServer};
pub(crate) use self::grants::write_grants;
pub use self::host::{Host, Language, Store};
pub use self::plugins::{BUILTINS, Code, Plugin};
pub use self::schedules::{Mode, Schedule};
pub use self::sheets::Sheet;
pub use self::sites::{Account, Site, SitePeer};

pub(crate) use self::campus::read as read_campus;
pub(crate) use self::chats::read as read_chats;
pub(crate) use self::databases::read as read_databases;
pub(crate) use self::host::read as read_host;
pub(crate) use self::plugins::read as read_plugins;
pub(crate) use self::schedules::read as read_schedules;
pub(crate) use self::sheets::read as read_sheets;
pub(crate) use self::sites::read as read_sites;

use crate::reader::{Item, Section};
use crate::secret::SECRET;
use crate::shape::{Elsewhere, Key, Kind, Shape};
use crate::values;

/// The whole file.
pub(crate) static ROOT: Shape = Shape {
    title: "the file",
    doc: "What a Beadle host watches, where it writes, and when. See docs/schedules.md.",
    keys: &[
        Key::new("host", Kind::Table(&host::HOST), "{ timezone = \"Europe/Berlin\" }", "The host itself."),
        Key::new("campus", Kind::Table(&campus::CAMPUS), "{ students = 200 }", "The simulated school."),
        Key::new(
            "sites",
            Kind::Named(&sites::SITE),
            "{ main = { url = \"campus:\" } }",
            "The Moodles that are watched.",
        ),
        Key::new(
            "databases",
            Kind::Named(&databases::DATABASE),
            "{ moodle = { url = \"campus:\" } }",
            "Databases that plugins may read.",
        ),
        Key::new(
            "sheets",
            Kind::Named(&sheets::SHEET),
            "{ presence = { kind = \"csv\", file = \"presence.csv\" } }",
            "Tables that plugins may write to.",
        ),
        Key::new(
            "chats",
            Kind::Named(&chats::CHAT),
            "{ class = { kind = \"console\" } }",
            "Channels that plugins may write to.",
        ),
        Key::new(
            "plugins",
            Kind::Named(&plugins::PLUGIN),
            "{ online = { builtin = \"online-users\" } }",
            "The plugins and what each is allowed.",
        ),
        Key::new(
            "schedule",
            Kind::List(&schedules::SCHEDULE),
            "[{ name = \"online\", plugin = \"online\", every = \"30s\" }]",
            "When which plugin runs.",
        ),
    ],
    one_of: &[],
    elsewhere: &[Elsewhere {
        key: "chat",
        meant: None,
        why: "each channel has a name of its own",
        fix: "write: [chats.NAME]",
    }],
};

/// Returns all shapes, in the order of the reference.
pub(crate) fn all() -> [&'static Shape; 13] {
    [
        &ROOT,
        &host::HOST,
        &host::STORE,
        &campus::CAMPUS,
        &sites::SITE,
        &databases::DATABASE,
        &sheets::SHEET,
        &chats::CHAT,
        &plugins::PLUGIN,
        &grants::GRANTS,
        &limits::LIMITS,
        &schedules::SCHEDULE,
        &SECRET,
    ]
}

/// Opens each table of a table of named tables, and reports names that could not be referred to.
pub(crate) fn named<'a>(item: &Item<'a>, shape: &'static Shape) -> Vec<(&'a str, Section<'a>)> {
    let Some(tables) = item.value.get_ref().as_table() else {
        item.wrong_type(format!("write: [{}.NAME]", item.path));
        return Vec::new();
    };
    let mut sections = Vec::new();
    for (key, value) in tables {
        let (name, path) = (key.get_ref().as_ref(), format!("{}.{}", item.path, key.get_ref()));
        if !values::is_name(name) {
            let message =
                format!("{name:?} is no name for {}: letters, digits, -, _ and . only, at most 64", item.path);
            item.reader.error(
                key.span(),
                &path,
                message,
                format!("write: [{}.{}]", item.path, values::nearest_name(name)),
            );
        }
        match value.get_ref().as_table() {
            Some(table) => sections.push((name, Section::open(item.reader, path, value.span(), table, shape))),
            None => {
                let message = format!("{path} is no table");
                item.reader.error(
                    value.span(),
                    &path,
                    message,
                    format!("write: [{}.{}]", item.path, values::bare_key(name)),
                );
            }
        }
    }
    sections
}
