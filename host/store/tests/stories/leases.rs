//! One process works on a store; others ask it.

use std::time::Duration;

use beadle_store::{NewLease, StoreError};

use super::World;
use super::helpers::{LEASE, at};

pub(crate) async fn one_host_at_a_time(world: impl World) {
    let (one, other) = (world.open().await, world.open().await);
    let wanted = |holder| NewLease { holder, now: at(0), lasts: LEASE };
    assert_eq!(other.holder(at(0)).await.expect("the store works"), None);
    let lease = one.take_lease(wanted("host one")).await.expect("it is free");
    match other.take_lease(wanted("host two")).await {
        Err(StoreError::InUse { holder, .. }) => assert_eq!(holder, "host one"),
        other => panic!("the lease is taken: {other:?}"),
    }
    assert_eq!(other.holder(at(0)).await.expect("the store works").as_deref(), Some("host one"));
    one.renew_lease(lease, at(10), LEASE).await.expect("it is ours");
    one.release_lease(lease).await.expect("it is ours");
    let next = other.take_lease(wanted("host two")).await.expect("it is free again");
    assert!(next.term > lease.term);
    let overtaken = one.renew_lease(lease, at(20), Duration::from_secs(30)).await;
    assert!(matches!(overtaken, Err(StoreError::Overtaken)), "{overtaken:?}");
}

pub(crate) async fn requests_are_answered(world: impl World) {
    let (asker, holder) = (world.open().await, world.open().await);
    let id = asker.ask("run online", at(0)).await.expect("the store works");
    assert_eq!(asker.answer_to(id).await.expect("the store works"), None);
    let asked = holder.asked().await.expect("the store works");
    assert_eq!((asked.len(), asked[0].body.as_str()), (1, "run online"));
    holder.answer(id, "done", at(1)).await.expect("the store works");
    assert!(holder.asked().await.expect("the store works").is_empty());
    assert_eq!(asker.answer_to(id).await.expect("the store works").as_deref(), Some("done"));
    assert_eq!(holder.prune(at(100), at(100)).await.expect("the store works").requests, 1);
}
