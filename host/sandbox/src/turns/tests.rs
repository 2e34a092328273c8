use std::task::Wake;

use super::*;

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicU64);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    fn rung(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn account(used: Duration, well: bool) -> Arc<Account> {
    let account = Arc::<Account>::default();
    account.settle(used, well);
    account
}

/// A run that does something at each of its polls, and never ends.
fn run<W: Fn() + 'static>(
    turns: &Arc<Turns>,
    account: &Arc<Account>,
    work: W,
) -> Taking<impl Future<Output = ()> + use<W>> {
    turns.take(
        account,
        std::future::poll_fn(move |_| {
            work();
            Poll::Pending
        }),
    )
}

fn poll(run: &mut Taking<impl Future<Output = ()>>, bell: &Arc<Bell>) {
    let waker = Waker::from(Arc::clone(bell));
    assert!(Pin::new(run).poll(&mut Context::from_waker(&waker)).is_pending());
}

const LONG: Duration = Duration::from_secs(1);

#[test]
fn one_processor_is_left_free() {
    for (processors, most) in [(0, 1), (1, 1), (2, 1), (4, 3)] {
        assert_eq!(Turns::new(processors, Arc::default()).most, most);
    }
}

#[test]
fn the_turn_goes_to_whoever_used_least() {
    let turns = Turns::new(2, Arc::default());
    let polls: [Arc<AtomicU64>; 3] = Default::default();
    let bells: [Arc<Bell>; 3] = Default::default();
    let counting = |at: usize| {
        let polls = Arc::clone(&polls[at]);
        move || {
            polls.fetch_add(1, Ordering::Relaxed);
        }
    };
    let mut old = run(&turns, &account(3 * LONG, false), counting(1));
    let mut young = run(&turns, &account(2 * LONG, false), counting(2));
    // Both come while a third one computes.
    let (inner_old, inner_young) = (Mutex::new(&mut old), Mutex::new(&mut young));
    let waker = Waker::from(Arc::clone(&bells[0]));
    let computing = turns.take(
        &account(LONG, false),
        std::future::poll_fn(|_| {
            poll(&mut inner_old.lock().unwrap(), &bells[1]);
            poll(&mut inner_young.lock().unwrap(), &bells[2]);
            Poll::<()>::Pending
        }),
    );
    let mut computing = Box::pin(computing);
    assert!(computing.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(polls.each_ref().map(|count| count.load(Ordering::Relaxed)), [0, 0, 0], "there is one turn");
    assert_eq!((bells[1].rung(), bells[2].rung()), (0, 1), "the younger one is called");
    drop(computing);
    poll(&mut old, &bells[1]);
    assert_eq!(polls[1].load(Ordering::Relaxed), 0, "and the older one does not push in");
    poll(&mut young, &bells[2]);
    assert_eq!(polls[2].load(Ordering::Relaxed), 1);
    assert_eq!(bells[1].rung(), 1, "now it is called");
    poll(&mut old, &bells[1]);
    assert_eq!(polls[1].load(Ordering::Relaxed), 1);
}

#[test]
fn who_gives_up_waiting_is_in_nobodys_way() {
    let turns = Turns::new(1, Arc::default());
    let bells: [Arc<Bell>; 2] = Default::default();
    let mut first = run(&turns, &account(LONG, false), || ());
    let mut second = run(&turns, &account(2 * LONG, false), || ());
    turns.queue().taken = 1;
    poll(&mut first, &bells[0]);
    poll(&mut second, &bells[1]);
    drop(first);
    assert_eq!(turns.queue().waiting.len(), 1);
    turns.give_back();
    assert!(bells[1].rung() > 0);
    drop(second);
    let queue = turns.queue();
    assert_eq!((queue.taken, queue.waiting.len()), (0, 0));
}

#[test]
fn who_waited_long_goes_first() {
    let now = Instant::now();
    let waiting = |number, used, since| Waiting { number, used, since, waker: Waker::noop().clone() };
    let later = now + 2 * PATIENCE;
    let patient = waiting(2, 9 * LONG, now);
    let young = waiting(1, LONG, later);
    assert!(young.rank(later) > patient.rank(later));
    assert!(young.rank(now) < patient.rank(now));
}

#[test]
fn a_run_that_ends_well_owes_nothing() {
    let account = account(LONG, false);
    assert_eq!((account.owed(), account.is_short()), (LONG, false));
    account.settle(LONG, true);
    assert_eq!((account.owed(), account.is_short()), (Duration::ZERO, false), "but is known to compute at length");
    account.settle(SHORT / 2, true);
    assert!(account.is_short());
}

#[test]
fn a_turn_is_given_back_by_a_poll_that_panics() {
    let turns = Turns::new(1, Arc::default());
    let mut run = run(&turns, &account(LONG, false), || panic!("the lamp is broken"));
    let bell = Arc::default();
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(&mut run, &bell))).is_err());
    assert_eq!(turns.queue().taken, 0);
}

#[test]
fn who_gives_way_at_a_tick_keeps_its_place() {
    let turns = Turns::new(1, Arc::default());
    let bells: [Arc<Bell>; 2] = Default::default();
    let polls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&polls);
    let mut young = run(&turns, &account(LONG, false), give_way);
    let mut old = run(&turns, &account(9 * LONG, false), move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    for _ in 0..3 {
        poll(&mut young, &bells[0]);
        poll(&mut old, &bells[1]);
    }
    assert_eq!(polls.load(Ordering::Relaxed), 0, "the young one comes again at once");
    drop(young);
    poll(&mut old, &bells[1]);
    assert_eq!(polls.load(Ordering::Relaxed), 1);
}
