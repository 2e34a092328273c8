//! What the services on loopback share: how they open, and the outer form of their answers.

use std::io;
use std::net::Ipv4Addr;

use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::faults::{self, Faults};

/// Puts the routes of a service, made for its base URL, behind a free port and a book of faults; it stops when the guard is
/// dropped.
///
/// # Errors
///
/// No port is free.
pub(crate) async fn open(routes: impl FnOnce(&str) -> Router) -> io::Result<(String, Faults, DropGuard)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let (faults, stop) = (Faults::new(), CancellationToken::new());
    let router = faults.layer(routes(&base_url));
    tokio::spawn(faults::serve(faults.clone(), listener, router, stop.clone()));
    Ok((base_url, faults, stop.drop_guard()))
}

/// Answers with a status, a content type and a body.
pub(crate) fn respond(status: u16, kind: &'static str, body: impl Into<Body>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, kind)], body.into()).into_response()
}
