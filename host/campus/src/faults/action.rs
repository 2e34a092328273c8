//! What happens to a request that an order hits.

use std::time::Duration;

use bytes::Bytes;

use super::Gate;

/// What happens to a request that an order hits.
#[derive(Clone, Debug)]
pub enum Action {
    /// Answered with this, without asking the service.
    Status {
        /// HTTP status, 100 to 999; anything else becomes 500.
        status: u16,
        /// Value of `Content-Type`; empty for none.
        content_type: String,
        /// The body.
        body: Bytes,
    },
    /// Answered with this, headers included, without asking the service.
    Answer {
        /// HTTP status, 100 to 999; anything else becomes 500.
        status: u16,
        /// Names and values; those that are no valid headers are left out.
        headers: Vec<(String, String)>,
        /// The body.
        body: Bytes,
    },
    /// Served after this long, on tokio's clock, which a test may pause.
    Delay(Duration),
    /// Carried out by the service, then the connection is closed without a byte of the answer.
    ApplyThenDrop,
    /// Carried out by the service; the answer waits for the gate.
    ApplyThenHold(Gate),
    /// Waits for the gate, then served.
    Hold(Gate),
    /// Never answered; the connection stays open until the client gives up.
    Hang,
    /// Not carried out: the connection is reset.
    Reset,
    /// Not carried out: bytes that are no HTTP, then the end of the connection.
    Garbage,
    /// Carried out; the answer's head promises the whole body, half of it comes, then the connection ends.
    CutBody,
    /// Carried out; the answer comes in pieces of `chunk` bytes, with a pause after each.
    Drip {
        /// Bytes a piece, at least 1.
        chunk: usize,
        /// The pause, on tokio's clock.
        every: Duration,
    },
}

impl Action {
    /// Answers with a status and a JSON text.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::Status { status, content_type: "application/json".into(), body: body.into() }
    }

    /// Answers with a status and a page of HTML, as proxies and portals do, also with status 200.
    pub fn html(status: u16, body: impl Into<Bytes>) -> Self {
        Self::Status { status, content_type: "text/html; charset=utf-8".into(), body: body.into() }
    }

    /// Sends the client to another address, with status 303 and a page.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::Answer {
            status: 303,
            headers: vec![
                ("location".into(), location.into()),
                ("content-type".into(), "text/html; charset=UTF-8".into()),
            ],
            body: Bytes::from_static(
                b"<!DOCTYPE html>\n<html><head><title>Redirect</title></head><body></body></html>\n",
            ),
        }
    }

    /// Refuses with 429 and `Retry-After` in seconds.
    pub fn too_many(retry_after: u64, body: impl Into<Bytes>) -> Self {
        Self::Answer {
            status: 429,
            headers: vec![
                ("retry-after".into(), retry_after.to_string()),
                ("content-type".into(), "application/json".into()),
            ],
            body: body.into(),
        }
    }
}
