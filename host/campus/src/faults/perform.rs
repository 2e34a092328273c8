//! Carrying out an order inside a router.

use std::io;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;

use super::wire::End;
use super::{Action, Faults, Seen, Wire};

/// The largest request that is read; ten times what any client of the campus sends.
const LARGEST_REQUEST: usize = 32 << 20;

pub(super) async fn meet(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let wire = request.extensions().get::<ConnectInfo<Wire>>().map(|info| info.0.clone());
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_REQUEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let seen = Seen {
        method: head.method.clone(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers.clone(),
        body: body.clone(),
    };
    let action = faults.meet(&seen);
    let request = Request::from_parts(head, Body::from(body));
    match action {
        None => next.run(request).await,
        Some(Action::Status { status, content_type, body }) => {
            answer(status, &[("content-type".to_owned(), content_type)], body)
        }
        Some(Action::Answer { status, headers, body }) => answer(status, &headers, body),
        Some(Action::Delay(pause)) => {
            tokio::time::sleep(pause).await;
            next.run(request).await
        }
        Some(Action::ApplyThenDrop) => {
            // The answer is read to its end, so that a service which works while it streams has done all its work.
            let _ = to_bytes(next.run(request).await.into_body(), usize::MAX).await;
            hang_up(wire.as_ref(), End::Close)
        }
        Some(Action::ApplyThenHold(gate)) => {
            let response = next.run(request).await;
            gate.wait().await;
            response
        }
        Some(Action::Hold(gate)) => {
            gate.wait().await;
            next.run(request).await
        }
        Some(Action::Hang) => std::future::pending().await,
        Some(Action::Reset) => hang_up(wire.as_ref(), End::Reset),
        Some(Action::Garbage) => hang_up(wire.as_ref(), End::Garbage),
        Some(Action::CutBody) => cut(next.run(request).await).await,
        Some(Action::Drip { chunk, every }) => {
            let (head, body) = next.run(request).await.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
            let pieces: Vec<Bytes> = body.chunks(chunk.max(1)).map(Bytes::copy_from_slice).collect();
            let drip = stream::unfold(pieces.into_iter(), move |mut pieces| async move {
                let piece = pieces.next()?;
                tokio::time::sleep(every).await;
                Some((Ok::<_, io::Error>(piece), pieces))
            });
            Response::from_parts(head, Body::from_stream(drip))
        }
    }
}

fn answer(status: u16, headers: &[(String, String)], body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Ends the connection in place of an answer.
///
/// A body that fails before its first byte makes the server close before it has flushed the head; behind [`super::serve`]
/// the wire itself sees to it, and can also reset or send garbage.
fn hang_up(wire: Option<&Wire>, end: End) -> Response {
    if let Some(wire) = wire {
        wire.end(end);
    }
    Response::new(Body::from_stream(stream::once(async { Err::<Bytes, _>(io::Error::other("ordered fault")) })))
}

async fn cut(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len().max(1)));
    let half = body.slice(..body.len() / 2);
    // The half must be flushed before the failure, so the failing piece yields to the writer first.
    let pieces = stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) if !half.is_empty() => Some((Ok(half), Some(Bytes::new()))),
            Some(_) => {
                tokio::task::yield_now().await;
                Some((Err(io::Error::other("ordered fault")), None))
            }
            None => None,
        }
    });
    Response::from_parts(head, Body::from_stream(pieces))
}
