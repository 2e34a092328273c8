//! Which channels a plugin may write to: a pure decision.

use beadle_plan::{Denial, Grants};

/// Decides whether a plugin may write to a channel.
///
/// # Errors
/// When it is not granted; the denial names the line that would allow it.
pub fn may(plugin: &str, grants: &Grants, chat: &str) -> Result<(), Denial> {
    if grants.chat.iter().any(|granted| granted == chat) {
        return Ok(());
    }
    Err(Denial::grant(plugin, format!("plugin {plugin} may not write to chat {chat}"), "chat", chat))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_granted_is_denied_with_the_line_that_would_allow_it() {
        let grants = Grants { chat: vec!["class".into()], ..Grants::default() };
        assert!(may("watcher", &grants, "class").is_ok());
        for chat in ["", "clas", "Class", "class:post"] {
            assert!(may("watcher", &grants, chat).is_err(), "{chat}");
        }
        assert_eq!(
            may("watcher", &Grants::default(), "class").unwrap_err().to_string(),
            "plugin watcher may not write to chat class; to allow it write under [plugins.watcher]: grants = { chat = [\"class\"] }"
        );
    }
}
