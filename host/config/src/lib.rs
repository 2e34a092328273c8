//! beadle-config
