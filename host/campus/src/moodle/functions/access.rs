//! How far a caller gets: into courses, and to what is in them.

use super::Caller;
use crate::school::conferences::Activity;
use crate::school::{Course, Group, Role};

impl Caller<'_> {
    /// Returns a course, whoever may enter it.
    pub(super) fn course(&self, id: i64) -> Option<&Course> {
        self.courses().find(|course| course.id == id)
    }

    /// Says whether the caller is enrolled in a course.
    pub(super) fn is_member(&self, course: &Course) -> bool {
        course.members.binary_search(&self.me.id).is_ok()
    }

    /// Says whether the caller sees what is hidden in a course, and the course itself when it is hidden.
    pub(super) fn sees_hidden(&self, course: &Course) -> bool {
        self.rights.manages || (self.me.role == Role::Teacher && self.is_member(course))
    }

    /// Says whether a course is hidden from its participants.
    pub(super) fn is_hidden(&self, course: &Course) -> bool {
        self.moodle.hands().hidden_courses.contains(&course.id)
    }

    /// Says whether the caller gets into a course.
    pub(super) fn enters(&self, course: &Course) -> bool {
        let open = self.sees_hidden(course) || !self.is_hidden(course);
        let warned = self.moodle.hands().warned_courses.contains(&course.id);
        open && !warned && (self.rights.courses || self.is_member(course))
    }

    /// Says whether the caller gets to the activities and events of a course. Who is let in without being enrolled does not,
    /// unless they manage the site.
    pub(super) fn attends(&self, course: i64) -> bool {
        self.course(course).is_some_and(|course| self.enters(course) && (self.rights.manages || self.is_member(course)))
    }

    /// Says whether the caller gets to an activity.
    pub(super) fn sees(&self, activity: &Activity) -> bool {
        let shown = !activity.hidden || self.course(activity.course).is_some_and(|course| self.sees_hidden(course));
        shown && !activity.deleting && self.attends(activity.course)
    }

    /// Lists the courses the caller is enrolled in and that are not hidden from them, in the order Moodle shows them: the
    /// newest first.
    pub(super) fn my_courses(&self) -> Vec<&Course> {
        let mut courses: Vec<&Course> = self
            .courses()
            .filter(|course| self.is_member(course) && (self.sees_hidden(course) || !self.is_hidden(course)))
            .collect();
        courses.sort_by_key(|course| std::cmp::Reverse(course.id));
        courses
    }

    /// Lists the groups somebody is in.
    pub(super) fn groups_of(&self, user: i64) -> impl Iterator<Item = &Group> {
        let groups = self.moodle.inner.school.groups().iter();
        groups.filter(move |group| group.members.binary_search(&user).is_ok())
    }
}
