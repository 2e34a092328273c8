//! What every store must do, told as stories that speak only of the traits. Each database has a file beside this folder that makes
//! its worlds and tells all of them.

pub(crate) mod artifacts;
pub(crate) mod catalog;
pub(crate) mod effects;
pub(crate) mod feed;
pub(crate) mod firings;
pub(crate) mod leases;
pub(crate) mod ledger;
pub(crate) mod messages;
pub(crate) mod rows;
pub(crate) mod school;

use std::sync::Arc;
use std::time::Duration;

use beadle_plan::{
    Aspect, Body, Effect, Instant, Limits, Losses, Observation, Plan, PluginName, Record, Row, ScheduleName, SiteName,
    Stage, Standing, Summary, Target, Trigger,
};
use beadle_store::{Commit, CommitError, NewFiring, NewRun, RunEnd, RunMode, ScopeName, Started, Store};

/// A database of its own for one story.
pub(crate) trait World {
    /// Makes an empty one; `None` where the machine has no such server, which was said.
    async fn new() -> Option<Self>
    where
        Self: Sized;
    /// Opens a store on it; a second call is what another process would have.
    async fn open(&self) -> Arc<dyn Store>;
}

/// Makes a test of each story.
macro_rules! tell {
    ($world:ty) => {
        stories::tell! { $world,
            firings [an_instant_fires_once, attempts_are_numbered_and_the_last_one_counts, a_dead_hosts_runs_are_lost,
                a_firing_that_does_not_run_has_its_reason, a_new_schedule_catches_up_nothing, old_runs_are_removed_and_undelivered_effects_counted,
                however_much_is_old_all_of_it_is_removed,
                a_run_is_found_with_its_log_and_its_effects, a_renamed_schedule_keeps_its_plugins_state]
            leases [one_host_at_a_time, requests_are_answered]
            ledger [what_was_observed_stands, an_observation_of_a_moved_scope_is_a_conflict, a_failed_commit_writes_nothing,
                a_great_loss_is_held_back_across_runs, a_checkpoint_commits_and_the_run_goes_on, plugins_and_sites_are_apart]
            rows [row_01_created_after_the_cursor, row_02_synced_again_with_nothing_changed, row_03_due_moved,
                row_04_due_removed, row_05_due_added, row_06_start_moved, row_07_due_and_start_moved,
                row_08_due_moved_and_body_edited, row_09_words_of_the_body, row_10_case_and_blanks_of_the_body,
                row_11_words_of_the_title, row_12_case_and_suffix_of_the_title, row_13_link, row_14_review, row_15_completion,
                row_15_published, row_16_a_date_that_is_mentioned, row_17_an_exam_in_a_text, row_18_a_label_in_other_words,
                row_19_a_field_that_is_only_kept, row_20_a_field_that_is_only_kept_of_one_that_was_edited_before,
                row_21_created_and_moved_after_the_cursor, row_22_moved_and_then_edited_after_the_cursor,
                row_23_moved_there_and_back_after_the_cursor, row_24_taken_out_of_the_course,
                row_25_taken_out_put_back_and_moved, row_26_marked_done_by_hand, row_27_another_number_for_the_same,
                row_28_another_number_and_something_else, row_29_the_old_one_goes_as_the_new_one_comes,
                row_30_two_sources_of_one_assignment, row_31_two_that_look_alike, row_32_one_item_with_both_dates,
                row_33_a_cursor_is_exclusive]
            catalog [an_item_is_gone_when_a_primary_source_drops_it, what_was_not_read_is_not_missed,
                what_lies_outside_the_range_is_not_missed, a_great_loss_of_sightings_is_held_back_once,
                a_first_look_is_a_baseline, what_can_never_be_read_does_not_make_every_look_the_first,
                a_second_look_at_which_nothing_moved_is_the_last_of_the_first, a_better_normaliser_of_items_announces_nothing,
                a_source_that_is_trusted_more_takes_over_silently, a_first_look_only_tells_more,
                two_looks_at_one_scope_cannot_both_be_committed,
                looks_of_one_run_follow_one_another, items_are_found_by_what_is_asked]
            artifacts [what_is_put_stands_until_another_takes_its_place, a_site_reads_what_is_its_own]
            feed [a_reader_is_told_what_changed_since, a_plugins_own_memory_is_no_news, who_asks_for_what_matters_knows_what_was_there_at_first, a_reader_that_pages_is_told_each_change_once,
                a_better_normaliser_announces_nothing, a_reader_may_ask_for_less]
            effects [effects_are_numbered_through_attempts, saying_it_twice_is_saying_it_once, an_effect_goes_its_way, a_held_target_keeps_what_is_unknown,
                keys_of_a_tab_only_grow]
            messages [what_is_said_again_is_not_put_again, what_waits_is_replaced_and_what_is_under_way_is_not,
                what_never_stood_is_not_taken_back, what_must_be_sent_in_time_goes_first, one_effect_may_wait_alone,
                an_operator_decides, the_map_of_messages_lives_as_long_as_its_keys, what_is_to_be_sent_later_is_not_old,
                what_is_put_off_grows_old_and_is_tried_on_demand,
                the_last_word_about_earlier_runs_counts]
        }
    };
    ($world:ty, $($module:ident [$($story:ident),+])+) => {
        $($(
            #[tokio::test]
            async fn $story() {
                if let Some(world) = <$world as stories::World>::new().await {
                    stories::$module::$story(world).await;
                }
            }
        )+)+
    };
}
pub(crate) use tell;

pub(crate) mod helpers {
    use super::*;

    pub(crate) fn at(seconds: i64) -> Instant {
        Instant::from_millis(1_795_198_790_000 + seconds * 1_000)
    }

    pub(crate) async fn known(store: &dyn Store, name: &str) -> ScheduleName {
        let schedule = ScheduleName::from(name);
        store
            .schedule(&schedule, &PluginName::from("online"), Some(&SiteName::from("main")), at(0))
            .await
            .expect("the schedule is known");
        schedule
    }

    pub(crate) fn firing(schedule: &ScheduleName, instant: Instant) -> NewFiring {
        NewFiring { schedule: schedule.clone(), trigger: Trigger::Time, instant, stretch: None, now: instant }
    }

    pub(crate) fn run(now: Instant) -> NewRun<'static> {
        NewRun { mode: RunMode::Live, plugin_digest: "d1", now }
    }

    pub(crate) async fn fire(store: &dyn Store, schedule: &ScheduleName, instant: Instant) -> Started {
        let started = store.fire(&firing(schedule, instant), &run(instant)).await.expect("the store works");
        started.expect("the firing is new")
    }

    pub(crate) fn row(key: &str) -> Effect {
        let row = Row { columns: ["Key".to_owned()].into(), key: [].into(), cells: vec![key.to_owned()] };
        Effect { target: Target::Sheet("presence".into()), key: key.to_owned(), body: Body::Row(row) }
    }

    pub(crate) fn scope() -> ScopeName {
        ScopeName { plugin: "online".into(), site: "main".into(), collection: "presence".into(), scope: "site".into() }
    }

    pub(crate) fn seen(rooms: &[(&str, &str)]) -> Observation {
        Observation {
            collection: "presence".into(),
            scope: "site".into(),
            range: None,
            losses: Losses::Guarded,
            records: rooms
                .iter()
                .map(|(key, room)| Record {
                    key: (*key).to_owned(),
                    value: format!("{room:?}"),
                    aspects: vec![Aspect { name: "room".into(), value: (*room).to_owned(), shape: 1 }],
                    at: None,
                })
                .collect(),
        }
    }

    pub(crate) fn plan(standing: &Standing, observation: Option<Observation>, effects: Vec<Effect>) -> Plan {
        let mut stage = Stage::new(Limits::default(), false);
        if let Some(observation) = observation {
            stage.observe(standing, observation).expect("within the limits");
        }
        stage.effects(effects).expect("within the limits");
        stage.take_plan()
    }

    pub(crate) async fn commit(
        store: &dyn Store,
        started: Started,
        plan: &Plan,
        now: Instant,
        ends: bool,
    ) -> Result<(), CommitError> {
        commit_of(store, started, ("online", "main"), plan, now, ends).await
    }

    pub(crate) async fn commit_of(
        store: &dyn Store,
        started: Started,
        (plugin, site): (&str, &str),
        plan: &Plan,
        now: Instant,
        ends: bool,
    ) -> Result<(), CommitError> {
        let result = Ok(Summary { counts: vec![], sentence: "done".into() });
        let end = RunEnd { result: &result, report: "{}", log: &[], now };
        let (plugin, site) = (PluginName::from(plugin), SiteName::from(site));
        let commit = Commit { started, plugin: &plugin, site: Some(&site), plan, end: ends.then_some(end), now };
        store.commit(commit).await
    }

    /// Runs a plugin that observes, from firing to commit.
    pub(crate) async fn observe(
        store: &dyn Store,
        schedule: &ScheduleName,
        second: i64,
        rooms: &[(&str, &str)],
    ) -> beadle_plan::Comparison {
        let started = fire(store, schedule, at(second)).await;
        let standing = store.standing(&scope()).await.expect("the store works");
        let plan = plan(&standing, Some(seen(rooms)), vec![]);
        commit(store, started, &plan, at(second), true).await.expect("it is committed");
        plan.scopes[0].comparison.clone()
    }

    pub(crate) const LEASE: Duration = Duration::from_secs(30);
}
