//! beadle-sheets
