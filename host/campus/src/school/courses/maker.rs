//! Coursework by chance: a pure function of the seed and of the courses there are.

use std::collections::BTreeMap;

use super::super::{Course, SITE_COURSE, chance, names};
use super::module::{Assignment, File, Kind, Module, Quiz};
use super::{Book, Contents, Coursework, Discussion, Section, texts};

/// Course modules and events lie above this: conferences by chance get nowhere near it.
const FIRST_ID: i64 = 500_000_000;

/// When all courses begin: 1 September 2026, epoch seconds.
const TERM: i64 = 1_788_220_800;

const DAY: i64 = 86_400;

/// Founds courses until there are as many as `plan` asks for, with the members of those there are by turns.
pub(in crate::school) fn enrol(plan: &Coursework, courses: &mut Vec<Course>) {
    let founded = courses.len();
    for number in founded..plan.courses {
        let last = courses.iter().map(|course| course.id).max().unwrap_or(SITE_COURSE);
        let members = if founded == 0 { Vec::new() } else { courses[number % founded].members.clone() };
        courses.push(Course {
            id: last + 1,
            shortname: names::short(number),
            fullname: names::course(number),
            members,
        });
    }
}

/// Fills the first courses.
pub(in crate::school) fn make(plan: &Coursework, courses: &[Course]) -> Book {
    let mut maker = Maker { plan, instances: BTreeMap::new(), modules: 0, sections: 0, discussions: 0 };
    let filled = courses.iter().take(plan.courses).map(|course| (course.id, maker.course(course)));
    Book { courses: filled.collect() }
}

struct Maker<'a> {
    plan: &'a Coursework,
    instances: BTreeMap<&'static str, i64>,
    modules: i64,
    sections: i64,
    discussions: i64,
}

impl Maker<'_> {
    fn below(&self, about: [i64; 2], what: i64, limit: i64) -> i64 {
        chance::below(self.plan.seed ^ 0xc0b5, &[about[0], about[1], what], limit)
    }

    fn pick<'t, T>(&self, about: [i64; 2], what: i64, from: &'t [T]) -> &'t T {
        let count = i64::try_from(from.len()).unwrap_or(1);
        &from[usize::try_from(self.below(about, what, count)).unwrap_or_default()]
    }

    fn course(&mut self, course: &Course) -> Contents {
        let mut contents = Contents::default();
        let sections = 3 + self.below([course.id, -1], 0, 4);
        for number in 0..sections {
            self.sections += 1;
            let name = match number {
                0 => "General".to_owned(),
                _ => (*self.pick([course.id, -1 - number], 1, &texts::SECTIONS)).to_owned(),
            };
            let summary = if number == 1 { "<p>Begin here.</p>".to_owned() } else { String::new() };
            contents.sections.push(Section { id: self.sections, number, name, summary });
        }
        let mut forums = 0;
        for index in 0..self.plan.modules {
            let about = [course.id, i64::try_from(index).unwrap_or(i64::MAX)];
            let kind = self.kind(about, index % 10, &mut forums);
            let is_forum = matches!(kind, Kind::Forum { .. });
            let mut module = self.module(about, kind);
            module.section = if is_forum { 0 } else { 1 + self.below(about, 2, sections - 1) };
            if is_forum {
                for number in 0..self.plan.discussions {
                    let number = i64::try_from(number).unwrap_or(i64::MAX);
                    contents.discussions.push(self.discussion(about, number, &module, course));
                }
            }
            contents.modules.push(module);
        }
        contents.modules.sort_by_key(|module| module.section);
        contents
    }

    /// Says what the module at a place of every ten is.
    fn kind(&self, about: [i64; 2], place: usize, forums: &mut usize) -> Kind {
        let plan = self.plan;
        let shares = [plan.assignments, plan.quizzes, plan.forums, plan.pages, plan.urls, plan.resources];
        let mut end = 0;
        let share = shares.iter().position(|share| {
            end += share;
            place < end
        });
        let opens = TERM + self.below(about, 3, 90) * DAY + 6 * 3600;
        let ends = opens + (5 + self.below(about, 4, 20)) * DAY + 16 * 3600 + 59 * 60;
        let is_open = self.below(about, 5, 3) == 0;
        match share {
            Some(0) => Kind::Assign(Assignment {
                opens: (!is_open).then_some(opens),
                due: (self.below(about, 6, 6) != 0).then_some(ends),
                cutoff: (self.below(about, 7, 4) == 0).then_some(ends + 2 * DAY),
                grade: *self.pick(about, 8, &[100, 100, 50, 20, 0]),
            }),
            Some(1) => Kind::Quiz(Quiz {
                opens: (!is_open).then_some(opens),
                closes: (self.below(about, 6, 6) != 0).then_some(ends),
                limit: *self.pick(about, 7, &[0, 1800, 3600]),
                attempts: self.below(about, 8, 4),
                grade: 10,
                password: String::new(),
            }),
            Some(2) => {
                *forums += 1;
                Kind::Forum { news: *forums == 1 }
            }
            Some(3) => Kind::Page,
            Some(4) => {
                let number = self.below(about, 9, 1000);
                Kind::Url { address: format!("https://materials.example.test/{number}?x=1&y=2") }
            }
            Some(_) => {
                let (name, media, extension) = *self.pick(about, 1, &texts::FILES);
                let number = self.below(about, 9, 30) + 1;
                Kind::Resource(File {
                    id: self.modules * 3 + 5,
                    name: format!("{name} {number:02}.{extension}"),
                    size: 100 + self.below(about, 10, 4_000_000),
                    media: media.into(),
                    modified: TERM - self.below(about, 11, 30) * DAY,
                })
            }
            None => Kind::Label,
        }
    }

    fn module(&mut self, about: [i64; 2], kind: Kind) -> Module {
        let number = self.modules;
        self.modules += 1;
        let instance = self.instances.entry(kind.name()).or_default();
        *instance += 1;
        let instance = *instance;
        let name = match &kind {
            Kind::Assign(_) => format!("{} {}", self.pick(about, 1, &texts::ASSIGNMENTS), about[1] + 1),
            Kind::Quiz(_) => (*self.pick(about, 1, &texts::QUIZZES)).to_owned(),
            Kind::Forum { news: true } => "Announcements".to_owned(),
            Kind::Forum { news: false } => (*self.pick(about, 1, &texts::FORUMS)).to_owned(),
            Kind::Page => (*self.pick(about, 1, &texts::PAGES)).to_owned(),
            Kind::Url { .. } => (*self.pick(about, 1, &texts::URLS)).to_owned(),
            Kind::Resource(_) => self.pick(about, 1, &texts::FILES).0.to_owned(),
            Kind::Label => (*self.pick(about, 1, &texts::LABELS)).to_owned(),
        };
        let made = TERM - self.below(about, 12, 40) * DAY;
        Module {
            cm: FIRST_ID + number,
            instance,
            events: [FIRST_ID + number * 2 + 1, FIRST_ID + number * 2],
            intro: match &kind {
                Kind::Label => format!("<p><strong>{name}</strong></p>"),
                _ => format!("<p>Part {} of the course &amp; its work.</p>", about[1] + 1),
            },
            created: made,
            modified: made,
            hidden: self.below(about, 13, 25) == 0,
            available: None,
            done: None,
            ..Module::new(kind, name)
        }
    }

    fn discussion(&mut self, about: [i64; 2], number: i64, forum: &Module, course: &Course) -> Discussion {
        self.discussions += 1;
        let what = 100 + number * 10;
        let (subject, message) = *self.pick(about, what, &texts::POSTS);
        let created = TERM + self.below(about, what + 1, 60) * DAY + self.below(about, what + 2, 1440) * 60;
        let author = *self.pick(about, what + 3, if course.members.is_empty() { &[2] } else { &course.members });
        let replies = if forum.kind == (Kind::Forum { news: true }) { 0 } else { self.below(about, what + 4, 5) };
        Discussion {
            id: self.discussions,
            // Never the same number as the discussion's, so that one taken for the other is found out.
            post: self.discussions * 3,
            forum: forum.instance,
            subject: subject.into(),
            message: message.into(),
            author,
            last_author: author,
            created,
            edited: created,
            modified: created + replies * 7200,
            replies,
            pinned: number == 0 && self.below(about, what + 5, 3) == 0,
        }
    }
}
