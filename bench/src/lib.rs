//! What the measurements have in common: a sandbox as the host makes it, and runs that nobody watches.

use std::path::Path;
use std::sync::Arc;

use beadle_egress::{Egress, Origins};
use beadle_plan::{Grants, Instant, Limits, Trigger};
use beadle_sandbox::{Configured, Context, Sandbox, Settings};

/// Makes a sandbox.
///
/// # Panics
/// Where this machine cannot run WebAssembly: there is nothing to measure then.
pub fn sandbox(cache: Option<&Path>) -> Sandbox {
    Sandbox::new(&Settings { cache: cache.map(Into::into), ..Settings::default() })
        .expect("this machine runs WebAssembly")
}

/// Configures a plugin with these limits, its lamps, and a sheet to append to.
///
/// # Panics
/// Where there is no encryption.
pub fn configured(name: &str, limits: Limits) -> Arc<Configured> {
    let egress = Egress::new(beadle_egress::Settings::default()).expect("a client");
    Arc::new(Configured {
        name: name.into(),
        grants: Grants { sheets: vec!["presence:append".into()], ..Grants::default() },
        limits,
        collections: vec!["lamps".into()],
        way: egress.guarded(Origins::public([]).expect("no origins")),
        mapper: None,
    })
}

/// Makes the context of a run with these settings.
pub fn context(settings: &str) -> Context {
    Context {
        schedule: "lamps".into(),
        plugin: "lamps".into(),
        site: None,
        trigger: Trigger::Time,
        instant: Instant::from_millis(0),
        attempt: 1,
        dry: false,
        settings: settings.to_owned(),
        timezone: "UTC".to_owned(),
        language: "en".to_owned(),
        announce_first: None,
        too_long: beadle_plan::TooLong::Split,
    }
}
