//! Which sheets a plugin may read and append to: a pure decision.

use beadle_plan::{Denial, Grants};

/// What may be done with a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Its cells may be read.
    Read,
    /// Rows may be appended.
    Append,
}

impl Right {
    /// Returns the word in `grants`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Append => "append",
        }
    }
}

/// Decides whether a plugin has a right on a sheet. Neither right includes the other: who fills a list need not see it.
///
/// # Errors
/// When it is not granted; the denial names the line that would allow it.
pub fn may(plugin: &str, grants: &Grants, sheet: &str, right: Right) -> Result<(), Denial> {
    let wanted = format!("{sheet}:{}", right.word());
    if grants.sheets.contains(&wanted) {
        return Ok(());
    }
    let what = match right {
        Right::Read => format!("plugin {plugin} may not read sheet {sheet}"),
        Right::Append => format!("plugin {plugin} may not append to sheet {sheet}"),
    };
    Err(Denial::grant(plugin, what, "sheets", &wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_right_is_granted_by_itself() {
        let grants = Grants { sheets: vec!["presence:append".into(), "rooms:read".into()], ..Grants::default() };
        for (sheet, right, allowed) in [
            ("presence", Right::Append, true),
            ("presence", Right::Read, false),
            ("rooms", Right::Read, true),
            ("rooms", Right::Append, false),
            ("presence:append", Right::Append, false),
            ("", Right::Read, false),
        ] {
            assert_eq!(may("online", &grants, sheet, right).is_ok(), allowed, "{sheet} {right:?}");
        }
    }

    #[test]
    fn an_empty_grant_grants_nothing_and_says_which_line_would() {
        let denial = may("online", &Grants::default(), "presence", Right::Append).unwrap_err();
        assert_eq!(
            denial.to_string(),
            "plugin online may not append to sheet presence; to allow it write under [plugins.online]: \
             grants = { sheets = [\"presence:append\"] }"
        );
    }
}
