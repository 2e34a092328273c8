//! What a Moodle holds: sightings, the items made from them, and what readers are told.

use beadle_plan::catalog::{
    Completion, Fact, Fields, Kept, Known, Moment, Review, ReviewState, SightedAspect, Sighting, Sightings, Source,
    sift,
};
use beadle_plan::{
    Comparison, Instant, Limits, Losses, PluginName, Range, ScheduleName, SiteName, Stage, StagedSightings, Summary,
};
use beadle_store::{CatalogItem, Commit, CommitError, Cursor, FeedFilter, FeedRow, ItemFilter, RunEnd, Started, Store};

use super::World;
use super::helpers::{at, fire, known};

/// A school whose course is looked at. Every look is a run of its own, a second after the one before.
pub(crate) struct School {
    store: std::sync::Arc<dyn Store>,
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
    async fn begin(&self) -> (Started, Instant) {
        self.looks.set(self.looks.get() + 1);
        let now = at(self.looks.get());
        (fire(&*self.store, &self.schedule, now).await, now)
    }

    async fn staged(&self, seen: Sightings) -> StagedSightings {
        let scope = self.store.catalog_scope("main", &seen).await.expect("the store works");
        let known: std::collections::HashMap<String, Known> =
            self.store.sighted("main", &seen.scope).await.expect("the store works");
        let sifted = sift(&known, &seen);
        let mut staged = StagedSightings::new(seen, scope.version, scope.baseline, sifted);
        staged.comparison.differences = self.store.preview("main", &staged).await.expect("the store works");
        staged
    }

    async fn commit(&self, (started, now): (Started, Instant), staged: StagedSightings) -> Result<(), CommitError> {
        let mut stage = Stage::new(Limits::default(), false);
        stage.sight(staged).expect("within the limits");
        let plan = stage.take_plan();
        let result = Ok(Summary { counts: vec![], sentence: "done".into() });
        let end = RunEnd { result: &result, report: "{}", log: &[], now };
        let site = SiteName::from("main");
        let commit = Commit { started, plugin: &self.plugin, site: Some(&site), plan: &plan, end: Some(end), now };
        self.store.commit(commit).await
    }

    /// Looks at a scope, from firing to commit, and returns what the plugin is told.
    pub(crate) async fn look(&self, seen: Sightings) -> Comparison {
        let run = self.begin().await;
        let staged = self.staged(seen).await;
        let comparison = staged.comparison.clone();
        self.commit(run, staged).await.expect("it is committed");
        comparison
    }

    pub(crate) async fn cursor(&self) -> Cursor {
        self.changes(Cursor::START).await.1
    }

    async fn changes(&self, since: Cursor) -> (Vec<FeedRow>, Cursor) {
        let filter = FeedFilter { site: Some("main".into()), meaningful: false, limit: 1_000 };
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
fn sighting(key: &str, title: &str) -> Sighting {
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

fn moment(second: i64) -> Option<Option<Moment>> {
    Some(Some(Moment::At(at(second))))
}

/// Adds the aspects, as the detector does.
fn kept(mut sighting: Sighting, shape: u32) -> Kept {
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
fn contents(items: impl IntoIterator<Item = Sighting>) -> Sightings {
    seen("contents/4", Source::Contents, items)
}

fn seen(scope: &str, source: Source, items: impl IntoIterator<Item = Sighting>) -> Sightings {
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

fn fact(kind: &str, second: i64) -> Fact {
    let when = Some(Moment::At(at(second)));
    Fact { kind: kind.into(), when, value: None, confidence: 0.7, extractor: "test".into(), span: None }
}

/// One assignment as the reader knows it, and how it is edited.
async fn edited(world: &impl World, before: Sighting, after: Sighting) -> Vec<String> {
    let school = School::new(world).await;
    school.look(contents([before])).await;
    let cursor = school.cursor().await;
    school.look(contents([after])).await;
    school.told(cursor).await
}

macro_rules! edit {
    ($world:ident, $before:expr, $after:expr) => {{
        let (before, after): (fn(&mut Sighting), fn(&mut Sighting)) = ($before, $after);
        let mut first = sighting("assign/7", "Essay");
        before(&mut first);
        let mut second = first.clone();
        after(&mut second);
        edited(&$world, first, second).await
    }};
}

/// Makes a story of each row of the table that says what readers shall be told: nothing of what was there, and something of one edit.
macro_rules! rows {
    ($($name:ident: $before:expr => $after:expr, $told:expr;)+) => {
        $(pub(crate) async fn $name(world: impl World) {
            let told: &[&str] = &$told;
            assert_eq!(edit!(world, $before, $after), told);
        })+
    };
}

rows! {
    row_02_synced_again_with_nothing_changed: |_| {} => |_| {}, [];
    row_03_due_moved: |one| one.fields.due_at = moment(100) => |one| one.fields.due_at = moment(200),
        ["assign/7 deadline_changed"];
    row_04_due_removed: |one| one.fields.due_at = moment(100) => |one| one.fields.due_at = Some(None),
        ["assign/7 deadline_removed"];
    row_05_due_added: |_| {} => |one| one.fields.due_at = moment(100), ["assign/7 deadline_added"];
    row_06_start_moved: |one| one.fields.starts_at = moment(100) => |one| one.fields.starts_at = moment(200),
        ["assign/7 schedule_changed"];
    row_07_due_and_start_moved: |one| {
            one.fields.due_at = moment(100);
            one.fields.starts_at = moment(50);
        } => |one| {
            one.fields.due_at = moment(200);
            one.fields.starts_at = moment(60);
        }, ["assign/7 deadline_changed"];
    row_08_due_moved_and_body_edited: |one| one.fields.due_at = moment(100) => |one| {
            one.fields.due_at = moment(200);
            one.fields.body = Some(Some("Read chapter two.".into()));
        }, ["assign/7 deadline_changed"];
    row_09_words_of_the_body: |one| one.fields.body = Some(Some("Read chapter one.".into()))
        => |one| one.fields.body = Some(Some("Read chapter two.".into())), ["assign/7 content_changed"];
    row_10_case_and_blanks_of_the_body: |one| one.fields.body = Some(Some("Read chapter one.".into()))
        => |one| one.fields.body = Some(Some("READ  chapter\none.".into())),
        ["assign/7 refresh_only, which matters to nobody"];
    row_11_words_of_the_title: |_| {} => |one| one.fields.title = Some("Report".into()), ["assign/7 content_changed"];
    row_12_case_and_suffix_of_the_title: |one| one.fields.title = Some("Essay cierra".into())
        => |one| one.fields.title = Some("ESSAY abre".into()), ["assign/7 refresh_only, which matters to nobody"];
    row_13_link: |_| {} => |one| one.fields.url = Some(Some("https://moodle.school.example/7".into())),
        ["assign/7 content_changed"];
    row_14_review: |_| {} => |one| one.fields.review = Some(Review { state: ReviewState::Watch, reason: None }),
        ["assign/7 review_changed"];
    row_15_published: |_| {} => |one| one.fields.published_at = moment(5),
        ["assign/7 refresh_only, which matters to nobody"];
    row_15_completion: |_| {} => |one| one.fields.completion = Some(Completion::Completed),
        ["assign/7 refresh_only, which matters to nobody"];
    row_16_a_date_that_is_mentioned: |_| {} => |one| one.facts.push(fact("date_mention", 100)),
        ["assign/7 refresh_only, which matters to nobody"];
    row_17_an_exam_in_a_text: |_| {} => |one| one.facts.push(fact("exam_at", 100)), ["assign/7 exam_added"];
    row_18_a_label_in_other_words: |one| drop(one.details.insert("label".into(), "Opens:".into()))
        => |one| drop(one.details.insert("label".into(), "Opened:".into())),
        ["assign/7 refresh_only, which matters to nobody"];
    row_19_a_field_that_is_only_kept: |_| {} => |one| drop(one.details.insert("cmid".into(), 9.into())),
        ["assign/7 refresh_only, which matters to nobody"];
}

pub(crate) async fn row_01_created_after_the_cursor(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("assign/7", "Essay")])).await;
    let cursor = school.cursor().await;
    school.look(contents([sighting("assign/7", "Essay"), sighting("assign/8", "Report")])).await;
    assert_eq!(school.told(cursor).await, ["assign/8 new"]);
}

pub(crate) async fn row_20_a_field_that_is_only_kept_of_one_that_was_edited_before(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("assign/7", "Essay")])).await;
    school.look(contents([sighting("assign/7", "Report")])).await;
    let cursor = school.cursor().await;
    let mut after = sighting("assign/7", "Report");
    after.details.insert("cmid".into(), 9.into());
    school.look(contents([after])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 refresh_only, which matters to nobody"]);
}

/// Looks at one assignment again and again, each time due at another second (or never), with another body.
async fn course_of(school: &School, looks: &[(i64, &str)]) {
    for (due, body) in looks {
        let mut one = sighting("assign/7", "Essay");
        one.fields.due_at = if *due == 0 { Some(None) } else { moment(*due) };
        one.fields.body = Some(Some((*body).to_owned()));
        school.look(contents([one, sighting("page/1", "Welcome")])).await;
    }
}

pub(crate) async fn row_21_created_and_moved_after_the_cursor(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("page/1", "Welcome")])).await;
    let cursor = school.cursor().await;
    course_of(&school, &[(100, "a"), (200, "a")]).await;
    assert_eq!(school.told(cursor).await, ["assign/7 new"]);
}

pub(crate) async fn row_22_moved_and_then_edited_after_the_cursor(world: impl World) {
    let school = School::new(&world).await;
    course_of(&school, &[(100, "a")]).await;
    let cursor = school.cursor().await;
    course_of(&school, &[(200, "a"), (200, "b")]).await;
    assert_eq!(school.told(cursor).await, ["assign/7 deadline_changed"]);
}

pub(crate) async fn row_23_moved_there_and_back_after_the_cursor(world: impl World) {
    let school = School::new(&world).await;
    course_of(&school, &[(100, "a")]).await;
    let cursor = school.cursor().await;
    course_of(&school, &[(200, "a"), (100, "a")]).await;
    assert_eq!(school.told(cursor).await, ["assign/7 refresh_only, which matters to nobody"]);
}

pub(crate) async fn row_24_taken_out_of_the_course(world: impl World) {
    let school = School::new(&world).await;
    course_of(&school, &[(100, "a")]).await;
    let cursor = school.cursor().await;
    school.look(contents([sighting("page/1", "Welcome")])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 removed"]);
    assert_eq!(school.items().await.len(), 1);
}

pub(crate) async fn row_25_taken_out_put_back_and_moved(world: impl World) {
    let school = School::new(&world).await;
    course_of(&school, &[(100, "a")]).await;
    let cursor = school.cursor().await;
    school.look(contents([sighting("page/1", "Welcome")])).await;
    course_of(&school, &[(100, "a"), (200, "a")]).await;
    assert_eq!(school.told(cursor).await, ["assign/7 restored"]);
    let since = school.cursor().await;
    course_of(&school, &[(300, "a")]).await;
    assert_eq!(school.told(since).await, ["assign/7 deadline_changed"], "it stands as any other");
    assert_eq!(school.items().await[0].item.due_at, moment(300).flatten());
}

pub(crate) async fn row_26_marked_done_by_hand(world: impl World) {
    let school = School::new(&world).await;
    course_of(&school, &[(100, "a")]).await;
    let cursor = school.cursor().await;
    let mut done = sighting("assign/7", "Essay");
    done.fields.due_at = moment(100);
    done.fields.body = Some(Some("a".into()));
    done.fields.completion = Some(Completion::Completed);
    school.look(contents([done, sighting("page/1", "Welcome")])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 refresh_only, which matters to nobody"]);
}

/// An event of a calendar that renews its numbers.
fn event(number: u32, title: &str) -> Sighting {
    Sighting { likeness: Some("course/4|calendar_event|lecture".into()), ..sighting(&format!("event/{number}"), title) }
}

pub(crate) async fn row_27_another_number_for_the_same(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([event(1, "Lecture")])).await;
    let cursor = school.cursor().await;
    school.look(contents([event(2, "Lecture")])).await;
    assert!(school.told(cursor).await.is_empty(), "nothing of it differs");
    assert_eq!(school.items().await.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["event/2"]);
    let mut described = event(3, "Lecture");
    described.details.insert("room".into(), "12".into());
    school.look(contents([described])).await;
    assert_eq!(school.told(cursor).await, ["event/3 refresh_only, which matters to nobody"]);
}

pub(crate) async fn row_28_another_number_and_something_else(world: impl World) {
    type Edit = fn(&mut Sighting);
    let edits: [(Edit, &str); 4] = [
        (|one| one.fields.due_at = moment(100), "deadline_added"),
        (|one| one.fields.starts_at = moment(100), "schedule_added"),
        (|one| one.fields.review = Some(Review { state: ReviewState::Watch, reason: None }), "review_changed"),
        (|one| one.fields.body = Some(Some("Bring a calculator.".into())), "content_changed"),
    ];
    let school = School::new(&world).await;
    school.look(contents([event(0, "Lecture")])).await;
    let mut now = event(0, "Lecture");
    for (number, (edit, kind)) in (1..).zip(edits) {
        let cursor = school.cursor().await;
        now.key = format!("event/{number}");
        edit(&mut now);
        school.look(contents([now.clone()])).await;
        assert_eq!(school.told(cursor).await, [format!("event/{number} {kind}")]);
    }
}

pub(crate) async fn row_29_the_old_one_goes_as_the_new_one_comes(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("page/1", "Welcome")])).await;
    let cursor = school.cursor().await;
    school.look(contents([sighting("page/1", "Welcome"), event(1, "Lecture")])).await;
    let mut due = event(2, "Lecture");
    due.fields.due_at = moment(100);
    school.look(contents([sighting("page/1", "Welcome"), due])).await;
    assert_eq!(school.told(cursor).await, ["event/2 new"], "one item, once");
    assert_eq!(school.items().await[0].item.due_at, moment(100).flatten());
}

pub(crate) async fn row_30_two_sources_of_one_assignment(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("assign/7", "Essay")])).await;
    let cursor = school.cursor().await;
    let mut service = sighting("assign/7", "Essay");
    service.fields.due_at = moment(100);
    school.look(seen("assignments/4", Source::Service, [service])).await;
    let items = school.items().await;
    assert_eq!((items.len(), items[0].item.due_at), (1, moment(100).flatten()));
    assert_eq!(school.told(cursor).await, ["assign/7 refresh_only, which matters to nobody"]);
}

pub(crate) async fn row_31_two_that_look_alike(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("page/1", "Welcome")])).await;
    let cursor = school.cursor().await;
    let news =
        |number: u32| Sighting { likeness: Some("news".into()), ..sighting(&format!("discussion/{number}"), "News") };
    school.look(contents([sighting("page/1", "Welcome"), news(1), news(2)])).await;
    assert_eq!(school.told(cursor).await, ["discussion/1 new", "discussion/2 new"]);
    // One of them goes as a third comes: that one is renewed, and the one that stands is left alone.
    let since = school.cursor().await;
    school.look(contents([sighting("page/1", "Welcome"), news(2), news(3)])).await;
    assert!(school.told(since).await.is_empty());
    assert_eq!(school.items().await.len(), 3);
}

pub(crate) async fn row_32_one_item_with_both_dates(world: impl World) {
    let school = School::new(&world).await;
    school.look(contents([sighting("quiz/7", "Quiz")])).await;
    let cursor = school.cursor().await;
    let mut mirror = sighting("quiz/7", "Quiz cierra");
    (mirror.fields.starts_at, mirror.fields.due_at) = (moment(50), moment(100));
    // The contents say that there are no dates, and are asked first; what they do not speak of the calendar tells.
    let mut unsure = sighting("quiz/7", "Quiz");
    (unsure.fields.starts_at, unsure.fields.due_at) = (None, None);
    school.look(contents([unsure])).await;
    school.look(seen("calendar/4", Source::Calendar, [mirror])).await;
    let items = school.items().await;
    assert_eq!((items[0].item.starts_at, items[0].item.due_at), (moment(50).flatten(), moment(100).flatten()));
    assert_eq!(items[0].item.title, "Quiz");
    assert_eq!(school.told(cursor).await, ["quiz/7 refresh_only, which matters to nobody"]);
}

pub(crate) async fn row_33_a_cursor_is_exclusive(world: impl World) {
    let school = School::new(&world).await;
    course_of(&school, &[(100, "a")]).await;
    let (rows, cursor) = school.changes(Cursor::START).await;
    assert_eq!(rows.len(), 2);
    assert!(school.told(cursor).await.is_empty());
}

pub(crate) async fn an_item_is_gone_when_a_primary_source_drops_it(world: impl World) {
    let school = School::new(&world).await;
    let both = || [sighting("assign/7", "Essay"), sighting("assign/8", "Report")];
    let mut mirror = sighting("assign/7", "Essay is due");
    mirror.fields.due_at = moment(100);
    school.look(contents(both())).await;
    school.look(seen("assignments/4", Source::Service, both())).await;
    school.look(seen("calendar/4", Source::Calendar, [mirror.clone()])).await;
    let cursor = school.cursor().await;
    school.look(seen("calendar/4", Source::Calendar, [])).await;
    assert!(school.told(cursor).await.iter().all(|told| told.contains("refresh_only")), "a mirror only stops telling");
    school.look(contents([sighting("assign/8", "Report")])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 removed"]);
    // Who observes it since, has it.
    school.look(seen("assignments/4", Source::Service, both())).await;
    assert_eq!(school.told(cursor).await, ["assign/7 restored"]);
    school.look(seen("assignments/4", Source::Service, [sighting("assign/8", "Report")])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 removed"]);
}

pub(crate) async fn what_was_not_read_is_not_missed(world: impl World) {
    let school = School::new(&world).await;
    let in_group = |key: &str, group: &str| Sighting { group: Some(group.into()), ..sighting(key, key) };
    let forums = |items: Vec<Sighting>| seen("forums/4", Source::Service, items);
    school.look(forums(vec![in_group("discussion/1", "forum/1"), in_group("discussion/2", "forum/2")])).await;
    let cursor = school.cursor().await;
    let unsure = |unsure: &[&str], items| Sightings {
        unsure: unsure.iter().map(ToString::to_string).collect(),
        ..forums(items)
    };
    school.look(unsure(&["forum/2"], vec![in_group("discussion/1", "forum/1")])).await;
    school.look(Sightings { complete: false, ..forums(vec![]) }).await;
    assert!(school.told(cursor).await.is_empty());
    school.look(unsure(&["forum/1"], vec![])).await;
    assert_eq!(school.told(cursor).await, ["discussion/2 removed"]);
    // The same look again, now with nothing unsure: what it did not name before is missed now.
    school.look(forums(vec![])).await;
    assert_eq!(school.told(cursor).await, ["discussion/2 removed", "discussion/1 removed"]);
}

pub(crate) async fn what_lies_outside_the_range_is_not_missed(world: impl World) {
    let school = School::new(&world).await;
    let event = |key: &str, second: i64| Sighting { at: Some(at(second)), ..sighting(key, key) };
    let range = |from: i64| Some(Range { from: at(from), until: at(1_000) });
    let look = |from: i64, items: Vec<Sighting>| Sightings {
        range: range(from),
        ..seen("calendar/4", Source::Calendar, items)
    };
    school.look(look(0, vec![event("event/1", 100), event("event/2", 200)])).await;
    let cursor = school.cursor().await;
    school.look(look(150, vec![event("event/2", 200)])).await;
    assert!(school.told(cursor).await.is_empty(), "what has passed is not missed");
    school.look(look(150, vec![])).await;
    assert_eq!(school.told(cursor).await, ["event/2 removed"]);
}

pub(crate) async fn a_great_loss_of_sightings_is_held_back_once(world: impl World) {
    let school = School::new(&world).await;
    let many = |count: u32| contents((0..count).map(|number| sighting(&format!("page/{number}"), "Page")));
    school.look(many(12)).await;
    let cursor = school.cursor().await;
    assert_eq!(school.look(many(2)).await.held, 10);
    assert!(school.told(cursor).await.is_empty());
    school.look(many(2)).await;
    assert_eq!(school.told(cursor).await.len(), 10);
}

pub(crate) async fn a_first_look_is_a_baseline(world: impl World) {
    let school = School::new(&world).await;
    let partly = Sightings {
        unsure: vec!["forum/2".into()],
        ..seen("forums/4", Source::Service, [sighting("discussion/1", "a")])
    };
    assert!(school.look(partly).await.first);
    let whole = || seen("forums/4", Source::Service, [sighting("discussion/1", "a"), sighting("discussion/2", "b")]);
    assert!(school.look(whole()).await.first, "until all of it was seen");
    let (rows, cursor) = school.changes(Cursor::START).await;
    assert!(rows.iter().all(|row| row.baseline && !row.meaningful), "{rows:#?}");
    let mut more = whole();
    more.items.push(kept(sighting("discussion/3", "c"), 1));
    assert!(!school.look(more).await.first);
    assert_eq!(school.told(cursor).await, ["discussion/3 new"]);
    // A scope that appears later inside a part that is known is none; another part of the course has its own.
    assert!(!school.look(seen("forums/4/9", Source::Service, [sighting("discussion/4", "d")])).await.first);
    assert!(school.look(contents([sighting("page/1", "Welcome")])).await.first);
}

pub(crate) async fn what_can_never_be_read_does_not_make_every_look_the_first(world: impl World) {
    let school = School::new(&world).await;
    let essay = |due: i64| {
        let mut essay = sighting("assign/7", "Essay");
        essay.fields.due_at = moment(due);
        essay
    };
    let look = |due: i64, more: Vec<Sighting>| {
        let mut seen = contents(std::iter::once(essay(due)).chain(more));
        seen.unsure = vec!["cm/9".to_owned()];
        seen
    };
    assert!(school.look(look(100, vec![])).await.first);
    let since = school.cursor().await;
    // What could not be read at the first look is seen for the first time at the second, and is no news; what was moved is.
    school.look(look(200, vec![sighting("quiz/9", "Quiz")])).await;
    assert_eq!(school.told(since).await, ["assign/7 deadline_changed", "quiz/9 new, which matters to nobody"]);
    let since = school.cursor().await;
    assert!(!school.look(look(300, vec![sighting("quiz/9", "Quiz"), sighting("page/1", "Page")])).await.first);
    assert_eq!(school.told(since).await, ["assign/7 deadline_changed", "page/1 new"]);
}

pub(crate) async fn a_better_normaliser_of_items_announces_nothing(world: impl World) {
    let school = School::new(&world).await;
    let told = |shape: u32| {
        let mut seen = contents([]);
        seen.items = vec![kept(sighting("assign/7", "Essay"), shape), kept(sighting("assign/8", "Report"), shape)];
        seen
    };
    school.look(told(1)).await;
    let cursor = school.cursor().await;
    school.look(told(2)).await;
    let (rows, next) = school.changes(cursor).await;
    assert_eq!((rows.len(), next), (0, cursor));
}

/// Two services word one thing in two ways. That the more trusted of them begins to tell of an item is no change; what it tells
/// afterwards is.
pub(crate) async fn a_source_that_is_trusted_more_takes_over_silently(world: impl World) {
    let school = School::new(&world).await;
    let service = |items: Vec<Sighting>| seen("assignments/4", Source::Service, items);
    let told = |title: &str| Sighting { ..sighting("assign/7", title) };
    school.look(contents([sighting("page/1", "Welcome")])).await;
    school.look(service(vec![])).await;
    let cursor = school.cursor().await;
    school.look(contents([sighting("page/1", "Welcome"), told("Essay")])).await;
    let after = school.cursor().await;
    school.look(service(vec![told("Essay, as the service words it")])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 new"]);
    assert_eq!(school.told(after).await, ["assign/7 refresh_only, which matters to nobody"]);
    let after = school.cursor().await;
    school.look(contents([sighting("page/1", "Welcome"), told("Essay, as nobody asks")])).await;
    assert!(school.told(after).await.is_empty());
    school.look(service(vec![told("Another essay")])).await;
    assert_eq!(school.told(after).await, ["assign/7 content_changed"]);
}

/// What a first look tells of items that are known already is no news either.
pub(crate) async fn a_first_look_only_tells_more(world: impl World) {
    let school = School::new(&world).await;
    let mut silent = sighting("assign/7", "Essay");
    (silent.fields.starts_at, silent.fields.due_at) = (None, None);
    school.look(contents([silent])).await;
    let cursor = school.cursor().await;
    let mut dated = sighting("assign/7", "Essay");
    dated.fields.due_at = moment(100);
    let told = school.look(seen("assignments/4", Source::Service, [dated.clone()])).await;
    assert!(told.differences.iter().all(|one| one.aspects.is_empty()), "{told:?}");
    assert_eq!(school.told(cursor).await, ["assign/7 refresh_only, which matters to nobody"]);
    dated.fields.due_at = moment(200);
    school.look(seen("assignments/4", Source::Service, [dated])).await;
    assert_eq!(school.told(cursor).await, ["assign/7 deadline_changed"], "against what was told first");
}

pub(crate) async fn two_looks_at_one_scope_cannot_both_be_committed(world: impl World) {
    let school = School::new(&world).await;
    let (one, two) = (school.begin().await, school.begin().await);
    let (first, second) = (
        school.staged(contents([sighting("assign/7", "a")])).await,
        school.staged(contents([sighting("assign/7", "b")])).await,
    );
    school.commit(one, first).await.expect("it is committed");
    let conflict = school.commit(two, second).await;
    assert!(matches!(conflict, Err(CommitError::Conflict { .. })), "{conflict:?}");
    assert_eq!(school.items().await[0].item.title, "a");
    let scope = school.store.catalog_scope("main", &contents([])).await.expect("the store works");
    assert_eq!(scope.owner.as_deref(), Some("detector"));
}

pub(crate) async fn items_are_found_by_what_is_asked(world: impl World) {
    let school = School::new(&world).await;
    let mut due = sighting("assign/7", "Essay");
    due.fields.due_at = moment(100);
    due.facts.push(fact("due_at", 100));
    let page = Sighting { kind: "page".into(), ..sighting("page/1", "Welcome") };
    school.look(contents([due, page])).await;
    let found = async |filter: ItemFilter| {
        let filter = ItemFilter { limit: 10, ..filter };
        let items = school.store.items("main", &filter).await.expect("the store works");
        items.into_iter().map(|one| one.key).collect::<Vec<_>>()
    };
    assert_eq!(found(ItemFilter::default()).await, ["assign/7", "page/1"]);
    assert_eq!(found(ItemFilter { kind: Some("page".into()), ..ItemFilter::default() }).await, ["page/1"]);
    assert_eq!(found(ItemFilter { keys: vec!["assign/7".into()], ..ItemFilter::default() }).await, ["assign/7"]);
    let due = Some(Range { from: at(100), until: at(101) });
    assert_eq!(found(ItemFilter { due, ..ItemFilter::default() }).await, ["assign/7"]);
    assert!(found(ItemFilter { course: Some("course/5".into()), ..ItemFilter::default() }).await.is_empty());
    assert!(
        school
            .store
            .items("north", &ItemFilter { limit: 9, ..ItemFilter::default() })
            .await
            .expect("it works")
            .is_empty()
    );
}
