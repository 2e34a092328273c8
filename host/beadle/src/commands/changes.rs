//! `beadle changes`: what changed, for people, and for programs that keep a cursor.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anstyle::AnsiColor;
use beadle_egress::Redactor;
use beadle_plan::{AspectDifference, ChangeKind, Clock as _, Instant, RunId, SystemClock};
use beadle_store::{Cursor, FeedFilter, FeedRow, ItemFilter, Page, Store};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;

use crate::cli::{Changes, Common};
use crate::exit::{Code, Exit};
use crate::terminal::{paint, plain, say, say_json, table};
use crate::{instant, world};

pub(crate) async fn changes(common: &Common, redactor: &Redactor, asked: &Changes) -> Result<(), Exit> {
    let config = world::configuration(common)?;
    if let Some(site) = asked.site.as_deref().filter(|site| !config.sites.contains_key(&(*site).into())) {
        let known: Vec<&str> = config.sites.keys().map(beadle_plan::SiteName::as_str).collect();
        let message = format!("no site {site:?} is configured; there is {}", known.join(", "));
        return Err(Exit::new(Code::NotFound, message));
    }
    let zone = &config.host.timezone;
    let store = world::store_to_read(&config, redactor).await?;
    let since = since(&*store, &asked.since, zone).await?;
    let page = page(&*store, since, asked).await?;
    if page.next.is_before(since) {
        let message = format!(
            "{since} is a cursor of another store, or of this one before it was replaced: its newest change is {}; begin again, for one \
             with --since 24h",
            page.next
        );
        return Err(Exit::new(Code::NotFound, message));
    }
    if asked.form.json {
        let rows: Vec<Row<'_>> = page.rows.iter().map(Row::new).collect();
        return say_json(&serde_json::json!({ "changes": rows, "next": page.next, "more": page.more }));
    }
    if page.rows.is_empty() && !page.more {
        say(match asked.all {
            true => "Nothing has changed since then.",
            false => {
                "Nothing that matters has changed since then; --all lists first looks and refreshed values as well."
            }
        });
    } else {
        let courses = courses(&*store, &page.rows).await?;
        let mut made = table(["when", "site", "what", "change", "before → now"]);
        for row in &page.rows {
            made.add_row([
                instant::show(row.at, zone),
                plain(&row.scope.site),
                plain(&what(row, &courses)),
                kind(row),
                row.aspects
                    .iter()
                    .filter(|_| differs(row))
                    .map(|one| told(row, one, zone))
                    .collect::<Vec<_>>()
                    .join("\n"),
            ]);
        }
        say(made.to_string());
    }
    let more = if page.more { "There is more: " } else { "What comes after: " };
    say(format!("\n{more}beadle changes --since {}", page.next));
    Ok(())
}

/// Reads as many changes as are asked for. A page may hold fewer, because what does not matter was left out of it.
async fn page(store: &dyn Store, since: Cursor, asked: &Changes) -> Result<Page, Exit> {
    let mut all = Page { rows: Vec::new(), next: since, more: true };
    while all.more && all.rows.len() < asked.number as usize {
        let limit = asked.number - u32::try_from(all.rows.len()).unwrap_or(u32::MAX);
        let filter = FeedFilter {
            site: asked.site.clone(),
            collection: asked.collection.clone(),
            meaningful: !asked.all,
            limit,
        };
        let page = store.changes(all.next, &filter).await?;
        all.rows.extend(page.rows);
        (all.next, all.more) = (page.next, page.more);
    }
    Ok(all)
}

/// Reads from where on: a cursor, how long ago, or an instant.
async fn since(store: &dyn Store, text: &str, zone: &TimeZone) -> Result<Cursor, Exit> {
    if let Ok(cursor) = text.parse() {
        return Ok(cursor);
    }
    let instant = match instant::parse_duration(text) {
        Ok(ago) => SystemClock.now() - ago,
        Err(_) => instant::parse(text, zone).map_err(|_| {
            let message = format!(
                "{text:?} says no time to begin from; write how long ago (48h), an instant (2026-11-20T09:00), or a cursor as it was \
                 printed (c120)"
            );
            Exit::new(Code::Usage, message)
        })?,
    };
    Ok(store.cursor_at(instant).await?)
}

/// The titles of courses, by site and key.
type Courses = HashMap<(String, String), String>;

/// Returns the titles of the courses that changed items belong to.
async fn courses(store: &dyn Store, rows: &[FeedRow]) -> Result<Courses, Exit> {
    let mut wanted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_item()) {
        if let Some(course) = text(&value(row), "course") {
            wanted.entry(&row.scope.site).or_default().insert(course);
        }
    }
    let mut courses = Courses::new();
    for (site, keys) in wanted {
        let limit = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        let filter = ItemFilter { keys: keys.into_iter().collect(), limit, ..ItemFilter::default() };
        let found = store.items(site, &filter).await?;
        courses.extend(found.into_iter().map(|course| ((site.to_owned(), course.key), course.item.title)));
    }
    Ok(courses)
}

fn value(row: &FeedRow) -> Value {
    serde_json::from_str(&row.value).unwrap_or_default()
}

fn text(value: &Value, field: &str) -> Option<String> {
    Some(value.get(field)?.as_str()?.to_owned())
}

/// Returns what people call a record: what it is, its title or name where its value has one, and its course.
fn what(row: &FeedRow, courses: &Courses) -> String {
    let value = value(row);
    let name = text(&value, "title").or_else(|| text(&value, "name")).unwrap_or_else(|| row.key.clone());
    let kind = text(&value, "kind").filter(|_| row.is_item());
    let course = text(&value, "course").and_then(|key| courses.get(&(row.scope.site.clone(), key)));
    let course = course.map_or_else(String::new, |title| format!(" ({title})"));
    format!("{} {name}{course}", kind.as_deref().unwrap_or(&row.scope.collection))
}

/// Whether it stood before, so that aspects of it can differ.
fn differs(row: &FeedRow) -> bool {
    row.kind != ChangeKind::New
}

fn kind(row: &FeedRow) -> String {
    let kind = row.kind.to_string();
    match row.kind {
        _ if row.baseline => "first look".to_owned(),
        ChangeKind::New | ChangeKind::Restored => paint(kind, AnsiColor::Green),
        ChangeKind::Removed => paint(kind, AnsiColor::Red),
        ChangeKind::Aspect(..) => paint(kind, AnsiColor::Yellow),
        ChangeKind::RefreshOnly => kind,
    }
}

/// Tells how an aspect differs: instants as the host's zone has them, of the content of an item what of it, and of other digests only
/// that they differ.
fn told(row: &FeedRow, difference: &AspectDifference, zone: &TimeZone) -> String {
    let name = plain(&difference.name);
    if row.is_item() && difference.name == CONTENT {
        return content(row).unwrap_or(name);
    }
    let is_digest = |value: &str| value.len() >= 16 && value.bytes().all(|sign| sign.is_ascii_hexdigit());
    if [&difference.before, &difference.after].into_iter().flatten().all(|value| is_digest(value)) {
        return name;
    }
    let end = |value: &Option<String>| match value.as_deref() {
        None => "none".to_owned(),
        Some(value) => match value.parse::<Timestamp>() {
            Ok(instant) => instant::show(instant.into(), zone),
            Err(_) => plain(value),
        },
    };
    format!("{name}: {} → {}", end(&difference.before), end(&difference.after))
}

/// The aspect of an item that is its title, its text and where it leads.
const CONTENT: &str = "content";

/// Tells what of an item's content is another: its title from and to, and of the rest that it is.
fn content(row: &FeedRow) -> Option<String> {
    let before: Value = serde_json::from_str(row.before.as_deref()?).ok()?;
    let now = value(row);
    let moved = |field: &str| before.get(field) != now.get(field);
    let mut parts = Vec::new();
    if moved("title") {
        let title = |value| text(value, "title").map_or_else(|| "none".to_owned(), |title| plain(&title));
        parts.push(format!("title: {} → {}", title(&before), title(&now)));
    }
    parts.extend(moved("body").then(|| "text".to_owned()));
    parts.extend(moved("url").then(|| "link".to_owned()));
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// A change as programs read it.
#[derive(Serialize)]
struct Row<'a> {
    number: i64,
    at: Instant,
    run: RunId,
    site: &'a str,
    plugin: &'a str,
    collection: &'a str,
    scope: &'a str,
    key: &'a str,
    change_kind: String,
    meaningful_change: bool,
    meaningful_key: &'a str,
    baseline: bool,
    aspects: &'a [AspectDifference],
    before: Option<Value>,
    value: Value,
}

impl<'a> Row<'a> {
    fn new(row: &'a FeedRow) -> Self {
        Self {
            number: row.number,
            at: row.at,
            run: row.run,
            site: &row.scope.site,
            plugin: &row.scope.plugin,
            collection: &row.scope.collection,
            scope: &row.scope.scope,
            key: &row.key,
            change_kind: row.kind.to_string(),
            meaningful_change: row.meaningful,
            meaningful_key: &row.meaningful_key,
            baseline: row.baseline,
            aspects: &row.aspects,
            before: row.before.as_deref().and_then(|value| serde_json::from_str(value).ok()),
            value: serde_json::from_str(&row.value).unwrap_or_default(),
        }
    }
}
