//! What the sandbox itself costs, in processor time of the thread that runs it:
//!
//! - a fresh instance with all capabilities linked, and one call of it;
//! - the mapper's answer to 1,000 addresses that nobody asked for before, and the same work done natively;
//! - a plugin loaded from the cache of compiled code.
//!
//! `cargo bench -p beadle-bench --bench sandbox`

#![expect(missing_docs, reason = "criterion makes a function of the group")]

mod processor;

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;

use beadle_bench::{configured, context, sandbox};
use beadle_plan::Limits;
use beadle_sandbox::{Mapper, NoAudience, Plugin, Services};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ipnet::IpNet;
use serde_json::json;
use tokio::runtime::Runtime;

use processor::ProcessorTime;

/// One thread, so that all work is measured.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn load(runtime: &Runtime, source: &[u8]) -> Plugin {
    runtime.block_on(sandbox(None).load(source, None)).expect("it loads")
}

fn one_call(criterion: &mut Criterion<ProcessorTime>) {
    let runtime = runtime();
    let plugin = load(&runtime, beadle_test_guests::unruly());
    let (configured, services) = (configured("lamps", Limits::default()), Services::none());
    criterion.bench_function("fresh instance and one call", |bench| {
        bench.iter(|| {
            let context = context(r#"{"behaviour": "returns_a_summary"}"#);
            let run = plugin.run(&configured, &services, context, Arc::new(NoAudience), None, std::future::pending());
            let outcome = runtime.block_on(run);
            assert!(outcome.result.is_ok());
            outcome
        });
    });
}

const BATCH: u32 = 1_000;

/// Addresses that were not asked for before, in eight rooms and outside of them.
fn addresses(first: u32) -> Vec<String> {
    (first..first + BATCH).map(|n| format!("10.{}.{}.{}", 20 + (n >> 16) % 200, (n >> 8) & 0xff, n & 0xff)).collect()
}

fn mapping(criterion: &mut Criterion<ProcessorTime>) {
    let runtime = runtime();
    let plugin = load(&runtime, beadle_builtins::builtin("classroom-mapper").expect("it comes with the host"));
    let rooms: Vec<_> =
        (1..=8).map(|n| json!({ "name": format!("Room 10{n}"), "network": format!("10.20.{n}.0/24") })).collect();
    let settings = json!({ "rule": "table", "rooms": rooms }).to_string();
    let mapper =
        Mapper::new(plugin, configured("rooms", Limits::default()), Services::none(), settings).expect("a mapper");
    let networks: Vec<(IpNet, String)> =
        (1..=8).map(|n| (format!("10.20.{n}.0/24").parse().expect("a network"), format!("Room 10{n}"))).collect();
    let mut group = criterion.benchmark_group("1,000 addresses");
    group.throughput(Throughput::Elements(BATCH.into()));
    let mut next = 0;
    let mut fresh = || {
        next += BATCH;
        addresses(next)
    };
    group.bench_function("through the host, cold", |bench| {
        let ask = |addresses| runtime.block_on(mapper.locate(addresses, 1)).expect("it answers");
        bench.iter_batched(&mut fresh, ask, BatchSize::LargeInput);
    });
    let known = addresses(0);
    group.bench_function("through the host, answered before", |bench| {
        let ask = |addresses| runtime.block_on(mapper.locate(addresses, 1)).expect("it answers");
        bench.iter_batched(|| known.clone(), ask, BatchSize::LargeInput);
    });
    group.bench_function("natively", |bench| {
        let ask = |addresses: Vec<String>| -> Vec<Option<String>> {
            addresses.iter().map(|address| room(&networks, address).map(str::to_owned)).collect()
        };
        bench.iter_batched(&mut fresh, |addresses| black_box(ask(addresses)), BatchSize::LargeInput);
    });
    group.finish();
}

fn room<'a>(networks: &'a [(IpNet, String)], address: &str) -> Option<&'a str> {
    let address: IpAddr = address.parse().ok()?;
    networks.iter().find(|(network, _)| network.contains(&address)).map(|(_, name)| name.as_str())
}

fn loading(criterion: &mut Criterion<ProcessorTime>) {
    let runtime = runtime();
    let place = tempfile::tempdir().expect("a folder");
    let sandbox = sandbox(Some(&place.path().join("compiled")));
    let mut group = criterion.benchmark_group("load from the cache");
    for (name, source) in [
        ("classroom-mapper", beadle_builtins::builtin("classroom-mapper").expect("it comes with the host")),
        ("online-users", beadle_builtins::builtin("online-users").expect("it comes with the host")),
    ] {
        let load = || runtime.block_on(sandbox.load(source, None)).expect("it loads");
        load();
        group.throughput(Throughput::Bytes(source.len() as u64));
        group.bench_function(name, |bench| bench.iter(load));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ProcessorTime::of_thread()).sample_size(50);
    targets = one_call, mapping, loading
}
criterion_main!(benches);
