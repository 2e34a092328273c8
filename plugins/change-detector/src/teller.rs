//! Telling the host what was seen, piece by piece.

use std::collections::BTreeSet;

use beadle_sdk::artifacts::{self, Artifact};
use beadle_sdk::catalog::{self, Comparison, Sightings};
use beadle_sdk::run::{self, Context};
use beadle_sdk::{Error, warn};

use crate::collect::{Answer, Looked};
use crate::summary::Tally;

/// After how many bytes of news they are committed: what a plan holds is limited, and what is committed is not looked for again by a
/// run that comes to grief later.
const ENOUGH: usize = 6 << 20;

/// How many scopes are told in one call.
const AT_ONCE: usize = 16;

/// What an item takes beside its texts, in bytes.
const BESIDE: usize = 1 << 10;

/// Tells the host what was seen and counts what it says to it.
pub(crate) struct Teller {
    /// Whether the site's answers are kept.
    keeps: bool,
    /// How many bytes of news were staged since the last commit.
    staged: usize,
    pub(crate) tally: Tally,
}

impl Teller {
    pub(crate) fn new(context: &Context) -> Self {
        let keeps = context.granted.iter().any(|granted| granted == "artifacts:put");
        Self { keeps, staged: 0, tally: Tally::default() }
    }

    /// Takes what was seen, so that nothing of it stays in memory.
    ///
    /// # Errors
    /// Whatever the host says, but for what is wrong with one scope alone.
    pub(crate) fn take(&mut self, looked: &mut Looked) -> Result<(), Error> {
        let mut moved = BTreeSet::new();
        let scopes = std::mem::take(&mut looked.scopes);
        for some in scopes.chunks(AT_ONCE) {
            for (scope, told) in some.iter().zip(catalog::observe_all(some)) {
                match told {
                    Ok(told) => {
                        self.tally.add(scope, &told);
                        self.staged += size(scope, &told);
                        if !told.differences.is_empty() {
                            moved.insert(scope.scope.clone());
                        }
                    }
                    // What is wrong with one scope must not silence the others.
                    Err(Error::Invalid(why)) => {
                        warn!("{} is left out: {why}", scope.scope);
                        self.tally.failed += 1;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        drop(scopes);
        self.keep(std::mem::take(&mut looked.answers), &moved);
        if self.staged > ENOUGH {
            run::checkpoint()?;
            self.staged = 0;
        }
        Ok(())
    }

    /// Keeps those answers that tell of scopes in which something moved. One that cannot be kept is no reason to forget what it says.
    fn keep(&self, answers: Vec<Answer>, moved: &BTreeSet<String>) {
        if !self.keeps {
            return;
        }
        let artifact = |answer: Answer| {
            let subjects: Vec<String> = answer.scopes.into_iter().filter(|scope| moved.contains(scope)).collect();
            (!subjects.is_empty()).then(|| Artifact {
                subjects,
                name: answer.name,
                media_type: answer.media_type.to_owned(),
                content: answer.text.into_bytes(),
            })
        };
        let wanted: Vec<Artifact> = answers.into_iter().filter_map(artifact).collect();
        if wanted.is_empty() {
            return;
        }
        for (artifact, put) in wanted.iter().zip(artifacts::put(&wanted)) {
            if let Err(error) = put {
                warn!("the answer of {} is not kept: {error}", artifact.name);
            }
        }
    }
}

/// Returns about how many bytes of a plan a scope takes.
fn size(scope: &Sightings, told: &Comparison) -> usize {
    if told.differences.is_empty() {
        return 0;
    }
    let items = scope.items.iter();
    items.map(|item| item.body.as_ref().map_or(0, String::len) + item.details.len() + BESIDE).sum()
}
