//! Asking how far the account is with activities where Moodle wants a call for each: about those alone whose time is now, and seldom.

use beadle_sdk::Error;
use beadle_sdk::moodle::{self, Question, Site};

use super::Wanted;

/// How many calls are made at once; the host makes as many of them side by side as the site allows.
const AT_ONCE: usize = 10;

/// For how long after its end an activity is still asked about, in seconds: what was begun in time may be handed in by the site itself.
const AFTER: i64 = 3 * 86_400;

/// When an activity can be worked on. Instants are in seconds since 1970-01-01 UTC.
pub(super) struct Window {
    pub(super) key: String,
    /// Moodle's number of its instance.
    pub(super) id: u64,
    pub(super) opens: Option<i64>,
    /// When it is due or closes.
    pub(super) due: Option<i64>,
    /// From when on nothing can be done any more.
    pub(super) ends: Option<i64>,
}

/// Chooses which activities to ask about at an instant: those that are open or have just ended, and that nobody knows to be done; each
/// once a day, and more often in the last `hurry` seconds before it is due. At most `most` are returned, those first that were not asked
/// about today, and of them those that are due first, so that the next run goes on with the rest.
pub(super) fn choose(
    all: impl Iterator<Item = Window>,
    wanted: &Wanted<'_>,
    now: i64,
    hurry: i64,
    most: usize,
) -> Vec<Window> {
    let memory = wanted.memory;
    let asked = |one: &Window| memory.asked.contains(&one.key);
    let is_open = |one: &Window| {
        one.opens.is_none_or(|opens| opens <= now) && one.ends.is_none_or(|ends| ends.saturating_add(AFTER) >= now)
    };
    let is_near = |one: &Window| one.due.is_some_and(|due| (0..hurry).contains(&due.saturating_sub(now)));
    let is_done = |one: &Window| memory.known.get(&one.key).is_some_and(|known| known.completed);
    let mut chosen: Vec<Window> =
        all.filter(|one| is_open(one) && !is_done(one) && (!asked(one) || is_near(one))).collect();
    chosen.sort_by_key(|one| (asked(one), one.due.is_none(), one.due));
    chosen.truncate(most);
    chosen
}

/// Asks about each activity, about the first alone: what is refused to all is refused once.
///
/// # Errors
/// Why nobody can be asked about: the function is not granted, or the site does not have it.
pub(super) fn ask_each(
    site: &mut dyn Site,
    all: &[Window],
    question: impl Fn(u64) -> Question,
) -> Result<Vec<Result<String, Error>>, Error> {
    let Some((first, rest)) = all.split_first() else { return Ok(Vec::new()) };
    let answer = moodle::one(site, question(first.id));
    if let Err(error) = &answer
        && is_of_all(error)
    {
        return Err(error.clone());
    }
    let mut answers = vec![answer];
    for some in rest.chunks(AT_ONCE) {
        let mut more = site.ask(some.iter().map(|one| question(one.id)).collect());
        more.resize_with(some.len(), moodle::nothing);
        answers.append(&mut more);
    }
    Ok(answers)
}

/// Says whether an error is about the function and not about what it was asked about.
fn is_of_all(error: &Error) -> bool {
    matches!(error, Error::Denied(_)) || matches!(error.code(), Some("accessexception" | "invalidrecordunknown"))
}

/// Says whether an error about one activity is the site's answer for today: it need not be asked, and warned of, in each run.
pub(super) fn is_final(error: &Error) -> bool {
    matches!(error, Error::Refused { .. })
}
