//! The clock that interrupts guests, on a thread of its own: a task would not tick just when all workers are busy with guests.
//!
//! It rests while no guest computes. Guests say so by themselves: each time one is let go on, by its host or after a tick.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Duration;

use wasmtime::{Engine, EngineWeak};

/// How often a guest that computes is looked at. Short enough that neighbours wait for two of them at most, long enough to cost nothing.
const TICK: Duration = Duration::from_millis(5);

/// After how many ticks without a guest it rests: each time it is woken costs as much as some ticks.
const PATIENCE: u32 = 4;

/// How long it rests at most before it looks whether its engine still lives.
const REST: Duration = Duration::from_secs(10);

/// The clock that interrupts guests.
#[derive(Debug, Default)]
pub(crate) struct Ticker {
    /// Whether a guest went on since the last tick.
    went_on: AtomicBool,
    rests: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Ticker {
    /// Starts the thread, which ends with the engine.
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Arc<Self>> {
        let (ticker, weak) = (Arc::new(Self::default()), engine.weak());
        let its = Arc::clone(&ticker);
        let thread = std::thread::Builder::new().name("epoch".into()).spawn(move || its.work(&weak))?;
        ticker.thread.get_or_init(|| thread.thread().clone());
        Ok(ticker)
    }

    /// A guest goes on: it is looked at again at the next tick.
    pub(crate) fn goes_on(&self) {
        self.went_on.store(true, Ordering::SeqCst);
        if self.rests.load(Ordering::SeqCst)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }

    fn work(&self, engine: &EngineWeak) {
        let mut idle = 0;
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            idle = if self.went_on.swap(false, Ordering::SeqCst) { 0 } else { idle + 1 };
            if idle < PATIENCE {
                std::thread::sleep(TICK);
                continue;
            }
            self.rests.store(true, Ordering::SeqCst);
            // Looked at once more: a guest that went on before it could see that nobody ticks would never be interrupted.
            if !self.went_on.load(Ordering::SeqCst) {
                std::thread::park_timeout(REST);
            }
            self.rests.store(false, Ordering::SeqCst);
            std::thread::sleep(TICK);
        }
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::{Config, Instance, Module, Store, Trap};

    use super::*;

    /// `(module (func (export "f") (loop br 0)))`
    const LOOP: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x05\x01\x01f\0\0\x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b";

    #[test]
    fn a_guest_that_begins_while_it_rests_is_interrupted() {
        let engine = Engine::new(Config::new().epoch_interruption(true)).expect("an engine");
        let ticker = Ticker::start(&engine).expect("a thread");
        let mut store = Store::new(&engine, ());
        let module = Module::new(&engine, LOOP).expect("a module");
        let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
        let guest = instance.get_typed_func::<(), ()>(&mut store, "f").expect("a function");
        for _ in 0..2 {
            while !ticker.rests.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            store.set_epoch_deadline(1);
            let began = std::time::Instant::now();
            ticker.goes_on();
            let error = guest.call(&mut store, ()).expect_err("it never ends by itself");
            assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::Interrupt));
            assert!(began.elapsed() < REST, "nobody woke it");
        }
    }
}
