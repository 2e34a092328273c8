//! What a run can try on others: on databases, on addresses, on the standard interfaces. Each try is a line of its log.

use std::hint::black_box;
use std::time::Instant;

use beadle_sdk::http::Request;
use beadle_sdk::{Error, Summary, db, http, info};
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{Fields, FutureIncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme};
use wasip2::random::random::get_random_bytes;

use crate::Settings;

type Outcome = Result<Summary, Error>;

/// Asks each statement of the database `how`.
pub(crate) fn queries(settings: &Settings) -> Outcome {
    for statement in &settings.texts {
        match db::query(&settings.how, statement, &[]) {
            Ok(rows) => info!("{} rows", rows.rows.len()),
            Err(error) => info!("{error:?}"),
        }
    }
    Ok(Summary::new("asked"))
}

/// Asks each `METHOD ADDRESS`, with the header lines in `arguments`, through the interface `how`.
pub(crate) fn asks_http(settings: &Settings) -> Outcome {
    for text in &settings.texts {
        let (method, url) = text.split_once(' ').unwrap_or(("GET", text));
        let outcome = if settings.how == "wasi" {
            standard(method, url, &lines(settings))
        } else {
            own(method, url, &lines(settings))
        };
        match outcome {
            Ok((status, body)) => info!("{status} {body}"),
            Err(error) => info!("{error}"),
        }
    }
    Ok(Summary::new("asked"))
}

fn lines(settings: &Settings) -> Vec<(String, String)> {
    let lines = settings.arguments.as_ref().and_then(serde_json::Value::as_object).into_iter().flatten();
    lines.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

fn own(method: &str, url: &str, headers: &[(String, String)]) -> Result<(u16, String), String> {
    let request = Request { method: method.to_owned(), url: url.to_owned(), headers: headers.to_vec(), body: None };
    match http::send_many(&[request]).pop() {
        Some(Ok(answer)) => Ok((answer.status, String::from_utf8_lossy(&answer.body).into_owned())),
        Some(Err(error)) => Err(format!("{error:?}")),
        None => Err("no answer".to_owned()),
    }
}

fn standard(method: &str, url: &str, headers: &[(String, String)]) -> Result<(u16, String), String> {
    let lines: Vec<(String, Vec<u8>)> =
        headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    let fields = Fields::from_list(&lines).map_err(|error| format!("no header lines: {error:?}"))?;
    let request = request(method, url, fields)?;
    answer(&handle(request, None).map_err(|error| format!("{error:?}"))?)
}

fn request(method: &str, url: &str, fields: Fields) -> Result<OutgoingRequest, String> {
    let (scheme, rest) = url.split_once("://").ok_or("no address")?;
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        other => Method::Other(other.to_owned()),
    };
    let request = OutgoingRequest::new(fields);
    request.set_method(&method).map_err(|()| "no method")?;
    request.set_scheme(Some(&scheme)).map_err(|()| "no scheme")?;
    request.set_authority(Some(authority)).map_err(|()| "no authority")?;
    request.set_path_with_query(Some(path)).map_err(|()| "no path")?;
    Ok(request)
}

fn answer(future: &FutureIncomingResponse) -> Result<(u16, String), String> {
    future.subscribe().block();
    let answer = future.get().ok_or("no answer")?.map_err(|()| "taken before")?.map_err(|code| format!("{code:?}"))?;
    let body = answer.consume().map_err(|()| "no body")?;
    let stream = body.stream().map_err(|()| "no stream")?;
    let mut bytes = Vec::new();
    while let Ok(piece) = stream.blocking_read(64 << 10) {
        bytes.extend(piece);
    }
    Ok((answer.status(), String::from_utf8_lossy(&bytes).into_owned()))
}

/// Holds on to a peer, or to the host, in one of several ways.
pub(crate) fn keeps_a_stream_open(settings: &Settings) -> Outcome {
    let url = &settings.texts[0];
    let outcome = match settings.how.as_str() {
        "http" => own("GET", url, &[]),
        "wasi" => standard("GET", url, &[]),
        // The request's own body has no end.
        "body" => endless(url).and_then(|(future, _body)| answer(&future)),
        // Many of them side by side.
        "bodies" => {
            let all: Result<Vec<_>, String> = (0..settings.count).map(|_| endless(url)).collect();
            all.and_then(|all| all.iter().map(|(future, _)| answer(future)).collect::<Vec<_>>().pop().ok_or("none")?)
        }
        // Answers that nobody takes.
        _ => {
            let all: Result<Vec<_>, String> = (0..settings.count)
                .map(|_| handle(request("GET", url, Fields::new())?, None).map_err(|error| format!("{error:?}")))
                .collect();
            all.map(|all| {
                all.iter().for_each(|future| future.subscribe().block());
                (0, format!("{} kept", all.len()))
            })
        }
    };
    match outcome {
        Ok((status, body)) => Ok(Summary::new(format!("{status} {body}"))),
        Err(error) => Err(Error::Unavailable(error)),
    }
}

fn endless(url: &str) -> Result<(FutureIncomingResponse, OutgoingBody), String> {
    let request = request("POST", url, Fields::new())?;
    let body = request.body().map_err(|()| "no body")?;
    let stream = body.write().map_err(|()| "no stream")?;
    let future = handle(request, None).map_err(|error| format!("{error:?}"))?;
    stream.blocking_write_and_flush(b"more to come").map_err(|error| format!("{error:?}"))?;
    drop(stream);
    Ok((future, body))
}

/// Calls what every program may call, in a loop without end.
#[expect(clippy::print_stderr, reason = "the standard error stream is one of them")]
pub(crate) fn calls_the_standard_interfaces(settings: &Settings) -> Outcome {
    match settings.how.as_str() {
        "much randomness" => drop(black_box(get_random_bytes(1 << 40))),
        "the clock" => loop {
            black_box(Instant::now());
        },
        _ => loop {
            eprintln!("dark");
        },
    }
    Ok(Summary::new("called"))
}

/// Keeps header lines, each as large as they may be.
pub(crate) fn keeps_too_much_open(settings: &Settings) -> Outcome {
    if settings.how == "one" {
        let fields = Fields::new();
        for number in 0..settings.count {
            fields
                .append(&format!("x-{number}"), &[b'x'; 1_000])
                .map_err(|error| Error::Invalid(format!("{error:?}")))?;
        }
        return Ok(Summary::new("kept"));
    }
    let mut all = Vec::new();
    loop {
        all.push(Fields::new());
    }
}
