//! What courses hold: contents, assignments, quizzes, forums, grades, and the hint of what is new.
//!
//! Records are written key by key in the order they were recorded in; most of their keys never change.

mod assignments;
mod contents;
mod forums;
mod grades;
pub(super) mod parts;
mod quizzes;
mod submission;
mod updates;

pub(super) use assignments::assignments;
pub(super) use contents::contents;
pub(super) use forums::{discussions, forums};
pub(super) use grades::grades;
pub(super) use quizzes::{attempts, quizzes};
pub(super) use submission::submission;
pub(super) use updates::updates;

use serde_json::{Value, json};

use super::{Caller, courses};
use crate::moodle::Fail;
use crate::school::Course;
use crate::school::courses::{Book, Contents, Module};

impl Caller<'_> {
    /// Says whether the caller sees that a module is there; they must have got into its course.
    fn notices(&self, course: &Course, module: &Module) -> bool {
        !module.hidden || self.sees_hidden(course)
    }

    /// Says whether the caller gets to a module; they must have got into its course.
    pub(super) fn opens(&self, course: &Course, module: &Module) -> bool {
        let free = module.available.is_none_or(|from| from <= self.moodle.now());
        self.sees_hidden(course) || (free && !module.hidden)
    }

    /// Returns a course that the caller gets into, or the error of most functions.
    fn entered(&self, id: i64) -> Result<&Course, Fail> {
        let course = self.course(id).ok_or_else(|| courses::unknown(id))?;
        if self.enters(course) { Ok(course) } else { Err(Fail::login_required()) }
    }

    /// Finds a module of a kind by its instance id, if the caller gets to it.
    fn opened<'b>(
        &self,
        book: &'b Book,
        kind: &str,
        instance: i64,
    ) -> Result<(&Course, &'b Contents, &'b Module), Fail> {
        let is_it = |module: &Module| module.kind.name() == kind && module.instance == instance;
        let found = book.modules().find(|(_, module)| is_it(module));
        let unknown = || Fail::unknown_record(format!("SELECT * FROM {{{kind}}} WHERE id = ?"));
        let (id, module) = found.ok_or_else(unknown)?;
        let course = self.entered(id)?;
        let contents = book.of(id).ok_or_else(unknown)?;
        if self.opens(course, module) { Ok((course, contents, module)) } else { Err(Fail::login_required()) }
    }

    /// Returns the courses to answer about, each once, and a warning for each that the caller does not get into. Without
    /// any asked for, they are the caller's own.
    fn asked(&self, ids: &[i64], code: &str, message: &str) -> (Vec<&Course>, Vec<Value>) {
        if ids.is_empty() {
            return (self.my_courses(), Vec::new());
        }
        let (mut entered, mut warnings) = (Vec::new(), Vec::new());
        for (index, id) in ids.iter().enumerate() {
            if ids[..index].contains(id) {
                continue;
            }
            match self.entered(*id) {
                Ok(course) => entered.push(course),
                Err(_) => warnings.push(warning("course", *id, code, message)),
            }
        }
        (entered, warnings)
    }
}

fn warning(item: &str, id: i64, code: &str, message: &str) -> Value {
    json!({"item": item, "itemid": id, "warningcode": code, "message": message})
}

/// Adds the keys of one record to another.
fn extend(record: &mut Value, more: &Value) {
    if let (Some(record), Some(more)) = (record.as_object_mut(), more.as_object()) {
        record.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
}
