//! A service that repeats what it was sent, in every place it has for words: nothing of it is handed on.

use std::time::Duration;

use beadle_campus::faults::{Action, Matcher};
use serde_json::{Value, json};

use crate::house::House;

/// The token that the last request carried.
fn token(house: &House) -> String {
    let seen = house.campus.faults.requests_to(Matcher::path("/spreadsheets/"));
    let sent = seen.last().expect("a request").headers["authorization"].to_str().expect("a text").to_owned();
    sent.strip_prefix("Bearer ").expect("a token").to_owned()
}

/// The assertion that the last token was made from.
fn assertion(house: &House) -> String {
    let seen = house.campus.faults.requests_to("/token");
    seen.last().expect("a request").param("assertion").expect("an assertion")
}

fn private_key(house: &House) -> String {
    let key: Value = serde_json::from_str(&house.campus.service_account_json()).expect("a key file");
    key["private_key"].as_str().expect("a key").to_owned()
}

async fn used() -> House {
    let house = House::google().await;
    house.rows(&["a"]).await;
    house.finish().await;
    house
}

/// Ways to refuse with these words.
fn refusals(words: &str) -> Vec<Action> {
    let envelope = |status: u16, message: &str| {
        let error = json!({ "code": status, "message": message, "status": words, "details": [{ "reason": words,
            "metadata": { "consumer": words } }] });
        Action::json(status, json!({ "error": error }).to_string())
    };
    let mut refusals: Vec<Action> =
        [400, 401, 403, 404, 409, 418, 429, 500, 503].map(|status| envelope(status, words)).into();
    refusals.extend([
        envelope(400, &format!("Unable to parse range: {words}")),
        envelope(400, &format!("You are trying to edit a protected cell: {words}")),
        Action::json(
            400,
            json!({ "error": "invalid_grant", "error_description": words, "error_uri": words }).to_string(),
        ),
        Action::json(403, json!({ "error": words }).to_string()),
        Action::json(200, json!({ "updates": { "updatedRange": words }, "tableRange": words }).to_string()),
        Action::html(502, format!("<html><body>{words}</body></html>")),
        Action::html(200, words.to_owned()),
        Action::redirect(format!("https://portal.school.example/{words}?token={words}")),
        Action::Answer {
            status: 407,
            headers: vec![("www-authenticate".into(), format!("Bearer {words}"))],
            body: words.to_owned().into(),
        },
    ]);
    refusals
}

#[tokio::test]
async fn a_refusal_that_repeats_the_token_is_told_without_it() {
    let house = used().await;
    let key = private_key(&house);
    let line = key.lines().nth(1).expect("a line");
    for number in 0..refusals("").len() {
        let token = token(&house);
        let action = refusals(&format!("sent Bearer {token} {key} {line}")).swap_remove(number);
        house.campus.faults.order(Matcher::path("/spreadsheets/"), None, action.clone());
        house.rows(&[&format!("r{number}")]).await;
        let told = format!("{:?} {:?}", house.step().await, house.preview(&["c"]).await);
        assert!(!told.contains(&token) && !told.contains(line), "{action:?}: {told}");
        house.campus.faults.clear();
        house.clock.advance(Duration::from_secs(3_600));
        house.finish().await;
    }
}

#[tokio::test]
async fn a_refused_token_is_told_without_the_assertion() {
    let house = used().await;
    let assertion = assertion(&house);
    let signature = assertion.rsplit_once('.').expect("three parts").1;
    for (number, action) in refusals(&format!("assertion={assertion} {assertion}")).into_iter().enumerate() {
        // The token of before has expired: each round makes another.
        house.clock.advance(Duration::from_secs(2 * 3_600));
        house.campus.faults.order("/token", None, action.clone());
        house.rows(&[&format!("r{number}")]).await;
        let told = format!("{:?} {:?}", house.step().await, house.preview(&["c"]).await);
        assert!(!told.contains(&assertion) && !told.contains(signature), "{action:?}: {told}");
        house.campus.faults.clear();
    }
    house.finish().await;
    assert!(house.campus.faults.count("/token") > refusals("").len(), "each round asked for one");
}
