//! Tokens and secrets of channels are canaries, the services repeat them in every way in which they can fail, and everything is told that
//! can be told: nothing of them is in what is printed, logged or stored.

mod support;

use beadle_campus::faults::{Action, Faults, Matcher};
use serde_json::json;
use support::canaries::Canaries;
use support::hall::{By, HOOKS, Hall, SECRET, Watch, meeting, now};
use support::host::Host;
use support::{Done, House, PATIENCE};

const CHANNELS: [(&str, By); 4] =
    [("bot", By::Bot), ("hook", By::Webhook), ("gram", By::Telegram), ("events", By::Events)];

/// The files that hold the secrets on purpose.
const HOLDING: [&str; 4] = ["discord.token", "webhook.address", "telegram.token", "events.secret"];

/// All that a host can be asked to say.
const EVERYTHING: &str =
    "trace,hyper_util::client=trace,sqlx::query=trace,h2=trace,cranelift_codegen=info,wasmtime=info,regalloc2=info";

/// Twice a month, so that it never runs by itself here; what it says waits for nothing.
const SILENT: Watch = Watch { when: "cron = \"0 0 29 2 *\"", settings: "ping-before = []" };

/// Ways to fail with these words. All services understand them: each reads its own fields.
fn failures(words: &str) -> Vec<(&'static str, Action)> {
    let body = |status: u16| {
        json!({
            "ok": false, "error_code": status, "description": words, "parameters": { "retry_after": 1 },
            "message": words, "code": 0, "retry_after": 1, "global": false, "errors": { "content": words }, "error": words,
        })
        .to_string()
    };
    let refused = |status| Action::json(status, body(status));
    let told = ["x-ratelimit-bucket", "www-authenticate", "set-cookie", "location"];
    let headers = told.into_iter().map(|name| (name.to_owned(), words.to_owned())).collect();
    vec![
        ("400", refused(400)),
        ("401", refused(401)),
        ("403", refused(403)),
        ("404", refused(404)),
        ("429", Action::too_many(1, body(429))),
        ("500", refused(500)),
        ("500 of a proxy", Action::html(500, format!("<html>{words}</html>"))),
        ("a redirect", Action::Answer { status: 302, headers, body: words.to_owned().into() }),
        ("words in place of JSON", Action::html(200, words.to_owned())),
        ("a lost answer", Action::ApplyThenDrop),
        ("garbage", Action::Garbage),
    ]
}

/// Has everything told that a house can be asked for.
async fn look_everywhere(house: &House, canaries: &Canaries) {
    for command in [
        ["-vv", "doctor"].as_slice(),
        &["doctor", "--json"],
        &["-vv", "check"],
        &["-vv", "plugins", "--json"],
        &["-vv", "run", "bot", "--dry-run"],
        &["run", "gram", "--dry-run", "--json"],
        &["runs", "--json", "--number", "100"],
        &["runs"],
        &["-vv", "outbox"],
        &["outbox", "list", "--all", "--json", "--number", "1000"],
    ] {
        canaries.not_in(&command.join(" "), &house.run(command).await);
    }
    let runs = house.run(&["runs", "--json"]).await.json();
    let effects = house.run(&["outbox", "list", "--all", "--json"]).await.json();
    let newest = |list: &serde_json::Value| list[0]["id"].to_string();
    for form in [&[][..], &["--json"]] {
        canaries.not_in("show", &house.run(&[&["show", &newest(&runs)], form].concat()).await);
        canaries.not_in("outbox show", &house.run(&[&["outbox", "show", &newest(&effects)], form].concat()).await);
    }
    canaries.not_in_files(house, &HOLDING);
}

/// A channel's service: what goes wrong there, where its messages are posted, and the secret that it can repeat.
struct Service<'a> {
    faults: &'a Faults,
    posts: &'static str,
    what: &'static str,
    secret: String,
}

impl Service<'_> {
    /// Returns the four services, in the order of [`CHANNELS`].
    fn all(hall: &Hall) -> [Service<'_>; 4] {
        let service = |faults, posts, what, secret| Service { faults, posts, what, secret };
        let (discord, telegram) = (&hall.discord.faults, hall.telegram.token());
        let half = telegram.split_once(':').expect("two halves").1.to_owned();
        let address = hall.webhook();
        let token = address.rsplit('/').next().expect("an address").to_owned();
        [
            service(discord, "/channels/", "the token of Discord's bot", hall.discord.token()),
            service(discord, "/webhooks/", "the token of the webhook", token),
            service(&hall.telegram.faults, "/sendMessage", "the secret half of Telegram's token", half),
            service(&hall.hook.faults, "/hook/", "the secret of the events", SECRET.to_owned()),
        ]
    }

    /// Tells which requests are for it. The bot and the webhook live at one address.
    fn requests(&self) -> Matcher {
        let webhook = self.posts == "/webhooks/";
        Matcher::new(move |seen| seen.path.contains("/webhooks/") == webhook)
    }

    fn asked(&self) -> Matcher {
        let posts = self.posts;
        Matcher::new(move |seen| seen.method == "POST" && seen.path.contains(posts))
    }

    /// Returns its secret in all forms.
    fn words(&self) -> String {
        let mut told = Canaries::default();
        told.add(self.what, self.secret.clone());
        told.sung()
    }
}

/// Starts a host that says all it can.
async fn serve(house: &House) -> Host {
    let mut command = house.command(&["-vv", "--log", "json", "serve"]);
    command.env("BEADLE_LOG", EVERYTHING);
    let mut host = Host::start(command);
    host.line("serving schedules.toml").await;
    host
}

/// Has all four say something, and waits until each was asked.
async fn all_are_asked(house: &House, services: &[Service<'_>]) {
    let before: Vec<usize> = services.iter().map(|one| one.faults.count(one.asked())).collect();
    for (name, _) in CHANNELS {
        house.run(&["run", name]).await.ok();
        house.run(&["outbox", "retry", name]).await.ok();
    }
    for (one, before) in services.iter().zip(before) {
        let asked = tokio::time::timeout(PATIENCE, one.faults.wait_for(one.asked(), before + 1));
        asked.await.unwrap_or_else(|_| panic!("{} was never asked", one.posts));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secrets_of_channels_stay_with_the_host_however_their_services_fail() {
    let hall = Hall::found().await;
    let house = hall.house(&CHANNELS, &SILENT);
    let services = Service::all(&hall);
    let mut canaries = Canaries::default();
    for one in &services {
        canaries.add(one.what, one.secret.clone());
    }
    let mut host = serve(&house).await;
    let begins = now() + 5 * 86_400;
    for number in 0..failures("").len() {
        hall.conferences().add(meeting(2, &format!("Talk {number}"), begins, begins + 3_600));
        let mut what = "";
        for one in &services {
            let action;
            (what, action) = failures(&one.words()).swap_remove(number);
            one.faults.order(one.requests(), None, action);
        }
        all_are_asked(&house, &services).await;
        canaries.not_in(what, &house.run(&["-vv", "--log", "json", "doctor"]).await);
        canaries.not_in(what, &house.run(&["outbox"]).await);
        for one in &services {
            one.faults.clear();
        }
    }
    // Nobody listens at all.
    let (good, refusing) = (house.read("schedules.toml"), "http://127.0.0.1:9");
    let bad = [&hall.discord.base_url, &hall.telegram.base_url, &hall.hook.base_url]
        .into_iter()
        .fold(good.clone(), |text, url| text.replace(url.as_str(), refusing));
    house.write("schedules.toml", bad);
    host.line("took over an edit").await;
    hall.conferences().add(meeting(2, "The last talk", begins, begins + 3_600));
    for (name, _) in CHANNELS {
        house.run(&["run", name]).await.ok();
        house.run(&["outbox", "retry", name]).await.ok();
    }
    look_everywhere(&house, &canaries).await;
    house.write("schedules.toml", good);
    host.line("took over an edit").await;

    // The secrets are the right ones: without faults everything is said.
    for (name, _) in CHANNELS {
        house.run(&["outbox", "retry", name]).await.ok();
    }
    let said = hall.discord.faults.wait_for(Matcher::path("/webhooks/"), 1);
    tokio::time::timeout(PATIENCE, said).await.expect("the webhook is asked");
    let (_, log) = host.stop().await;
    assert!(!hall.discord.messages(HOOKS).is_empty() && !hall.visible().is_empty() && !hall.hook.applied().is_empty());
    for heard in ["make a new token for the bot", "the channel of webhook", "ask @BotFather"] {
        assert!(log.contains(heard), "{heard} was never said, so that nothing is proven");
    }
    canaries.not_in("serve", &Done { code: None, out: String::new(), err: log });
    look_everywhere(&house, &canaries).await;
}
