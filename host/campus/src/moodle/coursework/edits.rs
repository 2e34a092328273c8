//! Hands on one module: what teachers edit in it, and what students mark.

use super::Classroom;
use crate::school::courses::{Kind, Module};

/// When what was never due is due after an edit: 1 January 2030, epoch seconds.
const NEW_DUE: i64 = 1_893_456_000;

const DAY: i64 = 86_400;

impl Classroom<'_> {
    /// Edits modules that participants see, those first that come after `done` others, from the first one again after the last: what is due is
    /// moved by a day, all else gets another name.
    pub fn edit_some(&self, done: usize, some: usize) {
        let book = self.book();
        let seen: Vec<&Module> = book.modules().map(|(_, module)| module).filter(|module| !module.hidden).collect();
        for module in seen.iter().cycle().skip(done).take(some) {
            match &module.kind {
                Kind::Assign(assignment) => self.move_due(module.cm, Some(assignment.due.unwrap_or(NEW_DUE) + DAY)),
                Kind::Quiz(quiz) => self.move_closing(module.cm, Some(quiz.closes.unwrap_or(NEW_DUE) + DAY)),
                _ => self.rename(module.cm, format!("{}, edited", module.name.trim_end_matches(", edited"))),
            }
        }
    }

    /// Moves or clears when an assignment is due.
    pub fn move_due(&self, cm: i64, due: Option<i64>) {
        self.edit(cm, |module| {
            if let Kind::Assign(assignment) = &mut module.kind {
                assignment.due = due;
            }
        });
    }

    /// Moves or clears when a quiz closes.
    pub fn move_closing(&self, cm: i64, closes: Option<i64>) {
        self.edit(cm, |module| {
            if let Kind::Quiz(quiz) = &mut module.kind {
                quiz.closes = closes;
            }
        });
    }

    /// Drags the end of a quiz to another time in the calendar, whose events then name who did it.
    pub fn drag_closing(&self, cm: i64, closes: i64, by: i64) {
        self.edit(cm, |module| {
            if let Kind::Quiz(quiz) = &mut module.kind {
                quiz.closes = Some(closes);
                module.author = Some(by);
            }
        });
    }

    /// Gives a module another name.
    pub fn rename(&self, cm: i64, name: impl Into<String>) {
        self.edit(cm, |module| module.name = name.into());
    }

    /// Moves or clears from when something can be handed in, or when a quiz opens.
    pub fn move_opening(&self, cm: i64, opens: Option<i64>) {
        self.edit(cm, |module| match &mut module.kind {
            Kind::Assign(assignment) => assignment.opens = opens,
            Kind::Quiz(quiz) => quiz.opens = opens,
            _ => {}
        });
    }

    /// Moves or clears when an assignment takes nothing any more.
    pub fn move_cutoff(&self, cm: i64, cutoff: Option<i64>) {
        self.edit(cm, |module| {
            if let Kind::Assign(assignment) = &mut module.kind {
                assignment.cutoff = cutoff;
            }
        });
    }

    /// Gives a module another description, in HTML; a label another text.
    pub fn describe(&self, cm: i64, intro: impl Into<String>) {
        self.edit(cm, |module| module.intro = intro.into());
    }

    /// Has a link lead somewhere else.
    pub fn lead(&self, cm: i64, to: impl Into<String>) {
        self.edit(cm, |module| {
            if let Kind::Url { address } = &mut module.kind {
                *address = to.into();
            }
        });
    }

    /// Replaces a file by one of another name.
    pub fn rename_file(&self, cm: i64, name: impl Into<String>) {
        self.edit(cm, |module| {
            if let Kind::Resource(file) = &mut module.kind {
                file.name = name.into();
            }
        });
    }

    /// Marks a module as done by somebody, or as not done, as they do by hand. What nobody was asked to mark is asked for from then on.
    pub fn mark(&self, cm: i64, user: i64, done: bool) {
        let now = self.moodle.now();
        self.touch(cm, |module: &mut Module| {
            let marks = module.done.get_or_insert_default();
            match done {
                true => marks.insert(user, now),
                false => marks.remove(&user),
            };
        });
    }
}
