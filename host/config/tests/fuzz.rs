//! Texts that nobody would write, and texts that somebody nearly wrote: whatever stands in the file, what is said of it names its line,
//! shows no secret, and is said in time. `PROPTEST_CASES=100000` looks longer.

use beadle_config::{Config, ConfigErrors, DEFAULT, Source, Warning};
use proptest::prelude::*;

/// A secret that somebody wrote in clear.
const CANARY: &str = "canary0in0clear0123456789";

/// A file with everything in it.
const WHOLE: &str = r#"[host]
store    = "sqlite:beadle.db"
timezone = "Europe/Berlin"
language = "de"

[sites.main]
url   = "https://moodle.school.example"
token = { env = "TOKEN" }
rate  = 5.0

[sites.north]
url = "https://north.school.example/moodle"
username = "clerk"
password = { env = "PASSWORD" }
service = "moodle_mobile_app"

[databases.moodle]
url      = "mysql://reader@db.school.example/moodle"
password = { env = "PASSWORD" }
prefix   = "mdl_"

[sheets.presence]
kind = "csv"
file = "presence.csv"

[plugins.rooms]
builtin = "classroom-mapper"
settings = { rule = "last-segment", rooms = [{ network = "10.0.0.0/8", name = "Campus" }] }

[plugins.online]
builtin = "online-users"
mapper = "rooms"
limits = { guest-time = "10s" }

[plugins.online.grants]
moodle = ["core_enrol_get_enrolled_users"]
db = ["moodle"]
http = ["private POST https://search.school.example/query"]
sheets = ["presence:append"]

[[schedule]]
name = "online"
plugin = "online"
sites = ["main", "north"]
cron = "*/5 8-17 * * Mon-Fri"
timezone = "Asia/Tokyo"
blackout = ["12:00-13:00", "Sat-Sun"]
jitter = "5s"
settings = { window = "5m", database = "moodle", sheet = "presence" }
"#;

fn env(name: &str) -> Option<String> {
    matches!(name, "TOKEN" | "PASSWORD").then(|| "x".to_owned())
}

fn load(text: &str) -> Result<(Config, Vec<Warning>), ConfigErrors> {
    Config::from_source(&Source::from_text("schedules.toml", text), &env)
}

/// Expects whatever is said to be of use: at a line of the file, in one line, with what to do.
fn is_told_well(text: &str) -> Result<(), TestCaseError> {
    let problems = match load(text) {
        Ok((_, warnings)) => warnings,
        Err(errors) => {
            prop_assert!(!errors.problems().is_empty());
            errors.problems().to_vec()
        }
    };
    let lines = text.split('\n').count();
    for problem in problems {
        let told = problem.to_string();
        match &problem.place {
            Some(place) => prop_assert!((1..=lines).contains(&place.line) && place.column > 0, "{}", told),
            // Only of the file as a whole there is something to say without a line.
            None => prop_assert!(problem.key.is_empty(), "{}", told),
        }
        let control = problem.message.contains(|c: char| c.is_control());
        prop_assert!(!problem.message.is_empty() && !control, "{:?}", problem);
        prop_assert!(!told.contains(CANARY), "{}", told);
    }
    Ok(())
}

/// What a slip of the pen leaves behind.
const STRANGE: [&str; 12] =
    ["'''", "\"\"\"", "1e999", "0x_ff", "inf", "1979-05-27", "true", "[[", "\u{feff}", "\r\n", "token = ", "\\u0000"];

/// One damage to a text: a piece of it put in place of another, or something strange.
fn damaged(text: String) -> impl Strategy<Value = String> {
    let length = text.len();
    let strange = prop_oneof![
        "[\\[\\]{}=\"'#\n.,:@\\\\-]{0,3}",
        "\\PC{0,6}",
        proptest::sample::select(&STRANGE[..]).prop_map(str::to_owned),
    ];
    let copied = (0..=length, 0..60usize);
    let put = prop_oneof![2 => strange.prop_map(Ok), 1 => copied.prop_map(Err)];
    (0..=length, 0..60usize, put).prop_map(move |(from, take, put)| {
        let whole = |at: usize| (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let put = put.unwrap_or_else(|(at, take)| text[whole(at)..whole(at + take)].to_owned());
        format!("{}{put}{}", &text[..whole(from)], &text[whole(from + take)..])
    })
}

proptest! {
    #[test]
    fn any_text_is_told_well(text in "(\\PC|\n|[\\[\\]{}=\"'#.,]){0,200}") {
        is_told_well(&text)?;
    }

    #[test]
    fn a_good_file_with_a_few_mistakes_is_told_well(
        text in prop_oneof![Just(WHOLE.to_owned()), Just(DEFAULT.to_owned())]
            .prop_flat_map(damaged)
            .prop_flat_map(damaged)
            .prop_flat_map(damaged)
    ) {
        is_told_well(&text)?;
    }

    /// Whatever is wrong before or behind it, a secret that was written in clear is not shown.
    #[test]
    fn no_mistake_shows_a_secret(
        before in Just(WHOLE[..220].to_owned()).prop_flat_map(damaged).prop_flat_map(damaged),
        after in Just(WHOLE[220..].to_owned()).prop_flat_map(damaged).prop_flat_map(damaged),
        line in proptest::sample::select(&IN_CLEAR[..]),
    ) {
        is_told_well(&format!("{before}\n{}\n{after}", line.replace("CANARY", CANARY)))?;
    }

    /// What is read means the same when it is written with other spaces and comments.
    #[test]
    fn spaces_and_comments_change_nothing(
        blanks in proptest::collection::vec((0..4usize, "[ \t]{0,4}", "(# \\PC{0,12})?"), 40..60)
    ) {
        let (plain, _) = load(WHOLE).expect("it is good");
        let spaced: String = WHOLE
            .lines()
            .zip(blanks.iter().cycle())
            .map(|(line, (empty, blank, comment))| format!("{}{blank}{line}{blank}{comment}\n", "\n".repeat(*empty)))
            .collect();
        let (again, warnings) = load(&spaced).map_err(|errors| TestCaseError::fail(errors.to_string()))?;
        prop_assert_eq!(warnings, vec![]);
        prop_assert!(plain.difference(&again).is_empty());
        prop_assert_eq!(plain, again);
    }
}

/// Secrets where references belong.
const IN_CLEAR: [&str; 9] = [
    "token = \"CANARY\"",
    "password = CANARY",
    "password = { value = 'CANARY' }",
    "key = \"\"\"\nCANARY\"\"\"",
    "url = \"mysql://reader:CANARY@db/moodle\"",
    "url = \"https://CANARY@moodle.school.example\"",
    "tokn = [\"CANARY\"",
    "token = \"CANARY",
    "settings = { api-token = \"CANARY\", b = 1 }",
];

/// Each of these took minutes where a part of the text was looked at again for every other.
#[test]
fn a_text_that_repeats_itself_is_read_in_time() {
    for piece in [
        "[a.token]\nx=1\n",
        "token={\n",
        "token=[\"\n",
        "token=",
        "file=",
        "/webhooks/",
        "token='''\n",
        "mysql://a:b",
        "://",
        "\"",
        "[",
        "a.",
        "=",
        "[[schedule]]\n",
        "x = \n",
        "[host]\n",
        "'\\",
        "#",
        "\u{feff}",
        "key=\"\"\"",
    ] {
        let text = piece.repeat((128 << 10) / piece.len());
        let Err(told) = load(&text).map(|_| ()) else { panic!("{piece:?} is nonsense") };
        assert!(told.problems().len() <= 101, "{piece:?}: {}", told.problems().len());
    }
    let keys: Vec<String> = (0..2_000).map(|number| format!("k{number} = 1")).collect();
    let told = load(&format!("host = {{ {} }}", keys.join(", "))).expect_err("there are no such keys");
    assert!(told.to_string().contains("more are not told; mend these first"));
}
