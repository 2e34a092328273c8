//! The tables, column by column, as a Moodle 5.0 creates them.

/// Type of a column, with its length where Moodle gives one.
#[derive(Clone, Copy)]
pub(super) enum Type {
    /// The running number.
    Id,
    /// A whole number of eight bytes.
    Big,
    /// A small whole number of so many digits.
    Small(u8),
    /// A text of at most so many characters.
    Text(u16),
    /// A text of any length.
    Long,
}

use Type::{Big, Id, Long, Small, Text};

pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Type,
    pub(super) nullable: bool,
    pub(super) default: Option<&'static str>,
}

pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) columns: &'static str,
    pub(super) unique: bool,
}

pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    pub(super) keys: &'static [Key],
}

const fn id() -> Column {
    Column { name: "id", kind: Id, nullable: false, default: None }
}

const fn not_null(name: &'static str, kind: Type, default: Option<&'static str>) -> Column {
    Column { name, kind, nullable: false, default }
}

const fn nullable(name: &'static str, kind: Type, default: Option<&'static str>) -> Column {
    Column { name, kind, nullable: true, default }
}

const fn key(name: &'static str, columns: &'static str) -> Key {
    Key { name, columns, unique: false }
}

const fn unique(name: &'static str, columns: &'static str) -> Key {
    Key { name, columns, unique: true }
}

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "user",
        columns: &[
            id(),
            not_null("auth", Text(20), Some("'manual'")),
            not_null("confirmed", Small(1), Some("0")),
            not_null("policyagreed", Small(1), Some("0")),
            not_null("deleted", Small(1), Some("0")),
            not_null("suspended", Small(1), Some("0")),
            not_null("mnethostid", Big, Some("0")),
            not_null("username", Text(100), Some("''")),
            not_null("password", Text(255), Some("''")),
            not_null("idnumber", Text(255), Some("''")),
            not_null("firstname", Text(100), Some("''")),
            not_null("lastname", Text(100), Some("''")),
            not_null("email", Text(100), Some("''")),
            not_null("emailstop", Small(1), Some("0")),
            not_null("phone1", Text(20), Some("''")),
            not_null("phone2", Text(20), Some("''")),
            not_null("institution", Text(255), Some("''")),
            not_null("department", Text(255), Some("''")),
            not_null("address", Text(255), Some("''")),
            not_null("city", Text(120), Some("''")),
            not_null("country", Text(2), Some("''")),
            not_null("lang", Text(30), Some("'en'")),
            not_null("calendartype", Text(30), Some("'gregorian'")),
            not_null("theme", Text(50), Some("''")),
            not_null("timezone", Text(100), Some("'99'")),
            not_null("firstaccess", Big, Some("0")),
            not_null("lastaccess", Big, Some("0")),
            not_null("lastlogin", Big, Some("0")),
            not_null("currentlogin", Big, Some("0")),
            not_null("lastip", Text(45), Some("''")),
            not_null("secret", Text(15), Some("''")),
            not_null("picture", Big, Some("0")),
            nullable("description", Long, None),
            not_null("descriptionformat", Small(2), Some("1")),
            not_null("mailformat", Small(1), Some("1")),
            not_null("maildigest", Small(1), Some("0")),
            not_null("maildisplay", Small(2), Some("2")),
            not_null("autosubscribe", Small(1), Some("1")),
            not_null("trackforums", Small(1), Some("0")),
            not_null("timecreated", Big, Some("0")),
            not_null("timemodified", Big, Some("0")),
            not_null("trustbitmask", Big, Some("0")),
            nullable("imagealt", Text(255), None),
            nullable("lastnamephonetic", Text(255), None),
            nullable("firstnamephonetic", Text(255), None),
            nullable("middlename", Text(255), None),
            nullable("alternatename", Text(255), None),
            nullable("moodlenetprofile", Text(255), None),
        ],
        keys: &[
            unique("mdl_user_mneuse_uix", "mnethostid,username"),
            key("mdl_user_del_ix", "deleted"),
            key("mdl_user_con_ix", "confirmed"),
            key("mdl_user_fir_ix", "firstname"),
            key("mdl_user_las_ix", "lastname"),
            key("mdl_user_cit_ix", "city"),
            key("mdl_user_cou_ix", "country"),
            key("mdl_user_las2_ix", "lastaccess"),
            key("mdl_user_ema_ix", "email"),
            key("mdl_user_aut_ix", "auth"),
            key("mdl_user_idn_ix", "idnumber"),
            key("mdl_user_fir2_ix", "firstnamephonetic"),
            key("mdl_user_las3_ix", "lastnamephonetic"),
            key("mdl_user_mid_ix", "middlename"),
            key("mdl_user_alt_ix", "alternatename"),
        ],
    },
    Table {
        name: "sessions",
        columns: &[
            id(),
            not_null("state", Big, Some("0")),
            not_null("sid", Text(128), Some("''")),
            not_null("userid", Big, None),
            nullable("sessdata", Long, None),
            not_null("timecreated", Big, None),
            not_null("timemodified", Big, None),
            nullable("firstip", Text(45), None),
            nullable("lastip", Text(45), None),
        ],
        keys: &[
            unique("mdl_sess_sid_uix", "sid"),
            key("mdl_sess_sta_ix", "state"),
            key("mdl_sess_tim_ix", "timecreated"),
            key("mdl_sess_tim2_ix", "timemodified"),
            key("mdl_sess_use_ix", "userid"),
        ],
    },
    Table {
        name: "user_preferences",
        columns: &[
            id(),
            not_null("userid", Big, Some("0")),
            not_null("name", Text(255), Some("''")),
            not_null("value", Long, None),
        ],
        keys: &[unique("mdl_userpref_usenam_uix", "userid,name"), key("mdl_userpref_nam_ix", "name")],
    },
    Table {
        name: "external_tokens",
        columns: &[
            id(),
            not_null("token", Text(128), Some("''")),
            nullable("privatetoken", Text(64), None),
            not_null("tokentype", Small(4), Some("0")),
            not_null("userid", Big, None),
            not_null("externalserviceid", Big, None),
            nullable("sid", Text(128), None),
            not_null("contextid", Big, None),
            not_null("creatorid", Big, Some("1")),
            nullable("iprestriction", Text(255), None),
            nullable("validuntil", Big, None),
            not_null("timecreated", Big, None),
            nullable("lastaccess", Big, None),
        ],
        keys: &[key("mdl_extetoke_tok_ix", "token"), key("mdl_extetoke_use_ix", "userid")],
    },
];
