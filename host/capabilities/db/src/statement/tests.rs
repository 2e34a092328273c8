//! Tables of what is taken, what is refused, and how it is sent.

use super::*;
use Dialect::{Mysql, Postgres, Sqlite};

const ALL: [Dialect; 3] = [Mysql, Postgres, Sqlite];

fn text(dialect: Dialect, statement: &str) -> String {
    read(dialect, Some("school"), "mdl_", statement)
        .unwrap_or_else(|error| panic!("{dialect:?} {statement}: {error}"))
        .text
}

#[test]
fn the_prefix_stands_wherever_it_is_written() {
    for dialect in ALL {
        assert_eq!(text(dialect, "SELECT 1 FROM {prefix}user u"), "SELECT 1 FROM mdl_user u");
        assert_eq!(text(dialect, "SELECT '{prefix}user'"), "SELECT 'mdl_user'");
    }
    assert_eq!(text(Mysql, "SELECT 1 FROM `{prefix}user`"), "SELECT 1 FROM `mdl_user`");
    assert_eq!(text(Postgres, "SELECT 1 FROM \"{prefix}user\""), "SELECT 1 FROM \"mdl_user\"");
}

#[test]
fn question_marks_are_parameters_but_not_in_literals_and_names() {
    let statement = "SELECT id FROM t -- why?\nWHERE a = ? AND b = 'a?''?' /* ? */ AND c IN (?, ?) AND \"d?\" < ?";
    let written = read(Postgres, Some("school"), "", statement).expect("reads");
    assert_eq!(written.text, "SELECT id FROM t  WHERE a = $1 AND b = 'a?''?'   AND c IN ($2, $3) AND \"d?\" < $4");
    assert_eq!(written.parameters, 4);
    assert_eq!(read(Sqlite, Some("school"), "", statement).expect("reads").parameters, 4);
    assert_eq!(read(Mysql, Some("school"), "", "SELECT ?, 'it\\'s ?', `a?`, \"?\", ?").expect("reads").parameters, 2);
    // PostgreSQL's tokenizer sees operators in these.
    assert_eq!(
        text(Postgres, "SELECT ?-1, ?||'x', ?|7, ?&7, ?#7, ?::int"),
        "SELECT $1-1, $2||'x', $3|7, $4&7, $5#7, $6::int"
    );
    assert_eq!(
        text(Postgres, "SELECT E'a\\'?' , $$?$$, $tag$ ? ' $tag$, ?"),
        "SELECT E'a\\'?' , $$?$$, $tag$ ? ' $tag$, $1"
    );
    assert_eq!(text(Postgres, "SELECT 'größe?',\r\n'日本', ?"), "SELECT 'größe?',\r\n'日本', $1");
}

#[test]
fn reading_statements_are_taken() {
    for statement in [
        "SELECT 1",
        "select replace(a, 'x', 'y') from t;",
        "  (SELECT 1) UNION (SELECT 2) ; ; ",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "VALUES (1)",
        "EXPLAIN SELECT 1",
        "SELECT t.update, t.delete FROM t",
        "SELECT \"update\" FROM t",
        "SELECT 'INSERT INTO t; DELETE FROM t'",
        "SELECT timecreated /* INTO */ FROM t -- ; DROP TABLE t",
        "SELECT deleted, timeupdated, sleepy FROM t WHERE sleep = 1",
    ] {
        for dialect in ALL {
            text(dialect, statement);
        }
    }
    text(Mysql, "SHOW TABLES");
    text(Mysql, "DESCRIBE {prefix}user");
    text(Postgres, "SHOW server_version");
    text(Sqlite, "SELECT name FROM pragma_table_info('t')");
    text(Mysql, "SELECT INSERT('abc', 1, 1, 'x')");
}

#[test]
fn what_does_not_only_read_is_denied() {
    for statement in [
        "INSERT INTO t VALUES (1)",
        "UPDATE t SET a = 1",
        "DELETE FROM t",
        "REPLACE INTO t VALUES (1)",
        "TRUNCATE t",
        "CREATE TABLE t (a int)",
        "DROP TABLE t",
        "SET a = 1",
        "CALL p()",
        "DO SLEEP(1)",
        "LOCK TABLES t READ",
        "BEGIN",
        "COMMIT",
        "PREPARE a FROM 'SELECT 1'",
        "COPY t TO '/tmp/x'",
        "PRAGMA query_only = OFF",
        "ATTACH DATABASE 'x' AS y",
        "VACUUM INTO 'x'",
        "LOAD DATA INFILE 'x' INTO TABLE t",
        "HANDLER t OPEN",
        "KILL 1",
        "(DELETE FROM t)",
        "WITH a AS (DELETE FROM t RETURNING 1) SELECT * FROM a",
        "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT a INTO b FROM t",
        "SELECT a FROM t FOR UPDATE",
        "SELECT a FROM t FOR SHARE",
        "SELECT a FROM t FOR KEY SHARE",
        "SELECT a FROM t LOCK IN SHARE MODE",
        "SELECT sleep(10)",
        "SELECT SLEEP (10)",
        "SELECT sleep/**/(10)",
        "SELECT pg_catalog.pg_sleep_for('1 day')",
        "SELECT set_config('default_transaction_read_only', 'off', false)",
        "SELECT pg_advisory_lock(1)",
        "SELECT get_lock('a', 1)",
        "SELECT load_file('/etc/passwd')",
        "SELECT load_extension('x')",
        "SELECT lo_export(1, '/tmp/x')",
        "SELECT nextval('s')",
        "SELECT query_to_xml('DELETE FROM t', true, true, '')",
        "SELECT /*+ SET_VAR(max_execution_time=0) */ 1",
        "SELECT 1 /*!50000 INTO OUTFILE '/tmp/x' */",
        "SELECT 1 /*M! INTO OUTFILE '/tmp/x' */",
    ] {
        for dialect in ALL {
            let refused = read(dialect, Some("school"), "", statement).map(|statement| statement.text);
            assert!(matches!(refused, Err(DbError::Denied(_))), "{dialect:?} {statement}: {refused:?}");
        }
    }
    for (dialect, statement) in [
        (Mysql, "SELECT @a := 1"),
        (Mysql, "SELECT `sleep`(10)"),
        (Postgres, "SELECT \"pg_sleep\"(10)"),
        (Sqlite, "SELECT [load_extension]('x')"),
    ] {
        let refused = read(dialect, Some("school"), "", statement);
        assert!(matches!(refused, Err(DbError::Denied(_))), "{statement}: {refused:?}");
    }
}

#[test]
fn what_cannot_be_told_apart_is_invalid() {
    for (dialect, statement) in [
        (Mysql, "SELECT 1; DELETE FROM t"),
        (Postgres, "SELECT 1; SELECT 2"),
        (Sqlite, "SELECT 1;; ATTACH 'x' AS y"),
        (Mysql, ""),
        (Mysql, " -- nothing\n ; "),
        (Mysql, "SELECT 'open"),
        (Mysql, "SELECT 1 /* open"),
        (Mysql, "SELECT `open"),
        // The server begins a comment at two minus signs and a tab; the tokenizer does not.
        (Mysql, "SELECT 1 --\t'\n; DELETE FROM t -- '"),
        (Postgres, "SELECT ?--1\n"),
        (Mysql, "SELECT x'\\' ; DELETE FROM t -- '"),
        (Sqlite, "SELECT ?1"),
        (Postgres, "SELECT $1"),
        (Mysql, "SELECT 1 FROM {user}"),
        (Postgres, "SELECT U&\"\\0070g_sleep\"(10)"),
        (Sqlite, "SELECT 1\0; DELETE FROM t"),
    ] {
        let refused = read(dialect, Some("school"), "", statement).map(|statement| statement.text);
        assert!(
            matches!(refused, Err(DbError::Invalid(_) | DbError::Denied(_))),
            "{dialect:?} {statement:?}: {refused:?}"
        );
    }
    assert!(matches!(
        read(Mysql, Some("school"), "", &format!("SELECT '{}'", "a".repeat(LONGEST))),
        Err(DbError::Invalid(_))
    ));
    let many = format!("SELECT 1 WHERE 1 IN ({}?)", "?,".repeat(MOST_PARAMETERS));
    assert!(matches!(read(Mysql, Some("school"), "", &many), Err(DbError::Invalid(_))));
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever a plugin writes, reading it ends with an answer; what is taken is taken again and means the same.
        #[test]
        fn reading_is_total_and_stable(
            statement in "(SELECT|WITH|select) [ -~\\n\\t?'\"`$;äß\u{2003}]{0,60}",
            dialect in prop::sample::select(ALL.to_vec()),
        ) {
            if let Ok(once) = read(dialect, Some("school"), "p_", &statement) {
                prop_assert!(!once.text.contains("/*") || once.text.contains(['\'', '"', '`', '$', '[']));
                if dialect != Postgres || once.parameters == 0 {
                    prop_assert_eq!(read(dialect, Some("school"), "p_", &once.text).expect("was taken before"), once);
                }
            }
        }

        /// What acts is refused, whatever case, spaces and remarks it is dressed in.
        #[test]
        fn what_acts_is_refused_however_it_is_dressed(
            words in prop::sample::select(&ACTS[..]),
            dress in prop::collection::vec((prop::sample::select(&[" ", "\n", "\t", " /* x */ ", " -- x\n ", "/**/", "\r\n"][..]), any::<bool>()), 1..8),
            dialect in prop::sample::select(ALL.to_vec()),
        ) {
            let dressed: String = words
                .split(' ')
                .zip(dress.iter().cycle())
                .map(|(word, (space, lower))| format!("{space}{}", if *lower { word.to_lowercase() } else { word.to_owned() }))
                .collect();
            prop_assert!(read(dialect, Some("school"), "p_", &dressed).is_err(), "{}", dressed);
        }

        /// What only reads is taken with its parameters, whatever its literals hold.
        #[test]
        fn what_reads_is_taken_whatever_its_literals_hold(
            literal in "[ -&(-\\[\\]-~\u{e4}]{0,20}", column in "[a-z]{1,8}", dialect in prop::sample::select(ALL.to_vec()),
        ) {
            // Parentheses after a word would make it a function; a brace is the prefix's.
            prop_assume!(!literal.contains(['\\', '{']));
            let statement = format!("SELECT x_{column} FROM {{prefix}}user WHERE name = '{literal}' AND id > ?");
            let taken = read(dialect, Some("school"), "p_", &statement);
            prop_assert_eq!(taken.as_ref().map(|taken| taken.parameters), Ok(1), "{}", statement);
            let text = taken.expect("it is taken").text;
            prop_assert!(text.contains(&format!("'{literal}'")) && text.contains("p_user"), "{}", text);
        }
    }

    /// Statements that do more than to read, words apart.
    const ACTS: [&str; 22] = [
        "INSERT INTO p_user VALUES ( 1 )",
        "UPDATE p_user SET id = 1",
        "DELETE FROM p_user",
        "REPLACE INTO p_user VALUES ( 1 )",
        "DROP TABLE p_user",
        "TRUNCATE p_user",
        "CREATE TABLE x ( id INT )",
        "CALL something ( )",
        "SET SESSION x = 1",
        "DO 1",
        "COPY p_user TO '/tmp/x'",
        "PRAGMA writable_schema = 1",
        "ATTACH 'x' AS y",
        "VACUUM",
        "BEGIN",
        "SELECT 1 ; DELETE FROM p_user",
        "SELECT id INTO x FROM p_user",
        "SELECT id FROM p_user FOR UPDATE",
        "SELECT id FROM p_user FOR SHARE",
        "SELECT pg_sleep ( 5 )",
        "SELECT id FROM p_user WHERE load_file ( 'x' ) IS NULL",
        "WITH x AS ( DELETE FROM p_user RETURNING id ) SELECT id FROM x",
    ];
}

#[test]
fn only_tables_of_the_granted_database_are_read() {
    for statement in [
        "SELECT * FROM information_schema.tables",
        "SELECT table_name FROM INFORMATION_SCHEMA . TABLES",
        "SELECT * FROM t WHERE a IN (SELECT b FROM `mysql`.`user`)",
        "SELECT * FROM t, other.users",
        "SELECT * FROM (t, `other`.users)",
        "SELECT * FROM t JOIN other.users u ON u.id = t.id",
        "SELECT * FROM t WHERE EXISTS (SELECT 1 FROM other.users)",
        "SELECT 1 UNION SELECT password FROM other.users",
        "WITH a AS (SELECT * FROM other.users) SELECT * FROM a",
        "SELECT EXTRACT(YEAR FROM t.a) FROM other.users",
        "TABLE other.users",
        "DESCRIBE other.users",
        "SHOW DATABASES",
        "SHOW GRANTS",
        "SHOW CREATE USER",
        "SHOW PROCESSLIST",
        "SHOW VARIABLES",
        "SHOW TABLES FROM mysql",
        "SHOW FULL TABLES IN mysql",
        "SHOW COLUMNS FROM user FROM mysql",
        "SHOW COLUMNS FROM mysql.user",
    ] {
        let refused = read(Mysql, Some("school"), "", statement).map(|statement| statement.text);
        assert!(matches!(refused, Err(DbError::Denied(_))), "{statement}: {refused:?}");
    }
    for statement in [
        "SELECT * FROM pg_shadow",
        "SELECT * FROM \"pg_authid\"",
        "SELECT query FROM pg_stat_activity",
        "SELECT * FROM pg_catalog.pg_user",
        "SELECT pg_catalog . version()",
        "SELECT * FROM pg_stat_get_activity(NULL)",
        "SELECT pg_get_userbyid(10)",
        "SELECT * FROM information_schema.role_table_grants",
        "SELECT * FROM t JOIN LATERAL (SELECT * FROM pg_roles) r ON true",
    ] {
        let refused = read(Postgres, None, "", statement).map(|statement| statement.text);
        assert!(matches!(refused, Err(DbError::Denied(_))), "{statement}: {refused:?}");
    }
    for statement in [
        "SELECT u.id, p.value FROM {prefix}user u JOIN {prefix}user_preferences p ON p.userid = u.id, {prefix}role r",
        "SELECT school.mdl_user.id FROM school.{prefix}user, SCHOOL.mdl_role",
        "SELECT EXTRACT(YEAR FROM u.a), TRIM('x' FROM u.b) FROM t u WHERE COALESCE(u.a, u.b) > 0 ORDER BY u.a, u.b",
        "SELECT mysql, sys FROM t WHERE u.mysql = 1",
        "SHOW COLUMNS FROM {prefix}user",
        "SHOW FULL COLUMNS FROM {prefix}user LIKE 'id'",
        "SHOW TABLES LIKE 'mdl%'",
    ] {
        text(Mysql, statement);
    }
    text(Postgres, "SELECT a IS DISTINCT FROM u.b, pg_typeof(a) FROM public.t u");
}
