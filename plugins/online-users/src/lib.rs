//! online-users: who is online, in which room, and who has just come.
//!
//! The answer is wrong in quiet ways if care is not taken: an outage recorded as "nobody is here" or as a room nobody knows, people
//! listed who asked not to be, a number in a sheet that can be turned back into a person. So a poll that cannot be complete is
//! skipped, what is not known is said to be unknown, and names are for the person at the terminal alone.

mod identity;
/// The mapper's rule, to see its rooms in rows.
#[cfg(test)]
#[path = "../../classroom-mapper/src/last_segment.rs"]
mod last_segment;
mod occupancy;
mod places;
mod presence;
mod rows;
mod settings;
mod show;
mod source;
mod summary;

use std::collections::HashSet;

use beadle_sdk::ledger::{Collection, Losses, Record};
use beadle_sdk::run::Context;
use beadle_sdk::{Collector, Description, Error, Plugin, Summary, run, sheets, time, warn};

use identity::Hashes;
use occupancy::Room;
use places::Places;
use presence::{Polled, Seen, Session};
use settings::Settings;
use source::Moment;

/// The plugin.
struct OnlineUsers;

/// Who is here, and where: a record for each session, under the person's pseudonym.
const PRESENCE: Collection<Session> = Collection::new("presence");
/// When a poll was last counted while somebody was away: one record.
const POLLS: Collection<Polled> = Collection::new("polls");
/// How many people are in each room.
const OCCUPANCY: Collection<Room> = Collection::new("occupancy");
/// The scope of all three: the run's site.
const SITE: &str = "site";

impl Plugin for OnlineUsers {
    fn describe() -> Description {
        Description::new(
            "online-users",
            env!("CARGO_PKG_VERSION"),
            "Sees who is online in Moodle and in which room, and writes a row for each arrival.",
        )
        .settings(include_str!("settings.json"))
        .may_use(
            "db",
            &[],
            "to read from Moodle's own database who was active, and from which address: one statement of a fraction of a \
             millisecond, and the only source that knows rooms",
        )
        .may_use(
            "moodle",
            &[source::enrolled::FUNCTION],
            "to list the accounts of the site page by page where there is no database; its account needs \
             moodle/site:viewparticipants",
        )
        .may_use(
            "moodle",
            &[source::users::FUNCTION],
            "to list all accounts of the site at once where nothing else is granted",
        )
        .may_use("sheets", &["append"], "to write a row for each arrival: a pseudonym, two times and a room, never a name")
        .may_use("classrooms", &[], "to turn addresses into rooms; without a mapper every room is unknown")
        .keeps("presence", "who is here and in which room, under pseudonyms; a record ends with its session")
        .keeps("polls", "when a poll was last counted, while somebody is away")
        .publishes("occupancy", "how many people are in each room")
    }
}

impl Collector for OnlineUsers {
    type Settings = Settings;

    fn collect(settings: Settings) -> Result<Summary, Error> {
        let context = run::context();
        let zone = time::zone(&context.timezone)?;
        let (window, gap) = (settings.window()?, settings.session_gap()?);
        let now = time::now().as_second();

        let poll = source::poll(&settings, &context, Moment { now, window })?;
        if !poll.opt_outs_known {
            warn!(
                "whether people chose not to be shown is unknown, so everybody is listed; \
                 grant a database whose user may read the table user_preferences"
            );
        }
        let (people, hidden) = poll.listed_and_hidden(settings.show_hidden);
        let places = Places::of(&people, context.granted.iter().any(|line| line == "classrooms"))?;
        let hashes = Hashes::of(&people, &hidden, settings.identity)?;

        let seen: Vec<Seen<'_>> = people
            .iter()
            .enumerate()
            .map(|(index, person)| Seen {
                key: &hashes.keys[index],
                room: places.room(index),
                last_access: person.last_access.min(now),
            })
            .collect();
        let forgotten: HashSet<&str> = hashes.hidden.iter().map(String::as_str).collect();
        let before = PRESENCE.list(SITE)?;
        let polled = last_poll(&before)?;
        let before = before.into_iter().map(|stored| (stored.key, stored.value)).collect();
        let step = presence::step(before, polled, &seen, &forgotten, presence::Clock { now, window, gap });

        let (occupancy, rooms) = occupancy::step(
            OCCUPANCY.list(SITE)?.into_iter().map(|stored| (stored.key, stored.value)).collect(),
            step.sessions.iter().filter(|(_, session)| session.here).filter_map(|(_, session)| session.room.as_deref()),
            now,
        );
        let summary = summary::of(&summary::Figures {
            online: people.len() + hidden.len(),
            hidden: hidden.len(),
            arrived: step.arrived.len(),
            moved: step.moved,
            left: step.left,
            rooms: &rooms,
        });

        if let Some(at) = step.polled {
            POLLS.observe(SITE, Losses::Ordinary, vec![Record::new("last", Polled { at })])?;
        }
        OCCUPANCY.observe(SITE, Losses::Ordinary, occupancy.into_iter().map(occupancy::record).collect())?;
        let first =
            PRESENCE.observe(SITE, Losses::Ordinary, step.sessions.into_iter().map(presence::record).collect())?.first;

        let announced = if first && context.announce_first == Some(false) { Vec::new() } else { step.arrived };
        let table = rows::Table { zone: &zone, now, people: &people, hashes: &hashes, places: &places };
        append(&settings, &table, &announced)?;
        if context.terminal {
            run::show(&show::table(&table, hidden.len(), announced.len(), &outcome(&settings, &context)));
        }
        Ok(summary)
    }
}

/// Returns when a poll was last counted. It matters only while somebody is away.
fn last_poll(before: &[beadle_sdk::ledger::Stored<Session>]) -> Result<Option<i64>, Error> {
    if before.iter().all(|stored| stored.value.here) {
        return Ok(None);
    }
    Ok(POLLS.get(SITE, &["last".to_owned()])?.pop().flatten().map(|stored| stored.value.at))
}

/// Stages the rows of those who have just come.
fn append(settings: &Settings, table: &rows::Table<'_>, arrived: &[usize]) -> Result<(), Error> {
    match &settings.sheet {
        Some(sheet) if !arrived.is_empty() => {
            let rows: Vec<Vec<String>> = arrived.iter().map(|&index| table.row(index)).collect();
            sheets::append(sheet, &rows::COLUMNS, rows::key(settings.once), &rows)
        }
        _ => Ok(()),
    }
}

/// What becomes of the rows.
fn outcome(settings: &Settings, context: &Context) -> show::Rows {
    match settings.sheet {
        None => show::Rows::Nowhere,
        Some(_) if context.dry => show::Rows::Dry,
        Some(_) => show::Rows::Appended,
    }
}

beadle_sdk::collector!(OnlineUsers);
