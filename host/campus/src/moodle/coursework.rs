//! Hands in courses: what teachers and students do to activities, sections, announcements, submissions and grades.

mod edits;

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::Moodle;
use crate::school::courses::{Attempt, Book, Contents, Discussion, Grade, Module, Progress, Submission};

/// The theme's revision as it was recorded.
pub(super) const REVISION: i64 = 1_795_198_051;

/// What courses hold, to be changed by hand. Modules are named by their course module id; what is done to something that is
/// not there has no effect. All instants are epoch seconds. Courses are hidden by
/// [`Conferences::hide_course`](super::Conferences::hide_course), events deleted by
/// [`Conferences::cancel`](super::Conferences::cancel).
#[derive(Clone, Copy)]
pub struct Classroom<'a> {
    moodle: &'a Moodle,
}

impl Classroom<'_> {
    /// Returns what all courses hold now.
    pub fn book(&self) -> Arc<Book> {
        self.moodle.book()
    }

    /// Adds a module to the end of its section and returns its course module id. Ids of 0 are given out, and what was never
    /// edited is made now.
    pub fn add(&self, course: i64, mut module: Module) -> i64 {
        let now = self.moodle.now();
        self.change(|book| {
            let (mut cm, mut event, mut instance) = (0, 0, 0);
            for (_, other) in book.modules() {
                cm = cm.max(other.cm);
                event = event.max(other.events[0]).max(other.events[1]);
                if other.kind.name() == module.kind.name() {
                    instance = instance.max(other.instance);
                }
            }
            let or_next = |id: &mut i64, next: i64| *id = if *id == 0 { next } else { *id };
            or_next(&mut module.cm, cm + 1);
            or_next(&mut module.instance, instance + 1);
            or_next(&mut module.events[1], event + 1);
            or_next(&mut module.events[0], event + 2);
            or_next(&mut module.created, now);
            or_next(&mut module.modified, now);
            let cm = module.cm;
            book.courses.entry(course).or_default().modules.push(module);
            cm
        })
    }

    /// Deletes a module: it leaves all answers at once.
    pub fn delete(&self, cm: i64) {
        self.in_course_of(cm, |contents, _| contents.modules.retain(|module| module.cm != cm));
    }

    /// Hides a module from participants.
    pub fn hide(&self, cm: i64) {
        self.touch(cm, |module| module.hidden = true);
    }

    /// Shows it to participants again.
    pub fn show(&self, cm: i64) {
        self.touch(cm, |module| module.hidden = false);
    }

    /// Gives a section, named by its id, another name.
    pub fn rename_section(&self, section: i64, name: impl Into<String>) {
        self.change(|book| {
            let mut sections = book.courses.values_mut().flat_map(|contents| &mut contents.sections);
            if let Some(found) = sections.find(|found| found.id == section) {
                found.name = name.into();
            }
        });
    }

    /// Begins a discussion in a forum and returns its id; 0 where there is no such forum.
    pub fn announce(&self, cm: i64, author: i64, subject: impl Into<String>, message: impl Into<String>) -> i64 {
        let now = self.moodle.now();
        self.change(|book| {
            let all = || book.courses.values().flat_map(|contents| &contents.discussions);
            let id = all().map(|discussion| discussion.id).max().unwrap_or(0) + 1;
            // Answers are posts too, of which only the number is known.
            let post = all().map(|discussion| discussion.post + discussion.replies).max().unwrap_or(1) + 1;
            let place = book.modules().find(|(_, module)| module.cm == cm);
            let Some((course, forum)) = place.map(|(course, module)| (course, module.instance)) else { return 0 };
            book.courses.entry(course).or_default().discussions.push(Discussion {
                id,
                post,
                forum,
                subject: subject.into(),
                message: message.into(),
                author,
                last_author: author,
                created: now,
                edited: now,
                modified: now,
                replies: 0,
                pinned: false,
            });
            id
        })
    }

    /// Edits the first post of a discussion.
    pub fn edit_post(&self, discussion: i64, message: impl Into<String>) {
        let now = self.moodle.now();
        self.change(|book| {
            let mut all = book.courses.values_mut().flat_map(|contents| &mut contents.discussions);
            if let Some(found) = all.find(|found| found.id == discussion) {
                (found.message, found.edited) = (message.into(), now);
            }
        });
    }

    /// Grades somebody's work in an assignment or quiz, or grades it anew.
    pub fn grade(&self, cm: i64, user: i64, grader: i64, points: f64, feedback: impl Into<String>) {
        let now = self.moodle.now();
        self.in_course_of(cm, |contents, next| {
            let known = contents.grades.iter().find(|grade| grade.cm == cm && grade.user == user).map(|grade| grade.id);
            contents.grades.retain(|grade| Some(grade.id) != known);
            let id = known.unwrap_or(next);
            contents.grades.push(Grade { id, cm, user, grader, points, feedback: feedback.into(), given: now });
        });
    }

    /// Writes somebody's submission to an assignment.
    pub fn submit(&self, cm: i64, user: i64, state: Progress, text: impl Into<String>) {
        let now = self.moodle.now();
        self.in_course_of(cm, |contents, next| {
            let instance = contents.modules.iter().find(|module| module.cm == cm).map_or(0, |module| module.instance);
            let mut known = contents.submissions.iter_mut();
            match known.find(|known| known.assignment == instance && known.user == user) {
                Some(known) => (known.state, known.text, known.modified) = (state, text.into(), now),
                None => contents.submissions.push(Submission {
                    id: next,
                    assignment: instance,
                    user,
                    state,
                    text: text.into(),
                    created: now,
                    modified: now,
                }),
            }
        });
    }

    /// Begins an attempt at a quiz, or ends it with so many points if it is given them.
    pub fn attempt(&self, cm: i64, user: i64, points: Option<f64>) {
        let now = self.moodle.now();
        self.in_course_of(cm, |contents, next| {
            let instance = contents.modules.iter().find(|module| module.cm == cm).map_or(0, |module| module.instance);
            let is_own = |attempt: &&mut Attempt| attempt.quiz == instance && attempt.user == user;
            let made = contents.attempts.iter_mut().filter(is_own).count();
            let mut open = contents.attempts.iter_mut().filter(is_own).filter(|attempt| attempt.finished.is_none());
            let finished = points.map(|points| (now, points));
            match open.next() {
                Some(open) => open.finished = finished,
                None => {
                    let number = i64::try_from(made).unwrap_or(0) + 1;
                    contents.attempts.push(Attempt { id: next, quiz: instance, user, number, started: now, finished });
                }
            }
        });
    }

    /// Purges the caches, as administrators do: the addresses of all pictures change, and nothing else.
    pub fn purge_caches(&self) {
        self.moodle.inner.revision.fetch_add(137, Ordering::Relaxed);
    }

    /// Changes something that teachers edit: the row says when.
    fn edit(&self, cm: i64, change: impl FnOnce(&mut Module)) {
        let now = self.moodle.now();
        self.touch(cm, |module| {
            module.author = None;
            change(module);
            module.modified = now;
        });
    }

    fn touch(&self, cm: i64, change: impl FnOnce(&mut Module)) {
        self.in_course_of(cm, |contents, _| {
            if let Some(module) = contents.modules.iter_mut().find(|module| module.cm == cm) {
                change(module);
            }
        });
    }

    /// Changes the course of a module; it is told an id that no row of work has yet.
    fn in_course_of(&self, cm: i64, change: impl FnOnce(&mut Contents, i64)) {
        self.change(|book| {
            let next = book.courses.values().flat_map(work).max().unwrap_or(0) + 1;
            let Some((course, _)) = book.modules().find(|(_, module)| module.cm == cm) else { return };
            if let Some(contents) = book.courses.get_mut(&course) {
                change(contents, next);
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Book) -> T) -> T {
        let mut book = self.moodle.inner.book.lock().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut book))
    }
}

/// Lists the ids of what people did in a course.
fn work(contents: &Contents) -> impl Iterator<Item = i64> {
    let submissions = contents.submissions.iter().map(|row| row.id);
    submissions.chain(contents.grades.iter().map(|row| row.id)).chain(contents.attempts.iter().map(|row| row.id))
}

impl Moodle {
    /// Returns what courses hold, to be changed by hand.
    pub fn coursework(&self) -> Classroom<'_> {
        Classroom { moodle: self }
    }

    /// Returns the number that is in the addresses of all pictures in courses.
    pub(super) fn revision(&self) -> i64 {
        self.inner.revision.load(Ordering::Relaxed)
    }

    /// Returns what courses hold now.
    pub(super) fn book(&self) -> Arc<Book> {
        self.inner.book.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
