//! Failures of a Moodle and of what stands before it, as actions to be ordered from [`Faults`](crate::faults::Faults).
//!
//! Each is an answer that was recorded from a real site. Most of them come with status 200: a client that looks at the
//! status alone takes them for success.

use super::fail::DATABASE_DOWN;
use super::{Fail, login};
use crate::faults::Action;

/// The page of a site under maintenance from the command line.
pub(super) const MAINTENANCE_PAGE: &str = "<html><body>Maintenance</body></html>";

/// The page that comes with Moodle's redirects.
pub(super) const REDIRECT_PAGE: &str = "<!DOCTYPE html>\n<html  lang=\"en\" xml:lang=\"en\">\n    <head>\n        <meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\" />\n                <title>Redirect</title>\n    </head>\n    <body>This page should automatically redirect.</body>\n</html>\n";

const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n";

const LOGIN_PAGE: &str = "<!DOCTYPE html>\n<html  lang=\"en\" xml:lang=\"en\">\n<head><title>Log in to the site | Campus</title></head>\n<body><form action=\"/login/index.php\" method=\"post\"><input name=\"username\"><input name=\"password\" type=\"password\"></form></body>\n</html>\n";

/// Orders an error of a function or of the protocol.
pub fn fail(fail: &Fail) -> Action {
    Action::json(200, fail.json(false))
}

/// The token is wrong, missing or deleted.
pub fn invalid_token() -> Action {
    fail(&Fail::invalid_token())
}

/// Not in the service, service disabled, address not allowed or token just expired: all read the same.
pub fn access_exception() -> Action {
    fail(&Fail::access(""))
}

/// A function or thing does not exist.
pub fn invalid_record() -> Action {
    fail(&Fail::unknown_record(""))
}

/// A parameter is wrong.
pub fn invalid_parameter() -> Action {
    fail(&Fail::parameter(""))
}

/// A capability is missing, named as people read it.
pub fn no_permissions(capability: &str) -> Action {
    fail(&Fail::permission(capability))
}

/// The course cannot be entered.
pub fn course_not_accessible(course: i64) -> Action {
    fail(&Fail::course(course))
}

/// The token's owner is suspended.
pub fn user_suspended(username: &str) -> Action {
    fail(&Fail::suspended(username))
}

/// The site is under maintenance.
pub fn site_maintenance() -> Action {
    fail(&Fail::maintenance())
}

/// Moodle does not reach its database; the message is HTML.
pub fn database_down() -> Action {
    fail(&Fail::database_down())
}

/// A PHP error inside a function: an exception without an error code.
pub fn php_error(message: &str) -> Action {
    fail(&Fail::php(message))
}

/// A PHP error that is printed before the JSON, as sites with displayed errors do.
pub fn php_warning_before(json: &str) -> Action {
    let page = format!(
        "<br />\n<b>Warning</b>:  Undefined array key in <b>/var/www/moodle/lib</b> on line <b>1</b><br />\n{json}"
    );
    Action::Status { status: 200, content_type: "application/json".into(), body: page.into() }
}

/// Maintenance from the command line: 503 and HTML.
pub fn command_line_maintenance() -> Action {
    Action::html(503, MAINTENANCE_PAGE)
}

/// Web services or REST switched off: 403 and nothing.
pub fn web_services_disabled() -> Action {
    Action::html(403, "")
}

/// PHP is down behind the web server: 502 and HTML.
pub fn bad_gateway() -> Action {
    Action::Status { status: 502, content_type: "text/html".into(), body: BAD_GATEWAY.into() }
}

/// A page of HTML with status 200, as captive portals and single sign-on send it.
pub fn login_page() -> Action {
    Action::html(200, LOGIN_PAGE)
}

/// Sent away to the login page of `site`.
pub fn redirect_to_login(site: &str) -> Action {
    Action::redirect(format!("{site}/login/index.php"))
}

/// An error of `login/token.php`, in its own envelope.
pub fn login_error(errorcode: &'static str, message: &str) -> Action {
    let text = login::refusal(message, errorcode);
    Action::Status { status: 200, content_type: "application/json; charset=utf-8".into(), body: text.into() }
}

/// Wrong password, unknown user or suspended user: all read the same.
pub fn invalid_login() -> Action {
    login_error("invalidlogin", "Invalid login, please try again")
}

/// The database is down when logging in.
pub fn login_database_down() -> Action {
    login_error("dbconnectionfailed", DATABASE_DOWN)
}
