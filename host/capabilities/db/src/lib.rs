//! beadle-db
