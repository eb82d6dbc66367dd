//! SQL, and only here. Concrete on PostgreSQL. [`Db`] reads; [`Tx`] is the one door for writes: a change goes through it
//! whole, with its history (kept by the database), its events, and the beat of the program's pulse.

pub mod access;
pub mod account;
pub mod allocation;
pub mod baseline;
pub mod bulk;
pub mod change_question;
pub mod checklist;
pub mod collection;
pub mod comment;
pub mod dependency;
pub mod detail;
pub mod event;
pub mod facts;
pub mod forecast;
pub mod gate;
pub mod hold;
pub mod idempotency;
pub mod import;
pub mod inbound;
pub mod item;
pub mod link;
pub mod lookup;
pub mod meeting;
pub mod mention;
pub mod milestone;
pub mod network;
pub mod outline;
pub mod people;
pub mod plan;
pub mod program;
pub mod record;
pub mod release;
pub mod report;
pub mod risk;
pub mod roadmap;
pub mod scenario;
pub mod schedule_link;
pub mod search;
pub mod side_table;
pub mod subject;
pub mod survey;
pub mod waiting;
pub mod watch;
pub mod work;
pub mod work_calendar;

use crate::domain::event::Event;
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgPool, Postgres, Transaction};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// What the database answers when it refuses.
pub type Error = sqlx::Error;
pub type Result<T> = std::result::Result<T, Error>;

/// The migrations, applied under a lock at start.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// The database, for reading.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
    /// Each view of one moment holds a connection beside the pool: so many at once and no more.
    moments: Arc<Semaphore>,
    /// What this view holds of them.
    held: Option<Arc<OwnedSemaphorePermit>>,
}

/// How long a request waits for a connection.
const WAIT: Duration = Duration::from_millis(900);
/// Views of one moment at once.
const MOMENTS: usize = 8;
/// How long a view waits for its reader, in milliseconds: one who doesn't read on must not keep old rows from being cleared away.
const PATIENCE: &str = "120000";

/// What the database says of itself.
#[derive(Clone, Debug)]
pub struct About {
    pub version: String,
    /// Its own clock.
    pub now: DateTime<Utc>,
    pub bytes: i64,
    /// It only reads.
    pub standby: bool,
}

/// Who writes, when, and why: kept with every row version.
#[derive(Clone, Debug)]
pub struct Stamp {
    pub now: DateTime<Utc>,
    pub actor: Option<PersonId>,
    pub reason: String,
}

/// A new id: UUID v7, in the order of time.
#[must_use]
pub fn new_id(now: DateTime<Utc>) -> Uuid {
    let context = uuid::NoContext;
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(context, seconds, now.timestamp_subsec_nanos()))
}

impl Db {
    /// Connects, without waiting for a first connection.
    #[must_use]
    pub fn new(options: PgConnectOptions, connections: u32) -> Self {
        let options = options.application_name("plumbline").options([("statement_timeout", "30000")]);
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .min_connections(1)
            .acquire_timeout(WAIT)
            .test_before_acquire(false)
            .connect_lazy_with(options);
        Self { pool, moments: Arc::new(Semaphore::new(MOMENTS)), held: None }
    }

    /// The database as it stands at the first thing that is read through this view, and so for all that is read after it: one
    /// connection in one transaction (repeatable read, read only), for as long as the view is kept. Nothing is written through it.
    ///
    /// # Errors
    /// When the database is away, or too many such views are open.
    pub async fn at_one_moment(&self) -> Result<Self> {
        if self.held.is_some() {
            return Ok(self.clone());
        }
        let turn = tokio::time::timeout(WAIT, self.moments.clone().acquire_owned()).await;
        let held = turn.map_err(|_| Error::PoolTimedOut)?.map_err(|_| Error::PoolClosed)?;
        let options = (*self.pool.connect_options()).clone();
        let options = options.options([("idle_in_transaction_session_timeout", PATIENCE)]);
        let once = Arc::new(AtomicBool::new(false));
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(WAIT)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .after_connect(move |conn, _| {
                let again = once.swap(true, Ordering::Relaxed);
                Box::pin(async move {
                    // A second connection would see another moment.
                    if again {
                        return Err(Error::PoolClosed);
                    }
                    conn.execute("begin isolation level repeatable read, read only").await?;
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool, moments: self.moments.clone(), held: Some(Arc::new(held)) })
    }

    /// Applies the migrations; instances that start together take turns.
    ///
    /// # Errors
    /// When a migration fails, or the database holds others than this version knows.
    pub async fn migrate(&self) -> std::result::Result<(), sqlx::migrate::MigrateError> {
        // A connection of its own: a migration, or the wait for another instance's, may take longer than a query may.
        let mut conn = sqlx::PgConnection::connect_with(&self.pool.connect_options()).await?;
        sqlx::query("set statement_timeout = 0").execute(&mut conn).await?;
        MIGRATIONS.run(&mut conn).await?;
        conn.close().await?;
        Ok(())
    }

    /// What the database says of itself, for `doctor`.
    ///
    /// # Errors
    /// When it doesn't answer.
    pub async fn about(&self) -> Result<About> {
        sqlx::query_as!(
            About,
            r#"select current_setting('server_version') as "version!", clock_timestamp() as "now!",
                      pg_database_size(current_database()) as "bytes!", pg_is_in_recovery() as "standby!""#
        )
        .fetch_one(&self.pool)
        .await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it doesn't.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query!("select 1 as one").fetch_one(&self.pool).await.map(drop)
    }

    /// Whether the database has every migration that this version knows.
    ///
    /// # Errors
    /// When it doesn't answer.
    pub async fn is_migrated(&self) -> Result<bool> {
        // Unchecked at build: the table is made by the migrator itself, not by a migration.
        let applied: std::result::Result<Vec<i64>, _> =
            sqlx::query_scalar("select version from _sqlx_migrations where success")
                .fetch_all(&self.pool)
                .await;
        match applied {
            Ok(applied) => Ok(MIGRATIONS.iter().all(|migration| applied.contains(&migration.version))),
            Err(sqlx::Error::Database(refusal)) if refusal.code().as_deref() == Some("42P01") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Opens the door for a write.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn begin(&self, stamp: &Stamp) -> Result<Tx> {
        let mut inner = self.pool.begin().await?;
        sqlx::query!(
            "select set_config('plumbline.now', $1, true) as now, set_config('plumbline.actor', $2, true) as actor,
                    set_config('plumbline.reason', $3, true) as reason",
            stamp.now.to_rfc3339(),
            stamp.actor.map(|actor| actor.to_string()).unwrap_or_default(),
            stamp.reason,
        )
        .fetch_one(&mut *inner)
        .await?;
        Ok(Tx { inner, stamp: stamp.clone(), beats: BTreeSet::new(), events: Vec::new() })
    }

    /// Waits for requests in flight and closes the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(in crate::store) const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The pool, for tests and tools that look into the database from outside.
    #[must_use]
    pub const fn raw(&self) -> &PgPool {
        &self.pool
    }
}

/// The one door for writes. What is written through it is kept whole or not at all; dropping it undoes everything.
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    stamp: Stamp,
    beats: BTreeSet<Uuid>,
    events: Vec<serde_json::Value>,
}

impl Tx {
    /// Who writes, when and why.
    #[must_use]
    pub const fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// Tells what happened; it is written when the transaction is.
    pub fn record(&mut self, program: Option<ProgramId>, item: Option<ItemId>, on: NaiveDate, event: &Event) {
        self.record_because(program, item, on, event, None);
    }

    /// Tells what happened and why, where the reason isn't that of the whole transaction.
    pub fn record_because(
        &mut self,
        program: Option<ProgramId>,
        item: Option<ItemId>,
        on: NaiveDate,
        event: &Event,
        reason: Option<&str>,
    ) {
        let (name, data) = event.stored();
        let reason = reason.unwrap_or(&self.stamp.reason);
        self.events.push(serde_json::json!({
            "program": program, "item": item, "name": name, "data": data, "effective_on": on,
            "recorded_at": self.stamp.now, "actor": self.stamp.actor, "reason": (!reason.is_empty()).then_some(reason),
        }));
        self.touch(program);
    }

    /// Says that what is computed from this program (or, for none, from what programs share) no longer holds.
    pub fn touch(&mut self, program: Option<ProgramId>) {
        self.beats.insert(program.map_or(Uuid::nil(), |program| program.0));
    }

    /// Writes the events, moves the pulses of what was touched and of all programs that hang together with it, and commits;
    /// listeners are told.
    ///
    /// # Errors
    /// When the database refuses; then nothing was written.
    pub async fn commit(mut self) -> Result<()> {
        let programs: Vec<Uuid> = self.beats.iter().copied().collect();
        let events = serde_json::Value::Array(std::mem::take(&mut self.events));
        sqlx::query!(
            "with told as (
                 insert into event (program, item, name, data, effective_on, recorded_at, actor, reason)
                 select program, item, name, data, effective_on, recorded_at, actor, reason
                 from jsonb_populate_recordset(null::event, $1)
             ), locked as (
                 select p.program from pulse p
                 where p.program in (select unnest($2::uuid[]) union select other from program_reach where program = any($2))
                 order by p.program for update
             ), beaten as (
                 update pulse set beat = beat + 1 from locked where pulse.program = locked.program
                 returning pulse.program, pulse.beat
             )
             select pg_notify('plumbline', program || ' ' || beat) from beaten",
            events,
            &programs,
        )
        .fetch_all(&mut *self.inner)
        .await?;
        self.inner.commit().await
    }

    pub(in crate::store) fn conn(&mut self) -> &mut sqlx::PgConnection {
        &mut self.inner
    }
}
