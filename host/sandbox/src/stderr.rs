//! What a guest writes to its standard error: as a rule nothing, and at last the text of a panic.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError};

/// How much is kept.
const KEPT: usize = 4 << 10;

/// How the standard library's advice begins, which helps nobody where there is no environment.
const ADVICE: &[u8] = b"note: run with `RUST_BACKTRACE";

/// Takes everything and keeps the last lines, of each its beginning: a program that chats there goes on, and why it died is not lost
/// under what it said before. All clones are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stderr {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    text: Vec<u8>,
    /// Whether the last line has ended.
    ended: bool,
}

impl Stderr {
    /// Returns what is kept, on one line.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept().text).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn put(&self, bytes: &[u8]) {
        // It comes last and says nothing about this program.
        if bytes.starts_with(ADVICE) {
            return;
        }
        let mut kept = self.kept();
        if kept.ended && kept.text.len() + bytes.len() > KEPT {
            kept.text.clear();
        }
        let room = KEPT.saturating_sub(kept.text.len()).min(bytes.len());
        kept.text.extend_from_slice(&bytes[..room]);
        kept.ended = bytes.ends_with(b"\n");
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IsTerminal for Stderr {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stderr {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only the standard interfaces' third generation asks for it, which is not linked.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Stderr {
    async fn ready(&mut self) {}
}

impl OutputStream for Stderr {
    fn write(&mut self, bytes: Bytes) -> Result<(), StreamError> {
        self.put(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StreamError> {
        Ok(())
    }

    fn check_write(&mut self) -> Result<usize, StreamError> {
        Ok(KEPT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_kept() {
        let stderr = Stderr::default();
        for number in 0..10_000 {
            stderr.put(format!("lamp {number} flickers\n").as_bytes());
        }
        stderr.put(b"thread panicked:\n");
        stderr.put("the lamp is broken ".repeat(10_000).as_bytes());
        stderr.put(b"and more\n");
        stderr.put(b"note: run with `RUST_BACKTRACE=1`");
        let text = stderr.text();
        assert!(text.starts_with("the lamp is broken"), "{text}");
        assert!(text.len() <= KEPT && !text.contains("more"), "{}", text.len());
        let short = Stderr::default();
        short.put(b"one\n");
        short.put(b"  two");
        assert_eq!(short.text(), "one two");
    }
}
