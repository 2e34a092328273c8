//! One connection that writes, and one commit for all who write at the same time.
//!
//! A commit costs a flush to the disk, however little is in it. So whoever asks to write while another does is not kept waiting for
//! that one's flush only to pay for one more: their parts follow each other in one transaction, each as a savepoint that can be undone
//! alone, and the commit at the end makes all of them safe. Nobody is told that a part is committed before it is.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqlitePool;
use sqlx::{Sqlite, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use crate::StoreError;

/// How many parts share a commit at most, so that the first of them is not kept waiting for long: some milliseconds.
const MOST: usize = 64;

type Answer = oneshot::Sender<Result<(), StoreError>>;
type Asked = oneshot::Sender<Result<Part, StoreError>>;

/// Hands the one connection that writes from part to part.
#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::UnboundedSender<Asked>,
}

impl Writer {
    /// Starts the task that hands it on, which ends with the writer.
    pub(super) fn new(pool: SqlitePool) -> Self {
        let (queue, asked) = mpsc::unbounded_channel();
        tokio::spawn(work(pool, asked));
        Self { queue }
    }

    /// Waits until it is this one's turn to write.
    pub(super) async fn begin(&self) -> Result<Part, StoreError> {
        let (asked, part) = oneshot::channel();
        let gone = || StoreError::Unavailable("the store was closed".to_owned());
        self.queue.send(asked).map_err(|_| gone())?;
        part.await.map_err(|_| gone())?
    }
}

/// A part of a transaction. What it wrote is undone if it is dropped before it was committed.
#[derive(Debug)]
pub(super) struct Part(Option<Lent>);

#[derive(Debug)]
struct Lent {
    connection: PoolConnection<Sqlite>,
    back: oneshot::Sender<Returned>,
}

/// The connection, and who waits for the commit; nobody where the part is to be undone.
#[derive(Debug)]
struct Returned {
    connection: PoolConnection<Sqlite>,
    commit: Option<Answer>,
}

impl Part {
    /// Commits it, together with those that came meanwhile.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        let (answer, committed) = oneshot::channel();
        self.give_back(Some(answer));
        committed.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the store was closed".to_owned())))
    }

    fn give_back(&mut self, commit: Option<Answer>) {
        if let Some(Lent { connection, back }) = self.0.take() {
            // Nobody takes it only where the task has ended with its runtime: then the connection is closed, which undoes everything.
            let _ = back.send(Returned { connection, commit });
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.give_back(None);
    }
}

impl Deref for Part {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.0.as_ref().expect("it is lent until it is committed").connection
    }
}

impl DerefMut for Part {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.0.as_mut().expect("it is lent until it is committed").connection
    }
}

async fn work(pool: SqlitePool, mut queue: mpsc::UnboundedReceiver<Asked>) {
    while let Some(first) = queue.recv().await {
        let begun = async {
            let mut connection = pool.acquire().await?;
            tell(&mut connection, "BEGIN IMMEDIATE").await?;
            Ok::<_, sqlx::Error>(connection)
        };
        match begun.await {
            Ok(connection) => together(connection, first, &mut queue).await,
            Err(error) => drop(first.send(Err(error.into()))),
        }
    }
}

/// Hands an open transaction from part to part for as long as others wait, and commits it.
async fn together(mut connection: PoolConnection<Sqlite>, first: Asked, queue: &mut mpsc::UnboundedReceiver<Asked>) {
    let mut committing: Vec<Answer> = Vec::new();
    let mut next = Some(first);
    let mut failure = None;
    while let Some(asked) = next {
        // The first needs no savepoint: while it is alone, undoing it is undoing the transaction.
        let alone = committing.is_empty();
        if !alone && let Err(error) = tell(&mut connection, "SAVEPOINT part").await {
            let _ = asked.send(Err(error.into()));
            break;
        }
        let Some(returned) = lend(connection, asked).await else { return };
        connection = returned.connection;
        let settled = match (&returned.commit, alone) {
            (Some(_), true) => Ok(()),
            (None, true) => tell(&mut connection, "ROLLBACK").await,
            (Some(_), false) => tell(&mut connection, "RELEASE part").await,
            (None, false) => tell(&mut connection, "ROLLBACK TO part; RELEASE part").await,
        };
        committing.extend(returned.commit);
        // Where the disk is full, for one, the database has undone everything by itself, savepoints and all.
        failure = settled.err();
        if failure.is_some() || committing.is_empty() {
            break;
        }
        next = if committing.len() < MOST { queue.try_recv().ok() } else { None };
    }
    if committing.is_empty() {
        return;
    }
    if failure.is_none() {
        failure = tell(&mut connection, "COMMIT").await.err();
    }
    if failure.is_some() {
        // In vain where the database has done so by itself.
        let _ = tell(&mut connection, "ROLLBACK").await;
    }
    // Given back before anybody is told: whoever is told may want the only connection of a store in memory.
    drop(connection);
    let committed = failure.map_or(Ok(()), |failure| Err(StoreError::from(failure)));
    for answer in committing {
        let _ = answer.send(committed.clone());
    }
}

/// Lends the connection for one part. Nothing comes back only where somebody has forgotten the part.
async fn lend(connection: PoolConnection<Sqlite>, asked: Asked) -> Option<Returned> {
    let (back, returned) = oneshot::channel();
    // Whoever does not wait any longer drops the part, which comes back by that.
    let _ = asked.send(Ok(Part(Some(Lent { connection, back }))));
    returned.await.ok()
}

async fn tell(connection: &mut SqliteConnection, statements: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(statements).execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinHandle;

    use super::*;
    use crate::sqlite::one_writer;

    async fn writer() -> (tempfile::TempDir, SqlitePool, Writer) {
        let folder = tempfile::tempdir().expect("a folder");
        let options = crate::sqlite::options().filename(folder.path().join("beadle.db")).create_if_missing(true);
        let pool = one_writer().connect_with(options.clone()).await.expect("a store");
        sqlx::raw_sql("CREATE TABLE lamp (name TEXT PRIMARY KEY)").execute(&pool).await.expect("a table");
        let reader = crate::sqlite::readers().connect_lazy_with(options.read_only(true));
        (folder, reader, Writer::new(pool))
    }

    async fn put(part: &mut Part, lamp: &'static str) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO lamp (name) VALUES ($1)").bind(lamp).execute(&mut **part).await.map(drop)
    }

    async fn lamps(reader: &SqlitePool) -> Vec<String> {
        sqlx::query_scalar("SELECT name FROM lamp ORDER BY name").fetch_all(reader).await.expect("a list")
    }

    /// Asks for a part before the one before has ended.
    fn ask(writer: &Writer) -> impl Future<Output = Part> + use<> {
        let (asked, part) = oneshot::channel();
        writer.queue.send(asked).expect("the writer works");
        async { part.await.expect("the writer works").expect("a part") }
    }

    /// Has one part put a lamp into the hall and wait for its commit, because a second has begun, which a third waits for.
    async fn three(writer: &Writer) -> (JoinHandle<Result<(), StoreError>>, Part, impl Future<Output = Part> + use<>) {
        let mut first = writer.begin().await.expect("a part");
        let (second, third) = (ask(writer), ask(writer));
        put(&mut first, "hall").await.expect("a lamp");
        let first = tokio::spawn(first.commit());
        (first, second.await, third)
    }

    #[tokio::test]
    async fn those_who_write_at_one_time_are_committed_together() {
        let (_folder, reader, writer) = writer().await;
        let (first, mut second, third) = three(&writer).await;
        put(&mut second, "attic").await.expect("a lamp");
        assert!(!first.is_finished(), "nobody is told before all are safe");
        assert!(lamps(&reader).await.is_empty());
        let second = tokio::spawn(second.commit());
        third.await.commit().await.expect("it is committed");
        first.await.expect("no panic").expect("it is committed");
        second.await.expect("no panic").expect("it is committed");
        assert_eq!(lamps(&reader).await, ["attic", "hall"]);
    }

    #[tokio::test]
    async fn a_part_that_is_given_up_undoes_itself_only() {
        let (_folder, reader, writer) = writer().await;
        let (first, mut second, third) = three(&writer).await;
        put(&mut second, "attic").await.expect("a lamp");
        put(&mut second, "hall").await.expect_err("it stands already");
        drop(second);
        let mut third = third.await;
        put(&mut third, "cellar").await.expect("a lamp");
        third.commit().await.expect("it is committed");
        first.await.expect("no panic").expect("it is committed");
        assert_eq!(lamps(&reader).await, ["cellar", "hall"]);
        let mut alone = writer.begin().await.expect("a part");
        put(&mut alone, "porch").await.expect("a lamp");
        drop(alone);
        writer.begin().await.expect("a part").commit().await.expect("it is committed");
        assert_eq!(lamps(&reader).await, ["cellar", "hall"]);
    }

    #[tokio::test]
    async fn whoever_does_not_wait_for_its_turn_keeps_nobody() {
        let (_folder, reader, writer) = writer().await;
        let mut first = writer.begin().await.expect("a part");
        drop(ask(&writer));
        put(&mut first, "hall").await.expect("a lamp");
        first.commit().await.expect("it is committed");
        assert_eq!(lamps(&reader).await, ["hall"]);
    }

    #[tokio::test]
    async fn what_the_database_undoes_by_itself_is_committed_for_nobody() {
        let (_folder, reader, writer) = writer().await;
        let (first, mut second, third) = three(&writer).await;
        // It has gone before its turn comes.
        drop(third);
        // As on a full disk.
        tell(&mut second, "ROLLBACK").await.expect("there is something to undo");
        drop(second);
        assert!(matches!(first.await.expect("no panic"), Err(StoreError::Unavailable(_))));
        assert!(lamps(&reader).await.is_empty());
        let mut again = writer.begin().await.expect("a part");
        put(&mut again, "hall").await.expect("a lamp");
        again.commit().await.expect("it is committed");
        assert_eq!(lamps(&reader).await, ["hall"]);
    }
}
