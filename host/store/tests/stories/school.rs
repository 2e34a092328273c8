//! A school whose courses are looked at, for the stories about what it holds.

use beadle_plan::catalog::{
    Fact, Fields, Kept, Moment, Review, ReviewState, SightedAspect, Sighting, Sightings, Source, sift,
};
use beadle_plan::{
    Comparison, Instant, Limits, Losses, PluginName, ScheduleName, SiteName, Stage, StagedSightings, Summary,
};
use beadle_store::{
    CatalogItem, CatalogScope, Commit, CommitError, Cursor, FeedFilter, FeedRow, ItemFilter, RunEnd, Started, Store,
};

use super::World;
use super::helpers::{at, fire, known};

/// A school that is looked at. Every look is a run of its own, a second after the one before.
pub(crate) struct School {
    pub(crate) store: std::sync::Arc<dyn Store>,
    schedule: ScheduleName,
    looks: std::cell::Cell<i64>,
    plugin: PluginName,
}

impl School {
    pub(crate) async fn new(world: &impl World) -> Self {
        let store = world.open().await;
        let schedule = known(&*store, "moodle_contents@main").await;
        Self { store, schedule, looks: 0.into(), plugin: "detector".into() }
    }

    /// Begins a run.
    pub(crate) async fn begin(&self) -> (Started, Instant) {
        self.looks.set(self.looks.get() + 1);
        let now = at(self.looks.get());
        (fire(&*self.store, &self.schedule, now).await, now)
    }

    pub(crate) async fn staged(&self, seen: Sightings) -> StagedSightings {
        let scope = self.scope(&seen).await;
        let known = self.store.sighted("main", &[&seen.scope]).await.expect("the store works").remove(&seen.scope);
        let sifted = sift(&known.unwrap_or_default(), &seen);
        let mut staged = StagedSightings::new(seen, scope.version, scope.baseline, sifted);
        staged.comparison.differences =
            self.store.preview("main", &[&staged]).await.expect("the store works").remove(0);
        staged
    }

    /// Returns what is known of a scope.
    pub(crate) async fn scope(&self, seen: &Sightings) -> CatalogScope {
        self.store.catalog_scopes("main", &[seen]).await.expect("the store works").remove(0)
    }

    pub(crate) async fn commit(
        &self,
        (started, now): (Started, Instant),
        all: impl IntoIterator<Item = StagedSightings>,
    ) -> Result<(), CommitError> {
        let mut stage = Stage::new(Limits::default(), false);
        for staged in all {
            stage.sight(staged).expect("within the limits");
        }
        let plan = stage.take_plan();
        let result = Ok(Summary { counts: vec![], sentence: "done".into() });
        let end = RunEnd { result: &result, report: "{}", log: &[], now };
        let site = SiteName::from("main");
        let commit = Commit { started, plugin: &self.plugin, site: Some(&site), plan: &plan, end: Some(end), now };
        self.store.commit(commit).await
    }

    /// Looks at a scope, from firing to commit, and returns what the plugin is told.
    pub(crate) async fn look(&self, seen: Sightings) -> Comparison {
        self.look_at([seen]).await.remove(0)
    }

    /// Looks at several scopes in one run.
    pub(crate) async fn look_at(&self, all: impl IntoIterator<Item = Sightings>) -> Vec<Comparison> {
        let run = self.begin().await;
        let mut staged = Vec::new();
        for seen in all {
            staged.push(self.staged(seen).await);
        }
        let told = staged.iter().map(|staged| staged.comparison.clone()).collect();
        self.commit(run, staged).await.expect("it is committed");
        told
    }

    pub(crate) async fn cursor(&self) -> Cursor {
        self.changes(Cursor::START).await.1
    }

    pub(crate) async fn changes(&self, since: Cursor) -> (Vec<FeedRow>, Cursor) {
        let filter = FeedFilter { site: Some("main".into()), limit: 1_000, ..FeedFilter::default() };
        let page = self.store.changes(since, &filter).await.expect("the store works");
        (page.rows, page.next)
    }

    /// Returns what changed since a cursor: key, kind, and whether it matters.
    pub(crate) async fn told(&self, since: Cursor) -> Vec<String> {
        let told = self.changes(since).await.0.into_iter().map(|row| {
            let matters = if row.meaningful { "" } else { ", which matters to nobody" };
            format!("{} {}{matters}", row.key, row.kind)
        });
        told.collect()
    }

    pub(crate) async fn items(&self) -> Vec<CatalogItem> {
        let filter = ItemFilter { limit: 1_000, ..ItemFilter::default() };
        self.store.items("main", &filter).await.expect("the store works")
    }
}

/// Makes what a source tells, with the aspects that follow from it: a deadline, a schedule, an exam, whether somebody should look, and
/// the content in a canonical form.
pub(crate) fn sighting(key: &str, title: &str) -> Sighting {
    Sighting {
        key: key.into(),
        kind: "assignment".into(),
        course: Some("course/4".into()),
        fields: Fields {
            title: Some(title.into()),
            body: Some(None),
            url: Some(None),
            published_at: Some(None),
            starts_at: Some(None),
            due_at: Some(None),
            completion: None,
            review: Some(Review { state: ReviewState::None, reason: None }),
        },
        facts: Vec::new(),
        details: serde_json::Map::new(),
        aspects: Vec::new(),
        likeness: None,
        group: None,
        at: None,
    }
}

pub(crate) fn moment(second: i64) -> Option<Option<Moment>> {
    Some(Some(Moment::At(at(second))))
}

/// Adds the aspects, as the detector does.
pub(crate) fn kept(mut sighting: Sighting, shape: u32) -> Kept {
    let when = |moment: Option<Option<Moment>>| moment.map(|moment| moment.map(|moment| moment.begins().to_string()));
    let canonical = |text: &str| text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let fields = &sighting.fields;
    let mut aspects: Vec<(&str, Option<Option<String>>)> =
        vec![("deadline", when(fields.due_at)), ("schedule", when(fields.starts_at))];
    let exams: Vec<String> = sighting
        .facts
        .iter()
        .filter(|fact| fact.kind == "exam_at")
        .filter_map(|fact| Some(fact.when?.begins().to_string()))
        .collect();
    aspects.push(("exam", Some((!exams.is_empty()).then(|| exams.join(" ")))));
    aspects.push(("review", fields.review.as_ref().map(|review| Some(format!("{review:?}")))));
    let title =
        fields.title.as_deref().map(|title| canonical(title.trim_end_matches(" cierra").trim_end_matches(" abre")));
    let body = fields.body.clone().flatten().map(|body| canonical(&body));
    let content = title.map(|title| Some(format!("{title}|{}|{:?}", body.unwrap_or_default(), fields.url)));
    aspects.push(("content", content));
    sighting.aspects = aspects
        .into_iter()
        .filter_map(|(name, value)| Some(SightedAspect { name: name.into(), value: value?, shape }))
        .collect();
    sighting.into()
}

/// Everything in the contents of the course.
pub(crate) fn contents(items: impl IntoIterator<Item = Sighting>) -> Sightings {
    seen("contents/4", Source::Contents, items)
}

pub(crate) fn seen(scope: &str, source: Source, items: impl IntoIterator<Item = Sighting>) -> Sightings {
    Sightings {
        scope: scope.into(),
        course: Some("course/4".into()),
        source,
        complete: true,
        unsure: Vec::new(),
        range: None,
        losses: Losses::Guarded,
        items: items.into_iter().map(|item| kept(item, 1)).collect(),
    }
}

pub(crate) fn fact(kind: &str, second: i64) -> Fact {
    let when = Some(Moment::At(at(second)));
    Fact { kind: kind.into(), when, value: None, confidence: 0.7, extractor: "test".into(), span: None }
}
