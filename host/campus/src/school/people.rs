//! The accounts of the school and what kind of life each leads.

use std::ops::Deref;
use std::sync::Arc;

use super::address::Form;
use super::plan::Plan;
use super::{chance, names, rooms};

/// Who may see an e-mail address (`maildisplay`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailDisplay {
    /// Nobody without a right of its own.
    Hidden = 0,
    /// Everyone who may see the person.
    Everyone = 1,
    /// Those in the same course.
    Course = 2,
}

/// What somebody is at the school.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Moodle's built-in visitor.
    Guest,
    /// The administrator.
    Admin,
    /// The head of the school.
    Manager,
    /// A teacher.
    Teacher,
    /// A student.
    Student,
    /// An account for programs.
    Service,
}

/// What of an account does not move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Account id.
    pub id: i64,
    /// Login name.
    pub username: String,
    /// First name.
    pub firstname: String,
    /// Family name.
    pub lastname: String,
    /// E-mail address.
    pub email: String,
    /// Number at the school; empty for none.
    pub idnumber: String,
    /// Institution; empty for none.
    pub institution: String,
    /// Department; empty for none.
    pub department: String,
    /// Description in HTML; `None` where the table has NULL.
    pub description: Option<String>,
    /// City; empty for none.
    pub city: String,
    /// Country code; empty for none.
    pub country: String,
    /// Time zone; `99` is the server's.
    pub timezone: String,
    /// Who may see the e-mail address.
    pub maildisplay: MailDisplay,
    /// Suspended by an administrator.
    pub suspended: bool,
    /// Confirmed by its owner.
    pub confirmed: bool,
    /// Deleted; the row stays.
    pub deleted: bool,
    /// Chose not to be shown among the people online (`block_online_users_uservisibility` = 0).
    pub hidden: bool,
    /// What the person is.
    pub role: Role,
}

impl Profile {
    /// Makes an ordinary account; change what shall differ.
    pub fn new(id: i64, username: &str, firstname: &str, lastname: &str, role: Role) -> Self {
        Self {
            id,
            username: username.to_owned(),
            firstname: firstname.to_owned(),
            lastname: lastname.to_owned(),
            email: format!("{username}@school.example"),
            idnumber: String::new(),
            institution: String::new(),
            department: String::new(),
            description: None,
            city: String::new(),
            country: String::new(),
            timezone: "99".into(),
            maildisplay: MailDisplay::Course,
            suspended: false,
            confirmed: true,
            deleted: false,
            hidden: false,
            role,
        }
    }
}

/// An account as it stands in the tables at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// What does not move; the user reads like it.
    pub profile: Arc<Profile>,
    /// First login, epoch seconds; 0 for never.
    pub firstaccess: i64,
    /// Last page view as Moodle notes it, epoch seconds; 0 for never. Moves at most once a minute.
    pub lastaccess: i64,
    /// The address then, as Moodle writes it; empty for never.
    pub lastip: Arc<str>,
}

impl Deref for User {
    type Target = Profile;

    fn deref(&self) -> &Profile {
        &self.profile
    }
}

/// Where somebody spends the lessons.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// Where the class is.
    Class(usize),
    /// Where the class is that this teacher has in the lesson, else the staff room.
    Teaching(usize),
    /// Always in the staff room.
    Office,
}

/// The life of somebody who comes to school.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habit {
    pub(super) place: Place,
    pub(super) form: Form,
    pub(super) seat: u8,
    /// Has a phone logged in on the wireless network beside the computer.
    pub(super) phone: bool,
}

/// Somebody: an account and a life, or an account that nobody uses.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) profile: Arc<Profile>,
    /// First login, epoch seconds; 0 for never.
    pub(super) first: i64,
    pub(super) life: Habit,
    pub(super) comes: bool,
}

const DAY: i64 = 86_400;

/// Lists everybody, by id.
pub(super) fn all(plan: &Plan) -> Vec<Person> {
    let mut roll = Roll { plan, people: Vec::with_capacity(plan.students + plan.teachers + 16) };
    let mut guest = Profile::new(1, "guest", "Guest user", " ", Role::Guest);
    guest.email = "root@localhost".into();
    guest.description = Some("This user is a special user that allows read-only access to some courses.".into());
    roll.absent(guest, false);
    let mut admin = Profile::new(2, "admin", "Admin", "User", Role::Admin);
    admin.maildisplay = MailDisplay::Everyone;
    roll.present(admin, Place::Office);
    roll.students();
    roll.idle_students();
    for teacher in 0..plan.teachers {
        let (first, last) = names::of(teacher * 7 + 5);
        let mut profile = Profile::new(roll.next(), &format!("teacher{:02}", teacher + 1), first, last, Role::Teacher);
        profile.idnumber = format!("T{:02}", teacher + 1);
        profile.city = "Teststadt".into();
        profile.country = "DE".into();
        roll.present(profile, Place::Teaching(teacher));
    }
    roll.present(Profile::new(roll.next(), "manager01", "Mara", "Manager", Role::Manager), Place::Office);
    for (username, name) in
        [("wsbeadle", "Beadle"), ("wsmonitor", "Monitor"), ("wsviewer", "Viewer"), ("wsminimal", "Minimal")]
    {
        roll.absent(Profile::new(roll.next(), username, "Service", name, Role::Service), false);
    }
    roll.people
}

/// Returns how many classes there are: as many as classrooms.
pub(super) fn classes(plan: &Plan) -> usize {
    plan.rooms.clamp(1, rooms::MOST_CLASSROOMS)
}

struct Roll<'a> {
    plan: &'a Plan,
    people: Vec<Person>,
}

impl Roll<'_> {
    fn next(&self) -> i64 {
        i64::try_from(self.people.len()).map_or(i64::MAX, |count| count + 1)
    }

    fn students(&mut self) {
        for number in 0..self.plan.students {
            let mut profile = self.student(number);
            profile.hidden = number % 11 == 5;
            self.present(profile, Place::Class(number % classes(self.plan)));
        }
    }

    /// Accounts that nobody uses (any more), each of which a careless list shows as a person.
    fn idle_students(&mut self) {
        type Change = fn(&mut Profile);
        let idle: [(Change, bool); 8] = [
            (|profile| profile.suspended = true, true),
            (|profile| profile.suspended = true, false),
            (|profile| profile.confirmed = false, false),
            (|profile| profile.deleted = true, true),
            (|profile| profile.deleted = true, false),
            (|_| (), false),
            (|_| (), false),
            (|_| (), true),
        ];
        for (offset, (change, was_here)) in idle.into_iter().enumerate() {
            let mut profile = self.student(self.plan.students + offset);
            change(&mut profile);
            if profile.deleted {
                // What Moodle makes of a deleted account's name.
                profile.username = format!("{}.{}", profile.email, self.plan.start.div_euclid(1000));
                profile.email = hex::encode(chance::number(self.plan.seed, &[profile.id, -1]).to_be_bytes());
                profile.idnumber = String::new();
            }
            self.absent(profile, was_here);
        }
    }

    fn student(&self, number: usize) -> Profile {
        let (first, last) = names::of(number);
        let mut profile = Profile::new(self.next(), &format!("student{:02}", number + 1), first, last, Role::Student);
        profile.idnumber = format!("S2026{:02}", number + 1);
        profile.institution = "Campus".into();
        profile.department = if number % 5 == 1 { "Physics".into() } else { String::new() };
        profile.description = Some(if number == 0 { "<p>Synthetic person.</p>".into() } else { String::new() });
        profile.city = "Teststadt".into();
        profile.country = "DE".into();
        profile.timezone = if number % 31 == 4 { "America/Argentina/Buenos_Aires".into() } else { "99".into() };
        profile.maildisplay = if number % 3 == 1 { MailDisplay::Everyone } else { MailDisplay::Course };
        profile
    }

    fn present(&mut self, profile: Profile, place: Place) {
        self.push(profile, place, true, true);
    }

    fn absent(&mut self, profile: Profile, was_here: bool) {
        let class = self.people.len() % classes(self.plan);
        self.push(profile, Place::Class(class), false, was_here);
    }

    fn push(&mut self, profile: Profile, place: Place, comes: bool, was_here: bool) {
        let number = self.people.len();
        let form = form_of(number);
        let founded = self.plan.start.div_euclid(1000);
        let before = 30 * DAY + chance::below(self.plan.seed, &[profile.id, -2], 60 * DAY);
        let first = if comes || was_here { founded - before } else { 0 };
        self.people.push(Person {
            profile: Arc::new(profile),
            first,
            life: Habit { place, form, seat: seat_of(number, form), phone: number % 40 == 7 },
            comes,
        });
    }
}

/// Returns the form of the address of the person with this place in the list: all forms in every twenty people.
fn form_of(number: usize) -> Form {
    match number % 20 {
        13 | 14 => Form::V6,
        15 => Form::Mapped,
        16 => Form::MappedLossy,
        17 => Form::Proxy,
        18 => Form::Unusable,
        _ => Form::V4,
    }
}

/// Returns a seat: below 16 where Moodle shall lose it, else 16 to 249.
fn seat_of(number: usize, form: Form) -> u8 {
    let seat = match form {
        Form::MappedLossy => 1 + (number / 20) % 15,
        _ => 16 + (number * 7) % 234,
    };
    u8::try_from(seat).unwrap_or(16)
}
