//! What a run may do, what stops it, and what then is said to the operator.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use beadle_egress::Redactor;
use beadle_moodle::{Account, NoKeeper, Site, SiteSettings};
use beadle_plan::catalog::{Known, Sightings};
use beadle_plan::{Difference, FailureKind, Grants, Kind, Limits, LogLevel, StagedSightings};
use beadle_store::{Catalog, CatalogItem, CatalogScope, ItemFilter, StoreError};
use serde_json::json;

pub(crate) use crate::excess::{
    empties_its_scope, forges_keys, hands_over_too_much, names_scopes_without_end, says_too_much, stages_a_million_rows,
};
pub(crate) use crate::keeping::keeps_contents;
use crate::mapping::mapper;
use crate::peers::Peer;
pub(crate) use crate::querying::queries;
pub(crate) use crate::reaching::{asks_http, calls_the_standard_interfaces, keeps_a_stream_open, keeps_too_much_open};
pub(crate) use crate::talking::{asks_for_earlier_runs, talks};
use crate::world::{Committed, Guest, NOW, SANDBOX, Watcher, failure, load, sentence, staged};

fn limits() -> Limits {
    Limits::default()
}

pub(crate) async fn returns_a_summary() {
    let outcome = Guest::that("returns_a_summary").with("count", 3).run().await;
    let summary = outcome.result.as_ref().expect("all is well");
    assert_eq!((summary.sentence.as_str(), &summary.counts[..]), ("all is well", &[("lamps".to_owned(), 3)][..]));
    assert!(outcome.plan.is_empty() && outcome.log.is_empty() && outcome.reads.is_empty());
    assert!(outcome.guest_time > Duration::ZERO && outcome.memory > 64 << 10, "{outcome:?}");

    let stranger = Guest::that("dances").run().await;
    assert_eq!(failure(&stranger, FailureKind::Invalid).message, "there is no behaviour \"dances\"");
}

pub(crate) async fn says_that_it_began() {
    let watcher = Arc::new(Watcher::default());
    let guest = Guest { audience: Arc::clone(&watcher) as _, ..Guest::that("says_that_it_began") };
    let outcome = guest.run().await;
    assert_eq!(sentence(&outcome), "begun");
    watcher.progress.notified().await;
}

pub(crate) async fn refuses() {
    for (how, kind) in
        [("denied", FailureKind::Denied), ("unavailable", FailureKind::Unavailable), ("invalid", FailureKind::Invalid)]
    {
        let outcome = Guest::that("refuses").with("how", how).run().await;
        let failure = failure(&outcome, kind);
        assert_eq!((failure.message.as_str(), failure.backtrace), ("no light", None));
    }
}

pub(crate) async fn stages_observations_and_rows() {
    let outcome = Guest::that("stages_observations_and_rows").with("count", 3).run().await;
    assert_eq!(sentence(&outcome), "first: true");
    assert_eq!(staged(&outcome.plan), ["lamp 0", "lamp 1", "lamp 2"]);
    let scope = &outcome.plan.scopes[0];
    assert_eq!((scope.observation.collection.as_str(), scope.observation.scope.as_str()), ("lamps", "hall"));
    assert_eq!((scope.base, scope.comparison.first), (None, true));
    assert!(scope.comparison.differences.iter().all(|difference| difference.kind == Kind::New));
    // What the run staged counts when it reads.
    assert_eq!(outcome.result.expect("a summary").counts, [("standing".to_owned(), 3)]);
    assert_eq!(outcome.log[0].message, "3 lamps differ");
    assert!(outcome.reads.iter().any(|read| read.from == "ledger:lamps:lamps"), "{:?}", outcome.reads);

    let ungranted = Guest { grants: Grants::default(), ..Guest::that("stages_observations_and_rows") }.run().await;
    let message = failure(&ungranted, FailureKind::Denied).message;
    assert!(message.contains("under [plugins.lamps]: grants = { sheets = [\"presence:append\"] }"), "{message}");
}

pub(crate) async fn panics() {
    let outcome = Guest::that("panics").with("how", "in the hall").run().await;
    let failure = failure(&outcome, FailureKind::Trapped);
    assert!(failure.message.starts_with("the plugin panicked: "), "{}", failure.message);
    assert!(failure.message.contains("the lamp is broken: in the hall"), "{}", failure.message);
    let backtrace = failure.backtrace.expect("frames for the author");
    assert!(backtrace.contains("unruly::collecting::looks_at_the_broken_lamp"), "{backtrace}");
    assert!(!backtrace.contains("_ZN") && backtrace.lines().count() <= 30, "{backtrace}");

    // A text without end is cut, and the trap is still told as what it is.
    let outcome = Guest::that("panics").with("how", "dark ").with("count", 20_000).run().await;
    let failure = crate::world::failure(&outcome, FailureKind::Trapped);
    assert!(failure.message.contains("the lamp is broken: dark dark"), "{}", failure.message);
    assert!(failure.message.len() < 5_000, "{}", failure.message.len());
}

pub(crate) async fn computes() {
    let outcome = Guest::that("computes").with("count", 1_000_000).run().await;
    assert_eq!(outcome.result.expect("it ends").counts, [("turns".to_owned(), 1_000_000)]);
}

/// A plugin that computes for ever is stopped, says which limit it hit, and never keeps others waiting: it gives way at each tick.
pub(crate) async fn loops_for_ever() {
    let limits = Limits { guest_time: Duration::from_secs(2), ..limits() };
    // As many as there are workers, and one more.
    let loops: Vec<_> =
        (0..3).map(|_| tokio::spawn(Guest::that("loops_for_ever").limited(limits.clone()).run())).collect();
    let neighbours = (0..5).map(|_| tokio::spawn(Guest::that("returns_a_summary").run()));
    for neighbour in neighbours.collect::<Vec<_>>() {
        assert_eq!(sentence(&neighbour.await.expect("no panic")), "all is well");
    }
    assert!(loops.iter().all(|one| !one.is_finished()), "the neighbours ended while the loops went on");
    for one in loops {
        let outcome = one.await.expect("no panic");
        let failure = failure(&outcome, FailureKind::Limit);
        assert_eq!(failure.message, "the plugin computed for longer than 2s (limits.guest-time)");
        assert!(outcome.guest_time >= Duration::from_secs(2), "{:?}", outcome.guest_time);
        assert!(failure.backtrace.is_some_and(|frames| frames.contains("unruly::collecting::spin")));
    }
    // The same loop, stopped from outside.
    let watcher = Arc::new(Watcher::default());
    let guest = Guest { audience: Arc::clone(&watcher) as _, ..Guest::that("loops_for_ever") };
    let stop = async {
        watcher.progress.notified().await;
        "the host stops".to_owned()
    };
    let stopped = guest.run_until(stop).await;
    assert_eq!(failure(&stopped, FailureKind::Stopped).message, "the host stops");
}

pub(crate) async fn grows_for_ever() {
    let outcome = Guest::that("grows_for_ever").limited(Limits { memory: 8 << 20, ..limits() }).run().await;
    let failure = failure(&outcome, FailureKind::Limit);
    assert!(failure.message.ends_with("MiB of memory, at most 8 MiB are allowed (limits.memory)"), "{failure:?}");
    assert!(outcome.memory <= 8 << 20 && outcome.memory > 6 << 20, "{}", outcome.memory);
    assert!(failure.backtrace.is_some_and(|frames| frames.contains("unruly::collecting::grow")));
}

pub(crate) async fn overflows_its_stack() {
    for how in ["memory", "calls"] {
        let outcome = Guest::that("overflows_its_stack").with("how", how).run().await;
        let failure = failure(&outcome, FailureKind::Trapped);
        assert!(failure.message.starts_with("the plugin used up its stack"), "{how}: {}", failure.message);
        let frames = failure.backtrace.expect("frames");
        assert!(frames.contains(&format!("deep_in_{how}")) && frames.lines().count() <= 30, "{frames}");
    }
}

pub(crate) async fn calls_too_often() {
    let outcome = Guest::that("calls_too_often").limited(Limits { host_calls: 100, ..limits() }).run().await;
    let message = failure(&outcome, FailureKind::Limit).message;
    assert_eq!(message, "the run called the host more than 100 times (limits.host-calls)");
    // A million times is more than anybody may who says nothing about it.
    let message = failure(&Guest::that("calls_too_often").run().await, FailureKind::Limit).message;
    assert_eq!(message, "the run called the host more than 100000 times (limits.host-calls)");
}

pub(crate) async fn stages_too_much() {
    let guest = || Guest::that("stages_too_much").with("how", "effects");
    let few = Limits { effects: 10, ..limits() };
    let outcome = guest().with("count", 10).limited(few.clone()).run().await;
    assert_eq!(outcome.plan.effects.len(), 10, "as many as are allowed");
    let outcome = guest().with("count", 11).limited(few).run().await;
    assert_eq!(failure(&outcome, FailureKind::Limit).message, "the run staged more than 10 effects (limits.effects)");

    let small = Limits { plan: 4 << 10, ..limits() };
    let large = Guest::that("stages_too_much").with("count", 1_000).limited(small).run().await;
    assert_eq!(failure(&large, FailureKind::Limit).message, "the run's plan is larger than 4 KiB (limits.plan)");
}

pub(crate) async fn is_answered_too_much() {
    let plugin = load(&SANDBOX, &[("large.bin", &[0; 64 << 10])]).await.expect("it loads");
    let guest = Guest { plugin: Some(plugin), ..Guest::that("is_answered_too_much") };
    let outcome = guest.limited(Limits { responses: 1 << 20, ..limits() }).run().await;
    let message = failure(&outcome, FailureKind::Limit).message;
    assert_eq!(message, "the run was answered with more than 1024 KiB (limits.responses)");
}

pub(crate) async fn logs_too_much() {
    let outcome =
        Guest::that("logs_too_much").with("count", 1_000).limited(Limits { log: 2 << 10, ..limits() }).run().await;
    assert_eq!(sentence(&outcome), "logged", "a long log ends no run");
    let (last, kept) = outcome.log.split_last().expect("lines");
    assert_eq!(last.message, "the log is cut here: it is larger than 2 KiB (limits.log)");
    assert_eq!(last.level, LogLevel::Warn);
    assert!((60..=128).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept[0].message, "lamp 0 flickers");

    let gigabyte = Guest::that("logs_too_much").with("how", "a gigabyte").run().await;
    assert_eq!(sentence(&gigabyte), "logged");
    let [only] = &gigabyte.log[..] else { panic!("{} lines", gigabyte.log.len()) };
    assert_eq!(only.message, "the log is cut here: it is larger than 256 KiB (limits.log)");
}

pub(crate) async fn writes_another_plugins_collection() {
    let guest = || Guest::that("writes_another_plugins_collection");
    // A grant to read is none to write.
    let grants = Grants { ledger: vec!["online:sessions".into()], ..Grants::default() };
    let outcome = Guest { grants, ..guest() }.run().await;
    let message = failure(&outcome, FailureKind::Denied).message;
    assert_eq!(message, "plugin lamps may not write collection online:sessions of another plugin");
    let outcome = guest().with("how", "undescribed").run().await;
    let message = failure(&outcome, FailureKind::Denied).message;
    assert!(message.contains("does not describe a collection \"lights\""), "{message}");
}

pub(crate) async fn says_a_key_twice() {
    let outcome = Guest::that("says_a_key_twice").run().await;
    let message = failure(&outcome, FailureKind::Invalid).message;
    assert_eq!(message, "key \"lamp 0\" stands twice in scope \"hall\"");
}

pub(crate) async fn calls_moodle() {
    let read = "core_webservice_get_site_info";
    let write = "core_course_view_course";
    let batch = "tool_mobile_call_external_functions";
    let guest = |function: &str, moodle: &[&str], unsafely: &[&str]| {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let grants = Grants { moodle: list(moodle), moodle_unsafe: list(unsafely), ..Grants::default() };
        Guest { grants, ..Guest::that("calls_moodle").with("how", function) }
    };
    let denied = async |guest: Guest| failure(&guest.run().await, FailureKind::Denied).message;

    let message = denied(guest(read, &[], &[])).await;
    assert_eq!(
        message,
        format!(
            "plugin lamps may not call {read}; to allow it write under [plugins.lamps]: grants = {{ moodle = [\"{read}\"] }}"
        )
    );
    // Granted, but this run has no site: that is another sentence.
    let message = denied(guest(read, &[read], &[])).await;
    assert_eq!(message, "plugin lamps runs without a site; write sites = [\"…\"] in its [[schedule]]");

    let message = denied(guest(write, &[write], &[])).await;
    assert!(message.contains(&format!("grants = {{ moodle-unsafe = [\"{write}\"] }}")), "{message}");
    let dry = Guest { dry: true, ..guest(write, &[], &[write]) };
    assert_eq!(denied(dry).await, format!("{write} may change something and is not called in a dry run"));

    // The envelope lends no grant to what is in it, and hides nothing.
    let inside =
        |function: &str| json!({ "requests": [{ "function": read }, { "function": function, "arguments": "{}" }] });
    let message = denied(guest(batch, &[batch, read], &[batch]).with("arguments", inside(write))).await;
    assert!(message.starts_with(&format!("plugin lamps may not call {write}")), "{message}");
    let message = denied(guest(batch, &[read], &[]).with("arguments", inside("core_user_get_users"))).await;
    assert!(message.contains("moodle = [\"core_user_get_users\"]"), "{message}");
    let nested = guest(batch, &[read], &[batch]).with("arguments", inside(batch)).run().await;
    let message = failure(&nested, FailureKind::Invalid).message;
    assert_eq!(message, format!("{batch} may not stand inside itself"));
    nothing_reaches_the_site().await;
}

/// What is denied is not asked of the site, whoever says that it is granted.
async fn nothing_reaches_the_site() {
    let peer = Peer::start().await;
    let egress = crate::peers::egress(&[], Duration::from_secs(30));
    let url = format!("http://127.0.0.1:{}/", peer.port).parse().expect("an address");
    let settings = SiteSettings::new("main", url, Account::Token("0123456789abcdef0123456789abcdef".into()));
    let site = Site::new(settings, &egress, Arc::new(NoKeeper), Redactor::new()).expect("a site");
    let site = Arc::new(site);
    let read = "core_webservice_get_site_info";
    let write = "mod_assign_save_submission";
    let batch = "tool_mobile_call_external_functions";
    let inside = |function: &str| json!({ "requests": [{ "function": read }, { "function": function }] });
    let none = json!({});
    for (function, arguments, moodle, unsafely, dry) in [
        (write, &none, vec![write, read], vec![], false),
        (write, &none, vec![], vec![write], true),
        (batch, &inside(write), vec![batch, write, read], vec![batch], false),
        (batch, &inside(write), vec![read], vec![batch, write], true),
        (batch, &inside(batch), vec![read, batch], vec![batch], false),
        (batch, &inside(&write.to_uppercase()), vec![read], vec![write], false),
        ("MOD_ASSIGN_SAVE_SUBMISSION", &none, vec![write], vec![], false),
        ("core_webservice_get_site_info ", &none, vec![read], vec![], false),
        ("core_webservice_get_site_info&wsfunction=mod_assign_save_submission", &none, vec![read], vec![write], true),
    ] {
        let list = |names: Vec<&str>| names.into_iter().map(ToOwned::to_owned).collect();
        let grants = Grants { moodle: list(moodle), moodle_unsafe: list(unsafely), ..Grants::default() };
        let guest = Guest::that("calls_moodle").with("how", function).with("arguments", arguments.clone());
        let outcome = Guest { grants, dry, moodle: Some(Arc::clone(&site)), ..guest }.run().await;
        let failure = outcome.result.expect_err("nobody may do that");
        assert!(matches!(failure.kind, FailureKind::Denied | FailureKind::Invalid), "{function}: {failure:?}");
    }
    assert_eq!(peer.visits(), 0);
    let grants = Grants { moodle_unsafe: vec![write.to_owned()], ..Grants::default() };
    let guest = Guest::that("calls_moodle").with("how", write);
    Guest { grants, moodle: Some(site), ..guest }.run().await;
    assert_eq!(peer.visits(), 1, "what is granted as unsafe is called");
}

pub(crate) async fn reads_files() {
    let plugin = load(&SANDBOX, &[("lamps.txt", b"\xef\xbb\xbfhall"), ("other.txt", b"x")]).await.expect("it loads");
    let guest = |path: &str| Guest { plugin: Some(plugin.clone()), ..Guest::that("reads_files").with("how", path) };
    let outcome = guest("./lamps.txt").run().await;
    let summary = outcome.result.expect("it is there");
    assert_eq!((summary.sentence.as_str(), summary.counts[0].1), ("hall", 2));
    for path in ["../lamps.txt", "a/../../x", "/etc/passwd", "..\\lamps.txt"] {
        let message = failure(&guest(path).run().await, FailureKind::Invalid).message;
        assert!(message.contains("leads outside of the plugin's folder"), "{path}: {message}");
    }
    let message = failure(&guest("lamp.txt").run().await, FailureKind::Invalid).message;
    assert!(message.contains("there is no file \"lamp.txt\""), "{message}");
    let without = Guest::that("reads_files").with("how", "lamps.txt").run().await;
    let message = failure(&without, FailureKind::Denied).message;
    assert!(message.contains("under [plugins.lamps]: folder ="), "{message}");
}

pub(crate) async fn asks_for_pseudonyms() {
    let guest = || Guest::that("asks_for_pseudonyms").with("texts", json!(["42", "43", "42"]));
    let outcome = guest().run().await;
    let words: Vec<&str> = sentence(&outcome).split(' ').collect();
    assert!(words.iter().all(|word| word.len() == 16 && word.bytes().all(|digit| digit.is_ascii_hexdigit())));
    assert_eq!(words[0], words[2]);
    assert_ne!(words[0], words[1]);
    let north = Guest { site: Some("north"), ..guest() }.run().await;
    assert_ne!(sentence(&north).split(' ').next(), Some(words[0]), "another site, another pseudonym");
    assert_eq!(sentence(&guest().run().await), words.join(" "), "and the same one again and again");

    let without = Guest { key: None, ..guest() }.run().await;
    assert_eq!(failure(&without, FailureKind::Denied).message, "there are no pseudonyms here");
}

pub(crate) async fn asks_for_many_pseudonyms() {
    let limits = Limits { responses: 1 << 20, ..limits() };
    let outcome = Guest::that("asks_for_many_pseudonyms").with("count", 10_000).limited(limits).run().await;
    let message = failure(&outcome, FailureKind::Limit).message;
    assert_eq!(message, "the run was answered with more than 1024 KiB (limits.responses)");
}

pub(crate) async fn asks_for_classrooms() {
    let guest = || Guest::that("asks_for_classrooms").with("texts", json!(["10.0.0.7", "192.168.1.1", "10.0.0.7"]));
    let message = failure(&guest().run().await, FailureKind::Denied).message;
    assert_eq!(message, "plugin lamps has no mapper; to allow it write under [plugins.lamps]: mapper = \"…\"");
    let mapper = Some(mapper("rooms", "knows_rooms", limits(), None).await);
    let outcome = Guest { mapper, ..guest() }.run().await;
    assert_eq!(sentence(&outcome), "Room 7 - Room 7");
    assert_eq!((outcome.reads[0].from.as_str(), outcome.reads[0].size), ("classrooms:rooms", 3));
}

pub(crate) async fn checkpoints() {
    for (how, kind) in [("fails", FailureKind::Unavailable), ("panics", FailureKind::Trapped)] {
        let committed = Arc::new(Committed::default());
        let guest = Guest::that("checkpoints").with("how", how);
        let outcome = Guest { checkpoint: Some(Arc::clone(&committed) as _), ..guest }.run().await;
        failure(&outcome, kind);
        let plans = committed.plans.lock().expect("one test at a time");
        assert_eq!(plans.len(), 1);
        assert_eq!((staged(&plans[0]), plans[0].scopes.len()), (vec!["before 0"], 1), "what stood before is committed");
    }
    let committed = Arc::new(Committed::default());
    let guest = Guest { checkpoint: Some(Arc::clone(&committed) as _), ..Guest::that("checkpoints") };
    let outcome = guest.run().await;
    assert_eq!((sentence(&outcome), staged(&outcome.plan)), ("to the end", vec!["after 0"]));

    let refuses = Committed { refuses: Some("the run was overtaken".into()), ..Committed::default() };
    let guest = Guest { checkpoint: Some(Arc::new(refuses)), ..Guest::that("checkpoints") };
    let failed = failure(&guest.run().await, FailureKind::Host);
    assert_eq!(failed.message, "the run was overtaken", "and the run does not go on");

    // A dry run commits nothing and shows all of it at the end, as far as that fits into memory.
    let small = Limits { plan: 16, ..limits() };
    let much = Guest { dry: true, ..Guest::that("checkpoints") }.limited(small).run().await;
    failure(&much, FailureKind::Limit);

    let dry = Guest { dry: true, ..Guest::that("checkpoints") }.run().await;
    assert_eq!((staged(&dry.plan), dry.plan.scopes.len()), (vec!["before 0", "after 0"], 1));
}

pub(crate) async fn shows_a_table() {
    for terminal in [true, false] {
        let watcher = Arc::new(Watcher { terminal, ..Watcher::default() });
        let guest = Guest { audience: Arc::clone(&watcher) as _, ..Guest::that("shows_a_table") };
        let outcome = guest.run().await;
        assert_eq!(sentence(&outcome), if terminal { "watched" } else { "unwatched" });
        let shown = watcher.shown.lock().expect("one test at a time");
        assert_eq!(shown.len(), usize::from(terminal), "a table is for a person, or for nobody");
        assert!(shown.iter().all(|table| table.title == "Lamps" && table.rows == [["hall", "on"]]));
        assert!(!format!("{outcome:?}").contains("hall"), "and stands nowhere else");
    }
}

/// A guest that waits is stopped as well as one that computes, and its wait is not its own time.
pub(crate) async fn sleeps() {
    let watcher = Arc::new(Watcher::default());
    let guest = Guest { audience: Arc::clone(&watcher) as _, ..Guest::that("sleeps") };
    let stop = async {
        watcher.progress.notified().await;
        "it took longer than 2m (schedule.timeout)".to_owned()
    };
    let outcome = guest.limited(Limits { guest_time: Duration::from_secs(5), ..limits() }).run_until(stop).await;
    let failure = failure(&outcome, FailureKind::Stopped);
    assert_eq!(failure.message, "it took longer than 2m (schedule.timeout)");
    assert!(outcome.guest_time < Duration::from_secs(2), "{:?}", outcome.guest_time);
}

pub(crate) async fn reaches_outside() {
    let outcome = Guest::that("reaches_outside").run().await;
    assert_eq!(sentence(&outcome), "", "there is no file, no variable, no socket, no fine clock");
    let refused: Vec<&str> = outcome.log.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(refused.len(), 2, "both connections were refused: {refused:?}");
    // The clock a guest sees is the host's.
    let now = u64::try_from(NOW).expect("after 1970");
    assert_eq!(outcome.result.expect("a summary").counts, [("now".to_owned(), now)]);
}

pub(crate) async fn tells_its_terms() {
    let outcome = Guest::that("tells_its_terms").run().await;
    assert_eq!(
        sentence(&outcome),
        "lamps@main lamps main Trigger::Manual 1795198790123 2 false Europe/Berlin en Some(true) [sheets:presence:append]"
    );
}

pub(crate) async fn works() {
    let guest = || Guest::that("works").with("sheets", json!(["presence"])).with("observes", true);
    let outcome = guest().run().await;
    assert_eq!(sentence(&outcome), "attempt 2");
    assert_eq!(staged(&outcome.plan), ["lamps@main 1795198790123 0"]);
    let failed = guest().with("fails-before", 3).run().await;
    assert_eq!(failure(&failed, FailureKind::Unavailable).message, "attempt 2 fails");
}

/// A catalog in which another plugin was first.
struct Taken;

#[async_trait]
impl Catalog for Taken {
    async fn catalog_scopes(&self, _: &str, seen: &[&Sightings]) -> Result<Vec<CatalogScope>, StoreError> {
        let owner = Some("detector".to_owned());
        Ok(vec![CatalogScope { version: Some(3), owner, ..CatalogScope::default() }; seen.len()])
    }

    async fn sighted(&self, _: &str, _: &[&str]) -> Result<HashMap<String, HashMap<String, Known>>, StoreError> {
        Ok(HashMap::new())
    }

    async fn preview(&self, _: &str, looks: &[&StagedSightings]) -> Result<Vec<Vec<Difference>>, StoreError> {
        Ok(vec![Vec::new(); looks.len()])
    }

    async fn items(&self, _: &str, _: &ItemFilter) -> Result<Vec<CatalogItem>, StoreError> {
        Err(StoreError::Unavailable("the disk is gone".to_owned()))
    }
}

pub(crate) async fn sights() {
    let store = || Arc::new(Taken) as Arc<dyn Catalog>;
    let granted =
        |rights: &[&str]| Grants { catalog: rights.iter().map(ToString::to_string).collect(), ..Grants::default() };
    let guest = || Guest {
        grants: granted(&["observe", "read"]),
        ..Guest::that("sights").with("texts", vec!["contents/4"]).with("count", 2)
    };
    let outcome = guest().run().await;
    assert_eq!(sentence(&outcome), "first true, 0 differ, 0 unchanged, 0 held; stood: ");
    let [staged] = &outcome.plan.sightings[..] else { panic!("{:?}", outcome.plan.sightings) };
    assert_eq!((staged.seen.part(), staged.seen.items.len(), staged.sifted.puts.len()), ("contents", 2, 2));
    let told = &staged.seen.items[1].sighting;
    assert_eq!((told.key.as_str(), told.fields.title.as_deref()), ("assign/1", Some("Lamp 1")));
    assert_eq!(
        (told.fields.url.clone(), told.fields.starts_at),
        (Some(None), None),
        "what it has not, and what it does not know"
    );
    assert_eq!(told.facts[0].when, told.fields.due_at.flatten());
    assert!(outcome.reads.iter().any(|read| read.from == "catalog:contents"), "{:?}", outcome.reads);

    let denied = async |guest: Guest| failure(&guest.run().await, FailureKind::Denied).message;
    let message = denied(Guest { grants: granted(&["read"]), ..guest() }).await;
    assert_eq!(
        message,
        "plugin lamps may not write to the catalog; to allow it write under [plugins.lamps]: grants = { catalog = [\"observe\"] }"
    );
    let message = denied(Guest { grants: granted(&["observe"]), ..guest() }).await;
    assert!(message.contains("may not read the catalog"), "{message}");
    let message = denied(Guest { site: None, ..guest() }).await;
    assert!(message.contains("the catalog is that of a site"), "{message}");
    let message = denied(Guest { catalog: Some(store()), ..guest() }).await;
    assert!(message.starts_with("scope contents/4 of the catalog belongs to plugin detector"), "{message}");
    let invalid = guest().with("texts", vec![""]).run().await;
    assert_eq!(failure(&invalid, FailureKind::Invalid).message, "the name of a scope is empty");
    // What is staged counts against the plan as all else does.
    let large = guest().with("how", "x".repeat(1 << 10)).with("count", 100);
    let outcome = large.limited(Limits { plan: 64 << 10, ..limits() }).run().await;
    assert!(failure(&outcome, FailureKind::Limit).message.contains("limits.plan"));
}
