//! Size, time, and errors that show no secret.

mod support;

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use beadle_egress::{Egress, EgressError, Guarded, Pace, Request, Service, ServiceRequest};
use support::{Everything, FakeNames, closed_port, egress, serve, settings};

fn plugin() -> Guarded {
    egress(FakeNames::new([("peer.example", vec![vec!["127.0.0.1"]])])).guarded(Everything)
}

/// Writes a gzip stream of so many zero bytes: one literal, then runs of 258, each 13 bits.
fn gzip_of_zeros(count: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false];
    let mut code = |code: u32, length: u32| bits.extend((0..length).rev().map(|at| code >> at & 1 == 1));
    code(0b0011_0000, 8);
    for _ in 0..count / 258 {
        code(0b1100_0101, 8);
        code(0, 5);
    }
    code(0, 7);
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bytes.extend(bits.chunks(8).map(|byte| byte.iter().enumerate().map(|(at, bit)| u8::from(*bit) << at).sum::<u8>()));
    // Checksum and length are wrong; a reader that gets so far has read too much.
    bytes.extend([0; 8]);
    bytes
}

/// 64 MiB of them.
const BROTLI_OF_ZEROS: &str = "cbffff3ff82700e2b14020f7fe8fffff7ff04f00c4611180eefd1fffffffe09f0088c30200ddfb3ffeffffc13f0110870500baf77ff\
    cffff837f02200e0b0074effff8ffff07ff04401c1600e8defff1ffff0ffe0980382c00d0bdffcbffff3ffc1300715800a07bff07";

#[tokio::test]
async fn answers_are_cut_at_the_limit() {
    let bomb = Bytes::from(gzip_of_zeros(64 << 20));
    assert!(bomb.len() < 500_000);
    let hello = hex_bytes("1f8b0800000000000203cb48cdc9c9d751284ecec8cfcf010040cf82d00d000000");
    let limit = settings().body;
    let endless = || async {
        let zeros = Bytes::from(vec![0; 16 << 10]);
        Body::from_stream(futures_repeat(zeros))
    };
    let brotli = hex_bytes(BROTLI_OF_ZEROS);
    let router = Router::new()
        .route("/brotli", get(move || async move { ([("content-encoding", "br")], brotli) }))
        .route("/bomb", get(move || async move { ([("content-encoding", "gzip")], bomb) }))
        .route("/hello", get(move || async move { ([("content-encoding", "gzip")], hello) }))
        .route("/fits", get(move || async move { vec![b'x'; limit] }))
        .route("/large", get(move || async move { vec![b'x'; limit + 1] }))
        .route("/endless", get(endless));
    let origin = format!("http://peer.example:{}", serve(router).await);
    let plugin = plugin();
    let send = async |path: &str| plugin.send(Request::get(&format!("{origin}{path}")).unwrap()).await;
    for path in ["/bomb", "/brotli", "/large", "/endless"] {
        let result = send(path).await;
        assert!(
            matches!(result, Err(EgressError::TooLarge { limit: found, .. }) if found == limit),
            "{path}: {result:?}"
        );
    }
    assert_eq!(send("/fits").await.unwrap().body.len(), limit);
    let hello = send("/hello").await.unwrap();
    assert_eq!(&hello.body[..], b"hello, school");
    assert!(hello.headers.get("content-encoding").is_none());
    let mut head = Request::get(&format!("{origin}/large")).unwrap();
    head.method = http::Method::HEAD;
    assert!(plugin.send(head).await.unwrap().body.is_empty());
}

fn hex_bytes(hex: &str) -> Bytes {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// The same piece for ever.
fn futures_repeat(piece: Bytes) -> impl futures::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    futures::stream::repeat_with(move || Ok(piece.clone()))
}

#[tokio::test(start_paused = true)]
async fn slow_peers_are_given_up() {
    let drip = || async {
        let drops = futures::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            Some((Ok::<_, std::convert::Infallible>(Bytes::from_static(b".")), ()))
        });
        Body::from_stream(drops)
    };
    let silent = || async {
        std::future::pending::<()>().await;
    };
    let router = Router::new().route("/drip", get(drip)).route("/silent", get(silent));
    let origin = format!("http://peer.example:{}", serve(router).await);
    let plugin = plugin();
    let started = tokio::time::Instant::now();
    // A drop every 3 s satisfies the limit between two pieces, not the one for everything.
    let result = plugin.send(Request::get(&format!("{origin}/drip")).unwrap()).await;
    assert!(matches!(&result, Err(EgressError::Unavailable { sent: true, .. })), "{result:?}");
    assert!(started.elapsed() <= settings().total + Duration::from_millis(100), "{:?}", started.elapsed());

    let started = tokio::time::Instant::now();
    let result = plugin.send(Request::get(&format!("{origin}/silent")).unwrap()).await;
    assert!(matches!(&result, Err(EgressError::Unavailable { sent: true, .. })), "{result:?}");
    assert!(started.elapsed() <= settings().read + Duration::from_millis(100), "{:?}", started.elapsed());
}

#[tokio::test]
async fn errors_show_no_address() {
    let broken = || async {
        Body::from_stream(futures::stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("gone"))]))
    };
    let router = Router::new()
        .route("/{token}/large", get(|| async { vec![b'x'; 1 << 20] }))
        .route("/{token}/broken", get(broken))
        .route("/{token}/garbage", get(|| async { ([("content-encoding", "gzip")], "no gzip") }))
        .route(
            "/{token}/away",
            get(|| async { ([("location", "http://other.example/SECRET")], http::StatusCode::FOUND) }),
        );
    let (open, closed) = (serve(router).await, closed_port().await);
    let names =
        FakeNames::new([("peer.example", vec![vec!["127.0.0.1"]]), ("other.example", vec![vec!["169.254.169.254"]])]);
    let egress = egress(names);
    let plugin = egress.guarded(Everything);
    let mut seen = Vec::new();
    for (port, path) in [(open, "large"), (open, "broken"), (open, "garbage"), (open, "away"), (closed, "x")] {
        for host in ["peer.example", "nowhere.example"] {
            let url = format!("http://{host}:{port}/SECRET/{path}?wstoken=SECRET");
            seen.push(plugin.send(Request::get(&url).unwrap()).await.unwrap_err());
        }
        let service =
            Service::new(&egress, &format!("http://peer.example:{port}/").parse().unwrap(), Pace::new(1, None))
                .unwrap();
        match service.send(ServiceRequest::get("report", format!("SECRET/{path}?wstoken=SECRET"))).await {
            Ok(answer) => assert_eq!(answer.status, 302),
            Err(error) => {
                assert!(error.to_string().contains("report"), "{error}");
                seen.push(error);
            }
        }
    }
    assert!(seen.len() >= 14);
    for error in seen {
        let text = format!("{error} {error:?}");
        assert!(!text.contains("SECRET"), "{text}");
        assert!(text.contains(".example"), "{text}");
    }
}

#[tokio::test]
async fn an_answer_that_is_broken_off_is_not_said_to_be_badly_compressed() {
    // The piece is flushed before the failure, which yields to the writer first.
    let broken = |piece: Bytes| {
        let end = futures::stream::once(async {
            tokio::task::yield_now().await;
            Err(std::io::Error::other("gone"))
        });
        Body::from_stream(futures::StreamExt::chain(futures::stream::iter([Ok(piece)]), end))
    };
    let half = move || async move { broken(Bytes::from_static(b"half of it")) };
    let start = hex_bytes("1f8b0800000000000203cb48cdc9c9d751284e");
    let packed = move || async move { ([("content-encoding", "gzip")], broken(start)) };
    let router = Router::new()
        .route("/half", get(half))
        .route("/packed", get(packed))
        .route("/garbage", get(|| async { ([("content-encoding", "gzip")], "no gzip") }));
    let origin = format!("http://peer.example:{}", serve(router).await);
    let plugin = plugin();
    for (path, problem) in [
        ("half", "the connection ended in the middle of the answer"),
        ("packed", "the connection ended in the middle of the answer"),
        ("garbage", "the answer cannot be decompressed"),
    ] {
        let error = plugin.send(Request::get(&format!("{origin}/{path}")).unwrap()).await.unwrap_err();
        assert!(error.to_string().contains(problem), "{path}: {error}");
    }
}

#[tokio::test]
async fn whether_a_request_may_have_arrived() {
    let plugin = plugin();
    let closed = plugin.send(Request::get(&format!("http://peer.example:{}/", closed_port().await)).unwrap()).await;
    assert!(matches!(closed, Err(EgressError::Unavailable { sent: false, .. })), "{closed:?}");
    let unknown = plugin.send(Request::get("http://nowhere.example/").unwrap()).await;
    assert!(matches!(unknown, Err(EgressError::Unavailable { sent: false, .. })), "{unknown:?}");
    let _: Egress = egress(FakeNames::new([]));
}
