//! The stage: where a run's plan comes together, within its limits. All capabilities write here and nowhere else.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    Comparison, Effect, FARTHEST_WAKE, Instant, LimitHit, Limits, LogLevel, LogLine, Observation, Plan, Read,
    Reference, SOONEST_WAKE, StagedScope, StagedSightings, Standing, Target, WAKES,
};

/// What made a run due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The schedule's `cron` line or `every`.
    Time,
    /// Somebody asked.
    Manual,
    /// Something the schedule waits for changed.
    Change,
}

impl Trigger {
    /// Returns the word under which the store keeps it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Manual => "manual",
            Self::Change => "change",
        }
    }
}

/// Why a run may not ask for an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WakeRefused {
    /// It asked too often.
    #[error("a run asks for at most {WAKES} earlier ones")]
    TooMany,
    /// It lies too far ahead.
    #[error("{0} is more than a year ahead; ask again when it is nearer")]
    TooFar(Instant),
}

/// What a run has staged, read and logged so far.
#[derive(Debug)]
pub struct Stage {
    limits: Limits,
    dry: bool,
    scopes: BTreeMap<(String, String), StagedScope>,
    sightings: BTreeMap<String, StagedSightings>,
    references: Vec<Reference>,
    effects: Vec<Effect>,
    /// Where messages stand among the effects: what is said later under a key replaces what was said before.
    messages: HashMap<(Target, String), usize>,
    wakes: BTreeSet<Instant>,
    plan_bytes: usize,
    calls: u32,
    response_bytes: usize,
    reads: Vec<Read>,
    reads_left_out: u64,
    log: Vec<LogLine>,
    log_bytes: usize,
    log_cut: bool,
}

/// How many reads a run's report lists one by one; a collector makes some hundreds, and more would only grow the report.
const LISTED_READS: usize = 1_000;

impl Stage {
    /// Makes an empty stage.
    pub fn new(limits: Limits, dry: bool) -> Self {
        Self {
            limits,
            dry,
            scopes: BTreeMap::new(),
            sightings: BTreeMap::new(),
            references: Vec::new(),
            effects: Vec::new(),
            messages: HashMap::new(),
            wakes: BTreeSet::new(),
            plan_bytes: 0,
            calls: 0,
            response_bytes: 0,
            reads: Vec::new(),
            reads_left_out: 0,
            log: Vec::new(),
            log_bytes: 0,
            log_cut: false,
        }
    }

    /// Tells whether nothing of this will be committed.
    pub fn dry(&self) -> bool {
        self.dry
    }

    /// Returns the run's limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Counts a call of the host. Every function of every capability says so first.
    ///
    /// # Errors
    /// When the run calls the host too often.
    pub fn call(&mut self) -> Result<(), LimitHit> {
        self.calls += 1;
        if self.calls > self.limits.host_calls {
            return Err(LimitHit::HostCalls(self.limits.host_calls));
        }
        Ok(())
    }

    /// Notes something that was read: from where, how long it took, how large it was, what went wrong.
    pub fn read(&mut self, from: impl Into<String>, took: Duration, size: u64, error: Option<String>) {
        if self.reads.len() < LISTED_READS {
            self.reads.push(Read { from: from.into(), took, size, error });
        } else {
            self.reads_left_out += 1;
        }
    }

    /// Counts the bytes of an answer before they are handed to the guest.
    ///
    /// # Errors
    /// When the run is answered with too much.
    pub fn respond(&mut self, bytes: usize) -> Result<(), LimitHit> {
        self.response_bytes = self.response_bytes.saturating_add(bytes);
        if self.response_bytes > self.limits.responses {
            return Err(LimitHit::Responses(self.limits.responses));
        }
        Ok(())
    }

    /// Stages effects, behind those already there. A message takes the place of one under the same key.
    ///
    /// # Errors
    /// When there are too many, or the plan becomes too large.
    pub fn effects(&mut self, effects: impl IntoIterator<Item = Effect>) -> Result<(), LimitHit> {
        for effect in effects {
            self.grow(effect.size())?;
            let name = (!effect.body.once()).then(|| (effect.target.clone(), effect.key.clone()));
            if let Some(&place) = name.as_ref().and_then(|name| self.messages.get(name)) {
                self.plan_bytes -= self.effects[place].size();
                self.effects[place] = effect;
                continue;
            }
            if self.effects.len() >= self.limits.effects {
                return Err(LimitHit::Effects(self.limits.effects));
            }
            if let Some(name) = name {
                self.messages.insert(name, self.effects.len());
            }
            self.effects.push(effect);
        }
        Ok(())
    }

    /// Stages a wish for an earlier run of the schedule. One that is too soon is put off.
    ///
    /// # Errors
    /// When there are too many, or it lies too far ahead.
    pub fn wake(&mut self, at: Instant, now: Instant) -> Result<(), WakeRefused> {
        if at > now + FARTHEST_WAKE {
            return Err(WakeRefused::TooFar(at));
        }
        // Schedules are due on whole seconds.
        let at = at.max(now + SOONEST_WAKE).millis();
        let at = Instant::from_millis(at + (1_000 - at.rem_euclid(1_000)) % 1_000);
        if self.wakes.len() >= WAKES && !self.wakes.contains(&at) {
            return Err(WakeRefused::TooMany);
        }
        self.wakes.insert(at);
        Ok(())
    }

    /// Stages what was seen of a scope, compared with what stands there, and returns how it differs. Saying it again for the same
    /// scope replaces what was said before.
    ///
    /// # Errors
    /// When the plan becomes too large.
    pub fn observe(&mut self, standing: &Standing, observation: Observation) -> Result<Comparison, LimitHit> {
        let size = |observation: &Observation| observation.records.iter().map(crate::Record::size).sum::<usize>();
        let name = (observation.collection.clone(), observation.scope.clone());
        if let Some(earlier) = self.scopes.remove(&name) {
            self.plan_bytes -= size(&earlier.observation);
        }
        self.grow(size(&observation))?;
        let (comparison, changes) = crate::compare::changes(standing, &observation);
        let staged = StagedScope { observation, base: standing.version, comparison: comparison.clone(), changes };
        self.scopes.insert(name, staged);
        Ok(comparison)
    }

    /// Stages what was sighted in a scope of the catalog. Saying it again for the same scope replaces what was said before.
    ///
    /// # Errors
    /// When the plan becomes too large.
    pub fn sight(&mut self, staged: StagedSightings) -> Result<(), LimitHit> {
        if let Some(earlier) = self.sightings.remove(&staged.seen.scope) {
            self.plan_bytes -= earlier.size();
        }
        self.grow(staged.size())?;
        self.sightings.insert(staged.seen.scope.clone(), staged);
        Ok(())
    }

    /// Stages that a subject refers to content.
    ///
    /// # Errors
    /// When the plan becomes too large.
    pub fn refer(&mut self, reference: Reference) -> Result<(), LimitHit> {
        self.grow(reference.size_in_plan())?;
        self.references.push(reference);
        Ok(())
    }

    /// Returns what this run said of a scope, if it did.
    pub fn staged(&self, collection: &str, scope: &str) -> Option<&StagedScope> {
        // A tuple of borrowed texts does not look up a tuple of owned ones; a run has a handful of scopes, or one in question.
        self.scopes.get(&(collection.to_owned(), scope.to_owned()))
    }

    /// Writes a line to the run's log; what goes over the limit is cut, and the last line says so.
    pub fn log(&mut self, at: Instant, level: LogLevel, message: &str) {
        if self.log_cut {
            return;
        }
        if self.log_bytes + message.len() > self.limits.log {
            self.log_cut = true;
            let message = format!("the log is cut here: it is larger than {} KiB (limits.log)", self.limits.log / 1024);
            self.log.push(LogLine { at, level: LogLevel::Warn, message });
            return;
        }
        // An empty line costs a row in the store as well.
        self.log_bytes += message.len().max(16);
        self.log.push(LogLine { at, level, message: message.to_owned() });
    }

    /// Takes out what is staged, for a checkpoint or at the end. Wishes for earlier runs stay: the last word about them is the end's.
    pub fn take_plan(&mut self) -> Plan {
        self.plan_bytes = 0;
        self.messages.clear();
        Plan {
            scopes: std::mem::take(&mut self.scopes).into_values().collect(),
            sightings: std::mem::take(&mut self.sightings).into_values().collect(),
            references: std::mem::take(&mut self.references),
            effects: std::mem::take(&mut self.effects),
            wakes: self.wakes.iter().copied().collect(),
        }
    }

    /// Takes out what was read and logged, at the end.
    pub fn take_report(&mut self, at: Instant) -> (Vec<Read>, Vec<LogLine>) {
        if self.reads_left_out > 0 {
            let message = format!("{} further reads are not listed", self.reads_left_out);
            self.log.push(LogLine { at, level: LogLevel::Info, message });
        }
        (std::mem::take(&mut self.reads), std::mem::take(&mut self.log))
    }

    fn grow(&mut self, bytes: usize) -> Result<(), LimitHit> {
        self.plan_bytes = self.plan_bytes.saturating_add(bytes);
        if self.plan_bytes > self.limits.plan {
            return Err(LimitHit::Plan(self.limits.plan));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, Losses, Record, Row, Target};

    fn row(key: &str) -> Effect {
        let row = Row { columns: [].into(), key: [].into(), cells: vec![key.into()] };
        Effect { target: Target::Sheet("s".into()), key: key.into(), body: Body::Row(row) }
    }

    #[test]
    fn each_limit_names_itself() {
        let limits = Limits { effects: 1, plan: 64, host_calls: 1, responses: 10, log: 20, ..Limits::default() };
        let mut stage = Stage::new(limits, false);
        assert_eq!(stage.call(), Ok(()));
        assert_eq!(stage.call(), Err(LimitHit::HostCalls(1)));
        assert_eq!(stage.respond(11), Err(LimitHit::Responses(10)));
        assert_eq!(stage.effects([row("a"), row("b")]), Err(LimitHit::Effects(1)));
        let large = Record { key: "k".repeat(100), value: "1".into(), aspects: vec![], at: None };
        let observation = Observation {
            collection: "c".into(),
            scope: "s".into(),
            range: None,
            losses: Losses::Guarded,
            records: vec![large],
        };
        assert_eq!(stage.observe(&Standing::never_seen(), observation), Err(LimitHit::Plan(64)));
        let at = Instant::from_millis(0);
        for _ in 0..3 {
            stage.log(at, LogLevel::Info, "0123456789");
        }
        let (_, log) = stage.take_report(at);
        assert_eq!(log.len(), 2);
        assert!(log[1].message.contains("limits.log"), "{}", log[1].message);
    }

    fn message(key: &str, title: &str) -> Effect {
        let message = crate::Message { title: title.into(), ..crate::Message::plain("en", "UTC") };
        let body = Body::Message(crate::Post { message, at: None, until: None });
        Effect { target: Target::Chat("class".into()), key: key.into(), body }
    }

    #[test]
    fn a_message_takes_the_place_of_the_one_before_it() {
        let mut stage = Stage::new(Limits { effects: 2, ..Limits::default() }, false);
        let gone = Effect { body: Body::NoMessage, ..message("a", "") };
        stage.effects([message("a", "one"), message("b", "two"), gone.clone()]).expect("two effects");
        stage.effects([message("b", "three")]).expect("two effects");
        assert_eq!(stage.take_plan().effects, [gone, message("b", "three")]);
        stage.effects([message("a", "one"), message("b", "two")]).expect("a new plan");
    }

    #[test]
    fn wishes_to_run_earlier_are_few_and_not_too_soon() {
        let (mut stage, now) = (Stage::new(Limits::default(), false), Instant::from_millis(1_000_000));
        for second in [0, 3, 60, 30] {
            stage.wake(now + Duration::from_secs(second), now).expect("few");
        }
        assert_eq!(stage.wake(now + FARTHEST_WAKE * 2, now), Err(WakeRefused::TooFar(now + FARTHEST_WAKE * 2)));
        for _ in 0..2 {
            let wakes = stage.take_plan().wakes;
            assert_eq!(wakes, [10, 30, 60].map(|second| now + Duration::from_secs(second)), "a checkpoint keeps them");
        }
        let asked = (0..=WAKES as u64).map(|hour| stage.wake(now + Duration::from_secs(3_600 * (1 + hour)), now));
        assert_eq!(asked.filter(|asked| *asked == Err(WakeRefused::TooMany)).count(), 4);
    }

    #[test]
    fn saying_a_scope_again_replaces_it() {
        let mut stage = Stage::new(Limits { plan: 100, ..Limits::default() }, false);
        for value in ["1", "2"] {
            let record = Record { key: "k".repeat(60), value: value.into(), aspects: vec![], at: None };
            let observation = Observation {
                collection: "c".into(),
                scope: "s".into(),
                range: None,
                losses: Losses::Guarded,
                records: vec![record],
            };
            stage.observe(&Standing::never_seen(), observation).expect("within the limit");
        }
        let plan = stage.take_plan();
        assert_eq!(plan.scopes.len(), 1);
        assert_eq!(plan.scopes[0].observation.records[0].value, "2");
        assert!(stage.take_plan().is_empty());
    }
}
