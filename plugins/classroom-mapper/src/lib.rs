//! classroom-mapper
