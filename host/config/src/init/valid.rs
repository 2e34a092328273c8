//! Looks at single answers, in the words of somebody who has just typed them.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::mask::is_variable_name;
use crate::secret::SecretRef;
use crate::values;

/// Folders of Moodle whose pages people copy instead of the front page.
const FOLDERS: [&str; 11] =
    ["admin", "calendar", "course", "grade", "login", "message", "mod", "my", "report", "user", "webservice"];

/// Takes the address of a Moodle, also one of its pages, also without `https://`.
pub(super) fn moodle_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url = Url::parse(&whole)
        .map_err(|_| "that is no address; one looks like https://moodle.school.example".to_owned())?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(format!("Moodle is reached by https, not {}", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address holds a user name or a password; leave them out".to_owned());
    }
    url.set_query(None);
    url.set_fragment(None);
    let front = front_page(url.path());
    url.set_path(&front);
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Returns the path of the front page that a page belongs to: `/moodle` for `/moodle/my/courses.php`.
fn front_page(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let page = parts.last().is_some_and(|last| last.ends_with(".php"));
    let end = match parts.iter().position(|part| FOLDERS.contains(part)) {
        // Without the name of a page only these two are surely Moodle's: a school may well have its site under `/course`.
        Some(at) if page || (at + 1 == parts.len() && matches!(parts[at], "my" | "login")) => at,
        _ if page => parts.len() - 1,
        _ => parts.len(),
    };
    format!("/{}", parts[..end].join("/"))
}

/// Builds the address of a MariaDB from its parts.
pub(super) fn database_url(host: &str, port: Option<&str>, user: &str, name: &str) -> Result<String, String> {
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    let mut url = Url::parse("mysql://localhost").map_err(|error| error.to_string())?;
    url.set_host(Some(&host)).map_err(|_| format!("{host:?} is no host"))?;
    if let Some(port) = port {
        let number =
            port.trim().parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(|| format!("{port:?} is no port"))?;
        let _ = url.set_port(Some(number));
    }
    let _ = url.set_username(user);
    if name.contains(['/', '?', '#']) || name.trim().is_empty() || matches!(name, "." | "..") {
        return Err(format!("{name:?} is no name of a database"));
    }
    if let Ok(mut path) = url.path_segments_mut() {
        path.push(name);
    }
    Ok(url.into())
}

/// Takes a table prefix.
pub(super) fn prefix(text: &str) -> Result<String, String> {
    let good = text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if good { Ok(text.to_owned()) } else { Err(format!("{text:?} is no table prefix: letters, digits and _ only")) }
}

/// Takes a spreadsheet's id, or its whole address.
pub(super) fn spreadsheet(text: &str) -> Result<String, String> {
    let text = text.trim();
    let id = text.split_once("/d/").map_or(text, |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    let good = !id.is_empty() && id.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    if good {
        Ok(id.to_owned())
    } else {
        Err("that is no id of a spreadsheet: the part of its address between /d/ and /edit".into())
    }
}

/// Takes a duration, or a number of seconds, of at least `least` and at most a day.
pub(super) fn duration(text: &str, least: Duration) -> Result<Duration, String> {
    let text = text.trim();
    let duration = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => values::duration(text)
            .map_err(|problem| format!("{text:?} is no duration ({problem}); one looks like 30s or 5m"))?,
    };
    let duration = Duration::from_secs(duration.as_secs());
    let most = Duration::from_secs(86_400);
    if (least..=most).contains(&duration) {
        return Ok(duration);
    }
    Err(format!("{text:?} is not between {} and {}", values::duration_text(least), values::duration_text(most)))
}

/// Takes the place of a secret: the name of a variable, or the path of a file; never the secret itself.
pub(super) fn secret(text: &str) -> Result<SecretRef, String> {
    let text = text.trim();
    if is_variable_name(text) {
        return Ok(SecretRef::Env(text.to_owned()));
    }
    let path = text.contains(['/', '\\', '.']) && !text.contains(char::is_control) && text.len() <= 400;
    if path {
        return Ok(SecretRef::File(PathBuf::from(text)));
    }
    Err("say where it is, not what it is: the name of an environment variable, or the path of a file".to_owned())
}

/// Takes the IANA name of a time zone.
pub(super) fn timezone(text: &str) -> Result<String, String> {
    let text = text.trim();
    match jiff::tz::TimeZone::get(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!("{text:?} is no time zone; one looks like Europe/Berlin")),
    }
}

/// Takes a text that may stand in a title or a path: one line, not empty.
pub(super) fn line(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_control) {
        Err("write one line of text".to_owned())
    } else {
        Ok(text.to_owned())
    }
}
