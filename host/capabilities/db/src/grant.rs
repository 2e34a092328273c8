//! Which databases a plugin may read.

use beadle_plan::{Denial, Grants};

/// Decides whether a plugin may read a connection.
///
/// # Errors
/// With the line that would allow it, where it may not.
pub fn may_read(plugin: &str, grants: &Grants, connection: &str) -> Result<(), Denial> {
    if grants.db.iter().any(|granted| granted == connection) {
        return Ok(());
    }
    Err(Denial::grant(plugin, format!("plugin {plugin} may not read the database {connection:?}"), "db", connection))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_grant_grants_nothing() {
        let denial = may_read("online", &Grants::default(), "moodle").expect_err("nothing is granted");
        assert_eq!(
            denial.to_string(),
            "plugin online may not read the database \"moodle\"; to allow it write under [plugins.online]: \
             grants = { db = [\"moodle\"] }"
        );
    }

    #[test]
    fn a_grant_is_for_one_name_as_it_is_written() {
        let grants = Grants { db: vec!["moodle".into()], ..Grants::default() };
        assert_eq!(may_read("online", &grants, "moodle"), Ok(()));
        for other in ["Moodle", "moodle2", "", "moodle ", "*"] {
            assert!(may_read("online", &grants, other).is_err(), "{other:?}");
        }
    }
}
