//! Which functions a plugin may call: a pure decision.

use beadle_plan::{Denial, Grants};

use crate::table::changes_nothing;

/// Decides whether a plugin may call a function.
///
/// A function of [`crate::READS`] needs a grant under `moodle`. Any other may change something: it needs one under `moodle-unsafe`, and
/// is never called in a dry run.
///
/// # Errors
/// Returns the line that would allow it.
pub fn may_call(plugin: &str, grants: &Grants, dry: bool, function: &str) -> Result<(), Denial> {
    let named = |list: &[String]| list.iter().any(|granted| granted == function);
    // Moodle's database compares names without regard to case and trailing spaces; the lists here do not.
    let name = !function.is_empty()
        && function.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !name {
        return Err(Denial::never(format!("{function:?} is no name of a web service function")));
    }
    if changes_nothing(function) {
        if named(&grants.moodle) || named(&grants.moodle_unsafe) {
            return Ok(());
        }
        return Err(Denial::grant(plugin, format!("plugin {plugin} may not call {function}"), "moodle", function));
    }
    if !named(&grants.moodle_unsafe) {
        let what = format!("plugin {plugin} may not call {function}, which is not known to change nothing");
        return Err(Denial::grant(plugin, what, "moodle-unsafe", function));
    }
    if dry {
        return Err(Denial::never(format!("{function} may change something and is not called in a dry run")));
    }
    Ok(())
}

/// What grants the calendar export, in the list `moodle`. It is no web service function and cannot be called as one.
pub const CALENDAR_EXPORT: &str = "calendar-export";

/// Decides whether a plugin may read the calendar export. It changes nothing, and is read in a dry run too.
///
/// # Errors
/// Returns the line that would allow it.
pub fn may_read_calendar(plugin: &str, grants: &Grants) -> Result<(), Denial> {
    if grants.moodle.iter().any(|granted| granted == CALENDAR_EXPORT) {
        return Ok(());
    }
    Err(Denial::grant(plugin, format!("plugin {plugin} may not read the calendar export"), "moodle", CALENDAR_EXPORT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(safe: &[&str], unsafe_: &[&str]) -> Grants {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Grants { moodle: list(safe), moodle_unsafe: list(unsafe_), ..Grants::default() }
    }

    #[test]
    fn an_empty_grant_grants_nothing() {
        for function in crate::READS {
            assert!(may_call("online", &Grants::default(), false, function).is_err(), "{function}");
        }
        let denial = may_call("online", &Grants::default(), true, "core_user_get_users").unwrap_err();
        assert_eq!(
            denial.allow.as_deref(),
            Some(r#"under [plugins.online]: grants = { moodle = ["core_user_get_users"] }"#)
        );
    }

    #[test]
    fn table() {
        let read = "core_user_get_users";
        let write = "mod_assign_get_submission_status";
        for (safe, unsafe_, dry, function, allowed) in [
            (&[read][..], &[][..], false, read, true),
            (&[read], &[], true, read, true),
            (&[], &[read], true, read, true),
            (&[read], &[], false, "core_user_get_users_by_field", false),
            // Naming a function under `moodle` does not make it a read.
            (&[write], &[], false, write, false),
            (&[], &[write], false, write, true),
            (&[], &[write], true, write, false),
            (&[read], &[], false, "Core_User_Get_Users", false),
            (&["Core_User_Get_Users"], &["Core_User_Get_Users"], false, "Core_User_Get_Users", false),
            (&[read], &[], false, "core_user_get_users ", false),
            (&[""], &[""], false, "", false),
            (&["*"], &["*"], false, read, false),
            (&[CALENDAR_EXPORT], &[CALENDAR_EXPORT], false, CALENDAR_EXPORT, false),
        ] {
            assert_eq!(
                may_call("p", &grants(safe, unsafe_), dry, function).is_ok(),
                allowed,
                "{safe:?} {unsafe_:?} {dry} {function}"
            );
        }
    }

    #[test]
    fn the_calendar_export_is_granted_by_its_word_alone() {
        assert_eq!(may_read_calendar("p", &grants(&[CALENDAR_EXPORT], &[])), Ok(()));
        for refused in
            [grants(&[], &[]), grants(&[], &[CALENDAR_EXPORT]), grants(&["core_calendar_get_calendar_events"], &[])]
        {
            let denial = may_read_calendar("p", &refused).unwrap_err();
            assert_eq!(
                denial.allow.as_deref(),
                Some(r#"under [plugins.p]: grants = { moodle = ["calendar-export"] }"#)
            );
        }
    }
}
