//! What assignments and quizzes put into the calendar.

use super::super::Caller;
use super::{Action, Row};
use crate::school::conferences::Scope;
use crate::school::courses::{Assignment, Book, Contents, Kind, Module, Progress, Quiz};

/// The module behind a row.
pub(super) struct Mirror<'a> {
    pub(super) module: &'a Module,
    pub(super) event: Event,
    contents: &'a Contents,
    teaches: bool,
}

/// Which of the events of a module a row is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// An assignment is due.
    Due,
    /// A quiz opens.
    Opens,
    /// A quiz closes.
    Closes,
}

impl Event {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Opens => "open",
            Self::Closes => "close",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Due => "Assignment is due",
            Self::Opens => "Quiz opens",
            Self::Closes => "Quiz closes",
        }
    }

    pub(super) fn picture(self) -> &'static str {
        match self {
            Self::Closes => "Close window",
            Self::Due | Self::Opens => "Activity event",
        }
    }

    fn name(self, module: &Module) -> String {
        match self {
            Self::Due => format!("{} is due", module.name),
            Self::Opens => format!("{} opens", module.name),
            Self::Closes => format!("{} closes", module.name),
        }
    }
}

impl Mirror<'_> {
    /// Returns what the caller can do about it; nothing when it is done, or was never theirs to do.
    pub(super) fn action(&self, caller: &Caller<'_>) -> Option<Action> {
        let (module, now, me) = (self.module, caller.moodle.now(), caller.me.id);
        if self.teaches {
            return None;
        }
        let url = caller.moodle.url();
        let action = |name: &'static str, url: String, actionable: bool| Action {
            name,
            url,
            itemcount: 1,
            actionable,
            showitemcount: false,
        };
        match (&module.kind, self.event) {
            (Kind::Assign(assign), Event::Due) => {
                let own = self.contents.submissions.iter().filter(|row| row.assignment == module.instance);
                if own.filter(|row| row.user == me).any(|row| row.state == Progress::Submitted)
                    || assign.cutoff.is_some_and(|cutoff| cutoff <= now)
                {
                    return None;
                }
                let link = format!("{url}/mod/assign/view.php?id={}&action=editsubmission", module.cm);
                Some(action("Add submission", link, assign.opens.is_none_or(|opens| opens <= now)))
            }
            (Kind::Quiz(quiz), Event::Closes) => {
                // One that is only begun is still to be done.
                let mut ended = self.contents.attempts.iter().filter(|attempt| attempt.finished.is_some());
                if ended.any(|attempt| attempt.quiz == module.instance && attempt.user == me)
                    || quiz.closes.is_some_and(|closes| closes <= now)
                {
                    return None;
                }
                let link = format!("{url}/mod/quiz/view.php?id={}", module.cm);
                Some(action("Attempt quiz now", link, quiz.opens.is_none_or(|opens| opens <= now)))
            }
            _ => None,
        }
    }
}

/// Lists the rows of the modules that the caller gets to.
pub(super) fn rows<'a>(caller: &Caller<'_>, book: &'a Book) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for (id, contents) in &book.courses {
        let Some(course) = caller.course(*id).filter(|_| caller.attends(*id)) else { continue };
        let teaches = caller.sees_hidden(course);
        for module in contents.modules.iter().filter(|module| caller.opens(course, module)) {
            let [beginning, end] = module.events;
            let found = match &module.kind {
                Kind::Assign(Assignment { due, .. }) => [due.map(|at| (end, Event::Due, at)), None],
                Kind::Quiz(Quiz { opens, closes, .. }) => {
                    [opens.map(|at| (beginning, Event::Opens, at)), closes.map(|at| (end, Event::Closes, at))]
                }
                _ => [None, None],
            };
            rows.extend(found.into_iter().flatten().map(|(id, event, at)| Row {
                id,
                name: event.name(module),
                description: match event {
                    Event::Due => module.intro.clone(),
                    Event::Opens | Event::Closes => format!("<div class=\"no-overflow\">{}</div>", module.intro),
                },
                location: "",
                scope: Scope::Course(course.id),
                author: module.author,
                repeat: None,
                activity: None,
                mirror: Some(Mirror { module, event, contents, teaches }),
                begins: at,
                lasts: 0,
                modified: module.modified,
                visible: !module.hidden,
            }));
        }
    }
    rows
}
