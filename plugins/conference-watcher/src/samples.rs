//! Conferences for tests.

use std::collections::BTreeMap;

use crate::conference::{Conference, Kind};

/// Returns the weekly lecture of the recorded site, 90 minutes from 2026-11-22 09:00 UTC.
pub(crate) fn conference() -> Conference {
    Conference {
        title: "Weekly lecture (online)".to_owned(),
        courses: BTreeMap::from([(2, "Fundamentals of Physics".to_owned())]),
        group: None,
        start: 1_795_338_000,
        end: 1_795_343_400,
        end_known: true,
        link: Some("http://moodle.example.test/mod/bigbluebuttonbn/view.php?id=17".to_owned()),
        kind: Kind::Bigbluebutton { instance: 1, cmid: Some(17) },
        was: None,
        channel: "class".to_owned(),
        leads: vec![300],
        running: None,
        announced: true,
        asked: Some(1_795_197_686),
    }
}
