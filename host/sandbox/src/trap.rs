//! Says in the operator's words why a guest was stopped, and in its author's words where.

use std::borrow::Cow;

use beadle_plan::{Failure, FailureKind, LimitHit, Limits};
use wasmtime::component::ResourceTableError;
use wasmtime::{FrameInfo, Trap, WasmBacktrace};

use crate::meter::Meter;
use crate::view::{AsideHit, MemoryHit};

/// How many frames of a backtrace are kept; an overflowing stack has ten thousand.
const FRAMES: usize = 30;

/// What stands at the top of a backtrace when a Rust plugin panics, above the plugin's own frames.
const MACHINERY: [&str; 8] =
    ["abort", "std::", "__rustc::", "core::panicking::", "core::result::", "core::option::", "rust_panic", "<"];

/// The standard library's advice, which helps nobody where there is no environment.
const ADVICE: &str = " note: run with `RUST_BACKTRACE=1`";

/// How the engine ends what it says of a call that hands over too much; its error has no name to be told by.
const OUT_OF_FUEL: &str = "fuel allocated for hostcalls has been exhausted";

/// Says why a guest was stopped. `stderr` is what it wrote there.
pub(crate) fn trap(error: &wasmtime::Error, meter: &Meter, limits: &Limits, stderr: &str) -> Failure {
    let (kind, message) = if let Some(hit) = error.downcast_ref::<LimitHit>() {
        (FailureKind::Limit, hit.to_string())
    } else if let Some(hit) = error.downcast_ref::<AsideHit>() {
        (FailureKind::Limit, hit.to_string())
    } else if let Some(hit) = error.downcast_ref::<MemoryHit>() {
        (FailureKind::Limit, hit.to_string())
    } else if let Some(ResourceTableError::Full) = error.downcast_ref() {
        (FailureKind::Limit, "the plugin kept too many requests, streams and timers at once".to_owned())
    } else if error.root_cause().to_string().ends_with(OUT_OF_FUEL) {
        let most = limits.memory >> 20;
        (FailureKind::Limit, format!("the plugin handed the host more than {most} MiB in one call (limits.memory)"))
    } else if meter.exhausted() {
        let message = format!("the plugin computed for longer than {:?} (limits.guest-time)", limits.guest_time);
        (FailureKind::Limit, message)
    } else {
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => (FailureKind::Trapped, "the plugin used up its stack".to_owned()),
            // A guest's own stack lies at the foot of its memory and ends there.
            Some(Trap::MemoryOutOfBounds) => {
                (FailureKind::Trapped, "the plugin used up its stack or read outside its memory".to_owned())
            }
            Some(Trap::UnreachableCodeReached) if !stderr.is_empty() => {
                let text = stderr.split_once(ADVICE).map_or(stderr, |(text, _)| text);
                (FailureKind::Trapped, format!("the plugin panicked: {text}"))
            }
            Some(trap) => (FailureKind::Trapped, format!("the plugin trapped: {trap}")),
            // The chain above the root is the backtrace, which has a place of its own.
            None => (FailureKind::Host, error.root_cause().to_string()),
        }
    };
    Failure { kind, message, backtrace: error.downcast_ref::<WasmBacktrace>().map(frames) }
}

/// Writes frames, one a line, the innermost first, and leaves out how a panic came to be a trap.
fn frames(backtrace: &WasmBacktrace) -> String {
    let all: Vec<String> = backtrace.frames().iter().map(frame).collect();
    let machinery = |name: &&String| MACHINERY.iter().any(|head| name.starts_with(head));
    let own = all.iter().position(|name| !machinery(&name)).unwrap_or(0);
    all.into_iter().skip(own).take(FRAMES).collect::<Vec<_>>().join("\n")
}

/// Writes a frame: its name, and its place where the component carries line tables.
fn frame(frame: &FrameInfo) -> String {
    let name = frame
        .func_name()
        .map_or(Cow::Borrowed("<unnamed>"), |name| Cow::Owned(format!("{:#}", rustc_demangle::demangle(name))));
    match frame.symbols().first().and_then(|symbol| Some((symbol.file()?, symbol.line()?))) {
        Some((file, line)) => format!("{name} at {file}:{line}"),
        None => name.into_owned(),
    }
}
