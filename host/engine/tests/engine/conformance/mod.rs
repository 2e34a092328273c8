//! What readers of the feed shall be told, row by row of the table of worked examples, through the whole host: a plugin in the sandbox,
//! the engine, the commit and the store, on SQLite and on PostgreSQL.
//!
//! Where a Moodle can bring a case about it does: hands edit the campus, and the change detector looks at it as it is. What no Moodle does
//! by itself (numbers that are renewed, a date of publication that moves alone) a guest tells over the same interface.
//!
//! Each row says what is told since a cursor that was taken before the edit: how many records, each with its kind and whether it matters.
//! Two rows are about the store alone. That a cursor is exclusive (33) is asked after every row here; that a slow transaction is told of
//! when it commits after a faster one was read (34) needs two transactions at once and is `a_slow_commit_is_not_missed` among the tests of
//! the store.

mod edits;
mod guest;
pub(crate) mod host;
mod kept;
mod sources;
mod stretches;
pub(crate) mod term;

use host::Place;

/// Makes a test of each row on each store.
macro_rules! rows {
    ($($module:ident::$row:ident)+) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $row() {
                super::$module::$row(super::Place::sqlite(stringify!($row)).await).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test]
            async fn $row() {
                if let Some(place) = super::Place::postgres(stringify!($row)).await {
                    super::$module::$row(place).await;
                }
            })+
        }
    };
}

rows! {
    edits::row_01_created_after_the_cursor
    edits::row_02_looked_at_again_with_nothing_changed
    edits::row_03_due_moved
    edits::row_04_due_removed
    edits::row_05_due_added
    edits::row_06_start_moved
    edits::row_07_due_and_start_moved
    edits::row_08_due_moved_and_text_edited
    edits::row_09_words_of_the_text
    edits::row_10_case_and_blanks_of_the_text
    edits::row_11_words_of_the_title
    edits::row_12_case_of_the_title
    edits::row_12_suffix_of_the_title
    edits::row_13_link
    kept::row_14_name_of_a_file
    kept::row_14_name_of_a_material
    kept::row_15_completion
    guest::row_15_published
    kept::row_16_a_date_that_is_mentioned
    kept::row_17_an_exam_in_a_text
    kept::row_18_a_label_in_other_words
    kept::row_19_a_field_that_is_only_kept
    kept::row_20_only_kept_of_one_that_was_edited
    stretches::row_21_created_and_moved_after_the_cursor
    stretches::row_22_moved_and_then_edited_after_the_cursor
    stretches::row_23_moved_there_and_back_after_the_cursor
    stretches::row_24_removed_from_the_course
    stretches::row_24_hidden_in_the_course
    stretches::row_25_hidden_shown_and_moved
    stretches::row_26_marked_done_by_hand
    guest::row_27_another_number_for_the_same
    guest::row_28_another_number_and_something_else
    guest::row_29_the_old_one_goes_as_the_new_one_comes
    sources::row_30_two_sources_of_one_assignment
    sources::row_31_two_announcements_that_look_alike
    guest::row_31_one_of_two_that_look_alike_is_renewed
    sources::row_32_both_events_of_a_quiz
}
