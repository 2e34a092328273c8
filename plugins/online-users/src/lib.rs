//! online-users
