use beadle_config::Source;

use super::*;

/// Three schedules of one site, one of another and one of none; the site may have two runs, the host three.
const HOUSE: &str = r#"
    [host]
    runs = 3

    [sites.main]
    url = "https://moodle.example"
    token = { env = "TOKEN" }
    runs = 2

    [sites.north]
    url = "https://north.example"
    token = { env = "TOKEN" }

    [plugins.lamps]
    builtin = "classroom-mapper"

    [[schedule]]
    name = "lamps"
    plugin = "lamps"
    sites = ["main", "north"]
    every = "1m"
    overlap = "cancel"

    [[schedule]]
    name = "hall"
    plugin = "lamps"
    sites = ["main"]
    every = "1m"

    [[schedule]]
    name = "attic"
    plugin = "lamps"
    sites = ["main"]
    every = "1m"

    [[schedule]]
    name = "cellar"
    plugin = "lamps"
    every = "1m"
"#;

fn house() -> Config {
    let env = |name: &str| (name == "TOKEN").then(|| "0123456789abcdef0123456789abcdef".to_owned());
    let (config, _) = Config::from_source(&Source::from_text("schedules.toml", HOUSE), &env).expect("it reads");
    config
}

/// A queue, and those that wait in it.
struct Bench {
    config: Config,
    queue: Queue<()>,
}

impl Bench {
    fn new() -> Self {
        Self { config: house(), queue: Queue::default() }
    }

    fn schedule(&self, name: &str) -> Schedule {
        self.config.schedule(&name.into()).expect("it is there").clone()
    }

    fn take(&mut self, name: &str) -> bool {
        let schedule = self.schedule(name);
        self.queue.take(&schedule, &self.config)
    }

    fn wait(&mut self, name: &str) -> Place<()> {
        let schedule = self.schedule(name);
        self.queue.wait(&schedule)
    }

    fn end(&mut self, name: &str) {
        let schedule = self.schedule(name);
        self.queue.end(&schedule.name, &schedule.site);
    }

    /// Calls those whose turn it is.
    fn called(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(called) = self.queue.next(&self.config) {
            names.push(called.schedule.to_string());
            let _ = called.call.send(());
        }
        names
    }
}

#[test]
fn a_schedule_a_site_and_the_host_have_so_many_at_a_time() {
    let mut bench = Bench::new();
    assert!(bench.take("hall"));
    assert!(!bench.take("hall"), "one of a schedule");
    assert!(bench.take("attic"));
    assert!(!bench.take("lamps@main"), "two of the site");
    assert!(bench.take("cellar"));
    assert!(!bench.take("lamps@north"), "three of the host");
    bench.end("cellar");
    assert!(bench.take("lamps@north"));
}

#[test]
fn whoever_has_waited_longest_goes_first_where_there_is_room() {
    let mut bench = Bench::new();
    assert!(bench.take("hall") && bench.take("attic"));
    let _main = bench.wait("lamps@main");
    let _cellar = bench.wait("cellar");
    let _north = bench.wait("lamps@north");
    assert_eq!(bench.called(), ["cellar"], "there is no room for the site's");
    bench.end("hall");
    assert_eq!(bench.called(), ["lamps@main"]);
    bench.end("cellar");
    assert_eq!(bench.called(), ["lamps@north"]);
    assert!(bench.called().is_empty());
}

#[test]
fn those_of_a_schedule_follow_each_other() {
    let mut bench = Bench::new();
    assert!(bench.take("cellar"));
    let (mut second, mut third) = (bench.wait("cellar"), bench.wait("cellar"));
    assert!(bench.called().is_empty());
    bench.end("cellar");
    assert_eq!(bench.called(), ["cellar"]);
    assert!(second.turn.try_recv().is_ok() && third.turn.try_recv().is_err());
    bench.end("cellar");
    assert_eq!(bench.called(), ["cellar"]);
    assert!(third.turn.try_recv().is_ok());
    bench.end("cellar");
    assert!(bench.queue.schedules.is_empty(), "nothing is kept of it");
}

#[test]
fn whoever_leaves_or_is_gone_is_passed_over() {
    let mut bench = Bench::new();
    assert!(bench.take("cellar"));
    let (second, gone, fourth) = (bench.wait("cellar"), bench.wait("cellar"), bench.wait("cellar"));
    bench.queue.leave(&"cellar".into(), second.ticket);
    drop(gone);
    bench.end("cellar");
    assert_eq!(bench.called(), ["cellar"]);
    let mut fourth = fourth;
    assert!(fourth.turn.try_recv().is_ok());
}

#[test]
fn a_firing_that_cancels_takes_the_place_of_those_before() {
    let mut bench = Bench::new();
    assert!(bench.take("hall") && bench.take("attic"));
    let lamps = bench.schedule("lamps@main");
    let mut before = bench.wait("lamps@main");
    assert_eq!(bench.queue.decide(&lamps), Decision::Start, "nobody runs");
    assert!(matches!(before.turn.try_recv(), Err(oneshot::error::TryRecvError::Closed)), "it is told");
    bench.end("hall");
    assert!(bench.called().is_empty(), "nobody waits any longer");
    assert!(bench.take("lamps@main"));
    let cancel = CancellationToken::new();
    bench.queue.begun(&lamps.name, cancel.clone());
    assert_eq!(bench.queue.decide(&lamps), Decision::CancelThenStart);
    assert!(cancel.is_cancelled());
}
