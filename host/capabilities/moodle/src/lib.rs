//! beadle-moodle
