//! Requests to the origins the operator granted.

use crate::bindings::imports::beadle::http::http as wit;
use crate::error::Error;

pub use wit::{Request, Response};

/// Sends several requests at once. Answers stand in the order of the requests.
pub fn send_many(requests: &[Request]) -> Vec<Result<Response, Error>> {
    wit::send_many(requests).into_iter().map(|answer| answer.map_err(Error::from)).collect()
}

/// Fetches one address.
///
/// # Errors
/// Whatever the host says. An answer of any status is an answer.
pub fn get(url: &str) -> Result<Response, Error> {
    let request = Request { method: "GET".to_owned(), url: url.to_owned(), headers: Vec::new(), body: None };
    send_many(&[request]).pop().unwrap_or_else(|| Err(Error::Unavailable("the host answered no request".to_owned())))
}
