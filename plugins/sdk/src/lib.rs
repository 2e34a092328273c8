//! beadle-sdk
