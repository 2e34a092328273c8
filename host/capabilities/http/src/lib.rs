//! beadle-http
