//! Why a file is not a plugin that can run here.

use std::path::PathBuf;

/// Why a plugin was not loaded. The texts follow after "plugin NAME: ".
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
    /// There is nothing in it.
    #[error("the file is empty; build the plugin again")]
    Empty,
    /// It is a WebAssembly module, and not a component.
    #[error("this is a core WebAssembly module, not a component; build it for the target wasm32-wasip2")]
    CoreModule,
    /// It is no WebAssembly at all.
    #[error("this is not a WebAssembly component")]
    NotWasm,
    /// It is damaged, or uses something this host does not know.
    #[error("the component cannot be compiled: {0}")]
    Malformed(String),
    /// It does not describe itself.
    #[error("the component does not export {wanted}, so it is not a plugin for this host")]
    NotAPlugin {
        /// The interface that every plugin exports.
        wanted: String,
    },
    /// It describes itself, and does nothing else.
    #[error("the component exports none of the roles this host knows ({known})")]
    NoRole {
        /// The roles.
        known: String,
    },
    /// It was made for another generation of the contract.
    #[error("the component uses {found}, this host offers {offered}; rebuild against {offered}")]
    Version {
        /// What it uses.
        found: String,
        /// What there is.
        offered: String,
    },
    /// It imports something that no host of ours offers.
    #[error("the component imports {0}, which this host does not offer")]
    Unknown(String),
    /// An interface has the right name and other functions.
    #[error("the component does not fit the contract: {0}; rebuild against this host's wit folder")]
    Mismatch(String),
    /// It trapped or misbehaved when it was asked to describe itself.
    #[error("the plugin could not describe itself: {0}")]
    Describe(String),
    /// What it says of itself cannot be used.
    #[error("the plugin describes itself wrongly: {0}")]
    Description(String),
    /// The engine itself.
    #[error("the WebAssembly engine cannot start: {0}")]
    Engine(String),
}
