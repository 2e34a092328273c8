//! beadle-engine
