//! `[sites.NAME]`: one Moodle each, and the account used on it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use beadle_plan::SiteName;
use url::{Host, Url};

use super::named;
use crate::reader::{Item, Section};
use crate::secret::SecretRef;
use crate::shape::{Key, Kind, Shape};

/// A site: one Moodle and the account used on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Which Moodle, and as whom.
    pub peer: SitePeer,
    /// How many calls may be under way at once.
    pub concurrency: usize,
    /// How many calls may start in a second; none for no such limit.
    pub rate: Option<f64>,
    /// How long one call may take.
    pub timeout: Duration,
    /// How many bytes one answer may have.
    pub answer_limit: u64,
    /// How many runs may be under way at once for this site.
    pub runs: usize,
}

/// The Moodle behind a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SitePeer {
    /// The simulated school.
    Campus,
    /// A Moodle at an address.
    Moodle {
        /// The address of its front page, without a slash at the end of its path.
        url: Url,
        /// The account of web services; none where only the calendar is read.
        account: Option<Account>,
        /// The whole address of the calendar export, which holds a token of its own.
        calendar: Option<SecretRef>,
    },
}

/// How the host logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// With a web service token.
    Token(SecretRef),
    /// With a name and a password, from which a token is fetched.
    Password {
        /// The user name.
        username: String,
        /// The password.
        password: SecretRef,
        /// The short name of the web service that the token is for.
        service: String,
    },
}

pub(crate) static SITE: Shape = Shape {
    title: "[sites.NAME]",
    doc: "One Moodle, and the account used on it: `token`, or `username` and `password`; where web services are off, `calendar` alone; for \
          `campus:` none of them.",
    keys: &[
        Key::new(
            "url",
            Kind::Text,
            "\"https://moodle.school.example\"",
            "The address of Moodle's front page, or `\"campus:\"` for the simulated school.",
        )
        .required(),
        Key::new("token", Kind::Secret, "{ env = \"MOODLE_TOKEN\" }", "A web service token."),
        Key::new("username", Kind::Text, "\"beadle\"", "The name of an account from which a token is fetched."),
        Key::new("password", Kind::Secret, "{ file = \"moodle.password\" }", "That account's password."),
        Key::new(
            "service",
            Kind::Text,
            "\"moodle_mobile_app\"",
            "The short name of the web service for which that token is fetched.",
        )
        .default("\"moodle_mobile_app\""),
        Key::new(
            "calendar",
            Kind::Secret,
            "{ env = \"MOODLE_CALENDAR\" }",
            "The whole address of the calendar export, which holds a token: Calendar → Import or export calendars → Export calendar → Get \
             calendar URL.",
        ),
        Key::new("concurrency", Kind::Whole(1, 64), "2", "How many calls may be under way at once.").default("2"),
        Key::new("rate", Kind::Number, "5.0", "How many calls may start in a second.").default("no limit"),
        Key::new("timeout", Kind::Duration, "\"30s\"", "How long one call may take.").default("\"30s\""),
        Key::new("answer-limit", Kind::Size, "\"64MiB\"", "How large one answer may be.").default("\"64MiB\""),
        Key::new("runs", Kind::Whole(1, 256), "4", "How many runs may be under way at once for this site.")
            .default("4"),
    ],
    one_of: &[],
    elsewhere: &[],
};

pub(crate) fn read(item: &Item<'_>) -> BTreeMap<SiteName, Site> {
    named(item, &SITE).into_iter().filter_map(|(name, section)| Some((name.into(), site(&section)?))).collect()
}

fn site(section: &Section<'_>) -> Option<Site> {
    let peer = section.required("url").and_then(|url| peer(section, &url));
    let get = |name: &'static str| section.item(name);
    let site = |peer| Site {
        peer,
        concurrency: get("concurrency").and_then(|item| item.whole()).map_or(2, |count| count as usize),
        rate: get("rate").and_then(|item| item.number()),
        timeout: get("timeout")
            .and_then(|item| item.duration(Duration::from_secs(1), Duration::from_secs(600)))
            .unwrap_or(Duration::from_secs(30)),
        answer_limit: get("answer-limit").and_then(|item| item.size(1 << 10, 4 << 30)).unwrap_or(64 << 20),
        runs: get("runs").and_then(|item| item.whole()).map_or(4, |runs| runs as usize),
    };
    // The other keys are read even if the address is wrong, so that all their mistakes are said at once.
    match peer {
        Some(peer) => Some(site(peer)),
        None => {
            site(SitePeer::Campus);
            None
        }
    }
}

fn peer(section: &Section<'_>, item: &Item<'_>) -> Option<SitePeer> {
    let text = item.text();
    if text == Some("campus:") {
        for name in ["token", "username", "password", "service", "calendar"] {
            section.refuse(name, "has no meaning for the simulated school");
        }
        return Some(SitePeer::Campus);
    }
    // Each is read whatever comes of the others.
    let url = text.and_then(|text| address(item, text));
    let calendar = section.item("calendar").map(|item| item.secret());
    let has_account = ["token", "username", "password"].iter().any(|name| section.item(name).is_some());
    let account = if calendar.is_some() && !has_account {
        section.refuse("service", "has no meaning without username and password");
        None
    } else {
        Some(account(section)?)
    };
    let calendar = match calendar {
        Some(read) => Some(read?),
        None => None,
    };
    Some(SitePeer::Moodle { url: url?, account, calendar })
}

fn account(section: &Section<'_>) -> Option<Account> {
    let (token, username) = (section.item("token"), section.item("username"));
    let password = section.item("password");
    if let Some(token) = token {
        for name in ["username", "password", "service"] {
            section.refuse(name, "has no meaning beside token");
        }
        return token.secret().map(Account::Token);
    }
    let service = section.item("service").map_or(Some("moodle_mobile_app"), |item| item.text());
    if ["token", "username", "password", "calendar"].iter().any(|name| section.is_meant(name)) {
        return None;
    }
    if username.is_none() && password.is_none() {
        let fix = "write: token = { env = \"MOODLE_TOKEN\" }\nor: username = \"beadle\" and password = { file = \"moodle.password\" }\n\
                   or, where web services are off: calendar = { env = \"MOODLE_CALENDAR\" }";
        section.missing(
            "token",
            format!("{} has no account: neither token nor username and password, nor calendar", section.path),
            fix.to_owned(),
        );
        return None;
    }
    let username = section.required("username").and_then(|item| item.text());
    let password = section.required("password").and_then(|item| item.secret());
    Some(Account::Password { username: username?.to_owned(), password: password?, service: service?.to_owned() })
}

/// Reads the address of a Moodle's front page.
fn address(item: &Item<'_>, text: &str) -> Option<Url> {
    let mut url = item.web_address(text)?;
    let mut plain = url.clone();
    plain.set_query(None);
    plain.set_fragment(None);
    if plain != url {
        item.error(
            format!("{} is more than the address of Moodle's front page", item.path),
            item.write_text(plain.as_str()),
        );
        return None;
    }
    let path = url.path().trim_end_matches('/').to_owned();
    for page in ["/webservice/rest/server.php", "/login/index.php", "/login/token.php", "/index.php", "/my"] {
        if let Some(front) = path.strip_suffix(page) {
            plain.set_path(front);
            let fix = item.write_text(plain.as_str().trim_end_matches('/'));
            item.error(format!("{} is the address of a page, not of Moodle's front page", item.path), fix);
            return None;
        }
    }
    url.set_path(&path);
    Some(url)
}

impl Item<'_> {
    /// Reads an `http` or `https` address without a password; warns when it travels in clear.
    pub(crate) fn web_address(&self, text: &str) -> Option<Url> {
        let url = match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "https" | "http") => url,
            Ok(url) if text.starts_with(&format!("{}://", url.scheme())) => {
                self.error(format!("{} takes https, not {}", self.path, url.scheme()), self.write_example());
                return None;
            }
            _ => {
                let whole = format!("https://{}", text.trim_start_matches('/'));
                let fix = match Url::parse(&whole) {
                    Ok(url) if !text.contains(['@', ' ']) => self.write_text(url.as_str().trim_end_matches('/')),
                    _ => self.write_example(),
                };
                self.error(format!("{} is no address: it takes https://…", self.path), fix);
                return None;
            }
        };
        if !url.username().is_empty() || url.password().is_some() {
            let mut plain = url.clone();
            // Cannot fail: an http address has a host.
            let _ = (plain.set_username(""), plain.set_password(None));
            let message = format!("secret written in clear: {} holds a user name or a password", self.path);
            self.error(message, self.write_text(plain.as_str().trim_end_matches('/')));
            return None;
        }
        if url.scheme() == "http" && !stays_near(&url) {
            let fix = self.write_text(url.as_str().replacen("http://", "https://", 1).trim_end_matches('/'));
            self.warning(
                format!("{} is plain http: whoever is on the way reads the secret and the answers", self.path),
                fix,
            );
        }
        Some(url)
    }
}

/// Whether an address lies on this machine or in a private network.
fn stays_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => near(address.into()),
        Some(Host::Ipv6(address)) => near(address.to_ipv4_mapped().map_or(address.into(), IpAddr::from)),
        None => false,
    }
}

fn near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}
