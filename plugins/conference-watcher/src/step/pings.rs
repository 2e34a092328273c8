//! Which pings of a conference are to come.

use crate::conference::Conference;

/// Returns the leads whose pings shall be sent: all that are to come, and of those whose time has passed the latest alone. Who enters a
/// conference three minutes before it begins wants one ping at once, not one for each lead. After the start there are none.
pub(super) fn due(conference: &Conference, now: i64) -> impl Iterator<Item = i64> {
    let start = conference.start;
    let passed = conference.leads.iter().copied().filter(move |lead| start - lead <= now).min();
    conference.leads.iter().copied().filter(move |&lead| start > now && (start - lead > now || Some(lead) == passed))
}
