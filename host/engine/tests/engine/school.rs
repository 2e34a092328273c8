//! A Moodle that is as slow as a test wants.

use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::world::PATIENCE;

/// A Moodle that answers each call when it is allowed to.
pub(crate) struct School {
    pub(crate) url: String,
    arrived: watch::Sender<usize>,
    allowed: Arc<Semaphore>,
    task: JoinHandle<()>,
}

impl School {
    pub(crate) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let arrived = watch::Sender::new(0);
        let allowed = Arc::new(Semaphore::new(0));
        let handler = {
            let (arrived, allowed) = (arrived.clone(), Arc::clone(&allowed));
            move || {
                let (arrived, allowed) = (arrived.clone(), Arc::clone(&allowed));
                async move {
                    arrived.send_modify(|count| *count += 1);
                    allowed.acquire().await.expect("open as long as the school").forget();
                    "{}"
                }
            }
        };
        let router = Router::new().route("/webservice/rest/server.php", post(handler));
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Self { url, arrived, allowed, task }
    }

    /// Waits until so many calls have arrived in all.
    pub(crate) async fn called(&self, count: usize) {
        let mut arrived = self.arrived.subscribe();
        let waited = tokio::time::timeout(PATIENCE, arrived.wait_for(|arrived| *arrived >= count)).await;
        assert!(waited.is_ok(), "waited in vain for call {count}, there were {}", *self.arrived.borrow());
    }

    /// Returns how many calls have arrived.
    pub(crate) fn calls(&self) -> usize {
        *self.arrived.borrow()
    }

    /// Has it answer so many calls.
    pub(crate) fn answer(&self, count: usize) {
        self.allowed.add_permits(count);
    }
}

impl Drop for School {
    fn drop(&mut self) {
        self.task.abort();
    }
}
