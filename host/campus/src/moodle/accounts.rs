//! Who may call what: tokens, services and the rights behind them.

use std::collections::{HashMap, HashSet};

/// The password of every account that may log in.
pub const PASSWORD: &str = "campus-password";

/// The service that Moodle's own app uses; `core_user_get_users` is not in it.
pub const MOBILE_SERVICE: &str = "moodle_mobile_app";

/// The service made for monitors; only service accounts and the administrator may use it.
pub const CUSTOM_SERVICE: &str = "campus_monitor";

/// The accounts that have a token from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    /// `wsbeadle` on the custom service: sees everybody with everything, also the participants of the whole site, and is
    /// enrolled in every course.
    Full,
    /// `admin` on the custom service: all rights, works also during maintenance.
    Admin,
    /// `wsmonitor` on the custom service: sees everybody with everything, but not the participants of the whole site; enters
    /// courses without being enrolled, which shows it no conference.
    Monitor,
    /// `wsviewer` on the custom service: sees people, but only the addresses that are shown to all.
    Viewer,
    /// `wsminimal` on the custom service: sees itself, and no course.
    Minimal,
    /// `manager01` on the mobile service.
    ManagerMobile,
    /// `teacher01` on the mobile service.
    TeacherMobile,
    /// `student01` on the mobile service.
    StudentMobile,
}

impl Account {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Full,
        Self::Admin,
        Self::Monitor,
        Self::Viewer,
        Self::Minimal,
        Self::ManagerMobile,
        Self::TeacherMobile,
        Self::StudentMobile,
    ];

    /// Returns the login name.
    pub fn username(self) -> &'static str {
        match self {
            Self::Full => "wsbeadle",
            Self::Admin => "admin",
            Self::Monitor => "wsmonitor",
            Self::Viewer => "wsviewer",
            Self::Minimal => "wsminimal",
            Self::ManagerMobile => "manager01",
            Self::TeacherMobile => "teacher01",
            Self::StudentMobile => "student01",
        }
    }

    /// Returns the token it has from the start: 32 letters and digits.
    pub fn token(self) -> &'static str {
        match self {
            Self::Full => "campustokenfull00000000000000000",
            Self::Admin => "campustokenadmin0000000000000000",
            Self::Monitor => "campustokenmonitor00000000000000",
            Self::Viewer => "campustokenviewer000000000000000",
            Self::Minimal => "campustokenminimal00000000000000",
            Self::ManagerMobile => "campustokenmanagermobile00000000",
            Self::TeacherMobile => "campustokenteachermobile00000000",
            Self::StudentMobile => "campustokenstudentmobile00000000",
        }
    }

    fn service(self) -> Service {
        match self {
            Self::Full | Self::Admin | Self::Monitor | Self::Viewer | Self::Minimal => Service::Custom,
            Self::ManagerMobile | Self::TeacherMobile | Self::StudentMobile => Service::Mobile,
        }
    }
}

/// A set of functions that tokens are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Service {
    Custom,
    Mobile,
}

impl Service {
    /// Returns the service with this short name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            CUSTOM_SERVICE => Some(Self::Custom),
            MOBILE_SERVICE => Some(Self::Mobile),
            _ => None,
        }
    }

    /// Says whether this user may have a token for it.
    pub(super) fn admits(self, username: &str) -> bool {
        self == Self::Mobile || Account::ALL.iter().any(|a| a.service() == Self::Custom && a.username() == username)
    }
}

/// What a user may do, beyond what everyone may.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rights {
    /// Is the administrator.
    pub(super) admin: bool,
    /// Sees other people (`moodle/user:viewdetails`).
    pub(super) people: bool,
    /// Sees all their fields (`moodle/user:viewalldetails`).
    pub(super) everything: bool,
    /// Sees their e-mail addresses (`moodle/site:viewuseridentity`).
    pub(super) identity: bool,
    /// Sees what the site hides (`moodle/user:viewhiddendetails`).
    pub(super) hidden: bool,
    /// Sees the participants of the whole site (`moodle/site:viewparticipants`).
    pub(super) participants: bool,
    /// Enters all courses (`moodle/course:view`).
    pub(super) courses: bool,
    /// Sees hidden courses and activities, and the calendar of every course, without being enrolled
    /// (`moodle/course:viewhiddencourses`, `moodle/calendar:manageentries`).
    pub(super) manages: bool,
    /// Reviews enrolments (`moodle/course:enrolreview`).
    pub(super) review: bool,
}

impl Rights {
    /// Returns the rights of a user.
    pub(super) fn of(username: &str) -> Self {
        let all = Self {
            admin: false,
            people: true,
            everything: true,
            identity: true,
            hidden: true,
            participants: true,
            courses: true,
            manages: false,
            review: true,
        };
        match username {
            "admin" => Self { admin: true, manages: true, ..all },
            "manager01" => Self { manages: true, ..all },
            "wsbeadle" => all,
            "wsmonitor" => Self { participants: false, ..all },
            "wsviewer" => Self { people: true, ..Self::default() },
            name if name.starts_with("teacher") => Self { identity: true, review: true, ..Self::default() },
            _ => Self::default(),
        }
    }
}

/// A token that works.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) username: String,
    pub(super) service: Service,
    expired: bool,
}

/// All tokens of the site.
#[derive(Debug)]
pub(super) struct Tokens {
    valid: HashMap<String, Token>,
    made: u64,
    suspended: HashSet<String>,
}

/// What a token is worth.
pub(super) enum Worth {
    /// It works.
    Good(Token),
    /// It has just expired; it is gone now.
    Expired,
    /// There is no such token.
    Unknown,
}

impl Tokens {
    pub(super) fn new() -> Self {
        let valid = Account::ALL
            .iter()
            .map(|account| {
                let token = Token { username: account.username().into(), service: account.service(), expired: false };
                (account.token().to_owned(), token)
            })
            .collect();
        Self { valid, made: 0, suspended: HashSet::new() }
    }

    /// Looks a token up. An expired one is deleted by that.
    pub(super) fn look_up(&mut self, token: &str) -> Worth {
        match self.valid.get(token) {
            None => Worth::Unknown,
            Some(found) if found.expired => {
                self.valid.remove(token);
                Worth::Expired
            }
            Some(found) => Worth::Good(found.clone()),
        }
    }

    /// Returns the token of a user for a service; the same one again until it is gone.
    pub(super) fn log_in(&mut self, username: &str, service: Service) -> String {
        let held = self.valid.iter().find(|(_, t)| t.username == username && t.service == service && !t.expired);
        if let Some((token, _)) = held {
            return token.clone();
        }
        self.made += 1;
        let token = format!("campustokenlogin{:016}", self.made);
        self.valid.insert(token.clone(), Token { username: username.into(), service, expired: false });
        token
    }

    /// Lets a token expire: its next use fails and deletes it.
    pub(super) fn expire(&mut self, token: &str) {
        if let Some(found) = self.valid.get_mut(token) {
            found.expired = true;
        }
    }

    /// Deletes a token.
    pub(super) fn revoke(&mut self, token: &str) {
        self.valid.remove(token);
    }

    /// Suspends a user, or ends that.
    pub(super) fn suspend(&mut self, username: &str, suspended: bool) {
        if suspended {
            self.suspended.insert(username.to_owned());
        } else {
            self.suspended.remove(username);
        }
    }

    /// Says whether a user was suspended here.
    pub(super) fn is_suspended(&self, username: &str) -> bool {
        self.suspended.contains(username)
    }
}
