//! Statements that create the tables, in three dialects.

use super::tables::{Column, TABLES, Table, Type};

/// A database's way of writing SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// MariaDB and MySQL.
    MariaDb,
    /// PostgreSQL.
    Postgres,
}

/// Returns the statements that create Moodle's tables and indices in an empty database.
pub fn ddl(dialect: Dialect) -> Vec<String> {
    TABLES.iter().flat_map(|table| create(dialect, table)).collect()
}

fn create(dialect: Dialect, table: &Table) -> Vec<String> {
    let name = format!("mdl_{}", table.name);
    let mut lines: Vec<String> = table.columns.iter().map(|column| line(dialect, column)).collect();
    if dialect == Dialect::MariaDb {
        lines.push("PRIMARY KEY (id)".into());
        lines.extend(table.keys.iter().map(|key| {
            let kind = if key.unique { "UNIQUE KEY" } else { "KEY" };
            format!("{kind} {} ({})", key.name, key.columns)
        }));
        let how = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci ROW_FORMAT=COMPRESSED";
        return vec![format!("CREATE TABLE {name} ({}) {how}", lines.join(", "))];
    }
    let mut statements = vec![format!("CREATE TABLE {name} ({})", lines.join(", "))];
    statements.extend(table.keys.iter().map(|key| {
        let kind = if key.unique { "CREATE UNIQUE INDEX" } else { "CREATE INDEX" };
        format!("{kind} {} ON {name} ({})", key.name, key.columns)
    }));
    statements
}

fn line(dialect: Dialect, column: &Column) -> String {
    let kind = match (dialect, column.kind) {
        (Dialect::Sqlite, Type::Id) => return format!("{} INTEGER PRIMARY KEY", column.name),
        (Dialect::Postgres, Type::Id) => return format!("{} BIGSERIAL PRIMARY KEY", column.name),
        (Dialect::MariaDb, Type::Id) => return format!("{} bigint(10) NOT NULL AUTO_INCREMENT", column.name),
        (Dialect::MariaDb, Type::Big) => "bigint(10)".into(),
        (Dialect::MariaDb, Type::Small(digits @ 0..=2)) => format!("tinyint({digits})"),
        (Dialect::MariaDb, Type::Small(digits)) => format!("smallint({digits})"),
        (Dialect::MariaDb, Type::Long) => "longtext".into(),
        (_, Type::Big) => "bigint".into(),
        (_, Type::Small(_)) => "smallint".into(),
        (_, Type::Text(length)) => format!("varchar({length})"),
        (_, Type::Long) => "text".to_owned(),
    };
    let null = if column.nullable { "" } else { " NOT NULL" };
    let default = column.default.map(|value| format!(" DEFAULT {value}")).unwrap_or_default();
    format!("{} {kind}{null}{default}", column.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_that_a_monitor_needs_is_there() {
        for dialect in [Dialect::Sqlite, Dialect::MariaDb, Dialect::Postgres] {
            let all = ddl(dialect).join("\n");
            assert!(all.contains("mdl_user_las2_ix") && all.contains("(lastaccess)"), "{all}");
            assert!(all.contains("lastip varchar(45) NOT NULL DEFAULT ''"), "{all}");
        }
    }
}
