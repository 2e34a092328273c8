//! What conferences are called and where their links stand.

use super::super::chance;

/// Names of conferences; some break programs that take a name for plain text.
const NAMES: [&str; 14] = [
    "Weekly lecture (online)",
    "Office hours",
    "Q&A: \"cells\" and more",
    "Guest lecture: tides",
    "Exam review",
    "Sprechstunde für alle",
    "Parents' evening",
    "Lab briefing <part 2>",
    "Консультация",
    "Debate *for* and _against_ `maps`",
    "Kick-off session",
    "Project review 🎓",
    "Reading circle: [chapter 3](chapter 4)",
    "Tutorial | group work",
];

/// Events that are no conference, though some of them look like one.
const OTHERS: [(&str, &str); 4] = [
    ("Sports day", "<p>Bring a hat.</p>"),
    ("Conference of the chess club", "<p>Room 104, bring your board.</p>"),
    ("Book fair", "<p>See <a href=\"https://library.example.test/fair\">the programme</a>.</p>"),
    ("Photographs of all classes", ""),
];

/// Where the link of a plain event stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) location: String,
}

/// Returns the name of a conference.
pub(super) fn name(seed: u64, about: &[i64]) -> &'static str {
    pick::<&str>(seed, about, &NAMES)
}

/// Returns an event without any meeting.
pub(super) fn other(seed: u64, about: &[i64]) -> Text {
    let (name, description) = *pick(seed, about, &OTHERS);
    Text { name: name.into(), description: description.into(), location: "Assembly hall".into() }
}

/// Returns an event with a link to a meeting, which stands in one of the places people put it.
pub(super) fn linked(seed: u64, about: &[i64]) -> Text {
    let number = 100_000_000 + chance::below(seed ^ 0x7a11, about, 899_999_999);
    let name = name(seed, about).to_owned();
    let plain = |description: String, location: String| Text { name, description, location };
    match chance::below(seed ^ 0x11ac, about, 6) {
        0 => plain(
            format!(
                "<p>Join <a href=\"https://school.zoom.us/j/{number}?pwd=c2FtcGxl&amp;from=addon\">the meeting</a>, \
                 meeting id {number}.</p>"
            ),
            String::new(),
        ),
        1 => plain("<p>Slides follow.</p>".into(), format!("https://school.zoom.us/j/{number}")),
        2 => plain(
            format!(
                "<p>Microsoft Teams: https://teams.microsoft.com/l/meetup-join/19%3ameeting_{number}%40thread.v2/0</p>"
            ),
            "Online".into(),
        ),
        3 => plain(String::new(), format!("https://teams.microsoft.com/l/meetup-join/19%3ameeting_{number}/0")),
        4 => plain(format!("<p>https://meet.jit.si/campus-{number}</p><p>Camera on, please.</p>"), "Room 103".into()),
        _ => plain(
            format!("<div><strong>Online</strong><br />https://meet.jit.si/campus-{number}#config.lang=\"en\"</div>"),
            String::new(),
        ),
    }
}

fn pick<'a, T>(seed: u64, about: &[i64], from: &'a [T]) -> &'a T {
    let count = i64::try_from(from.len()).unwrap_or(1);
    &from[usize::try_from(chance::below(seed ^ 0x70c5, about, count)).unwrap_or_default()]
}
