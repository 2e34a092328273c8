//! The plugins that come with Beadle, as bytes, so that one file is all there is to install.
//!
//! They are built by this crate's build script, sandboxed like any other plugin, and granted nothing for being here.
//!
//! ```
//! for name in beadle_builtins::names() {
//!     let component = beadle_builtins::builtin(name).expect("it is in the list");
//!     assert!(component.starts_with(b"\0asm"));
//! }
//! assert_eq!(beadle_builtins::builtin("no-such-plugin"), None);
//! ```

/// Name and component of each plugin, by name.
static PLUGINS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/plugins.rs"));

/// Returns the component of a plugin that comes with Beadle; none where there is no such plugin, or where it was built without any
/// (`BEADLE_SKIP_PLUGINS=1`).
pub fn builtin(name: &str) -> Option<&'static [u8]> {
    PLUGINS.iter().find(|(found, _)| *found == name).map(|&(_, component)| component)
}

/// Returns the names of the plugins that come with Beadle, in order.
pub fn names() -> impl ExactSizeIterator<Item = &'static str> + Clone {
    PLUGINS.iter().map(|&(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_plugins_are_components_small_enough_to_ship() {
        // KiB; the detector carries the clock changes of all the zones that an export may name.
        let largest = [
            ("change-detector", 3584),
            ("classroom-mapper", 1536),
            ("conference-watcher", 1536),
            ("online-users", 1536),
        ];
        for (name, kib) in largest {
            let component = builtin(name).unwrap_or_else(|| panic!("{name} was not built"));
            // The preamble of a component: magic number, version 13, layer 1.
            assert_eq!(component[..8], *b"\0asm\x0d\0\x01\0", "{name}");
            assert!(component.len() < kib << 10, "{name} has {} bytes", component.len());
        }
        assert_eq!(names().len(), PLUGINS.len());
        assert!(PLUGINS.is_sorted_by_key(|(name, _)| *name));
    }
}
