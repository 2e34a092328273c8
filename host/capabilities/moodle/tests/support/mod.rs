//! A campus whose Moodle a site talks to.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses another part")]

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use beadle_campus::moodle::{Account as Known, MOBILE_SERVICE, PASSWORD};
use beadle_campus::{Campus, Options};
use beadle_egress::{Egress, ExposeSecret, Redactor, Secret, Settings};
use beadle_moodle::{Account, NoKeeper, Site, SiteSettings, TokenKeeper};

pub async fn campus() -> Campus {
    // Monday, 2026-11-23, 10:00 UTC: people are there.
    let clock: beadle_campus::school::Clock = Arc::new(|| 1_795_428_000_000);
    Campus::start(Options::default().on(clock)).await.unwrap()
}

pub fn egress() -> Egress {
    Egress::new(Settings::default()).unwrap()
}

pub fn token(known: Known) -> Account {
    Account::Token(known.token().into())
}

pub fn login(password: &str) -> Account {
    Account::Login {
        username: Known::ManagerMobile.username().to_owned(),
        password: password.into(),
        service: MOBILE_SERVICE.to_owned(),
    }
}

pub fn right() -> Account {
    login(PASSWORD)
}

pub fn settings(campus: &Campus, account: Account) -> SiteSettings {
    SiteSettings::new("main", campus.moodle_url.parse().unwrap(), account)
}

pub fn site(campus: &Campus, account: Account) -> Site {
    Site::new(settings(campus, account), &egress(), Arc::new(NoKeeper), Redactor::new()).unwrap()
}

/// Keeps tokens in memory and notes what happened to them.
#[derive(Default)]
pub struct Memory {
    pub token: Mutex<Option<String>>,
    pub events: Mutex<Vec<&'static str>>,
}

#[async_trait]
impl TokenKeeper for Memory {
    async fn load(&self) -> Option<Secret> {
        self.events.lock().unwrap().push("load");
        self.token.lock().unwrap().clone().map(Secret::from)
    }

    async fn keep(&self, token: &Secret) {
        self.events.lock().unwrap().push("keep");
        *self.token.lock().unwrap() = Some(token.expose_secret().to_owned());
    }

    async fn forget(&self) {
        self.events.lock().unwrap().push("forget");
        *self.token.lock().unwrap() = None;
    }
}

pub const INFO: &str = "core_webservice_get_site_info";
