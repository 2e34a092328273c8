//! beadle-builtins
