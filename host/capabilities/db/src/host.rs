//! The interface `beadle:db/db` on a borrowed view.

use std::fmt;
use std::time::Instant;

use beadle_plan::{Grants, Stage};
use wasmtime::component::{HasData, Linker};

use crate::grant::may_read;
use crate::{Databases, DbError};
use bindings::beadle::db::db::{self, Dialect, Rows, Value};

/// What `bindgen!` makes of `wit/db`. The sandbox maps the interface to `bindings::beadle::db::db`.
#[expect(missing_docs, reason = "generated; the words stand in wit/db/db.wit")]
pub mod bindings {
    wasmtime::component::bindgen!({
        path: "../../../wit/db",
        world: "uses-db",
        imports: { default: async | trappable },
        additional_derives: [PartialEq],
    });
}

/// The databases as one run sees them.
pub struct DbView<'a> {
    /// The configured databases.
    pub databases: &'a Databases,
    /// What the operator granted.
    pub grants: &'a Grants,
    /// The name under which the operator configured the plugin.
    pub plugin: &'a str,
    /// Where calls are counted and reads are noted.
    pub stage: &'a mut Stage,
}

impl fmt::Debug for DbView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbView")
            .field("databases", self.databases)
            .field("plugin", &self.plugin)
            .finish_non_exhaustive()
    }
}

/// Says that a store's data lends a [`DbView`].
#[derive(Debug)]
pub struct HasDb;

impl HasData for HasDb {
    type Data<'a> = DbView<'a>;
}

/// Links the interface.
///
/// # Errors
/// When it is linked already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> DbView<'_>,
) -> wasmtime::Result<()> {
    db::add_to_linker::<T, HasDb>(linker, view)
}

impl DbView<'_> {
    fn granted(&self, connection: &str) -> Result<(), DbError> {
        may_read(self.plugin, self.grants, connection).map_err(|denial| DbError::Denied(denial.to_string()))
    }
}

impl db::Host for DbView<'_> {
    async fn dialect_of(&mut self, connection: String) -> wasmtime::Result<Result<Dialect, db::Error>> {
        self.stage.call()?;
        let dialect = self.granted(&connection).and_then(|()| self.databases.dialect(&connection));
        Ok(dialect.map_err(db::Error::from))
    }

    async fn query(
        &mut self,
        connection: String,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<Rows, db::Error>> {
        self.stage.call()?;
        if let Err(denied) = self.granted(&connection) {
            return Ok(Err(denied.into()));
        }
        let began = Instant::now();
        let bound = self.stage.limits().host_call;
        let answer = self.databases.query(&connection, &statement, parameters, bound).await;
        let (rows, error) = match &answer {
            Ok(answer) => (answer.rows.rows.len() as u64, None),
            Err(error) => (0, Some(error.to_string())),
        };
        self.stage.read(format!("db:{connection}"), began.elapsed(), rows, error);
        match answer {
            Ok(answer) => {
                self.stage.respond(answer.bytes)?;
                Ok(Ok(answer.rows))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }
}
