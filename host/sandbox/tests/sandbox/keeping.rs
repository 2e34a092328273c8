//! What a run may keep, and where.

use beadle_artifacts::Content;
use beadle_egress::Redactor;
use beadle_plan::{FailureKind, Grants, Limits};

use crate::world::{Guest, failure, sentence};

pub(crate) async fn keeps_contents() {
    let place = tempfile::tempdir().expect("a folder");
    let content = Content::at(place.path().join("artifacts"), Redactor::new());
    let granted =
        |rights: &[&str]| Grants { artifacts: rights.iter().map(ToString::to_string).collect(), ..Grants::default() };
    let guest = || Guest {
        grants: granted(&["put", "get"]),
        content: Some(content.clone()),
        ..Guest::that("keeps_contents").with("texts", vec![r#"{"token":"0123"}"#, "four"])
    };
    let kept = || content.digests();

    // A dry run reads what it puts, and leaves nothing.
    let outcome = Guest { dry: true, ..guest() }.run().await;
    assert_eq!(sentence(&outcome), r#"{"token":"[secret]"} · four · refers to: "#);
    assert_eq!(outcome.plan.references.len(), 4, "{:?}", outcome.plan.references);
    assert_eq!(kept().await.expect("a folder"), []);

    let outcome = guest().run().await;
    assert_eq!(sentence(&outcome), r#"{"token":"[secret]"} · four · refers to: "#, "nothing is committed yet");
    let [first, second, ..] = &outcome.plan.references[..] else { panic!("{:?}", outcome.plan.references) };
    assert_eq!((first.subject.as_str(), second.subject.as_str()), ("contents/4", "contents/5"));
    assert_eq!((first.digest, first.size), (second.digest, r#"{"token":"[secret]"}"#.len() as u64));
    assert_eq!(kept().await.expect("a folder").len(), 2);

    // What another run has put is read where something refers to it, and nothing does yet.
    let digest = first.digest.to_string();
    let outcome = guest().with("arguments", digest.clone()).run().await;
    assert!(failure(&outcome, FailureKind::Unavailable).message.contains("there is no content"));
    let outcome = guest().with("arguments", "12ab").run().await;
    assert!(failure(&outcome, FailureKind::Invalid).message.contains("is no digest"));

    let denied = async |rights: &[&str]| {
        let outcome = Guest { grants: granted(rights), ..guest() }.run().await;
        failure(&outcome, FailureKind::Denied).message
    };
    assert_eq!(
        denied(&["get"]).await,
        "plugin lamps may not keep artifacts; to allow it write under [plugins.lamps]: grants = { artifacts = [\"put\"] }"
    );
    assert!(denied(&["put"]).await.contains("may not read artifacts"));

    let invalid = async |guest: Guest| failure(&guest.run().await, FailureKind::Invalid).message;
    let nameless = guest().with("texts", Vec::<String>::new()).with("how", "n".repeat(600));
    assert_eq!(invalid(nameless).await, "the name of an artifact is 600 bytes long; at most 500 are kept");
    let outcome = Guest { content: None, ..guest() }.run().await;
    assert_eq!(failure(&outcome, FailureKind::Unavailable).message, "this host keeps no artifacts");

    let large = guest().with("how", "large").with("count", 65 << 20);
    let large = large.limited(Limits { memory: 256 << 20, ..Limits::default() });
    assert_eq!(invalid(large).await, "artifact \"large\" has 65 MiB; at most 64 are kept");
}
