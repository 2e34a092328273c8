//! Who is in which course and group.

use super::people::{Person, Place, Profile, Role, classes};
use super::plan::Plan;
use super::{Course, Group, names};

/// The account that watches the school: enrolled in every course, so that it sees what participants see.
const WATCHER: &str = "wsbeadle";

/// Lists the courses: one for every class, with its students, one teacher and the watcher.
pub(super) fn courses(plan: &Plan, people: &[Person]) -> Vec<Course> {
    let classes = classes(plan);
    let mut courses: Vec<Course> = (0..classes)
        .map(|class| Course {
            id: super::SITE_COURSE + 1 + i64::try_from(class).unwrap_or(0),
            shortname: names::short(class),
            fullname: names::course(class),
            members: Vec::new(),
        })
        .collect();
    for person in people.iter().filter(|person| !person.profile.deleted) {
        match (person.profile.role, person.life.place) {
            (Role::Student, Place::Class(class)) => courses[class % classes].members.push(person.profile.id),
            (Role::Teacher, Place::Teaching(teacher)) => courses[teacher % classes].members.push(person.profile.id),
            _ if person.profile.username == WATCHER => {
                courses.iter_mut().for_each(|course| course.members.push(person.profile.id));
            }
            _ => {}
        }
    }
    courses
}

/// Lists the groups: two for every course, with its students by turns; the watcher is in the first.
pub(super) fn groups(courses: &[Course], people: &[Person]) -> Vec<Group> {
    let is = |id: &i64, test: fn(&Profile) -> bool| {
        let index = usize::try_from(*id - 1).unwrap_or(usize::MAX);
        people.get(index).is_some_and(|person| test(&person.profile))
    };
    let mut groups = Vec::with_capacity(courses.len() * 2);
    for course in courses {
        let students: Vec<i64> =
            course.members.iter().copied().filter(|id| is(id, |profile| profile.role == Role::Student)).collect();
        for (half, name) in ["Group A", "Group B"].into_iter().enumerate() {
            let mut members: Vec<i64> = students.iter().copied().skip(half).step_by(2).collect();
            if half == 0 {
                members.extend(course.members.iter().filter(|id| is(id, |profile| profile.username == WATCHER)));
            }
            let id = i64::try_from(groups.len()).unwrap_or(0) + 1;
            groups.push(Group { id, course: course.id, name: name.into(), members });
        }
    }
    groups
}
