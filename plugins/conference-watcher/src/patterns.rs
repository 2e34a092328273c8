//! What makes an address a meeting's.

use beadle_sdk::Error;
use regex_lite::{Regex, RegexBuilder};

/// Longer addresses are none that anybody should be sent to; channels refuse them too.
const LONGEST: usize = 2000;

/// Regular expressions, any of which makes an address a meeting's.
#[derive(Debug, Clone)]
pub(crate) struct Patterns(Vec<Regex>);

/// Returns the expressions for the services that schools use. Those that name a service are bound to its host, so that
/// `https://elsewhere.example/?zoom.us/j/1` is none of its meetings.
pub(crate) fn usual() -> Vec<String> {
    [
        r"^https?://([a-z0-9-]+\.)*zoom(gov)?\.(us|com)/(j|w|s|my|wc|meeting)/",
        r"^https://teams\.(microsoft|live)\.com/(l/meetup-join|meet)/",
        r"^https://meet\.google\.com/[a-z]",
        r"^https://meet\.jit\.si/.",
        r"^https://8x8\.vc/.",
        r"^https://([a-z0-9-]+\.)*webex\.com/.",
        r"^https?://[^/?#]+/([^?#]*/)?b/[a-z0-9]{3}-[a-z0-9]",
        r"^https?://[^/?#]+/([^?#]*/)?rooms/[^/?#]+/join",
        "bigbluebutton",
    ]
    .map(str::to_owned)
    .to_vec()
}

impl Patterns {
    /// Compiles expressions; case does not matter.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the one that is none.
    pub(crate) fn of(expressions: &[String]) -> Result<Self, Error> {
        let compile = |(index, expression): (usize, &String)| {
            RegexBuilder::new(expression).case_insensitive(true).build().map_err(|error| {
                Error::Invalid(format!("settings.patterns[{index}] is no regular expression: {error}"))
            })
        };
        expressions.iter().enumerate().map(compile).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the first address that is a meeting's.
    pub(crate) fn first<'a>(&self, addresses: &'a [String]) -> Option<&'a str> {
        addresses
            .iter()
            .map(String::as_str)
            .find(|address| is_address(address) && self.0.iter().any(|expression| expression.is_match(address)))
    }
}

/// Tells whether a text is an address that a channel can link to.
fn is_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    ["https", "http"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        && !host.is_empty()
        // A login would be shown to everybody.
        && !host.contains('@')
        && text.len() <= LONGEST
        && !text.contains(|sign: char| sign.is_whitespace() || sign.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_meeting(address: &str) -> bool {
        Patterns::of(&usual()).expect("they compile").first(&[address.to_owned()]).is_some()
    }

    #[test]
    fn the_usual_services_are_known() {
        for address in [
            "https://zoom.us/j/91234567890?pwd=abc",
            "https://uni-example.zoom.us/my/ada.quill",
            "HTTPS://Uni-Example.Zoom.us/J/1",
            "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x/0?context=y",
            "https://teams.live.com/meet/9312345",
            "https://meet.google.com/abc-defg-hij",
            "https://meet.jit.si/BiologyClass",
            "https://8x8.vc/vpaas/room",
            "https://school.webex.com/meet/ada",
            "https://bbb.example.test/b/abc-def",
            "https://bbb.example.test/rooms/abc-def-ghi-jkl/join",
            "http://moodle.example.test/mod/bigbluebuttonbn/view.php?id=23",
        ] {
            assert!(is_meeting(address), "{address}");
        }
    }

    #[test]
    fn other_addresses_are_no_meetings() {
        for address in [
            "https://moodle.example.test/course/view.php?id=2",
            "https://elsewhere.example/?next=zoom.us/j/1",
            "https://notzoom.us/j/1",
            "https://zoom.us.elsewhere.example/j/1",
            "https://zoom.us/download",
            "https://teams.microsoft.com/l/channel/x",
            "https://elsewhere.example/b/index.html",
            "ftp://bigbluebutton.example/x",
            "bigbluebutton",
            "https:///bigbluebutton",
            "https://ada:quill@bbb.example.test/b/abc-def",
            "https://elsewhere.example/big bluebutton bigbluebutton",
        ] {
            assert!(!is_meeting(address), "{address}");
        }
        assert!(!is_meeting(&format!("https://zoom.us/j/{}", "1".repeat(LONGEST))));
    }

    #[test]
    fn the_operator_s_own_expressions_count_instead() {
        let own = Patterns::of(&[r"^https://live\.school\.example/".to_owned()]).expect("it compiles");
        let addresses = ["https://zoom.us/j/1".to_owned(), "https://live.school.example/7".to_owned()];
        assert_eq!(own.first(&addresses), Some("https://live.school.example/7"));
        let error = Patterns::of(&["ok".to_owned(), "(".to_owned()]).expect_err("it does not close");
        assert!(error.to_string().starts_with("settings.patterns[1] is no regular expression: "), "{error}");
    }
}
