//! Hands that move conferences about: what a teacher, an administrator or a broken server does to them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{MutexGuard, PoisonError};

use super::Moodle;
use crate::school::conferences::{Activity, Calendar, Event};

/// How long an answer of the conference server is kept, in seconds.
const CACHED: i64 = 60;

/// What the id of the course module of an activity added by hand is above its instance id.
const MODULES: i64 = 16;

/// Names one conference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConferenceId {
    /// A BigBlueButton activity, by its instance id.
    Activity(i64),
    /// A plain calendar event, by its id.
    Event(i64),
}

/// What can be added.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A BigBlueButton activity.
    Activity(Activity),
    /// A plain calendar event.
    Event(Event),
}

impl From<Activity> for Entry {
    fn from(activity: Activity) -> Self {
        Self::Activity(activity)
    }
}

impl From<Event> for Entry {
    fn from(event: Event) -> Self {
        Self::Event(event)
    }
}

/// What was done to one conference.
#[derive(Clone, Debug, Default)]
struct Edit {
    begins: Option<i64>,
    closing: Option<Option<i64>>,
    name: Option<String>,
    modified: Option<i64>,
    hidden: Option<bool>,
    running: Option<Option<i64>>,
    deleting: bool,
    gone: bool,
}

/// All that was done by hand.
#[derive(Debug, Default)]
pub(super) struct Hands {
    added: Calendar,
    made: i64,
    edits: BTreeMap<ConferenceId, Edit>,
    pub(super) hidden_courses: HashSet<i64>,
    pub(super) warned_courses: HashSet<i64>,
    pub(super) server_down: bool,
    /// When each activity's meeting was last asked for, and since when it ran then.
    cache: HashMap<i64, (i64, Option<i64>)>,
}

impl Hands {
    /// Adds what was added to a calendar and changes what was changed.
    pub(super) fn lay_on(&self, mut calendar: Calendar) -> Calendar {
        calendar.activities.extend_from_slice(&self.added.activities);
        calendar.events.extend_from_slice(&self.added.events);
        calendar.activities.retain_mut(|activity| match self.edits.get(&ConferenceId::Activity(activity.id)) {
            Some(edit) => edit.change_activity(activity),
            None => true,
        });
        calendar.events.retain_mut(|event| match self.edits.get(&ConferenceId::Event(event.id)) {
            Some(edit) => edit.change_event(event),
            None => true,
        });
        calendar
    }

    /// Returns since when a meeting runs as the site believes it; `None` if it would have to ask a server that is down.
    pub(super) fn meeting(&mut self, activity: &Activity, now: i64, afresh: bool) -> Option<Option<i64>> {
        let kept = self.cache.get(&activity.id).filter(|(asked, _)| !afresh && now - asked < CACHED);
        if let Some((_, running)) = kept {
            return Some(*running);
        }
        if self.server_down {
            return None;
        }
        self.cache.insert(activity.id, (now, activity.running));
        Some(activity.running)
    }
}

impl Edit {
    /// Says whether the row is still there.
    fn change_activity(&self, activity: &mut Activity) -> bool {
        activity.opening = self.begins.or(activity.opening);
        activity.closing = self.closing.unwrap_or(activity.closing);
        activity.running = self.running.unwrap_or(activity.running);
        activity.hidden = self.hidden.unwrap_or(activity.hidden);
        activity.modified = self.modified.unwrap_or(activity.modified);
        activity.deleting |= self.deleting;
        if let Some(name) = &self.name {
            activity.name.clone_from(name);
        }
        !self.gone
    }

    /// Says whether the row is still there.
    fn change_event(&self, event: &mut Event) -> bool {
        event.begins = self.begins.unwrap_or(event.begins);
        event.hidden = self.hidden.unwrap_or(event.hidden);
        event.modified = self.modified.unwrap_or(event.modified);
        if let Some(closing) = self.closing {
            event.lasts = closing.map_or(0, |closing| closing - event.begins);
        }
        if let Some(name) = &self.name {
            event.name.clone_from(name);
        }
        !(self.gone || self.deleting)
    }
}

/// The conferences of a site, to be moved about by hand. Everything works on those by chance as well; what is done to one
/// that is not there (yet) has no effect until it is. All instants are epoch seconds.
#[derive(Clone, Copy)]
pub struct Conferences<'a> {
    moodle: &'a Moodle,
}

impl<'a> Conferences<'a> {
    pub(super) fn of(moodle: &'a Moodle) -> Self {
        Self { moodle }
    }

    /// Returns what stands in the tables now.
    pub fn calendar(&self) -> Calendar {
        self.moodle.calendar()
    }

    /// Adds an activity or an event. Ids that are 0 are given out, and what was never edited is made now.
    pub fn add(&self, entry: impl Into<Entry>) -> ConferenceId {
        let now = self.moodle.now();
        let mut hands = self.hands();
        hands.made += 1;
        let next = hands.made;
        let or_next = |id: &mut i64, next: i64| *id = if *id == 0 { next } else { *id };
        match entry.into() {
            Entry::Activity(mut activity) => {
                or_next(&mut activity.id, next);
                // Three ids that are never the same number, so that one taken for another is found out.
                let (module, event) = (activity.id + MODULES, activity.id + 1000);
                or_next(&mut activity.cm, module);
                or_next(&mut activity.event, event);
                or_next(&mut activity.created, now);
                let id = ConferenceId::Activity(activity.id);
                hands.added.activities.push(activity);
                id
            }
            Entry::Event(mut event) => {
                or_next(&mut event.id, next);
                or_next(&mut event.modified, now);
                let id = ConferenceId::Event(event.id);
                hands.added.events.push(event);
                id
            }
        }
    }

    /// Moves a beginning. An activity's closing time stays; an event keeps its duration.
    pub fn move_to(&self, id: ConferenceId, begins: i64) {
        self.edit(id, |edit| edit.begins = Some(begins));
    }

    /// Sets or clears when an activity closes, or when an event ends.
    pub fn set_closing(&self, id: ConferenceId, closing: Option<i64>) {
        self.edit(id, |edit| edit.closing = Some(closing));
    }

    /// Gives another name.
    pub fn rename(&self, id: ConferenceId, name: impl Into<String>) {
        self.edit(id, |edit| edit.name = Some(name.into()));
    }

    /// Deletes the row at once, as calendar events are deleted.
    pub fn cancel(&self, id: ConferenceId) {
        self.touch(id, |edit| edit.gone = true);
    }

    /// Marks an activity for deletion, as activities are deleted: it leaves all answers at once, the row stays.
    pub fn mark_deleted(&self, id: ConferenceId) {
        self.touch(id, |edit| edit.deleting = true);
    }

    /// Hides it from participants.
    pub fn hide(&self, id: ConferenceId) {
        self.touch(id, |edit| edit.hidden = Some(true));
    }

    /// Shows it to participants again.
    pub fn show(&self, id: ConferenceId) {
        self.touch(id, |edit| edit.hidden = Some(false));
    }

    /// Begins a meeting in an activity now. Who asked less than a minute ago is told so only with `updatecache`.
    pub fn begin_meeting(&self, id: ConferenceId) {
        let now = self.moodle.now();
        self.touch(id, |edit| edit.running = Some(Some(now)));
    }

    /// Ends the meeting in an activity. Who asked less than a minute ago is told so only with `updatecache`.
    pub fn end_meeting(&self, id: ConferenceId) {
        self.touch(id, |edit| edit.running = Some(None));
    }

    /// Hides a course from its participants; they are told what they would be told if they were no longer enrolled.
    pub fn hide_course(&self, course: i64) {
        self.hands().hidden_courses.insert(course);
    }

    /// Shows a hidden course again.
    pub fn show_course(&self, course: i64) {
        self.hands().hidden_courses.remove(&course);
    }

    /// Lets nobody into a course that stays in all lists: functions leave it out with a warning. `false` ends that.
    pub fn warn_course(&self, course: i64, on: bool) {
        let mut hands = self.hands();
        if on {
            hands.warned_courses.insert(course);
        } else {
            hands.warned_courses.remove(&course);
        }
    }

    /// Takes the conference server down, or up again.
    pub fn server_down(&self, down: bool) {
        self.hands().server_down = down;
    }

    /// Changes something that teachers edit: the row says when.
    fn edit(&self, id: ConferenceId, change: impl FnOnce(&mut Edit)) {
        let now = self.moodle.now();
        self.touch(id, |edit| {
            change(edit);
            edit.modified = Some(now);
        });
    }

    fn touch(&self, id: ConferenceId, change: impl FnOnce(&mut Edit)) {
        change(self.hands().edits.entry(id).or_default());
    }

    fn hands(&self) -> MutexGuard<'a, Hands> {
        self.moodle.hands()
    }
}

impl Moodle {
    /// Returns the conferences, to be moved about by hand.
    pub fn conferences(&self) -> Conferences<'_> {
        Conferences::of(self)
    }

    /// Returns the calendar as its tables stand now.
    pub(super) fn calendar(&self) -> Calendar {
        let calendar = self.inner.school.calendar((self.inner.clock)());
        self.hands().lay_on(calendar)
    }

    pub(super) fn hands(&self) -> MutexGuard<'_, Hands> {
        self.inner.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
