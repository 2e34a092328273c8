//! Looks at a component before anything of it runs, and says in our own words what does not fit.

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::LoadError;

/// What a plugin can do here. Its roles are its exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// It runs on schedules.
    Collector,
    /// It turns addresses into rooms.
    Mapper,
}

impl Role {
    const ALL: [Self; 2] = [Self::Collector, Self::Mapper];

    /// Returns the role's name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Collector => "collector",
            Self::Mapper => "mapper",
        }
    }

    fn export(self) -> &'static str {
        match self {
            Self::Collector => "beadle:collector/collector",
            Self::Mapper => "beadle:classrooms/classrooms",
        }
    }
}

/// The interface that every plugin exports.
const PLUGIN: &str = "beadle:plugin/plugin";

/// The contract's packages, all in one generation so far.
const PACKAGES: [&str; 13] = [
    "beadle:plugin",
    "beadle:run",
    "beadle:moodle",
    "beadle:db",
    "beadle:http",
    "beadle:files",
    "beadle:sheets",
    "beadle:chat",
    "beadle:ledger",
    "beadle:catalog",
    "beadle:artifacts",
    "beadle:classrooms",
    "beadle:collector",
];

/// The contract's generation.
const GENERATION: &str = "0.1";

/// Standard interfaces that grant nothing by themselves. `wasi:http` goes through the same guard as our own.
const STANDARD: [&str; 7] =
    ["wasi:io/", "wasi:cli/", "wasi:clocks/", "wasi:random/", "wasi:filesystem/", "wasi:sockets/", "wasi:http/"];

/// Looks at the first bytes of a file.
pub(crate) fn header(source: &[u8]) -> Result<(), LoadError> {
    match source {
        [] => Err(LoadError::Empty),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => Err(LoadError::CoreModule),
        [0, b'a', b's', b'm', ..] => Ok(()),
        _ => Err(LoadError::NotWasm),
    }
}

/// Looks at a component's imports and exports and returns its roles.
pub(crate) fn component(engine: &Engine, component: &Component) -> Result<Vec<Role>, LoadError> {
    let shape = component.component_type();
    for (name, _) in shape.imports(engine) {
        known(name)?;
    }
    let mut exports = Vec::new();
    for (name, _) in shape.exports(engine) {
        // What else a component exports is its own business.
        if name.starts_with("beadle:") {
            known(name)?;
            exports.push(name.split_once('@').map_or(name, |(interface, _)| interface).to_owned());
        }
    }
    if !exports.iter().any(|export| export == PLUGIN) {
        return Err(LoadError::NotAPlugin { wanted: format!("{PLUGIN}@{GENERATION}") });
    }
    let roles: Vec<Role> =
        Role::ALL.into_iter().filter(|role| exports.iter().any(|export| export == role.export())).collect();
    if roles.is_empty() {
        let known = Role::ALL.map(Role::word).join(", ");
        return Err(LoadError::NoRole { known });
    }
    Ok(roles)
}

/// Refuses an interface that this host does not offer, or offers in another generation.
fn known(name: &str) -> Result<(), LoadError> {
    if STANDARD.iter().any(|standard| name.starts_with(standard)) {
        return Ok(());
    }
    let (interface, version) = name.split_once('@').unwrap_or((name, ""));
    let package = interface.split_once('/').map_or(interface, |(package, _)| package);
    if !PACKAGES.contains(&package) {
        return Err(LoadError::Unknown(name.to_owned()));
    }
    let generation = version.rsplit_once('.').map_or(version, |(generation, _)| generation);
    if generation != GENERATION {
        let offered = format!("{package}@{GENERATION}");
        return Err(LoadError::Version { found: name.to_owned(), offered });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_and_strangers_are_told_apart() {
        assert!(known("beadle:run/run@0.1.7").is_ok());
        assert!(known("wasi:cli/environment@0.2.6").is_ok());
        assert!(matches!(known("beadle:run/run@0.2.0"), Err(LoadError::Version { .. })));
        assert!(matches!(known("beadle:telepathy/mind@0.1.0"), Err(LoadError::Unknown(_))));
        assert!(matches!(known("env"), Err(LoadError::Unknown(_))));
    }

    #[test]
    fn files_that_are_no_components_are_told_apart() {
        assert!(matches!(header(b""), Err(LoadError::Empty)));
        assert!(matches!(header(b"\0asm\x01\0\0\0"), Err(LoadError::CoreModule)));
        assert!(matches!(header(b"#!/bin/sh"), Err(LoadError::NotWasm)));
        assert!(header(b"\0asm\x0d\0\x01\0").is_ok());
    }
}
