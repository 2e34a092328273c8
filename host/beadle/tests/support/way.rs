//! A way to a server that listens on a socket in a folder: an address of this machine, which can refuse, lead elsewhere, or fall silent.

use std::path::PathBuf;

use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What becomes of connections that were made before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Carried,
    Silent,
    Cut,
}

/// An address of this machine behind which a server is.
pub(crate) struct Way {
    pub(crate) port: u16,
    standing: watch::Sender<Standing>,
    listening: Option<JoinHandle<()>>,
    socket: PathBuf,
}

impl Way {
    /// Leads to the server of this database.
    pub(crate) async fn to(url: &str) -> Self {
        let mut way =
            Self { port: 0, standing: watch::Sender::new(Standing::Carried), listening: None, socket: PathBuf::new() };
        way.lead(url).await;
        way
    }

    /// Refuses new connections and ends those there are.
    pub(crate) async fn refuse(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
            let _ = listening.await;
        }
        self.standing.send_replace(Standing::Cut);
    }

    /// Leads to the server of another database from now on.
    pub(crate) async fn lead(&mut self, url: &str) {
        let (_, socket) = url.split_once("socket=").expect("it listens on a socket");
        self.socket = socket.split('&').next().unwrap_or(socket).replace("%2F", "/").into();
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.expect("the port is free");
        self.port = listener.local_addr().expect("an address").port();
        self.standing = watch::Sender::new(Standing::Carried);
        self.listen(listener);
    }

    /// Carries nothing more on the connections there are, and ends none of them. New ones are carried.
    pub(crate) fn fall_silent(&mut self) {
        self.standing.send_replace(Standing::Silent);
    }

    fn listen(&mut self, listener: TcpListener) {
        let (socket, standing) = (self.socket.clone(), self.standing.clone());
        self.listening = Some(tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (socket, mut standing) = (socket.clone(), standing.subscribe());
                tokio::spawn(async move {
                    let Ok(mut server) = UnixStream::connect(&socket).await else { return };
                    // What it was when the connection was made is not for this one.
                    standing.mark_unchanged();
                    let became = tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => Standing::Cut,
                        _ = standing.changed() => *standing.borrow(),
                    };
                    if became == Standing::Silent {
                        let _ = standing.wait_for(|now| *now == Standing::Cut).await;
                    }
                });
            }
        }));
    }
}
