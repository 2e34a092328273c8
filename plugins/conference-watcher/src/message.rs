//! The messages: an announcement that is edited as long as the conference is to come, and a ping before it begins. They depend on the
//! record alone, so that saying them again says the same.

use beadle_sdk::chat::{Block, Form, Look, Mention, Message, Piece, Severity, link, time, words};

use crate::conference::Conference;
use crate::texts::Texts;

/// From this lead on, in seconds, a ping names the day too: the time alone could be tomorrow's.
const NAMES_THE_DAY: i64 = 12 * 3600;

/// Returns what announces a conference: its courses, when it is and was to be, for how long, and where to join.
pub(crate) fn announcement(conference: &Conference, texts: &Texts) -> Message {
    let mut blocks = Vec::new();
    let courses: Vec<&str> = conference.courses.values().map(String::as_str).filter(|name| !name.is_empty()).collect();
    if !courses.is_empty() {
        blocks.push(Block::Text(vec![words(courses.join(", "))]));
    }
    let end = conference.end_known.then_some(conference.end);
    let mut when = Vec::new();
    if let Some(was) = conference.was {
        when.extend([time(millis(was), None, Form::Full, Look::Struck), words(" ")]);
    }
    when.extend([
        time(millis(conference.start), end.map(millis), Form::Full, Look::Plain),
        words(" "),
        time(millis(conference.start), None, Form::Distance, Look::Plain),
    ]);
    blocks.push(Block::Text(when));
    if let Some(end) = end {
        let length = texts.length(end - conference.start);
        blocks.push(Block::Text(vec![words(format!("{} {length}", texts.lasts))]));
    }
    blocks.extend(join(conference, texts));
    let severity = if conference.was.is_some() { Severity::Notice } else { Severity::Info };
    Message { title: title(conference, texts), blocks, mentions: Vec::new(), severity }
}

/// Returns what pings before a conference begins, `lead` seconds before it.
pub(crate) fn ping(conference: &Conference, lead: i64, texts: &Texts) -> Message {
    let form = if lead < NAMES_THE_DAY { Form::Clock } else { Form::Full };
    let start = millis(conference.start);
    let begins: Vec<Piece> = vec![
        words(format!("{} ", texts.begins)),
        time(start, None, form, Look::Strong),
        words(" "),
        time(start, None, Form::Distance, Look::Plain),
    ];
    let blocks = [Block::Text(begins)].into_iter().chain(join(conference, texts)).collect();
    Message { title: title(conference, texts), blocks, mentions: vec![Mention::Ping], severity: Severity::Notice }
}

fn title(conference: &Conference, texts: &Texts) -> String {
    if conference.title.is_empty() { texts.untitled.to_owned() } else { conference.title.clone() }
}

fn join(conference: &Conference, texts: &Texts) -> Option<Block> {
    conference.link.as_ref().map(|url| Block::Text(vec![link(texts.join, url)]))
}

/// Turns seconds into milliseconds. What lies before 1970 stands at its beginning.
pub(crate) fn millis(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or(0).saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use crate::texts;

    const START: u64 = 1_795_338_000_000;
    const END: u64 = 1_795_343_400_000;
    const URL: &str = "http://moodle.example.test/mod/bigbluebuttonbn/view.php?id=17";

    #[test]
    fn an_announcement_says_what_when_how_long_and_where() {
        let message = announcement(&samples::conference(), texts::of("en"));
        assert_eq!(message.title, "Weekly lecture (online)");
        assert_eq!(
            message.blocks,
            [
                Block::Text(vec![words("Fundamentals of Physics")]),
                Block::Text(vec![
                    time(START, Some(END), Form::Full, Look::Plain),
                    words(" "),
                    time(START, None, Form::Distance, Look::Plain),
                ]),
                Block::Text(vec![words("Duration: 1 h 30 min")]),
                Block::Text(vec![link("Join", URL)]),
            ]
        );
        assert!(message.mentions.is_empty(), "only pings mention anybody");
    }

    #[test]
    fn an_old_time_is_struck_through_and_an_assumed_end_is_not_told() {
        let moved = Conference { was: Some(1_795_334_400), end_known: false, ..samples::conference() };
        let message = announcement(&moved, texts::of("de"));
        let Block::Text(when) = &message.blocks[1] else { panic!("{:?}", message.blocks) };
        assert_eq!(when[0], time(1_795_334_400_000, None, Form::Full, Look::Struck));
        assert_eq!(when[2], time(START, None, Form::Full, Look::Plain));
        assert_eq!(message.blocks.len(), 3, "courses, times, link");
    }

    #[test]
    fn a_ping_mentions_and_carries_the_link() {
        let message = ping(&samples::conference(), 300, texts::of("es"));
        assert_eq!(message.mentions, [Mention::Ping]);
        assert_eq!(
            message.blocks,
            [
                Block::Text(vec![
                    words("Comienza: "),
                    time(START, None, Form::Clock, Look::Strong),
                    words(" "),
                    time(START, None, Form::Distance, Look::Plain),
                ]),
                Block::Text(vec![link("Unirse", URL)]),
            ]
        );
        let Block::Text(line) = &ping(&samples::conference(), 86_400, texts::of("es")).blocks[0] else { panic!() };
        assert_eq!(line[1], time(START, None, Form::Full, Look::Strong), "a day ahead the day is named");
    }

    #[test]
    fn hostile_names_stay_words_and_empty_ones_get_one() {
        let hostile = "<@&1> @everyone **x** [y](z)";
        let mut conference = samples::conference();
        conference.title = hostile.to_owned();
        conference.courses.insert(2, hostile.to_owned());
        let message = announcement(&conference, texts::of("en"));
        assert_eq!(message.title, hostile);
        assert_eq!(message.blocks[0], Block::Text(vec![words(hostile)]));
        conference.title.clear();
        conference.link = None;
        let message = ping(&conference, 60, texts::of("en"));
        assert_eq!((message.title.as_str(), message.blocks.len()), ("Conference", 1));
    }
}
