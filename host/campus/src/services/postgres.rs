//! PostgreSQL on a private socket. It refuses to run as root, so root hands its folder to an account without rights.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use url::Url;

use super::find;
use super::server::{Family, Server, ServiceError, folder, run};

const SERVICE: &str = "PostgreSQL";
const VARIABLE: &str = "BEADLE_POSTGRES_BIN";
const NAMES: [&str; 1] = ["postgres"];

/// The password of the user who may do everything. It is no secret: the socket is private; but a server that asks for none could
/// not be used to test a wrong one.
const PASSWORD: &str = "campus";

pub(super) fn start() -> Result<Server, ServiceError> {
    let absent = || ServiceError::Absent { service: SERVICE, packages: "postgresql", variable: VARIABLE };
    let server = find::named_by(VARIABLE, &NAMES)
        .or_else(|| find::program(&NAMES, &find::postgres_folders()))
        .ok_or_else(absent)?;
    let install = find::program(&["initdb"], &find::beside(&server)).ok_or_else(absent)?;
    let folder = folder("postgres").map_err(|error| broken(error.to_string()))?;
    begin(&server, &install, &folder).inspect_err(|_| {
        let _ = std::fs::remove_dir_all(&folder);
    })
}

fn begin(server: &Path, install: &Path, folder: &Path) -> Result<Server, ServiceError> {
    let io = |error: std::io::Error| broken(error.to_string());
    let (data, secret) = (folder.join("data"), folder.join("secret"));
    std::fs::create_dir(&data).map_err(io)?;
    std::fs::write(&secret, PASSWORD).map_err(io)?;
    let mut account = None;
    if std::fs::metadata(folder).map_err(io)?.uid() == 0 {
        let (user, group) = find::account(&["postgres", "nobody"])
            .ok_or_else(|| broken("it refuses to run as root, and there is no account postgres or nobody".into()))?;
        for path in [folder, &data, &secret] {
            chown(path, Some(user), Some(group)).map_err(io)?;
        }
        account = Some((user, group));
    }
    let mut installing = Command::new(install);
    installing.current_dir("/").arg("--pgdata").arg(&data).arg("--pwfile").arg(&secret);
    installing.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    if let Some((user, group)) = account {
        installing.uid(user).gid(group);
    }
    run(&mut installing).map_err(broken)?;
    let mut command = Command::new(server);
    command.arg("-D").arg(&data).arg("-k").arg(folder).arg("-F");
    for setting in
        ["listen_addresses=", "max_connections=200", "shared_buffers=16MB", "logging_collector=off", "log_timezone=UTC"]
    {
        command.arg("-c").arg(setting);
    }
    let mut admin = Url::parse(&format!("postgres://postgres:{PASSWORD}@localhost/postgres"))
        .map_err(|error| broken(error.to_string()))?;
    admin.query_pairs_mut().append_pair("host", &folder.to_string_lossy()).append_pair("sslmode", "disable");
    Server::start(Family::Postgres, SERVICE, folder, &command, account, admin)
}

fn broken(cause: String) -> ServiceError {
    ServiceError::Broken { service: SERVICE, cause }
}
