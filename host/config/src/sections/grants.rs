//! `grants` of a plugin: what the operator allows. A grant that names something that does not exist allows nothing, so it is an error.

use beadle_plan::Grants;
use url::Url;

use crate::reader::{Item, Section, closest};
use crate::shape::{Key, Kind, Shape};
use crate::values;

/// What grants the calendar export, which is no web service function.
const CALENDAR_EXPORT: &str = "calendar-export";

pub(crate) static GRANTS: Shape = Shape {
    title: "plugins.NAME.grants",
    doc: "What the plugin may do; what is not here is denied.",
    keys: &[
        Key::new(
            "moodle",
            Kind::Texts,
            "[\"core_enrol_get_enrolled_users\"]",
            "Web service functions that change nothing, and `\"calendar-export\"`: the calendar export, which is none.",
        ),
        Key::new(
            "moodle-unsafe",
            Kind::Texts,
            "[\"mod_assign_get_submission_status\"]",
            "Web service functions that may change something in Moodle, each named on purpose. Never called in a dry run.",
        ),
        Key::new("db", Kind::Texts, "[\"moodle\"]", "Names of configured databases."),
        Key::new(
            "http",
            Kind::Texts,
            "[\"https://api.school.example\"]",
            "Addresses for GET and HEAD: a whole host, what lies below a path that ends in `/`, or one path; with a method before it, what \
             you call a read: `\"POST https://search.school.example/query\"`; with `private` before all, an address inside your own network: \
             `\"private http://printer.school.example:631\"`.",
        ),
        Key::new(
            "sheets",
            Kind::Texts,
            "[\"presence:append\"]",
            "Configured sheets with a right each: `\"NAME:read\"` or `\"NAME:append\"`.",
        ),
        Key::new("chat", Kind::Texts, "[\"class\"]", "Names of configured channels, to write to."),
        Key::new(
            "ledger",
            Kind::Texts,
            "[\"online:occupancy\"]",
            "Collections of other plugins that may be read: `\"PLUGIN:COLLECTION\"`.",
        ),
        Key::new(
            "catalog",
            Kind::Texts,
            "[\"observe\", \"read\"]",
            "What it may do with the catalog of the site it runs for: `\"observe\"`, to tell what it sighted, and `\"read\"`.",
        ),
        Key::new(
            "artifacts",
            Kind::Texts,
            "[\"put\"]",
            "What it may do with content that the host keeps: `\"put\"`, to keep a site's answers and files, and `\"get\"`, to read what \
             is kept of the site it runs for.",
        ),
    ],
    one_of: &[],
    elsewhere: &[],
};

pub(crate) fn read(section: &Section<'_>) -> Grants {
    let list = |name: &'static str, good: &dyn Fn(&Item<'_>, &str) -> bool| {
        let items = section.item(name).and_then(|item| item.texts()).unwrap_or_default();
        let texts = items.iter().filter_map(|item| item.value.get_ref().as_str().filter(|text| good(item, text)));
        texts.map(str::to_owned).collect::<Vec<_>>()
    };
    let names = &section.reader.names;
    Grants {
        moodle: list("moodle", &|item, text| text == CALENDAR_EXPORT || function(item, text)),
        moodle_unsafe: list("moodle-unsafe", &function),
        db: list("db", &|item, _| item.known("database", &names.databases, "databases").is_some()),
        http: list("http", &address),
        sheets: list("sheets", &sheet),
        chat: list("chat", &|item, _| item.known("chat", &names.chats, "chats").is_some()),
        ledger: list("ledger", &collection),
        catalog: list("catalog", &|item, text| right(item, text, ["observe", "read"])),
        artifacts: list("artifacts", &|item, text| right(item, text, ["put", "get"])),
    }
}

/// Writes grants as they stand in the file: `grants = { db = ["moodle"] }`.
pub(crate) fn write_grants(grants: &Grants) -> String {
    let lists = grants.lists();
    let lists = lists.iter().filter(|(_, values)| !values.is_empty()).map(|(name, values)| {
        let values: Vec<String> = values.iter().map(|value| values::quoted(value)).collect();
        format!("{name} = [{}]", values.join(", "))
    });
    format!("grants = {{ {} }}", lists.collect::<Vec<_>>().join(", "))
}

fn right(item: &Item<'_>, text: &str, rights: [&str; 2]) -> bool {
    let good = rights.contains(&text);
    if !good {
        let [first, second] = rights;
        let message = format!("{text:?} is no right for {}; there are {first:?} and {second:?}", item.path);
        item.error(message, item.write_example());
    }
    good
}

fn function(item: &Item<'_>, text: &str) -> bool {
    let good = text.contains('_')
        && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
    if !good {
        let message = format!("{text:?} is no web service function for {}; each is named in full", item.path);
        item.error(message, item.write_example());
    }
    good
}

/// Takes `[private] [METHOD] ADDRESS`, as the capability reads it.
fn address(item: &Item<'_>, text: &str) -> bool {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    if words.first() == Some(&"private") {
        words.remove(0);
    }
    let (method, address) = match words[..] {
        [address] => (None, address),
        [method, address] => (Some(method), address),
        _ => {
            let message = format!("{text:?} is neither an address nor a method and an address for {}", item.path);
            item.error(message, item.write_example());
            return false;
        }
    };
    if let Some(method) = method.filter(|method| !method.bytes().all(|byte| byte.is_ascii_uppercase())) {
        let message = format!("{method:?} is no method in upper case for {}", item.path);
        item.error(message, "write: http = [\"POST https://search.school.example/query\"]".to_owned());
        return false;
    }
    let web = |url: &Url| matches!(url.scheme(), "https" | "http") && url.has_host() && !address.contains('*');
    let Some(url) = Url::parse(address).ok().filter(web) else {
        let message = format!("{address:?} is no address of a host for {}; each host is named in full", item.path);
        item.error(message, item.write_example());
        return false;
    };
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        let message = format!("{} takes addresses that end at their path, without user name and password", item.path);
        item.error(message, item.write_example());
        return false;
    }
    true
}

fn sheet(item: &Item<'_>, text: &str) -> bool {
    let (name, right) = text.split_once(':').unwrap_or((text, ""));
    let sheets = &item.reader.names.sheets;
    if !sheets.iter().any(|sheet| sheet == name) {
        let fix = match closest(name, sheets.iter().map(String::as_str)) {
            Some(near) => {
                let right = if right.is_empty() { "append" } else { right };
                format!("write: \"{near}:{right}\" instead of {text:?}")
            }
            None => format!("to add it write: [sheets.{}]", values::bare_key(name)),
        };
        item.error(format!("unknown sheet {name:?} for {}", item.path), fix);
        return false;
    }
    if !matches!(right, "read" | "append") {
        let near = closest(right, ["read", "append"]).unwrap_or("append");
        let message = format!("{text:?} names no right for {}: read or append", item.path);
        item.error(message, format!("write: \"{name}:{near}\" instead of {text:?}"));
        return false;
    }
    true
}

fn collection(item: &Item<'_>, text: &str) -> bool {
    let plugins = &item.reader.names.plugins;
    let (plugin, collection) = text.split_once(':').unwrap_or((text, ""));
    if !plugins.iter().any(|name| name == plugin) {
        let fix = match closest(plugin, plugins.iter().map(String::as_str)) {
            Some(near) => format!("write: \"{near}:{collection}\" instead of {text:?}"),
            None => item.write_example(),
        };
        item.error(format!("unknown plugin {plugin:?} for {}", item.path), fix);
        return false;
    }
    if collection.is_empty() {
        item.error(format!("{text:?} names no collection for {}", item.path), item.write_example());
        return false;
    }
    true
}
