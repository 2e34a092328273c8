//! beadle-files
