//! Why a conference is not in the calendar any more. "Gone" may mean ended, cancelled, hidden, moved far away, or not seen at all, and
//! people are told different things: so it is decided here, once, from all that is known.

use crate::conference::Conference;
use crate::seen::{Answer, Found, Meeting, Seen, Sighting, Traces};

/// Why a conference does not stand any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gone {
    /// Its time has passed.
    Ended,
    /// It was called off: the event, its opening time, or its link is gone.
    Cancelled,
    /// It, or its course, is not open to those who take part.
    Hidden,
    /// It is not there, and the site does not say why.
    Unknown,
    /// It is the same meeting as another that stands.
    Merged,
}

impl Gone {
    /// Says it, after "conference 12".
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Ended => "has ended",
            Self::Cancelled => "is cancelled",
            Self::Hidden => "is hidden, or its course is",
            Self::Unknown => "is gone, and the site does not say why",
            Self::Merged => "is the same meeting as another",
        }
    }
}

/// What becomes of a conference that stood and is not among the sightings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was not seen, or cannot be told now: it stands as it stood.
    Stays,
    /// It is there, as this sighting says.
    Found(Sighting),
    Gone(Gone),
}

/// The instants by which it is decided, in seconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// The host's clock, by which messages are sent.
    pub(crate) now: i64,
    /// The site's clock, by which activities close and leave the calendar. What people entered as a time is meant by everybody's
    /// clock, so only this is shifted.
    pub(crate) site: i64,
    /// Up to when the calendar was asked.
    pub(crate) horizon: i64,
}

/// Decides.
pub(crate) fn fate(event: u64, stood: &Conference, seen: &Seen, clock: Clock) -> Fate {
    let traces = seen.traces.get(&event).unwrap_or(&Traces::NONE);
    if let Answer::Given(Found::Conference(sighting)) = &traces.event {
        return Fate::Found(sighting.clone());
    }
    let meeting = traces.meeting.given();
    if stood.end <= clock.now.max(clock.site) || meeting.is_some_and(|meeting| meeting.closed) {
        return Fate::Gone(Gone::Ended);
    }
    match &traces.event {
        Answer::Given(Found::Hidden) => return Fate::Gone(Gone::Hidden),
        Answer::Given(Found::Linkless) => return Fate::Gone(Gone::Cancelled),
        Answer::Failed => return Fate::Stays,
        _ => {}
    }
    if is_unseen(event, stood, seen) || (stood.start >= clock.horizon && traces.event == Answer::NotAsked) {
        return Fate::Stays;
    }
    if !stood.courses.is_empty() && stood.courses.keys().all(|course| !seen.courses.contains_key(course)) {
        return Fate::Gone(Gone::Hidden);
    }
    match &traces.meeting {
        Answer::Refused(code) if code == "requireloginerror" => return Fate::Gone(Gone::Hidden),
        // Without a code PHP itself failed: there is no such activity.
        Answer::Refused(code) if code.is_empty() || code == "activityisscheduledfordeletion" => {
            return Fate::Gone(Gone::Cancelled);
        }
        Answer::Given(meeting) => {
            return match meeting.opens {
                Some(opens) => Fate::Found(again(event, stood, opens, meeting)),
                None => Fate::Gone(Gone::Cancelled),
            };
        }
        // The server of the conferences does not answer, while the activity is there: nothing is known.
        Answer::Failed | Answer::Refused(_) if traces.activity == Some(true) => return Fate::Stays,
        _ => {}
    }
    let confirmed = matches!(traces.event, Answer::Refused(_)) || traces.activity == Some(false);
    Fate::Gone(if confirmed { Gone::Cancelled } else { Gone::Unknown })
}

/// Makes a sighting of what the meeting alone tells: it still opens, perhaps beyond the horizon.
fn again(event: u64, stood: &Conference, opens: i64, meeting: &Meeting) -> Sighting {
    Sighting {
        event,
        title: stood.title.clone(),
        course: stood.courses.keys().next().copied(),
        group: stood.group,
        start: opens,
        end: meeting.closes,
        link: stood.link.clone(),
        kind: stood.kind,
        running: meeting.running,
        modified: stood.asked.unwrap_or(0),
        asked: true,
    }
}

/// Tells whether the site did not answer for a conference, or for part of it.
pub(crate) fn is_unseen(event: u64, stood: &Conference, seen: &Seen) -> bool {
    let unseen = &seen.unseen;
    unseen.events.contains(&event)
        || stood.courses.keys().any(|course| unseen.courses.contains(course))
        || stood.group.is_some_and(|group| unseen.all_groups || unseen.groups.contains(&group))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::samples;
    use crate::seen::Unseen;

    const NOW: i64 = 1_795_300_000;
    const CLOCK: Clock = Clock { now: NOW, site: NOW, horizon: NOW + 30 * 86_400 };

    fn seen(traces: Traces) -> Seen {
        let courses = BTreeMap::from([(2, "Fundamentals of Physics".to_owned())]);
        Seen { traces: BTreeMap::from([(12, traces)]), courses, ..Seen::default() }
    }

    fn refused(code: &str) -> Answer<Meeting> {
        Answer::Refused(code.to_owned())
    }

    fn traces(meeting: Answer<Meeting>, activity: Option<bool>) -> Traces {
        Traces { event: Answer::Refused("nopermissions".to_owned()), meeting, activity }
    }

    fn of(traces: Traces) -> Fate {
        fate(12, &samples::conference(), &seen(traces), CLOCK)
    }

    #[test]
    fn a_meeting_tells_why_its_event_is_gone() {
        let open = Meeting { cmid: 17, opens: Some(1_795_338_000), ..Meeting::default() };
        for (meeting, activity, expected) in [
            (Answer::Given(Meeting { closed: true, ..open }), Some(true), Fate::Gone(Gone::Ended)),
            (Answer::Given(Meeting { opens: None, ..open }), Some(true), Fate::Gone(Gone::Cancelled)),
            (refused("requireloginerror"), Some(false), Fate::Gone(Gone::Hidden)),
            (refused("activityisscheduledfordeletion"), Some(false), Fate::Gone(Gone::Cancelled)),
            (refused(""), Some(false), Fate::Gone(Gone::Cancelled)),
            (refused("general_error_no_answer"), Some(true), Fate::Stays),
            (refused("general_error_no_answer"), Some(false), Fate::Gone(Gone::Cancelled)),
            (Answer::Failed, Some(true), Fate::Stays),
            (Answer::NotAsked, None, Fate::Gone(Gone::Cancelled)),
        ] {
            assert_eq!(of(traces(meeting.clone(), activity)), expected, "{meeting:?} {activity:?}");
        }
    }

    #[test]
    fn a_meeting_that_still_opens_is_found_with_its_new_time() {
        let later = CLOCK.horizon + 86_400;
        let meeting = Meeting { cmid: 17, opens: Some(later), closes: Some(later + 60), ..Meeting::default() };
        let Fate::Found(sighting) = of(Traces { meeting: Answer::Given(meeting), ..Traces::NONE }) else {
            panic!("it opens, if late")
        };
        assert_eq!((sighting.event, sighting.start, sighting.end), (12, later, Some(later + 60)));
        assert_eq!(sighting.course, Some(2));
    }

    #[test]
    fn a_time_that_has_passed_explains_it_by_either_clock() {
        let late = |now, site| fate(12, &samples::conference(), &seen(Traces::NONE), Clock { now, site, ..CLOCK });
        assert_eq!(late(1_795_343_399, 1_795_343_399), Fate::Gone(Gone::Unknown));
        assert_eq!(late(1_795_343_400, 1_795_343_400), Fate::Gone(Gone::Ended));
        assert_eq!(late(1_795_343_000, 1_795_343_600), Fate::Gone(Gone::Ended), "the site closed it already");
    }

    #[test]
    fn a_course_that_is_not_open_hides_its_conferences() {
        let mut seen = seen(traces(Answer::NotAsked, None));
        seen.courses.clear();
        assert_eq!(fate(12, &samples::conference(), &seen, CLOCK), Fate::Gone(Gone::Hidden));
    }

    #[test]
    fn what_was_not_seen_stays() {
        let unseen = [
            Unseen { courses: [2].into(), ..Unseen::default() },
            Unseen { groups: [5].into(), ..Unseen::default() },
            Unseen { all_groups: true, ..Unseen::default() },
            Unseen { events: [12].into(), ..Unseen::default() },
        ];
        let stood = Conference { group: Some(5), ..samples::conference() };
        for unseen in unseen {
            let seen = Seen { unseen: unseen.clone(), ..seen(Traces::NONE) };
            assert_eq!(fate(12, &stood, &seen, CLOCK), Fate::Stays, "{unseen:?}");
        }
        let failed = Traces { event: Answer::Failed, ..Traces::NONE };
        assert_eq!(of(failed), Fate::Stays, "it may be beyond the horizon");
    }

    #[test]
    fn beyond_the_horizon_absence_proves_nothing_unless_the_event_was_asked_for() {
        let stood = Conference { start: CLOCK.horizon, end: CLOCK.horizon + 60, ..samples::conference() };
        assert_eq!(fate(12, &stood, &seen(Traces::NONE), CLOCK), Fate::Stays);
        let asked = seen(traces(Answer::NotAsked, None));
        assert_eq!(fate(12, &stood, &asked, CLOCK), Fate::Gone(Gone::Cancelled));
    }

    #[test]
    fn an_event_that_is_there_but_no_conference_is_hidden_or_called_off() {
        let there = |found| of(Traces { event: Answer::Given(found), ..Traces::NONE });
        assert_eq!(there(Found::Hidden), Fate::Gone(Gone::Hidden));
        assert_eq!(there(Found::Linkless), Fate::Gone(Gone::Cancelled));
    }
}
