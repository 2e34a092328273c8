//! Peers inside the school's network that count who comes, and a resolver that says what a test wants.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::any;
use beadle_egress::{Egress, Names, Settings};

/// A peer on this machine.
pub(crate) struct Peer {
    pub(crate) port: u16,
    visits: Arc<AtomicUsize>,
}

impl Peer {
    pub(crate) async fn start() -> Self {
        let visits = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&visits);
        let echo = |headers: HeaderMap| async move {
            headers.iter().map(|(name, value)| format!("{name}={value:?} ")).collect::<String>()
        };
        // One piece, and then nothing more for ever.
        let drip = || async {
            let first = futures::stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"."))]);
            Body::from_stream(futures::StreamExt::chain(first, futures::stream::pending()))
        };
        let away =
            |uri: Uri| async move { (StatusCode::FOUND, [("location", uri.query().unwrap_or_default().to_owned())]) };
        let router = Router::new()
            .route("/", any(|| async { "inside" }))
            .route("/echo", any(echo))
            .route("/drip", any(drip))
            .route("/large", any(|| async { vec![b'x'; 256 << 10] }))
            .route("/away", any(away))
            // Moodle's, where a test has it.
            .route("/webservice/rest/server.php", any(|| async { "{}" }))
            .layer(axum::middleware::from_fn(move |request: axum::extract::Request, next: axum::middleware::Next| {
                seen.fetch_add(1, Ordering::SeqCst);
                next.run(request)
            }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, visits }
    }

    pub(crate) fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

/// A resolver with a script: each name answers its lists in turn, the last one for ever.
struct Script(Mutex<HashMap<&'static str, VecDeque<Vec<IpAddr>>>>);

#[async_trait]
impl Names for Script {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut script = self.0.lock().expect("one test at a time");
        let lists = script.get_mut(name).ok_or_else(|| io::Error::other("no such name"))?;
        if lists.len() > 1 { Ok(lists.pop_front().expect("counted")) } else { Ok(lists[0].clone()) }
    }
}

/// Makes a way out where names mean what a test says, with so long for each request.
pub(crate) fn egress(names: &[(&'static str, &[&[&str]])], total: Duration) -> Egress {
    let list = |list: &[&str]| list.iter().map(|text| text.parse().expect("an address")).collect();
    let script = names.iter().map(|(name, lists)| (*name, lists.iter().map(|texts| list(texts)).collect()));
    let names = Arc::new(Script(Mutex::new(script.collect())));
    Egress::with_names(Settings { total, ..Settings::default() }, names).expect("a client")
}
