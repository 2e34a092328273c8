//! The outbox in an operator's hands: what waits and why, what can be decided about it, and what cannot.

mod support;

use serde_json::Value;
use support::hall::{BOTS, BY_HAND, By, Hall, meeting, now};
use support::{Done, House};

/// Two days, in seconds.
const FAR: i64 = 2 * 86_400;

async fn outbox(house: &House, args: &[&str]) -> Done {
    house.run(&[&["outbox"], args].concat()).await
}

/// Returns what is listed.
async fn listed(house: &House, args: &[&str]) -> Vec<Value> {
    outbox(house, &[&["list", "--json"], args].concat()).await.json().as_array().expect("a list").clone()
}

/// Returns the number of the newest effect under a key.
async fn effect(house: &House, key: &str) -> String {
    let all = listed(house, &["--all"]).await;
    let one = all.iter().find(|one| one["key"] == key).unwrap_or_else(|| panic!("no {key} in {all:#?}"));
    one["id"].to_string()
}

async fn run(house: &House) -> String {
    house.run(&["run", "class"]).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_without_its_bot_is_held_and_says_what_to_do_until_it_is_back() {
    let hall = Hall::found().await;
    let house = hall.house(&[("class", By::Bot)], &BY_HAND);
    let good = house.run(&["doctor"]).await.ok();
    assert!(good.contains("good  chat:class: bot beadle in channel #channel-1001"), "{good}");
    hall.discord.kick();
    let begins = now() + FAR;
    hall.conferences().add(meeting(2, "Talk", begins, begins + 3_600));

    // With a host that serves.
    let mut host = house.serve().await;
    run(&house).await;
    let said = host.line("the target is held").await;
    let advice = "invite the bot to the server and let it see channel 1001";
    assert!(
        said.contains("target=chat:class") && said.contains("Missing Access (50001)") && said.contains(advice),
        "{said}"
    );
    let out = outbox(&house, &[]).await.ok();
    assert!(out.contains("class@main/conference/1001") && out.contains("held") && out.contains(advice), "{out}");
    let waits = listed(&house, &["--target", "chat:class"]).await;
    let held = waits.iter().find(|one| one["key"] == "class@main/conference/1001").expect("it waits");
    assert_eq!((held["kept"]["state"].as_str(), held["place"].as_str()), (Some("held"), None), "{held:#}");
    assert!(held["kept"]["advice"].as_str().is_some_and(|text| text.contains(advice)), "{held:#}");
    assert_eq!(waits.len(), 2, "the ping waits with it: {waits:#?}");
    let shown = house.run(&["show", "1"]).await.ok();
    assert!(
        shown.contains("class@main/conference/1001") && shown.contains("held") && shown.contains(advice),
        "{shown}"
    );
    let bad = house.run(&["doctor"]).await;
    assert_eq!(bad.code, Some(1), "{}", bad.out);
    assert!(bad.out.contains("bad   chat:class: Discord answered 403: Missing Access (50001)"), "{}", bad.out);
    hall.discord.restore();
    let mended = house.run(&["doctor"]).await;
    assert!(
        mended.out.contains("bad   chat:class: 1 messages wait")
            || mended.out.contains("bad   chat:class: 2 messages wait"),
        "{}",
        mended.out
    );
    let freed = outbox(&house, &["retry", "chat:class"]).await.ok();
    assert!(freed.contains("chat:class is tried at once"), "{freed}");
    host.line("delivered target=chat:class key=\"class@main/conference/1001\"").await;
    host.stop_cleanly().await;
    assert_eq!(hall.visible().len(), 1);

    // Without one: it is said to whoever runs it, and the next run goes on.
    hall.discord.kick();
    hall.conferences().add(meeting(2, "Lecture", begins, begins + 3_600));
    assert!(run(&house).await.contains(advice));
    hall.discord.restore();
    for name in ["class", "chat:class"] {
        assert!(
            outbox(&house, &["retry", name]).await.ok().contains("chat:class is tried at once, or at the next start")
        );
    }
    run(&house).await;
    assert_eq!(hall.visible().len(), 2);
    let good = house.run(&["doctor"]).await.ok();
    assert!(good.contains("good  chat:class"), "{good}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_is_shown_given_up_and_tried_again_with_a_host_and_without() {
    let hall = Hall::found().await;
    let house = hall.house(&[("class", By::Bot)], &BY_HAND);
    assert!(outbox(&house, &["list", "--all"]).await.ok().contains("The outbox is empty."));
    let begins = now() + FAR;
    let talk = hall.conferences().add(meeting(2, "Talk", begins, begins + 3_600));
    run(&house).await;
    let (announcement, key) =
        (effect(&house, "class@main/conference/1001").await, format!("class@main/ping/1001/300/{begins}"));
    let ping = effect(&house, &key).await;

    // What waits is listed; what is done only on request, and by its channel.
    let out = outbox(&house, &["list"]).await.ok();
    assert!(out.contains(&key) && !out.contains("conference/1001") && out.contains("queued"), "{out}");
    let out = outbox(&house, &["list", "--all", "--target", "class"]).await.ok();
    assert!(out.contains(&key) && out.contains("conference/1001") && out.contains("done"), "{out}");
    let stands = &hall.discord.messages(BOTS)[0];
    let out = outbox(&house, &["show", &announcement]).await.ok();
    assert!(
        out.contains("staged by run 1")
            && out.contains(&format!("what stands, as {}", stands.id))
            && out.contains("**Talk**"),
        "{out}"
    );
    let one = outbox(&house, &["show", &ping, "--json"]).await.json();
    assert_eq!(
        (one["effect"]["state"].as_str().or(one["state"].as_str()), one["stands"].as_array().map(Vec::len)),
        (Some("queued"), Some(0)),
        "{one:#}"
    );

    for with in [false, true] {
        let host = if with { Some(house.serve().await) } else { None };
        // Numbers and names that mean nothing.
        for args in [["show", "999"], ["retry", "999"], ["drop", "999"]] {
            let said = outbox(&house, &args).await.failed(6);
            assert!(said.contains("there is no effect 999; `beadle outbox list --all`"), "{said}");
        }
        let said = outbox(&house, &["retry", "nonsense"]).await.failed(6);
        assert!(
            said.contains("\"nonsense\" is neither an effect's number nor a target; there are: chat:class"),
            "{said}"
        );
        outbox(&house, &["list", "--target", "nonsense"]).await.failed(6);
        outbox(&house, &["drop", "nonsense"]).await.failed(2);
        // What is done can be neither given up nor tried again.
        for args in [["retry", &announcement], ["drop", &announcement]] {
            let said = outbox(&house, &args).await.failed(1);
            assert!(said.contains(&format!("effect {announcement} is done: there is nothing to")), "{said}");
        }
        // What waits is given up, and taken back.
        let said = outbox(&house, &["drop", &ping]).await.ok();
        assert!(said.contains(&format!("Effect {ping} was queued and is given up.")), "{said}");
        outbox(&house, &["drop", &ping]).await.failed(1);
        let said = outbox(&house, &["retry", &ping]).await.ok();
        assert!(said.contains(&format!("Effect {ping} was dropped and is tried again.")), "{said}");
        let said = outbox(&house, &["retry", &ping]).await.ok();
        assert!(said.contains("waits already"), "{said}");
        if let Some(host) = host {
            host.stop_cleanly().await;
        }
    }
    assert_eq!(hall.visible().len(), 1, "none of it sent anything: the ping's time has not come");

    // Something else was said under its key: the older one is not tried again.
    hall.conferences().cancel(talk);
    run(&house).await;
    let said = outbox(&house, &["retry", &ping]).await.failed(1);
    assert!(said.contains("something else was said under its key later"), "{said}");
    assert_eq!(hall.visible().len(), 0);
}
