//! The account's submissions to assignments. Asking for one writes an empty submission where there is none, so that this is done only
//! where the operator allows it, and once a day.

use std::collections::{BTreeMap, BTreeSet};

use beadle_sdk::catalog::Completion;
use beadle_sdk::moodle::{self, Site};
use beadle_sdk::{Error, debug};
use serde::Deserialize;
use serde_json::json;

use super::SUBMISSION;
use super::progress::{Window, ask_each, is_final};
use crate::lenient;
use crate::memory::Known;

#[derive(Deserialize)]
struct Answer {
    /// None to a teacher.
    #[serde(default)]
    lastattempt: Option<Attempt>,
}

#[derive(Deserialize)]
struct Attempt {
    #[serde(default)]
    submission: Option<Submission>,
    /// That of the account's group, where the assignment is one for groups.
    #[serde(default)]
    teamsubmission: Option<Submission>,
    #[serde(default, deserialize_with = "lenient::text")]
    gradingstatus: String,
}

/// A submission. What was handed in is not read.
#[derive(Deserialize)]
struct Submission {
    #[serde(default, deserialize_with = "lenient::text")]
    status: String,
}

/// What the account has handed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct HandedIn {
    /// Moodle's word for how it stands: `submitted`, `draft`, `reopened`; none where nothing was written yet.
    pub(super) submission: Option<String>,
    /// Moodle's word for how far the teacher is; none where it is not graded.
    pub(super) grading: Option<String>,
}

/// What is known of the submissions.
#[derive(Default)]
pub(super) struct Submissions {
    /// By the assignment's key, for those that were asked about now.
    pub(super) handed_in: BTreeMap<String, HandedIn>,
    /// Which assignments were asked about.
    pub(super) asked: BTreeSet<String>,
    /// What could not be read, and why.
    pub(super) failure: Option<(String, Error)>,
}

/// Asks how the account's submissions stand.
pub(super) fn look(site: &mut dyn Site, assignments: &[Window]) -> Submissions {
    let mut found = Submissions::default();
    let answers = match ask_each(site, assignments, |id| (SUBMISSION, json!({ "assignid": id }))) {
        Ok(answers) => answers,
        // Not granted, or a dry run, which writes nothing.
        Err(Error::Denied(why)) => {
            debug!("submissions are not looked at: {why}");
            return found;
        }
        Err(error) => {
            found.failure = Some(("the submissions to assignments".to_owned(), error));
            return found;
        }
    };
    for (assignment, answer) in assignments.iter().zip(answers) {
        match answer.and_then(|answer| moodle::read::<Answer>(SUBMISSION, &answer)) {
            Ok(answer) => {
                found.asked.insert(assignment.key.clone());
                found.handed_in.insert(assignment.key.clone(), state(answer));
            }
            Err(error) => {
                found.asked.extend(is_final(&error).then(|| assignment.key.clone()));
                let what = format!("the submission to assignment {}, and perhaps to others,", assignment.id);
                found.failure.get_or_insert((what, error));
            }
        }
    }
    found
}

fn state(answer: Answer) -> HandedIn {
    let Some(attempt) = answer.lastattempt else { return HandedIn::default() };
    let both = [attempt.teamsubmission, attempt.submission].into_iter().flatten().map(|one| one.status);
    // `new` is what asking leaves behind.
    let written: Vec<String> = both.filter(|status| !matches!(status.as_str(), "" | "new")).collect();
    // Where each of a group hands in for themselves, the group's is one for as long as somebody has not.
    let own = written.iter().find(|status| *status == SUBMITTED).or(written.first());
    HandedIn {
        submission: own.cloned(),
        grading: Some(attempt.gradingstatus).filter(|grading| !matches!(grading.as_str(), "" | "notgraded")),
    }
}

/// The word for what is handed in.
const SUBMITTED: &str = "submitted";

impl HandedIn {
    /// Reads what an earlier run told of an assignment.
    pub(super) fn told(known: &Known) -> Self {
        let word = |name: &str| Some(known.details.get(name)?.as_str()?.to_owned());
        Self { submission: word("submission"), grading: word("grading") }
    }

    /// Returns how far the account is; nothing where nothing was written.
    pub(super) fn completion(&self) -> Option<Completion> {
        let status = self.submission.as_deref()?;
        Some(if status == SUBMITTED { Completion::Completed } else { Completion::Incomplete })
    }
}
