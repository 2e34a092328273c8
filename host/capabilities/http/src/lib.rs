//! The `http` capability: requests of plugins to the origins the operator granted.
//!
//! GET and HEAD are reads. Where a service wants another method for a read, the operator names that method and address. The guest
//! languages' standard `wasi:http` goes through the same grants and the same guard, so that `fetch` in a script and `send-many` in a
//! component can do exactly the same.
//!
//! ```
//! use beadle_http::grant::HttpGrants;
//! use http::Method;
//!
//! let lines = ["https://api.school.example".to_owned(), "POST https://search.school.example/query".to_owned()];
//! let grants = HttpGrants::parse("rooms", &lines)?;
//! let url = |text: &str| url::Url::parse(text).unwrap();
//! assert!(grants.may_send(&Method::GET, &url("https://api.school.example/rooms?floor=2")).is_ok());
//! assert!(grants.may_send(&Method::POST, &url("https://search.school.example/query")).is_ok());
//! let denial = grants.may_send(&Method::POST, &url("https://api.school.example/rooms")).unwrap_err();
//! assert!(denial.to_string().contains(r#"http = ["POST https://api.school.example/rooms"]"#));
//! # Ok::<(), beadle_http::grant::GrantError>(())
//! ```

pub mod grant;
mod host;
mod journal;
mod wasi;

pub use host::{HttpView, add_to_linker, way};
pub use journal::Journal;
pub use wasi::WasiGuard;
