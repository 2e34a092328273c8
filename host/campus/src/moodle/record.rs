//! One person as an answer shows them, which depends on who asks.

use serde::Serialize;

use super::Condition;
use super::functions::Caller;
use crate::school::{MailDisplay, User};

/// A setting of a person; only oneself sees them.
#[derive(Serialize)]
pub(super) struct Preference {
    name: &'static str,
    value: Setting,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Setting {
    Text(&'static str),
    Number(i64),
}

/// A role in a course.
#[derive(Serialize)]
pub(super) struct RoleOf {
    pub(super) roleid: i64,
    pub(super) name: &'static str,
    pub(super) shortname: &'static str,
    pub(super) sortorder: i64,
}

/// A course somebody is in.
#[derive(Serialize)]
pub(super) struct CourseOf {
    pub(super) id: i64,
    pub(super) fullname: String,
    pub(super) shortname: String,
}

/// A person. The order of the fields is the order of the keys in the recorded answers.
#[derive(Default, Serialize)]
pub(super) struct Record<'a> {
    pub(super) id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) firstname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lastname: Option<&'a str>,
    pub(super) fullname: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) department: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) institution: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) idnumber: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) firstaccess: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lastaccess: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lastcourseaccess: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auth: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suspended: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) confirmed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lang: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) theme: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timezone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mailformat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trackforums: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) descriptionformat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) profileimageurlsmall: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) profileimageurl: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) groups: Option<Vec<()>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) roles: Option<Vec<RoleOf>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) preferences: Option<Vec<Preference>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) enrolledcourses: Option<Vec<CourseOf>>,
}

/// What is the same for all records of an answer.
pub(super) struct View<'a> {
    caller: &'a Caller<'a>,
    small: String,
    large: String,
    show_lastaccess: bool,
    my_courses: Vec<&'a crate::school::Course>,
    now: i64,
}

impl<'a> View<'a> {
    pub(super) fn new(caller: &'a Caller<'a>) -> Self {
        let url = caller.moodle.url();
        let me = caller.me.id;
        Self {
            small: format!("{url}/theme/image.php/boost/core/1795198706/u/f2"),
            large: format!("{url}/theme/image.php/boost/core/1795198706/u/f1"),
            show_lastaccess: caller.rights.hidden || !caller.moodle.is(Condition::LastAccessHidden),
            my_courses: caller.courses().filter(|course| course.members.binary_search(&me).is_ok()).collect(),
            now: caller.moodle.now(),
            caller,
        }
    }

    /// Says whether the caller is in a course with somebody.
    fn together(&self, user: &User) -> bool {
        self.my_courses.iter().any(|course| course.members.binary_search(&user.id).is_ok())
    }

    /// Returns the record of a person, or nothing if the caller may not see them.
    pub(super) fn of(&'a self, user: &'a User) -> Option<Record<'a>> {
        let rights = self.caller.rights;
        let me = self.caller.me.id == user.id;
        let together = self.together(user);
        if !(me || rights.people || together) {
            return None;
        }
        let all = me || rights.everything;
        let mail = all
            || rights.identity
            || user.maildisplay == MailDisplay::Everyone
            || (user.maildisplay == MailDisplay::Course && together);
        let enrolled = me || rights.admin || self.caller.is_enrolled(user.id);
        let description = user.description.as_deref().filter(|_| enrolled);
        Some(Record {
            id: user.id,
            username: all.then_some(&user.username),
            firstname: Some(&user.firstname),
            lastname: Some(&user.lastname),
            fullname: format!("{} {}", user.firstname, user.lastname),
            email: mail.then_some(&user.email),
            department: all.then_some(&user.department),
            institution: filled(&user.institution).filter(|_| all),
            idnumber: filled(&user.idnumber).filter(|_| all),
            firstaccess: Some(user.firstaccess),
            lastaccess: self.show_lastaccess.then_some(user.lastaccess),
            lastcourseaccess: None,
            auth: all.then_some("manual"),
            suspended: Some(user.suspended),
            confirmed: all.then_some(user.confirmed),
            lang: all.then_some("en"),
            theme: all.then_some(""),
            timezone: Some(&user.timezone),
            mailformat: all.then_some(1),
            trackforums: all.then_some(0),
            description,
            descriptionformat: description.map(|_| 1),
            city: filled(&user.city),
            country: filled(&user.country),
            profileimageurlsmall: Some(&self.small),
            profileimageurl: Some(&self.large),
            groups: None,
            roles: None,
            preferences: me.then(|| self.preferences(user)),
            enrolledcourses: None,
        })
    }

    fn preferences(&self, user: &User) -> Vec<Preference> {
        let mut preferences = vec![Preference { name: "core_user_welcome", value: Setting::Text("1") }];
        if user.hidden {
            let name = crate::database::HIDDEN_PREFERENCE;
            preferences.push(Preference { name, value: Setting::Text("0") });
        }
        preferences.push(Preference { name: "_lastloaded", value: Setting::Number(self.now) });
        preferences
    }
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
