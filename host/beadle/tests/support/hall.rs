//! A school whose conferences a story makes by hand, and the chat services in which they are announced.

use std::fmt::Write as _;
use std::sync::LazyLock;

use beadle_campus::chat::{Discord, Hook, Telegram};
use beadle_campus::faults::Matcher;
use beadle_campus::moodle::Conferences;
use beadle_campus::school::conferences::{Activity, Calendar};
use beadle_campus::school::{Plan, School, system_clock};
use beadle_campus::{Campus, Options};
use jiff::Timestamp;

use super::{House, host_section};

/// The channel of Discord in which the bot writes.
pub(crate) const BOTS: &str = "1001";

/// The channel of Discord in which the webhook writes.
pub(crate) const HOOKS: &str = "1002";

/// The chat of Telegram. It is a person's: of groups the service lets only twenty messages a minute through.
pub(crate) const CHAT: i64 = 77;

/// The role that pings mention.
pub(crate) const ROLE: &str = "42";

/// What events are signed with.
pub(crate) const SECRET: &str = "an invented secret of the events";

/// The grant of the conference watcher.
const FUNCTIONS: &str = r#"[
    "core_webservice_get_site_info", "core_enrol_get_users_courses", "core_course_get_courses_by_field",
    "core_group_get_course_user_groups", "core_calendar_get_calendar_events", "core_calendar_get_calendar_event_by_id",
    "mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses", "mod_bigbluebuttonbn_meeting_info",
]"#;

/// A channel, and how it is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Bot,
    Webhook,
    Telegram,
    Events,
}

/// How a story wants the schedules of its watchers.
#[derive(Clone, Copy)]
pub(crate) struct Watch {
    /// The lines of `[[schedule]]` that say when.
    pub(crate) when: &'static str,
    /// More lines of `[schedule.settings]`.
    pub(crate) settings: &'static str,
}

/// Never by itself while a story runs.
pub(crate) const BY_HAND: Watch = Watch { when: "cron = \"0 0 29 2 *\"", settings: "" };

/// The school and the services.
pub(crate) struct Hall {
    pub(crate) campus: Campus,
    pub(crate) discord: Discord,
    pub(crate) telegram: Telegram,
    pub(crate) hook: Hook,
    webhook: (String, String),
}

impl Hall {
    /// Founds a school without any conference, with three services of which none limits anybody.
    pub(crate) async fn found() -> Self {
        let school = School::new(&Plan::everybody_online(8, 0)).with_calendar(Calendar::default());
        let campus = Campus::start(Options::of(school).on(system_clock())).await.expect("a campus");
        let clock = system_clock();
        let discord = Discord::start(clock.clone()).await.expect("loopback");
        discord.channel(BOTS);
        discord.channel(HOOKS);
        discord.role(ROLE, true);
        discord.set_limits(None);
        let telegram = Telegram::start(clock.clone()).await.expect("loopback");
        telegram.chat(CHAT);
        telegram.set_limits(None);
        let hook = Hook::start(clock).await.expect("loopback");
        hook.secret(Some(SECRET));
        hook.strict(true);
        let webhook = discord.webhook(HOOKS);
        Self { campus, discord, telegram, hook, webhook }
    }

    /// The conferences, to be moved about by hand.
    pub(crate) fn conferences(&self) -> Conferences<'_> {
        self.campus.moodle().conferences()
    }

    /// Returns the address of the webhook.
    pub(crate) fn webhook(&self) -> String {
        format!("{}/api/webhooks/{}/{}", self.discord.base_url, self.webhook.0, self.webhook.1)
    }

    /// Returns the name of a course.
    pub(crate) fn course(&self, id: i64) -> &str {
        let found = self.campus.school().courses().iter().find(|course| course.id == id);
        &found.expect("there is such a course").fullname
    }

    /// Counts what was sent to a service of Discord's that could change something there.
    pub(crate) fn writes(&self) -> usize {
        self.discord.faults.count(Matcher::new(|seen| seen.method != "GET"))
    }

    /// Returns what stands in the bot's channel, as people see it, the oldest first.
    pub(crate) fn visible(&self) -> Vec<String> {
        self.discord.messages(BOTS).iter().map(beadle_campus::chat::discord::Seen::visible).collect()
    }

    /// Writes a `schedules.toml` with a channel, a watcher and a schedule for each, all of one name, and their secrets.
    pub(crate) fn house(&self, channels: &[(&str, By)], watch: &Watch) -> House {
        let house = House::new();
        house.secret("moodle.token", &self.campus.token);
        house.secret("discord.token", &self.discord.token());
        house.secret("webhook.address", &self.webhook());
        house.secret("telegram.token", &self.telegram.token());
        house.secret("events.secret", SECRET);
        house.write("schedules.toml", self.config(channels, watch));
        house
    }

    fn config(&self, channels: &[(&str, By)], watch: &Watch) -> String {
        let mut text = format!(
            "{}\n[sites.main]\nurl = {:?}\ntoken = {{ file = \"moodle.token\" }}\n",
            host_section(),
            self.campus.moodle_url
        );
        for (name, by) in channels {
            let _ = writeln!(text, "\n[chats.{name}]\n{}", self.channel(*by));
            let _ = writeln!(
                text,
                "[plugins.{name}]\nbuiltin = \"conference-watcher\"\ngrants = {{ chat = [{name:?}], moodle = MOODLE }}\n\n\
                 [[schedule]]\nname = {name:?}\nplugin = {name:?}\nsites = [\"main\"]\n{}\n\n\
                 [schedule.settings]\nchannel = {name:?}\n{}",
                watch.when, watch.settings
            );
        }
        text.replace("MOODLE", &FUNCTIONS.replace('\n', " "))
    }

    fn channel(&self, by: By) -> String {
        match by {
            By::Bot => format!(
                "kind = \"discord\"\nchannel = {BOTS:?}\ntoken = {{ file = \"discord.token\" }}\nping = \"role:{ROLE}\"\nendpoint = {:?}\n",
                self.discord.base_url
            ),
            By::Webhook => format!(
                "kind = \"discord-webhook\"\naddress = {{ file = \"webhook.address\" }}\nping = \"role:{ROLE}\"\nendpoint = {:?}\n",
                self.discord.base_url
            ),
            By::Telegram => format!(
                "kind = \"telegram\"\nchat = \"{CHAT}\"\ntoken = {{ file = \"telegram.token\" }}\nendpoint = {:?}\n",
                self.telegram.base_url
            ),
            By::Events => format!(
                "kind = \"webhook\"\nurl = \"{}/hook/class\"\nsecret = {{ file = \"events.secret\" }}\n",
                self.hook.base_url
            ),
        }
    }
}

/// The present, in epoch seconds.
pub(crate) fn now() -> i64 {
    Timestamp::now().as_second()
}

/// An hour of a day to come, in epoch seconds. Today is the day on which the story began, also where midnight falls into it.
pub(crate) fn on(day: i64, hour: i64) -> i64 {
    static TODAY: LazyLock<i64> = LazyLock::new(|| now() / 86_400);
    (*TODAY + day) * 86_400 + hour * 3_600
}

/// A conference of a course that begins and ends then, in epoch seconds.
pub(crate) fn meeting(course: i64, name: &str, begins: i64, ends: i64) -> Activity {
    Activity { opening: Some(begins), closing: Some(ends), ..Activity::new(course, name) }
}

/// Writes an instant in UTC as messages do.
pub(crate) fn told(at: i64, pattern: &str) -> String {
    Timestamp::from_second(at).expect("an instant").strftime(pattern).to_string()
}

/// Writes the time of a conference as announcements do.
pub(crate) fn full(begins: i64, ends: Option<i64>) -> String {
    let end = ends.map_or_else(String::new, |ends| told(ends, "–%H:%M"));
    format!("{}{end} UTC", told(begins, "%A, %-d %B %Y, %H:%M"))
}
