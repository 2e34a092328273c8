//! The simulated services, each as a channel in which texts stand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use beadle_campus::chat::{Discord, Hook, Telegram};
use beadle_campus::faults::Faults;
use beadle_chat::{Service, Settings};
use beadle_plan::Fallbacks;
use serde_json::Value;
use tempfile::TempDir;

use crate::house::{House, clocks};

/// The channel of Discord in which the chat `class` is.
pub(crate) const CHANNEL: &str = "100";

/// The group of Telegram in which the chat `class` is.
pub(crate) const GROUP: i64 = -1_001_234_567_890;

/// What the webhook's events are signed with.
pub(crate) const SECRET: &str = "an-invented-secret-of-the-class";

/// Where messages stand.
pub(crate) trait Campus {
    /// Returns what shall go wrong.
    fn faults(&self) -> &Faults;

    /// Returns the texts that stand in the channel `class`, oldest first.
    fn texts(&self) -> Vec<String>;
}

/// Ways to reach a service without what it cannot do.
pub(crate) fn settings(service: Service, endpoint: Option<&str>) -> Settings {
    let endpoint = endpoint.map(|endpoint| endpoint.parse().expect("an address"));
    Settings { service, endpoint, ping: None, ping_text: None, fallbacks: Fallbacks::default() }
}

impl Campus for Discord {
    fn faults(&self) -> &Faults {
        &self.faults
    }

    fn texts(&self) -> Vec<String> {
        self.messages(CHANNEL).iter().map(beadle_campus::chat::discord::Seen::visible).collect()
    }
}

impl House<Discord> {
    /// Makes a house with a bot in a channel.
    pub(crate) async fn bot() -> Self {
        Self::bot_in(&[("class", CHANNEL)]).await
    }

    /// Makes a house with a bot in channels, each a chat and an id.
    pub(crate) async fn bot_in(chats: &[(&str, &str)]) -> Self {
        let (clock, told) = clocks();
        let campus = Discord::start(told).await.expect("loopback");
        let chat = |(name, channel): &(&str, &str)| {
            campus.channel(channel);
            let service = Service::Discord { channel: (*channel).to_owned(), token: campus.token().into() };
            ((*name).into(), settings(service, Some(&campus.base_url)))
        };
        let chats = chats.iter().map(chat).collect();
        Self::new(campus, clock, chats).await
    }

    /// Makes a house with a webhook of a channel.
    pub(crate) async fn discord_webhook() -> Self {
        let (clock, told) = clocks();
        let campus = Discord::start(told).await.expect("loopback");
        campus.channel(CHANNEL);
        let (id, token) = campus.webhook(CHANNEL);
        let service =
            Service::DiscordWebhook { address: format!("https://discord.com/api/webhooks/{id}/{token}").into() };
        let chats = BTreeMap::from([("class".into(), settings(service, Some(&campus.base_url)))]);
        Self::new(campus, clock, chats).await
    }

    /// Counts the requests with a method to messages.
    pub(crate) fn count(&self, method: http::Method) -> usize {
        self.campus.faults.count(method)
    }
}

impl Campus for Telegram {
    fn faults(&self) -> &Faults {
        &self.faults
    }

    fn texts(&self) -> Vec<String> {
        self.messages(GROUP).iter().map(beadle_campus::chat::telegram::Seen::visible).collect()
    }
}

impl House<Telegram> {
    /// Makes a house with a bot in a group.
    pub(crate) async fn telegram() -> Self {
        Self::telegram_in(&[("class", GROUP)]).await
    }

    /// Makes a house with a bot in chats, each a name and an id.
    pub(crate) async fn telegram_in(chats: &[(&str, i64)]) -> Self {
        let (clock, told) = clocks();
        let campus = Telegram::start(told).await.expect("loopback");
        let chat = |(name, id): &(&str, i64)| {
            campus.chat(*id);
            let service = Service::Telegram { chat: id.to_string(), token: campus.token().into() };
            ((*name).into(), settings(service, Some(&campus.base_url)))
        };
        let chats = chats.iter().map(chat).collect();
        Self::new(campus, clock, chats).await
    }
}

impl Campus for Hook {
    fn faults(&self) -> &Faults {
        &self.faults
    }

    fn texts(&self) -> Vec<String> {
        let mut standing: Vec<(String, String)> = Vec::new();
        for event in self.applied() {
            let event: Value = serde_json::from_slice(&event.body).expect("JSON");
            let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            match event["event"].as_str() {
                Some("post") => standing.push((text("id"), text("text"))),
                Some("edit") => {
                    let (_, stands) = standing.iter_mut().find(|(id, _)| *id == text("id")).expect("it stands");
                    *stands = text("text");
                }
                Some("delete") => standing.retain(|(id, _)| *id != text("id")),
                other => panic!("no event: {other:?}"),
            }
        }
        standing.into_iter().map(|(_, text)| text).collect()
    }
}

impl House<Hook> {
    /// Makes a house with a webhook that checks signatures.
    pub(crate) async fn hook() -> Self {
        let (clock, told) = clocks();
        let campus = Hook::start(told).await.expect("loopback");
        campus.secret(Some(SECRET));
        campus.strict(true);
        let address = format!("{}/hook/class-7?from=beadle", campus.base_url).parse().expect("an address");
        let service = Service::Webhook { address, secret: SECRET.into() };
        let chats = BTreeMap::from([("class".into(), settings(service, None))]);
        Self::new(campus, clock, chats).await
    }
}

/// A folder with a file that is a channel, or is not used at all.
pub(crate) struct Folder {
    folder: TempDir,
    faults: Faults,
}

impl Folder {
    /// Returns the file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("class.txt")
    }

    /// Returns what the file says: what happened, the id, the text.
    pub(crate) fn entries(&self) -> Vec<(String, String, String)> {
        let written = std::fs::read_to_string(self.file()).unwrap_or_default();
        let entries = written.split("── ").skip(1).map(|entry| {
            let (head, text) = entry.split_once('\n').expect("a head");
            let [_, what, id] = head.split(" · ").collect::<Vec<_>>()[..] else { panic!("no head: {head}") };
            (what.to_owned(), id.to_owned(), text.trim_end().to_owned())
        });
        entries.collect()
    }
}

impl Campus for Folder {
    fn faults(&self) -> &Faults {
        &self.faults
    }

    fn texts(&self) -> Vec<String> {
        let mut standing: Vec<(String, String)> = Vec::new();
        for (what, id, text) in self.entries() {
            match what.as_str() {
                "new" => standing.push((id, text)),
                "changed" => standing.iter_mut().find(|(stands, _)| *stands == id).expect("it stands").1 = text,
                "removed" => standing.retain(|(stands, _)| *stands != id),
                other => panic!("no entry: {other}"),
            }
        }
        standing.into_iter().map(|(_, text)| text).collect()
    }
}

impl House<Folder> {
    /// Makes a house with a file.
    pub(crate) async fn file() -> Self {
        Self::local(|folder| Service::File { file: folder.file() }).await
    }

    /// Makes a house with a terminal.
    pub(crate) async fn console() -> Self {
        Self::local(|_| Service::Console).await
    }

    async fn local(service: impl FnOnce(&Folder) -> Service) -> Self {
        let campus = Folder { folder: tempfile::tempdir().expect("a folder"), faults: Faults::new() };
        let chats = BTreeMap::from([("class".into(), settings(service(&campus), None))]);
        Self::new(campus, clocks().0, chats).await
    }
}

/// Returns an address at which nobody listens.
pub(crate) fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    format!("http://{}", listener.local_addr().expect("an address"))
}
