//! The watcher that ends a server with the process that started it.
//!
//! A destructor does not run when a test is killed, and statics are never dropped at all. The watcher is a shell that holds the
//! reading end of a pipe whose writing end only the test process has: when it is gone, the server is ended and its folder
//! removed.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `$1` is the folder, `$2` the signal that ends the server at once; the rest is the server's command line. A line on the pipe names the
/// signal with which to stop the server, or is `up` to start it again.
const SCRIPT: &str = r#"
folder=$1 signal=$2; shift 2
up() { "$@" </dev/null & server=$!; }
down() { kill "-$1" "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
up "$@"
while read -r line; do
    if [ "$line" = up ]; then up "$@"; else down "$line"; fi
done
down "$signal"
rm -rf "$folder"
"#;

/// A watched server. Dropping it ends the server.
#[derive(Debug)]
pub(super) struct Watched {
    child: Child,
}

impl Watched {
    /// Starts a server that writes to `log`, under another account where `account` names one.
    pub(super) fn start(
        folder: &Path,
        signal: &str,
        server: &Command,
        account: Option<(u32, u32)>,
        log: &File,
    ) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "watch"]).arg(folder).arg(signal).arg(server.get_program()).args(server.get_args());
        for (name, value) in server.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        // A group of its own: Ctrl-C at the terminal reaches the test process, and the watcher still has to clean up.
        shell.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log.try_clone()?).current_dir("/").process_group(0);
        if let Some((user, group)) = account {
            shell.uid(user).gid(group);
        }
        Ok(Self { child: shell.spawn()? })
    }
}

impl Watched {
    /// Tells the watcher to stop the server with a signal, or to start it again with `up`.
    pub(super) fn tell(&self, line: &str) -> io::Result<()> {
        let mut pipe = self.child.stdin.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        pipe.write_all(format!("{line}\n").as_bytes())
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // The shell ends once the server has; an error here means that it has ended before.
        let _ = self.child.wait();
    }
}
