//! What courses hold: sections with activities and materials, and what people did in them.
//!
//! A school has none of it by default. It comes about by chance from a [`Coursework`], the same for the same seed, or
//! exactly as a test wants it: [`School::with_book`](super::School::with_book). Nothing in it moves by itself.

mod maker;
mod module;
mod texts;

use std::collections::BTreeMap;

pub use module::{Assignment, File, Kind, Module, Quiz};

pub(super) use maker::{enrol, make};

/// How much coursework there shall be. Equal ones make equal coursework for equal courses.
#[derive(Clone, Debug)]
pub struct Coursework {
    /// Everything that is left to chance follows from it.
    pub seed: u64,
    /// How many courses have contents; where the school has fewer, more are founded with the members of those it has.
    pub courses: usize,
    /// How many modules each of them has.
    pub modules: usize,
    /// How many of every ten modules are assignments. What the numbers leave of ten are labels; what is beyond is ignored.
    pub assignments: usize,
    /// How many of every ten modules are quizzes.
    pub quizzes: usize,
    /// How many of every ten modules are forums; the first of a course is for announcements.
    pub forums: usize,
    /// How many of every ten modules are pages.
    pub pages: usize,
    /// How many of every ten modules are links.
    pub urls: usize,
    /// How many of every ten modules are files.
    pub resources: usize,
    /// How many discussions each forum has.
    pub discussions: usize,
}

impl Default for Coursework {
    fn default() -> Self {
        Self {
            seed: 1,
            courses: 8,
            modules: 20,
            assignments: 2,
            quizzes: 1,
            forums: 1,
            pages: 2,
            urls: 1,
            resources: 2,
            discussions: 3,
        }
    }
}

/// The contents of all courses, by course id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    /// What each course holds; a course that is not here has one empty section.
    pub courses: BTreeMap<i64, Contents>,
}

impl Book {
    /// Returns what a course holds.
    pub fn of(&self, course: i64) -> Option<&Contents> {
        self.courses.get(&course)
    }

    /// Lists all modules, each with the id of its course.
    pub fn modules(&self) -> impl Iterator<Item = (i64, &Module)> {
        self.courses.iter().flat_map(|(course, contents)| contents.modules.iter().map(|module| (*course, module)))
    }
}

/// What one course holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// Its sections in their order.
    pub sections: Vec<Section>,
    /// Its modules, those of one section in their order.
    pub modules: Vec<Module>,
    /// The discussions of its forums.
    pub discussions: Vec<Discussion>,
    /// What was handed in.
    pub submissions: Vec<Submission>,
    /// What was graded.
    pub grades: Vec<Grade>,
    /// Which quizzes were attempted.
    pub attempts: Vec<Attempt>,
}

/// A section of a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Section id.
    pub id: i64,
    /// Its place; 0 is the general one.
    pub number: i64,
    /// Name as it was typed.
    pub name: String,
    /// Summary in HTML.
    pub summary: String,
}

/// A discussion of a forum, with its first post; of replies there is only a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discussion {
    /// Discussion id.
    pub id: i64,
    /// Id of its first post, which lists give as `id`.
    pub post: i64,
    /// Instance id of its forum.
    pub forum: i64,
    /// Subject as it was typed.
    pub subject: String,
    /// The first post in HTML.
    pub message: String,
    /// Who wrote it.
    pub author: i64,
    /// Who posted last.
    pub last_author: i64,
    /// When it was written, epoch seconds.
    pub created: i64,
    /// When the first post was edited, epoch seconds.
    pub edited: i64,
    /// When somebody last posted, epoch seconds; editing does not move it.
    pub modified: i64,
    /// How many answers it has.
    pub replies: i64,
    /// Kept at the top of the list.
    pub pinned: bool,
}

/// Somebody's submission to an assignment. Looking at one's own state makes an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Submission id.
    pub id: i64,
    /// Instance id of the assignment.
    pub assignment: i64,
    /// Whose it is.
    pub user: i64,
    /// How far it is.
    pub state: Progress,
    /// The text that was handed in, HTML.
    pub text: String,
    /// When the row was made, epoch seconds.
    pub created: i64,
    /// When it was last written, epoch seconds.
    pub modified: i64,
}

/// How far a submission is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was written yet.
    New,
    /// Written, and not handed in.
    Draft,
    /// Handed in.
    Submitted,
    /// Given back by a teacher, to be handed in anew.
    Reopened,
}

/// A grade somebody got.
#[derive(Clone, Debug, PartialEq)]
pub struct Grade {
    /// Row id.
    pub id: i64,
    /// Course module id of what was graded.
    pub cm: i64,
    /// Who got it.
    pub user: i64,
    /// Who gave it.
    pub grader: i64,
    /// Points, from 0 to what the module allows.
    pub points: f64,
    /// What was said to it, HTML; empty for nothing.
    pub feedback: String,
    /// When, epoch seconds.
    pub given: i64,
}

/// An attempt at a quiz.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Attempt id.
    pub id: i64,
    /// Instance id of the quiz.
    pub quiz: i64,
    /// Whose it is.
    pub user: i64,
    /// Which of theirs, from 1.
    pub number: i64,
    /// When it began, epoch seconds.
    pub started: i64,
    /// When it ended and with how many points; `None` while it runs.
    pub finished: Option<(i64, f64)>,
}
