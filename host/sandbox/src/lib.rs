//! beadle-sandbox
