//! Small peers on this machine, and a resolver that says what a test wants.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses another part")]

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use beadle_egress::{Egress, Lift, Names, Policy, Refusal, Settings};

/// A resolver with a script: each name answers its lists in turn, the last one for ever.
#[derive(Default)]
pub struct FakeNames {
    script: Mutex<HashMap<String, VecDeque<Vec<IpAddr>>>>,
    /// How often it was asked.
    pub asked: AtomicUsize,
}

impl FakeNames {
    pub fn new<'a>(script: impl IntoIterator<Item = (&'a str, Vec<Vec<&'a str>>)>) -> Arc<Self> {
        let parse = |list: Vec<&str>| list.into_iter().map(|text| text.parse().unwrap()).collect();
        let script =
            script.into_iter().map(|(name, lists)| (name.to_owned(), lists.into_iter().map(parse).collect())).collect();
        Arc::new(Self { script: Mutex::new(script), asked: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Names for FakeNames {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut script = self.script.lock().unwrap();
        let lists = script.get_mut(name).ok_or_else(|| io::Error::other("no such name"))?;
        if lists.len() > 1 { Ok(lists.pop_front().unwrap()) } else { Ok(lists[0].clone()) }
    }
}

/// Serves on a free port of this machine and returns it.
pub async fn serve(router: Router) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

/// A port on which nobody listens.
pub async fn closed_port() -> u16 {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

pub fn settings() -> Settings {
    Settings {
        connect: Duration::from_secs(5),
        read: Duration::from_secs(5),
        total: Duration::from_secs(10),
        body: 64 << 10,
        ..Settings::default()
    }
}

pub fn egress(names: Arc<FakeNames>) -> Egress {
    Egress::with_names(settings(), names).unwrap()
}

/// Allows every method on every address, private ones too.
pub struct Everything;

impl Policy for Everything {
    fn check(&self, _: &http::Method, _: &url::Url) -> Result<Lift, Refusal> {
        Ok(Lift::Private)
    }
}
