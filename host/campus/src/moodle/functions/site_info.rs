//! `core_webservice_get_site_info`.

use serde::Serialize;

use super::super::accounts::Service;
use super::super::params::Params;
use super::super::{Fail, write};
use super::{Caller, take};

/// The version of the Moodle that the answers were recorded from.
const VERSION: &str = "2025041406.11";

#[derive(Serialize)]
struct Info<'a> {
    sitename: &'a str,
    username: &'a str,
    firstname: &'a str,
    lastname: &'a str,
    fullname: String,
    lang: &'a str,
    userid: i64,
    siteurl: String,
    userpictureurl: String,
    functions: Vec<Function>,
    downloadfiles: i64,
    uploadfiles: i64,
    release: &'a str,
    version: &'a str,
    mobilecssurl: &'a str,
    advancedfeatures: Vec<Feature>,
    usercanmanageownfiles: bool,
    userquota: i64,
    usermaxuploadfilesize: i64,
    userhomepage: i64,
    userprivateaccesskey: String,
    siteid: i64,
    sitecalendartype: &'a str,
    usercalendartype: &'a str,
    userissiteadmin: bool,
    theme: &'a str,
    limitconcurrentlogins: i64,
    policyagreed: i64,
}

#[derive(Serialize)]
struct Function {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Feature {
    name: &'static str,
    value: i64,
}

/// What the recorded site had switched on and off.
const FEATURES: [(&str, i64); 12] = [
    ("usecomments", 1),
    ("usetags", 1),
    ("enablenotes", 1),
    ("messaging", 1),
    ("enableblogs", 1),
    ("enablecompletion", 1),
    ("enablebadges", 1),
    ("messagingallusers", 0),
    ("enablecustomreports", 1),
    ("enableglobalsearch", 0),
    ("mnet_dispatcher_mode", 0),
    ("enablecompetencies", 1),
];

pub(super) fn call(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["serviceshortnames"])?;
    take::list(params, "serviceshortnames")?;
    let (me, admin) = (&caller.me, caller.rights.admin);
    let url = caller.moodle.url();
    let functions = caller.functions().map(|name| Function { name, version: VERSION });
    Ok(write::json(&Info {
        sitename: caller.moodle.school().name(),
        username: &me.username,
        firstname: &me.firstname,
        lastname: &me.lastname,
        fullname: format!("{} {}", me.firstname, me.lastname),
        lang: "en",
        userid: me.id,
        userpictureurl: format!("{url}/theme/image.php/boost/core/1795198706/u/f1"),
        siteurl: url,
        functions: functions.collect(),
        downloadfiles: 1,
        uploadfiles: i64::from(caller.service == Service::Mobile),
        release: "5.0.6+ (Build: 20260403)",
        version: VERSION,
        mobilecssurl: "",
        advancedfeatures: FEATURES.iter().map(|(name, value)| Feature { name, value: *value }).collect(),
        usercanmanageownfiles: true,
        userquota: if admin { 0 } else { 104_857_600 },
        usermaxuploadfilesize: if admin { -1 } else { 2_097_152 },
        userhomepage: 1,
        userprivateaccesskey: format!("campusprivatekey{:016}", me.id),
        siteid: 1,
        sitecalendartype: "gregorian",
        usercalendartype: "gregorian",
        userissiteadmin: admin,
        theme: "boost",
        limitconcurrentlogins: 0,
        policyagreed: 0,
    }))
}
