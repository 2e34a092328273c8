//! A small house around delivery: a store in memory, a clock that is moved by hand, and the engine's loop, one round at a time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beadle_chat::{Chats, Delivery, Settings};
use beadle_egress::Egress;
use beadle_plan::{
    Block, Body, ChatName, Clock as _, Deliver as _, Delivered, Effect, Instant, Look, ManualClock, Message, Piece,
    Plan, Post, Target, Trigger,
};
use beadle_store::{
    Commit, DueTarget, EffectState, EffectView, Firings as _, Messages, NewFiring, NewRun, Outbox, RunMode,
    SqliteStore, Started, TargetState, Views as _,
};

use crate::campus::Campus;

/// How often a target is probed that an operator must mend.
pub(crate) const PROBE: Duration = Duration::from_secs(300);

/// More rounds than any story takes.
const ENDLESS: usize = 20_000;

/// The house, with what it delivers to.
pub(crate) struct House<C> {
    pub(crate) campus: C,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) settings: BTreeMap<ChatName, Settings>,
    pub(crate) chats: Arc<Chats>,
    messages: Arc<dyn Messages>,
    /// What was written on the terminal.
    pub(crate) said: Arc<Mutex<Vec<String>>>,
    egress: Egress,
    /// What outcomes are settled in: the store, or what stands before it.
    outbox: Arc<dyn Outbox>,
    started: Started,
}

/// A clock, and the same for a service.
pub(crate) fn clocks() -> (Arc<ManualClock>, Arc<dyn Fn() -> i64 + Send + Sync>) {
    let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_198_020_000)));
    let told = Arc::clone(&clock);
    (clock, Arc::new(move || told.now().millis()))
}

impl<C: Campus> House<C> {
    /// Makes a house whose chats are these.
    pub(crate) async fn new(campus: C, clock: Arc<ManualClock>, settings: BTreeMap<ChatName, Settings>) -> Self {
        Self::with(SqliteStore::in_memory().await.expect("memory"), campus, clock, settings).await
    }

    /// Makes it anew with a store in a file.
    pub(crate) async fn in_file(self, file: &Path) -> Self {
        Self::with(SqliteStore::open(file).await.expect("a file"), self.campus, self.clock, self.settings).await
    }

    async fn with(
        store: SqliteStore,
        campus: C,
        clock: Arc<ManualClock>,
        settings: BTreeMap<ChatName, Settings>,
    ) -> Self {
        let store = Arc::new(store);
        let now = clock.now();
        store.schedule(&"s".into(), &"watcher".into(), None, now).await.expect("the store works");
        let firing = NewFiring { schedule: "s".into(), trigger: Trigger::Time, instant: now, stretch: None, now };
        let run = NewRun { mode: RunMode::Live, plugin_digest: "0", now };
        let started = store.fire(&firing, &run).await.expect("the store works").expect("the first");
        let egress = Egress::new(beadle_egress::Settings::default()).expect("clients");
        let said = Arc::default();
        let chats = open(&settings, &egress, &clock, &said);
        let (messages, outbox) = (store.clone(), store.clone());
        Self { campus, clock, messages, outbox, store, settings, chats, said, egress, started }
    }

    /// Changes how the channel `class` is reached or used, and begins anew with it.
    pub(crate) fn configure(&mut self, change: impl FnOnce(&mut Settings)) {
        change(self.settings.get_mut(&ChatName::from("class")).expect("it is there"));
        self.restart();
    }

    /// Forgets what a process knows and begins anew, as after a kill.
    pub(crate) fn restart(&mut self) {
        let store = Arc::clone(&self.store);
        self.begin(store.clone(), store);
    }

    /// Begins anew on something that stands before the store.
    pub(crate) fn begin(&mut self, messages: Arc<dyn Messages>, outbox: Arc<dyn Outbox>) {
        self.chats = open(&self.settings, &self.egress, &self.clock, &self.said);
        self.messages = messages;
        self.outbox = outbox;
    }

    /// Returns a deliverer, which the engine makes anew for each call: the configuration may be another.
    pub(crate) fn delivery(&self) -> Delivery {
        let (messages, outbox) = (Arc::clone(&self.messages), Arc::clone(&self.outbox));
        Delivery::new(Arc::clone(&self.chats), messages, outbox, self.clock.clone())
    }

    /// Commits effects, as a run's checkpoint does.
    pub(crate) async fn stage(&self, effects: impl IntoIterator<Item = Effect>) {
        let plan = Plan { effects: effects.into_iter().collect(), ..Plan::default() };
        let (plugin, now) = ("watcher".into(), self.clock.now());
        let commit = Commit { started: self.started, plugin: &plugin, site: None, plan: &plan, end: None, now };
        self.store.commit(commit).await.expect("committed");
    }

    /// Delivers the next effect of a target and settles it. Returns what came of it, and whether the target has to wait.
    async fn step(&self, target: &Target, failures: u32) -> Option<(Delivered, bool)> {
        let (batch, now) = (self.delivery().batch(target), self.clock.now());
        let queued = self.store.queued(target, batch, now).await.expect("the store works");
        if queued.is_empty() {
            return None;
        }
        let outcomes = self.delivery().deliver(target, &queued).await;
        assert_eq!(outcomes.len(), 1, "an effect at a time: {outcomes:?}");
        let now = self.clock.now();
        let hold = hold(&outcomes[0].1, failures, now);
        // The engine is patient with a store that cannot be used.
        while self.outbox.settle(target, &outcomes, hold, now).await.is_err() {}
        Some((outcomes.into_iter().next().expect("one").1, hold.is_some()))
    }

    /// Delivers all that waits for a target, until it is empty or must wait.
    pub(crate) async fn drain(&self, due: DueTarget) -> Vec<Delivered> {
        let (mut failures, mut outcomes) = (due.failures, Vec::new());
        while let Some((outcome, waits)) = self.step(&due.target, failures).await {
            outcomes.push(outcome);
            if waits {
                break;
            }
            failures = 0;
        }
        outcomes
    }

    /// Returns the targets that are due, and when the next one is.
    pub(crate) async fn due(&self) -> (Vec<DueTarget>, Option<Instant>) {
        let now = self.clock.now();
        let targets = self.store.targets().await.expect("the store works");
        let next = targets.iter().map(|due| due.next_at).min();
        (targets.into_iter().filter(|due| due.next_at <= now).collect(), next)
    }

    /// Returns what keeps the one target for which something waits.
    pub(crate) async fn waiting(&self) -> DueTarget {
        self.store.targets().await.expect("the store works").pop().expect("something waits")
    }

    /// Delivers what can be delivered now, and returns what came of it.
    pub(crate) async fn round(&self) -> Vec<Delivered> {
        let mut outcomes = Vec::new();
        for due in self.due().await.0 {
            outcomes.extend(self.drain(due).await);
        }
        outcomes
    }

    /// Moves the clock to where something is due, and delivers that.
    pub(crate) async fn next_round(&self) -> Vec<Delivered> {
        let (_, next) = self.due().await;
        let next = next.expect("something waits");
        self.clock.set(next.max(self.clock.now()));
        self.round().await
    }

    /// Goes on, moving the clock, until nothing waits. Returns what came of the effects.
    pub(crate) async fn finish(&self) -> Vec<Delivered> {
        let mut outcomes = Vec::new();
        for _ in 0..ENDLESS {
            if self.due().await.1.is_none() {
                return outcomes;
            }
            for outcome in self.next_round().await {
                assert!(!matches!(outcome, Delivered::Held { .. }), "held: {outcome:?}");
                outcomes.push(outcome);
            }
        }
        panic!("delivery does not come to an end: {:?}", outcomes.last());
    }

    /// Stages effects and goes on until nothing waits.
    pub(crate) async fn deliver(&self, effects: impl IntoIterator<Item = Effect>) -> Vec<Delivered> {
        self.stage(effects).await;
        self.finish().await
    }

    /// Returns the effects that were staged, oldest first.
    pub(crate) async fn effects(&self) -> Vec<EffectView> {
        let mut effects =
            self.store.run(self.started.run).await.expect("the store works").expect("it is there").effects;
        effects.sort_by_key(|effect| effect.id.0);
        effects
    }

    /// Returns how far each effect has come, oldest first.
    pub(crate) async fn states(&self) -> Vec<EffectState> {
        self.effects().await.into_iter().map(|effect| effect.state).collect()
    }

    /// Returns what is to be known about the effect that was staged last.
    pub(crate) async fn cause(&self) -> String {
        self.effects().await.pop().and_then(|effect| effect.cause).unwrap_or_default()
    }

    /// Returns the texts that stand in the channel `class`, oldest first.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.campus.texts()
    }

    /// Counts the requests until now.
    pub(crate) fn requests(&self) -> u64 {
        self.campus.faults().total()
    }
}

fn open(
    settings: &BTreeMap<ChatName, Settings>,
    egress: &Egress,
    clock: &Arc<ManualClock>,
    said: &Arc<Mutex<Vec<String>>>,
) -> Arc<Chats> {
    let said = Arc::clone(said);
    let console: beadle_chat::Console =
        Arc::new(move |text: &str| said.lock().expect("nobody panics in it").push(text.to_owned()));
    let clock: Arc<dyn beadle_plan::Clock> = clock.clone();
    Arc::new(Chats::open(settings.clone(), egress, &clock, &console).expect("settings that can be right"))
}

/// Decides when a target is tried next, as the engine does, but for its chance.
fn hold(outcome: &Delivered, failures: u32, now: Instant) -> Option<(TargetState, Instant)> {
    match outcome {
        Delivered::Held { .. } => Some((TargetState::Held, now + PROBE)),
        Delivered::Retry { not_before, .. } => {
            let usual = now + Duration::from_secs(1 << failures.min(6));
            Some((TargetState::Waiting, not_before.map_or(usual, |at| at.max(usual))))
        }
        Delivered::Unknown { look_at: at, .. } | Delivered::Paced { until: at, .. } => {
            Some((TargetState::Waiting, (*at).max(now)))
        }
        _ => None,
    }
}

/// A message of one line.
pub(crate) fn message(text: &str) -> Message {
    let words = Piece::Words { text: text.to_owned(), look: Look::Plain };
    Message { blocks: vec![Block::Text(vec![words])], ..Message::plain("en", "Europe/Berlin") }
}

/// A message for a chat, under a key.
pub(crate) fn put_in(chat: &str, key: &str, message: Message) -> Effect {
    let body = Body::Message(Post { message, at: None, until: None });
    Effect { target: Target::Chat(chat.into()), key: format!("watcher/{key}"), body }
}

/// A message of one line for the channel `class`, under a key.
pub(crate) fn put(key: &str, text: &str) -> Effect {
    put_in("class", key, message(text))
}

/// The same, not before and not after an instant.
pub(crate) fn put_between(key: &str, text: &str, at: Option<Instant>, until: Option<Instant>) -> Effect {
    Effect { body: Body::Message(Post { message: message(text), at, until }), ..put(key, text) }
}

/// No message under a key any more.
pub(crate) fn remove(key: &str) -> Effect {
    Effect { body: Body::NoMessage, ..put(key, "") }
}

/// About so many characters in words that are told apart.
pub(crate) fn long(word: &str, characters: usize) -> String {
    let mut text = String::new();
    for number in 0.. {
        text.push_str(&format!("{word}{number} "));
        if text.len() >= characters {
            break;
        }
    }
    text.trim_end().to_owned()
}

/// Returns the note of an effect that was done.
pub(crate) fn note(outcome: &Delivered) -> Option<&str> {
    match outcome {
        Delivered::Done { note, .. } => note.as_deref(),
        other => panic!("not done: {other:?}"),
    }
}

/// Returns the cause and advice of a held outcome.
pub(crate) fn held(outcome: &Delivered) -> String {
    match outcome {
        Delivered::Held { cause, advice, .. } => format!("{cause}; {advice}"),
        other => panic!("not held: {other:?}"),
    }
}
