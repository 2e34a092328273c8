//! Connections that a fault can end in ways HTTP has no word for: reset, garbage, silence.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Faults;

/// What a client gets that ordered garbage: no status line in any version of HTTP.
const GARBAGE: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00campus: no such protocol\r\n\r\n";

/// How a connection ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Close = 1,
    Reset = 2,
    Garbage = 3,
}

/// One connection, as the fault layer holds it.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    end: Arc<AtomicU8>,
}

impl Wire {
    pub(super) fn end(&self, end: End) {
        self.end.store(end as u8, Ordering::SeqCst);
    }

    fn is(&self, end: End) -> bool {
        self.end.load(Ordering::SeqCst) == end as u8
    }

    fn ended(&self) -> bool {
        self.end.load(Ordering::SeqCst) != 0
    }
}

impl Connected<IncomingStream<'_, Wired>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Wired>) -> Self {
        stream.io().wire.clone()
    }
}

/// Serves `router` on `listener` until `stop` is cancelled; requests under way are finished first. `faults` counts the connections.
///
/// # Errors
///
/// What the listener reports.
pub async fn serve(faults: Faults, listener: TcpListener, router: Router, stop: CancellationToken) -> io::Result<()> {
    let service = router.into_make_service_with_connect_info::<Wire>();
    let wired = Wired { listener, open: faults.open_connections() };
    axum::serve(wired, service).with_graceful_shutdown(async move { stop.cancelled().await }).await
}

/// A listener whose connections carry a [`Wire`].
#[derive(Debug)]
pub(super) struct Wired {
    listener: TcpListener,
    open: watch::Sender<usize>,
}

impl Listener for Wired {
    type Io = WiredStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Small answers must not wait for the client's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        self.open.send_modify(|open| *open += 1);
        (WiredStream { stream, wire: Wire::default(), spoiled: false, open: self.open.clone() }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection that ends as its wire says.
#[derive(Debug)]
pub(super) struct WiredStream {
    stream: TcpStream,
    wire: Wire,
    spoiled: bool,
    /// How many connections are open, this one among them.
    open: watch::Sender<usize>,
}

impl WiredStream {
    fn refuse(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.wire.is(End::Garbage) && !self.spoiled {
            match Pin::new(&mut self.stream).poll_write(cx, GARBAGE) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(_) => self.spoiled = true,
            }
        }
        Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
    }
}

impl Drop for WiredStream {
    fn drop(&mut self) {
        if self.wire.is(End::Garbage) && !self.spoiled {
            // The server gave up before it wrote anything. One small write into an empty buffer does not block.
            let _ = self.stream.try_write(GARBAGE);
        }
        if self.wire.is(End::Reset) {
            let _ = self.stream.set_zero_linger();
        }
        self.open.send_modify(|open| *open -= 1);
    }
}

impl AsyncRead for WiredStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for WiredStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.wire.ended() {
            return self.refuse(cx);
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.wire.is(End::Reset) {
            return Poll::Ready(Ok(()));
        }
        if self.wire.is(End::Garbage) && self.refuse(cx).is_pending() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.wire.ended() {
            return self.refuse(cx);
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
