//! What is sent is what the services' own descriptions allow.

use std::path::{Path, PathBuf};
use std::time::Duration;

use beadle_campus::faults::{Action, Matcher};
use beadle_plan::{Message, Ping, Severity};

use crate::campus::Campus;
use crate::house::{House, long, message, put, put_in, remove};

/// Returns the folder of descriptions; says why and returns nothing where there is none.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
fn specifications() -> Option<PathBuf> {
    let root = std::env::var_os("BEADLE_FIXTURES").map(PathBuf::from).or_else(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().find(|folder| folder.join("rust-toolchain.toml").is_file())?;
        Some(root.parent()?.join("shared/fixtures"))
    });
    let folder = root.map(|root| root.join("specs")).filter(|folder| folder.is_dir());
    if folder.is_none() {
        assert!(
            std::env::var("BEADLE_REQUIRE_FIXTURES").as_deref() != Ok("1"),
            "no specifications in ../shared/fixtures/specs, and BEADLE_REQUIRE_FIXTURES is set"
        );
        eprintln!("skipped: no specifications in ../shared/fixtures/specs");
    }
    folder
}

/// Has everything sent that can be.
async fn everything<C: Campus>(house: &mut House<C>, pings: &[Ping]) {
    assert!(house.chats.check(&"class".into()).await.expect("a chat").is_ok());
    for ping in pings {
        house.configure(|settings| settings.ping = Some(ping.clone()));
        let urgent = Message { ping: true, severity: Severity::Urgent, title: "Now".into(), ..message("<go> & look") };
        house.deliver([put_in("class", "a", urgent), put("b", &long("word", 9_000))]).await;
        house.deliver([put("a", "changed"), put("b", "short")]).await;
        house.campus.faults().order(Matcher::any(), Some(1), Action::ApplyThenDrop);
        house.stage([put("c", "lost")]).await;
        house.round().await;
        house.clock.advance(Duration::from_secs(600));
        house.finish().await;
        house.deliver([remove("a"), remove("b"), remove("c")]).await;
    }
}

#[tokio::test]
async fn discord_has_nothing_to_complain_of() {
    let Some(folder) = specifications() else { return };
    let pings = [Ping::Role("42".into()), Ping::User("7".into()), Ping::Everyone];
    for mut house in [House::bot().await, House::discord_webhook().await] {
        house.campus.checked_against(&folder).expect("a specification");
        everything(&mut house, &pings).await;
        assert_eq!(house.campus.complaints(), Vec::<String>::new());
        assert!(house.requests() > 30);
    }
}

#[tokio::test]
async fn telegram_has_nothing_to_complain_of() {
    let Some(folder) = specifications() else { return };
    let mut house = House::telegram().await;
    house.campus.checked_against(&folder).expect("a description");
    everything(&mut house, &[Ping::User("7".into()), Ping::Name("@class_7b".into())]).await;
    let words = r#"{"ok":false,"error_code":400,"description":"Bad Request: can't parse entities: x"}"#;
    house.campus.faults.order("sendMessage", Some(1), Action::json(400, words));
    house.deliver([put("a", "plain")]).await;
    house.clock.advance(Duration::from_secs(49 * 3_600));
    house.deliver([remove("a")]).await;
    assert_eq!(house.campus.complaints(), Vec::<String>::new());
    assert!(house.requests() > 20);
}
