//! MariaDB on a private socket.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use url::Url;

use super::find;
use super::server::{Family, Server, ServiceError, folder, run};

const SERVICE: &str = "MariaDB";
const VARIABLE: &str = "BEADLE_MARIADB_BIN";
const NAMES: [&str; 1] = ["mariadbd"];

pub(super) fn start() -> Result<Server, ServiceError> {
    let absent = || ServiceError::Absent {
        service: SERVICE,
        packages: "mariadb-server-core and mariadb-client-core",
        variable: VARIABLE,
    };
    let server = find::named_by(VARIABLE, &NAMES).or_else(|| find::program(&NAMES, &[])).ok_or_else(absent)?;
    let install = find::program(&["mariadb-install-db"], &find::beside(&server)).ok_or_else(absent)?;
    let folder = folder("mariadb").map_err(|error| broken(error.to_string()))?;
    begin(&server, &install, &folder).inspect_err(|_| {
        let _ = std::fs::remove_dir_all(&folder);
    })
}

fn begin(server: &Path, install: &Path, folder: &Path) -> Result<Server, ServiceError> {
    let data = folder.join("data");
    let socket = folder.join("socket");
    let owner = std::fs::metadata(folder).map_err(|error| broken(error.to_string()))?.uid();
    // Two servers that are set up at once would delete each other's temporary tables, which are named alike.
    let mut common = vec![format!("--datadir={}", data.display()), format!("--tmpdir={}", folder.display())];
    if owner == 0 {
        // The server does not start as root unless told to.
        common.push("--user=root".into());
    }
    let mut installing = Command::new(install);
    installing.arg("--no-defaults").args(&common).args(["--skip-test-db", "--auth-root-authentication-method=normal"]);
    installing.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-log-file-size=4M"]);
    run(&mut installing).map_err(broken)?;
    let mut command = Command::new(server);
    command.arg("--no-defaults").args(&common).args([
        "--skip-networking".to_owned(),
        format!("--socket={}", socket.display()),
        format!("--pid-file={}", folder.join("pid").display()),
        "--innodb-flush-log-at-trx-commit=0".to_owned(),
        "--innodb-log-file-size=4M".to_owned(),
        "--innodb-buffer-pool-size=16M".to_owned(),
        "--skip-name-resolve".to_owned(),
        "--secure-file-priv=".to_owned(),
    ]);
    let mut admin = Url::parse("mysql://root@localhost/").map_err(|error| broken(error.to_string()))?;
    admin.query_pairs_mut().append_pair("socket", &socket.to_string_lossy()).append_pair("ssl-mode", "DISABLED");
    Server::start(Family::MariaDb, SERVICE, folder, &command, None, admin)
}

fn broken(cause: String) -> ServiceError {
    ServiceError::Broken { service: SERVICE, cause }
}
