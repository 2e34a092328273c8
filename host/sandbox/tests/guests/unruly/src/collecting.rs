//! What a run can do.

use std::hint::black_box;
use std::time::Duration;

use beadle_sdk::ledger::{Collection, Losses, Record};
use beadle_sdk::sheets::Take;
use beadle_sdk::{Error, Summary, chat, classrooms, files, info, moodle, run, sheets, time, warn};

use crate::Settings;

pub(crate) use crate::excess::{
    empties_its_scope, forges_keys, hands_over_too_much, names_scopes_without_end, says_too_much, stages_a_million_rows,
};
pub(crate) use crate::reaching::{
    asks_http, calls_the_standard_interfaces, keeps_a_stream_open, keeps_too_much_open, queries,
};

pub(crate) use crate::sighting::sights;
use crate::talking::message;
pub(crate) use crate::talking::{asks_for_earlier_runs, talks};

pub(crate) const LAMPS: Collection<u64> = Collection::new("lamps");
const OTHERS: Collection<u64> = Collection::new("online:sessions");

pub(crate) type Outcome = Result<Summary, Error>;

#[inline(never)]
pub(crate) fn spin() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

fn lamps(count: u64, value: u64) -> Vec<Record<u64>> {
    (0..count).map(|number| Record::new(format!("lamp {number}"), value).aspect("on", 1, value.to_string())).collect()
}

pub(crate) fn rows(sheet: &str, count: u64, text: &str) -> Result<(), Error> {
    let rows: Vec<Vec<String>> = (0..count).map(|number| vec![format!("{text}{number}"), "on".to_owned()]).collect();
    sheets::append(sheet, &["Lamp", "State"], &[("Lamp", Take::Whole)], &rows)
}

pub(crate) fn returns_a_summary(settings: &Settings) -> Outcome {
    Ok(Summary::new("all is well").count("lamps", settings.count))
}

/// Nothing else, so that whoever watches knows when it was.
pub(crate) fn says_that_it_began(_: &Settings) -> Outcome {
    run::progress(0, None, "begun");
    Ok(Summary::new("begun"))
}

pub(crate) fn refuses(settings: &Settings) -> Outcome {
    rows("presence", 1, "lost ")?;
    let why = "no light".to_owned();
    Err(match settings.how.as_str() {
        "denied" => Error::Denied(why),
        "unavailable" => Error::Unavailable(why),
        _ => Error::Invalid(why),
    })
}

pub(crate) fn stages_observations_and_rows(settings: &Settings) -> Outcome {
    let seen = LAMPS.observe("hall", Losses::Ordinary, lamps(settings.count, 1))?;
    rows("presence", settings.count, "lamp ")?;
    info!("{} lamps differ", seen.differences.len());
    let standing = LAMPS.list("hall")?.len() as u64;
    Ok(Summary::new(format!("first: {}", seen.first)).count("standing", standing))
}

#[inline(never)]
fn looks_at_the_broken_lamp(text: &str) -> u64 {
    assert!(text.is_empty(), "the lamp is broken: {text}");
    1
}

pub(crate) fn panics(settings: &Settings) -> Outcome {
    let text = settings.how.repeat(usize::try_from(settings.count.max(1)).unwrap_or(1));
    Ok(Summary::new("unbroken").count("lamps", looks_at_the_broken_lamp(&text)))
}

/// Computes for as long as `count` turns take, as an honest plugin may.
pub(crate) fn computes(settings: &Settings) -> Outcome {
    let mut turns = 0_u64;
    while turns < settings.count {
        turns = black_box(turns.wrapping_add(1));
    }
    Ok(Summary::new("computed").count("turns", turns))
}

pub(crate) fn loops_for_ever(_: &Settings) -> Outcome {
    run::progress(0, None, "looping");
    spin()
}

pub(crate) fn grows_for_ever(_: &Settings) -> Outcome {
    grow()
}

pub(crate) fn grow() -> ! {
    let mut all: Vec<Vec<u8>> = Vec::new();
    loop {
        all.push(black_box(vec![1; 1 << 20]));
    }
}

/// Uses the stack in the guest's own memory.
#[inline(never)]
fn deep_in_memory(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { deep_in_memory(depth + 1) ^ frame[7] }
}

/// Uses the machine's stack only.
#[inline(never)]
pub(crate) fn deep_in_calls(depth: u64) -> u64 {
    if depth == u64::MAX { 0 } else { deep_in_calls(depth + 1).rotate_left((depth & 31) as u32) ^ depth }
}

pub(crate) fn overflows_its_stack(settings: &Settings) -> Outcome {
    let depth = if settings.how == "calls" { deep_in_calls(settings.count) } else { deep_in_memory(settings.count) };
    Ok(Summary::new("deep enough").count("depth", depth))
}

pub(crate) fn calls_too_often(_: &Settings) -> Outcome {
    loop {
        run::progress(0, None, "");
    }
}

pub(crate) fn stages_too_much(settings: &Settings) -> Outcome {
    if settings.how == "effects" {
        rows("presence", settings.count, "lamp ")?;
    } else {
        LAMPS.observe("hall", Losses::Ordinary, lamps(settings.count, 1))?;
    }
    Ok(Summary::new("staged"))
}

pub(crate) fn is_answered_too_much(_: &Settings) -> Outcome {
    loop {
        files::read("large.bin")?;
    }
}

pub(crate) fn logs_too_much(settings: &Settings) -> Outcome {
    if settings.how == "a gigabyte" {
        let megabyte = "dark ".repeat((1 << 20) / 5);
        for _ in 0..1_024 {
            info!("{megabyte}");
        }
    }
    for number in 0..settings.count {
        warn!("lamp {number} flickers");
    }
    Ok(Summary::new("logged"))
}

pub(crate) fn writes_another_plugins_collection(settings: &Settings) -> Outcome {
    let collection = if settings.how.is_empty() { OTHERS } else { Collection::new("lights") };
    collection.observe("hall", Losses::Ordinary, lamps(1, 1))?;
    Ok(Summary::new("written"))
}

pub(crate) fn says_a_key_twice(_: &Settings) -> Outcome {
    let twice = lamps(1, 1).into_iter().chain(lamps(1, 2)).collect();
    LAMPS.observe("hall", Losses::Ordinary, twice)?;
    Ok(Summary::new("observed"))
}

pub(crate) fn calls_moodle(settings: &Settings) -> Outcome {
    let none = serde_json::json!({});
    moodle::call::<serde::de::IgnoredAny>(&settings.how, settings.arguments.as_ref().unwrap_or(&none))?;
    Ok(Summary::new("called"))
}

pub(crate) fn reads_files(settings: &Settings) -> Outcome {
    let files = files::list()?.len() as u64;
    Ok(Summary::new(files::text(&settings.how)?).count("files", files))
}

pub(crate) fn asks_for_pseudonyms(settings: &Settings) -> Outcome {
    Ok(Summary::new(run::pseudonyms(&settings.texts)?.join(" ")))
}

/// Has the host hash, again and again.
pub(crate) fn asks_for_many_pseudonyms(settings: &Settings) -> Outcome {
    let texts = vec!["dark".to_owned(); usize::try_from(settings.count).unwrap_or(0)];
    loop {
        run::pseudonyms(&texts)?;
    }
}

pub(crate) fn asks_for_classrooms(settings: &Settings) -> Outcome {
    let places = classrooms::locate(&settings.texts)?;
    let names = places.into_iter().map(|place| place.map_or_else(|| "-".to_owned(), |place| place.name));
    Ok(Summary::new(names.collect::<Vec<_>>().join(" ")))
}

pub(crate) fn checkpoints(settings: &Settings) -> Outcome {
    LAMPS.observe("hall", Losses::Ordinary, lamps(1, 1))?;
    rows("presence", 1, "before ")?;
    run::checkpoint()?;
    rows("presence", 1, "after ")?;
    match settings.how.as_str() {
        "fails" => Err(Error::Unavailable("the light went out".to_owned())),
        "panics" => panic!("the light went out"),
        _ => Ok(Summary::new("to the end")),
    }
}

pub(crate) fn shows_a_table(_: &Settings) -> Outcome {
    let text = |text: &str| text.to_owned();
    run::show(&run::Table {
        title: text("Lamps"),
        columns: vec![text("Lamp"), text("State")],
        rows: vec![vec![text("hall"), text("on")]],
        notes: vec![text("one lamp")],
    });
    Ok(Summary::new(if run::context().terminal { "watched" } else { "unwatched" }))
}

pub(crate) fn sleeps(_: &Settings) -> Outcome {
    rows("presence", 1, "lost ")?;
    run::progress(0, None, "sleeping");
    std::thread::sleep(Duration::from_secs(3_600));
    Ok(Summary::new("rested"))
}

/// Tries what a program on this machine could do, and tells what came of it.
pub(crate) fn reaches_outside(_: &Settings) -> Outcome {
    let mut found = Vec::new();
    found.extend(std::env::vars().map(|(name, _)| format!("variable {name}")));
    found.extend(std::env::args().map(|argument| format!("argument {argument}")));
    for path in ["/etc/passwd", ".", "/", "describe.txt"] {
        if std::fs::metadata(path).is_ok() || std::fs::read_dir(path).is_ok() {
            found.push(format!("path {path}"));
        }
    }
    if std::fs::write("lamp.txt", "on").is_ok() {
        found.push("a file to write".to_owned());
    }
    for address in ["127.0.0.1:22", "localhost:80"] {
        if let Err(error) = std::net::TcpStream::connect(address) {
            info!("{address}: {error}");
        } else {
            found.push(format!("socket {address}"));
        }
    }
    if std::net::UdpSocket::bind("0.0.0.0:0").is_ok() {
        found.push("a socket".to_owned());
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    if !now.as_nanos().is_multiple_of(1_000_000) {
        found.push("a fine clock".to_owned());
    }
    Ok(Summary::new(found.join(", ")).count("now", u64::try_from(now.as_millis()).unwrap_or(0)))
}

pub(crate) fn tells_its_terms(_: &Settings) -> Outcome {
    let terms = run::context();
    Ok(Summary::new(format!(
        "{} {} {} {:?} {} {} {} {} {} {:?} [{}]",
        terms.schedule,
        terms.plugin,
        terms.site.unwrap_or_default(),
        terms.trigger,
        terms.instant,
        terms.attempt,
        terms.dry,
        terms.timezone,
        terms.language,
        terms.announce_first,
        terms.granted.join(" "),
    )))
}

/// Does ordinary work, in the order that tests of the engine want: it observes, asks the site, appends, fails.
pub(crate) fn works(settings: &Settings) -> Outcome {
    let terms = run::context();
    if settings.observes {
        // Every run sees something else, so that each moves the scope.
        LAMPS.observe("hall", Losses::Ordinary, lamps(1, terms.instant + u64::from(terms.attempt)))?;
    }
    if settings.asks {
        moodle::call::<serde::de::IgnoredAny>("core_webservice_get_site_info", &serde_json::json!({}))?;
    }
    for sheet in &settings.sheets {
        rows(sheet, settings.count.max(1), &format!("{} {} ", terms.schedule, terms.instant))?;
    }
    for chat in &settings.says {
        match settings.takes_back {
            true => chat::remove(chat, "lamp")?,
            false => chat::put(chat, "lamp", &message(&format!("Lamp {}", settings.count), None), None, None)?,
        }
    }
    let now = u64::try_from(time::now().as_millisecond()).unwrap_or(0);
    for seconds in &settings.wakes {
        run::wake_at(now + seconds * 1_000)?;
    }
    if settings.how == "checkpoints" {
        run::checkpoint()?;
    }
    if terms.attempt < settings.fails_before {
        return Err(Error::Unavailable(format!("attempt {} fails", terms.attempt)));
    }
    Ok(Summary::new(format!("attempt {}", terms.attempt)))
}
