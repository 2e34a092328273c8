//! What a run makes of the conferences.

use std::collections::BTreeMap;

use beadle_sdk::chat::Message;

use crate::absence::Gone;
use crate::conference::{Conference, Key};

/// A message that shall stand in the channel of the settings. Instants are seconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Put {
    pub(crate) key: Key,
    pub(crate) message: Message,
    /// From when on; at once where it is none.
    pub(crate) at: Option<i64>,
    pub(crate) until: Option<i64>,
}

/// A message that shall stand no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remove {
    pub(crate) channel: String,
    pub(crate) key: Key,
    pub(crate) event: u64,
    /// Why its conference is gone; none where it stands with other messages.
    pub(crate) why: Option<Gone>,
}

/// What happened to a conference that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    Nothing,
    New,
    /// It begins at another time.
    Moved,
    /// Its name, link, end or courses are others.
    Changed,
}

impl Happening {
    /// Tells what happened. An end that becomes known, or is forgotten, is no change: nobody entered it just now.
    pub(crate) fn between(stood: Option<&Conference>, now: &Conference) -> Self {
        let Some(stood) = stood else { return Self::New };
        let other_end = stood.end_known && now.end_known && stood.end != now.end;
        if stood.start != now.start {
            Self::Moved
        } else if other_end
            || stood.title != now.title
            || stood.link != now.link
            || stood.courses.keys().ne(now.courses.keys())
        {
            Self::Changed
        } else {
            Self::Nothing
        }
    }
}

/// What a run makes of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Step {
    /// All conferences that stand, by their events' numbers.
    pub(crate) records: BTreeMap<u64, Conference>,
    pub(crate) happened: BTreeMap<u64, Happening>,
    /// Those that stood and stand no more.
    pub(crate) gone: BTreeMap<u64, Gone>,
    pub(crate) puts: Vec<Put>,
    pub(crate) removes: Vec<Remove>,
    /// When to look again, in seconds since 1970-01-01 UTC, the earliest first.
    pub(crate) wakes: Vec<i64>,
    /// Lines for the log: numbers of events, never what people wrote.
    pub(crate) lines: Vec<String>,
    /// Lines for the log about what the operator should mend.
    pub(crate) warnings: Vec<String>,
}

impl Step {
    /// Notes that a conference stands.
    pub(super) fn keep(&mut self, event: u64, stood: Option<&Conference>, conference: Conference) {
        let happened = Happening::between(stood, &conference);
        match happened {
            Happening::Nothing => {}
            Happening::New => self.lines.push(format!("conference {event} is new")),
            Happening::Moved => {
                let by = stood.map_or(0, |stood| conference.start - stood.start);
                self.lines.push(format!("conference {event} is moved by {by} s"));
            }
            Happening::Changed => self.lines.push(format!("conference {event} is changed")),
        }
        self.happened.insert(event, happened);
        self.records.insert(event, conference);
    }

    /// Notes that a conference stands no more.
    pub(super) fn lose(&mut self, event: u64, why: Gone) {
        self.lines.push(farewell(event, why));
        self.gone.insert(event, why);
    }

    /// Leaves the messages of those standing that are gone for any reason but their time: the host holds back so many losses at once
    /// until another run says the same.
    pub(crate) fn hold(&mut self) {
        let accident = |why: Gone| !matches!(why, Gone::Ended | Gone::Merged);
        self.removes.retain(|remove| !remove.why.is_some_and(accident));
        for (event, why) in self.gone.extract_if(.., |_, why| accident(*why)) {
            self.lines.retain(|line| *line != farewell(event, why));
        }
        self.warnings.push(
            "more than half of the conferences are gone at once; their messages are left until the next run says the same"
                .to_owned(),
        );
    }

    /// Counts those to which something happened.
    pub(crate) fn count(&self, happening: Happening) -> usize {
        self.happened.values().filter(|&&happened| happened == happening).count()
    }

    /// Counts those that are gone for a reason.
    pub(crate) fn count_gone(&self, reason: Gone) -> usize {
        self.gone.values().filter(|&&why| why == reason).count()
    }
}

/// Returns what the log says of one that stands no more.
fn farewell(event: u64, why: Gone) -> String {
    format!("conference {event} {}", why.words())
}
