//! Secrets, and services that fail in every way and repeat what they were sent: nothing of it is handed on.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beadle_campus::chat::{Discord, Hook, Telegram};
use beadle_campus::faults::Action;
use beadle_chat::{Service, Settings};
use beadle_egress::ExposeSecret as _;
use beadle_plan::{Deliver as _, Target};
use beadle_store::Store as _;
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use crate::campus::{Campus, SECRET, nowhere};
use crate::house::{House, put};

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics in it").write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps what this thread logs, until the guard is dropped.
fn listen() -> (Log, tracing::subscriber::DefaultGuard) {
    let (log, filter) = (
        Log::default(),
        "beadle=trace,beadle_chat=trace,beadle_egress=trace,beadle_store=trace,beadle_plan=trace,\
                                          reqwest=debug,hyper=debug,hyper_util=debug,rustls=debug",
    );
    let writer = log.clone();
    let layer = fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    (log, tracing_subscriber::registry().with(EnvFilter::new(filter)).with(layer).set_default())
}

/// Ways to fail, with these words wherever there is room for any.
fn failures(words: &str) -> Vec<Action> {
    let said = |status: u16| {
        let code = json!({ "message": words, "code": 50_035, "errors": { "content": words } });
        let telegram = json!({ "ok": false, "error_code": status, "description": format!("Bad Request: {words}") });
        [code, telegram, json!({ "error": words })].map(|body| Action::json(status, body.to_string()))
    };
    let mut failures: Vec<Action> = [400, 401, 403, 404, 409, 418, 429, 500, 503].into_iter().flat_map(said).collect();
    failures.extend([
        Action::Reset,
        Action::Garbage,
        Action::CutBody,
        Action::ApplyThenDrop,
        Action::html(200, words.to_owned()),
        Action::html(407, words.to_owned()),
        Action::html(502, format!("<html><body>{words}</body></html>")),
        Action::json(200, json!({ "id": null, "ok": false, "description": words, "message": words }).to_string()),
        Action::redirect(format!("https://portal.school.example/?token={words}")),
    ]);
    failures
}

/// What a run of all failures told: outcomes, settings, rows, lines.
async fn told<C: Campus>(
    house: House<C>,
    secrets: &[String],
    endpoint: fn(&mut Settings, &str),
) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let (log, guard) = listen();
    let mut house = house.in_file(&folder.path().join("store.db")).await;
    let (target, words) = (Target::Chat("class".into()), secrets.join(" "));
    let mut told =
        vec![("settings".to_owned(), format!("{:?} {:?} {:?}", house.settings, house.chats, house.delivery()))];
    let refused = nowhere();
    let tls = house.settings[&"class".into()]
        .endpoint
        .clone()
        .map_or_else(|| refused.replace("http:", "https:"), |endpoint| endpoint.as_str().replace("http:", "https:"));
    for (number, failure) in failures(&words).into_iter().enumerate() {
        house.campus.faults().clear();
        house.campus.faults().order(beadle_campus::faults::Matcher::any(), None, failure.clone());
        let effect = put(&format!("k{number}"), "one");
        house.stage([effect.clone()]).await;
        let checked = house.chats.check(&"class".into()).await;
        let preview = house.delivery().preview(&target, &[effect]).await;
        for _ in 0..2 {
            house.clock.advance(Duration::from_secs(3_600));
            told.push((format!("{failure:?}"), format!("{:?} {checked:?} {preview:?}", house.round().await)));
        }
    }
    house.campus.faults().clear();
    for address in [refused, tls] {
        house.configure(|settings| endpoint(settings, &address));
        house.stage([put(&address, "one")]).await;
        house.clock.advance(Duration::from_secs(3_600));
        let checked = house.chats.check(&"class".into()).await;
        told.push((address, format!("{:?} {checked:?}", house.round().await)));
    }
    let copy = folder.path().join("copy.db");
    house.store.copy_to(&copy).await.expect("copied");
    told.push(("the store".to_owned(), String::from_utf8_lossy(&std::fs::read(copy).expect("a file")).into_owned()));
    drop(guard);
    let lines = String::from_utf8_lossy(&log.0.lock().expect("nobody panics in it")).into_owned();
    told.push(("the log".to_owned(), lines));
    told
}

fn assert_silent(told: &[(String, String)], secrets: &[String], answered: bool) {
    for (of, text) in told {
        for secret in secrets {
            assert!(!text.contains(secret.as_str()), "{of} tells {secret}: {text:.2000}");
        }
    }
    let text = |name: &str| &told.iter().find(|(of, _)| of == name).expect("it was told").1;
    assert!(text("the store").contains("watcher/k0"), "the store is read");
    assert_eq!(text("the log").contains("answered"), answered, "the log is read: {}", text("the log"));
}

/// Another address for a service that has one of its own.
fn endpoint(settings: &mut Settings, address: &str) {
    settings.endpoint = Some(address.parse().expect("an address"));
}

/// Another address for a webhook.
fn url(settings: &mut Settings, address: &str) {
    let Service::Webhook { address: url, .. } = &mut settings.service else { panic!("a webhook") };
    *url = format!("{address}/hook").parse().expect("an address");
}

#[tokio::test]
async fn a_bot_of_discord_keeps_its_token() {
    let house: House<Discord> = House::bot().await;
    let secrets = [house.campus.token()];
    assert_silent(&told(house, &secrets, endpoint).await, &secrets, true);
}

#[tokio::test]
async fn a_webhook_of_discord_keeps_its_address() {
    let house: House<Discord> = House::discord_webhook().await;
    let Service::DiscordWebhook { address } = &house.settings[&"class".into()].service else { panic!("a webhook") };
    let address = address.expose_secret().to_owned();
    let token = address.rsplit('/').next().expect("a token").to_owned();
    let secrets = [token, address];
    assert_silent(&told(house, &secrets, endpoint).await, &secrets, true);
}

#[tokio::test]
async fn telegram_keeps_its_token() {
    let house: House<Telegram> = House::telegram().await;
    let token = house.campus.token();
    let secrets = [token.split_once(':').expect("two parts").1.to_owned(), token];
    assert_silent(&told(house, &secrets, endpoint).await, &secrets, true);
}

#[tokio::test]
async fn a_webhook_keeps_its_secret() {
    let house: House<Hook> = House::hook().await;
    let secrets = [SECRET.to_owned()];
    assert_silent(&told(house, &secrets, url).await, &secrets, true);
}

/// They have none, and nothing they say comes from elsewhere.
#[tokio::test]
async fn terminal_and_file_have_no_secret() {
    for house in [House::console().await, House::file().await] {
        let secrets = [SECRET.to_owned()];
        assert_silent(&told(house, &secrets, endpoint).await, &secrets, false);
    }
}

#[test]
fn settings_that_cannot_be_right_do_not_tell_their_secret() {
    let egress = beadle_egress::Egress::new(beadle_egress::Settings::default()).expect("clients");
    let clock: Arc<dyn beadle_plan::Clock> = Arc::new(beadle_plan::SystemClock);
    let secret = "tok\u{7f}en-of-nobody-4711";
    for service in [
        Service::Discord { channel: "1".into(), token: secret.into() },
        Service::DiscordWebhook { address: format!("https://discord.com/api/webhooks/1/{secret}").into() },
        Service::DiscordWebhook { address: format!("https://x:{secret}@discord.com/api/webhooks/1/abc").into() },
        Service::Telegram { chat: "1".into(), token: secret.into() },
        Service::Webhook {
            address: "http://events.school.example/".parse().expect("an address"),
            secret: secret.into(),
        },
    ] {
        let settings = crate::campus::settings(service, None);
        let chats = std::collections::BTreeMap::from([("class".into(), settings.clone())]);
        let console: beadle_chat::Console = Arc::new(|_| {});
        let refused = beadle_chat::Chats::open(chats, &egress, &clock, &console).expect_err("it cannot be right");
        let told = format!("{refused:?} {} {settings:?}", refused[0].1);
        assert!(!told.contains(secret) && !told.contains("nobody-4711"), "{told}");
    }
}
