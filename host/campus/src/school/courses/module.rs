//! One activity or material of a course.

use std::collections::BTreeMap;

/// An activity or material of a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Course module id.
    pub cm: i64,
    /// Instance id, counted for each kind on its own.
    pub instance: i64,
    /// Ids of its calendar events: of its beginning, and of its end. Which of them are there depends on its times.
    pub events: [i64; 2],
    /// Whom its calendar events name as their author; nobody once it was edited.
    pub author: Option<i64>,
    /// The number of its section.
    pub section: i64,
    /// Name as it was typed.
    pub name: String,
    /// Description in HTML; the text itself for a label.
    pub intro: String,
    /// When it was made, epoch seconds.
    pub created: i64,
    /// When it was last edited, epoch seconds; hiding does not move it.
    pub modified: i64,
    /// Hidden from participants.
    pub hidden: bool,
    /// When participants get to it, epoch seconds; until then they see only that it is there.
    pub available: Option<i64>,
    /// Who marked it as done, and when, epoch seconds; `None` where nobody is asked to.
    pub done: Option<BTreeMap<i64, i64>>,
    /// What it is.
    pub kind: Kind,
}

/// What a module is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An assignment.
    Assign(Assignment),
    /// A quiz.
    Quiz(Quiz),
    /// A forum.
    Forum {
        /// Only teachers begin discussions.
        news: bool,
    },
    /// A page.
    Page,
    /// A link.
    Url {
        /// Where it leads.
        address: String,
    },
    /// A file.
    Resource(File),
    /// A text on the course page.
    Label,
}

/// The times of an assignment, epoch seconds, and what it is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// From when something can be handed in.
    pub opens: Option<i64>,
    /// When it is due.
    pub due: Option<i64>,
    /// When nothing is taken any more.
    pub cutoff: Option<i64>,
    /// The highest grade; 0 for none.
    pub grade: i64,
}

/// The times of a quiz, epoch seconds, and what it is worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quiz {
    /// When it opens.
    pub opens: Option<i64>,
    /// When it closes.
    pub closes: Option<i64>,
    /// How long an attempt may take, seconds; 0 for no limit.
    pub limit: i64,
    /// How many attempts are allowed; 0 for any number.
    pub attempts: i64,
    /// The highest grade.
    pub grade: i64,
    /// What one must know to begin; shown to teachers. Empty for nothing.
    pub password: String,
}

/// A file, as far as lists tell: there are no contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Row id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Size in bytes.
    pub size: i64,
    /// Its media type.
    pub media: String,
    /// When it was written, epoch seconds.
    pub modified: i64,
}

impl Module {
    /// Makes a module in the general section; change what shall differ. Ids of 0 are given out when it is added by hand.
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self {
            cm: 0,
            instance: 0,
            events: [0; 2],
            // The administrator.
            author: Some(2),
            section: 0,
            name: name.into(),
            intro: String::new(),
            created: 0,
            modified: 0,
            hidden: false,
            available: None,
            done: None,
            kind,
        }
    }

    /// Returns the highest grade to be had; `None` where nothing is graded.
    pub fn highest(&self) -> Option<i64> {
        match &self.kind {
            Kind::Assign(assign) => Some(assign.grade),
            Kind::Quiz(quiz) => Some(quiz.grade),
            _ => None,
        }
        .filter(|grade| *grade > 0)
    }
}

impl Kind {
    /// Returns Moodle's name for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Assign(_) => "assign",
            Self::Quiz(_) => "quiz",
            Self::Forum { .. } => "forum",
            Self::Page => "page",
            Self::Url { .. } => "url",
            Self::Resource(_) => "resource",
            Self::Label => "label",
        }
    }
}
