//! The account's attempts at quizzes.

use std::collections::{BTreeMap, BTreeSet};

use beadle_sdk::catalog::Completion;
use beadle_sdk::moodle::{self, Site};
use beadle_sdk::{Error, debug};
use serde::Deserialize;
use serde_json::json;

use super::progress::{Window, ask_each, is_final};
use super::{ATTEMPTS, OLD_ATTEMPTS};
use crate::lenient;
use crate::memory::Known;

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::list")]
    attempts: Vec<Attempt>,
}

#[derive(Deserialize)]
struct Attempt {
    #[serde(default, deserialize_with = "lenient::text")]
    state: String,
    #[serde(default, deserialize_with = "lenient::truth")]
    preview: bool,
}

/// How many attempts the account has made at a quiz.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) finished: u64,
    /// Begun, and not finished or given up.
    pub(super) unfinished: u64,
}

/// What is known of the attempts.
#[derive(Default)]
pub(super) struct Attempts {
    /// By the quiz's key, for those that were asked about now.
    pub(super) made: BTreeMap<String, Made>,
    /// Which quizzes were asked about.
    pub(super) asked: BTreeSet<String>,
    /// What could not be read, and why.
    pub(super) failure: Option<(String, Error)>,
}

/// Asks for the attempts at quizzes: with the function of Moodle 5.0 and later, and where that is not to be had, with the one before it.
pub(super) fn look(site: &mut dyn Site, quizzes: &[Window]) -> Attempts {
    let mut found = Attempts::default();
    let mut why: Option<Error> = None;
    for function in [ATTEMPTS, OLD_ATTEMPTS] {
        match ask_each(site, quizzes, |id| (function, json!({ "quizid": id, "status": "all" }))) {
            Ok(answers) => {
                found.read(function, quizzes, answers);
                return found;
            }
            // What was granted says more than what was not.
            Err(error) => {
                if why.as_ref().is_none_or(|why| matches!(why, Error::Denied(_))) {
                    why = Some(error);
                }
            }
        }
    }
    match why {
        Some(Error::Denied(why)) => debug!("attempts at quizzes are not looked at: {why}"),
        Some(error) => found.failure = Some(("the attempts at quizzes".to_owned(), error)),
        None => {}
    }
    found
}

impl Attempts {
    fn read(&mut self, function: &str, quizzes: &[Window], answers: Vec<Result<String, Error>>) {
        for (quiz, answer) in quizzes.iter().zip(answers) {
            match answer.and_then(|answer| moodle::read::<Answer>(function, &answer)) {
                Ok(answer) => {
                    self.asked.insert(quiz.key.clone());
                    self.made.insert(quiz.key.clone(), count(&answer));
                }
                Err(error) => {
                    self.asked.extend(is_final(&error).then(|| quiz.key.clone()));
                    self.failure
                        .get_or_insert((format!("the attempts at quiz {}, and perhaps at others,", quiz.id), error));
                }
            }
        }
    }
}

/// Counts attempts. A teacher's preview is none, nor is one that the site has made ready before anybody began it.
fn count(answer: &Answer) -> Made {
    let mut made = Made { finished: 0, unfinished: 0 };
    for attempt in answer.attempts.iter().filter(|attempt| !attempt.preview) {
        match attempt.state.as_str() {
            "finished" | "submitted" => made.finished += 1,
            "notstarted" => {}
            _ => made.unfinished += 1,
        }
    }
    made
}

impl Made {
    /// Reads what an earlier run told of a quiz.
    pub(super) fn told(known: &Known) -> Option<Self> {
        let number = |name: &str| known.details.get(name)?.as_u64();
        Some(Self { finished: number(FINISHED)?, unfinished: number(UNFINISHED)? })
    }

    /// Returns how far the account is; nothing where no attempt says so.
    pub(super) fn completion(self) -> Option<Completion> {
        match self {
            Self { finished: 1.., .. } => Some(Completion::Completed),
            Self { unfinished: 1.., .. } => Some(Completion::Incomplete),
            _ => None,
        }
    }
}

/// The names under which the details of a quiz have them.
pub(super) const FINISHED: &str = "attempts-finished";
pub(super) const UNFINISHED: &str = "attempts-unfinished";
