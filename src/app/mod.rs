//! The use cases, in the user's verbs. Pages, the JSON API, imports and commands all enter here, so that a rule exists once:
//! authorise, load, check, write, record, in that order.

pub mod acceptance;
pub mod access;
pub mod account;
pub mod assumption;
pub mod attempts;
pub mod baseline;
pub mod benefit;
pub mod budget;
pub mod cache;
pub mod change;
pub mod changes;
pub mod check;
pub mod checklist;
pub mod cited;
pub mod comment;
pub mod confirm;
pub mod demo;
pub mod dependency;
pub mod dependency_map;
pub mod digest;
pub mod error;
pub mod evidence;
pub mod export;
pub mod fields;
pub mod forecast;
pub mod gate;
pub mod generate;
mod guard;
pub mod history;
pub mod idempotency;
pub mod import;
pub mod inbound;
pub mod item;
pub mod link;
pub mod list;
pub mod measure;
pub mod meeting;
pub mod mention;
pub mod milestone;
pub mod mspdi;
mod network;
pub mod nudge;
pub mod password;
pub mod people;
pub mod plan;
pub mod program;
pub mod record;
mod reference;
pub mod release;
pub mod report;
pub mod risk;
pub mod roadmap;
pub mod scenario;
pub mod schedule;
pub mod schedule_link;
pub mod search;
pub mod secret;
pub mod selection;
pub mod sign_off;
pub mod stakeholder;
mod standing;
pub mod story;
pub mod survey;
pub mod token;
pub mod transition;
pub mod waiting;
pub mod watch;
pub mod work;
pub mod work_calendar;

use crate::clock::Clock;
use crate::domain::ids::{AccountId, PersonId};
use crate::domain::program::today_in;
use crate::outbound::Outbound;
use crate::store::{Db, Stamp};
use chrono::{DateTime, NaiveDate, Utc};
pub use error::{Error, Result};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The application: what every use case works with.
#[derive(Clone, Debug)]
pub struct App {
    pub db: Db,
    pub clock: Clock,
    /// The address that people use, such as `https://plumbline.example.org`, without a slash at its end; `None` where it isn't
    /// configured.
    pub public_url: Option<Arc<str>>,
    /// What is sent to people outside: mail and chat.
    pub outbound: Outbound,
    /// What was computed from facts, while they stay as they are.
    pub(crate) cache: Arc<cache::Cache>,
    /// Password hashing takes 19 MiB and a core each time: so many at once and no more.
    pub(crate) hashing: Arc<Semaphore>,
    /// A simulation takes all cores and up to 64 MB: so many at once and no more.
    pub(crate) simulating: Arc<Semaphore>,
    /// Simulations that are watched from a page.
    pub(crate) running: Arc<forecast::Running>,
    /// Who failed to sign in lately.
    pub(crate) attempts: Arc<attempts::Attempts>,
    /// Who answered surveys lately.
    pub(crate) answering: Arc<attempts::Attempts>,
}

/// Simulations at once.
pub(crate) const TURNS: usize = 2;

impl App {
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        Self {
            db,
            clock,
            public_url: None,
            outbound: Outbound::default(),
            cache: Arc::default(),
            hashing: Arc::new(Semaphore::new(2)),
            simulating: Arc::new(Semaphore::new(TURNS)),
            running: Arc::default(),
            attempts: Arc::default(),
            answering: Arc::default(),
        }
    }

    /// The same, reached by people at this address.
    #[must_use]
    pub fn at(mut self, public_url: Option<&str>) -> Self {
        self.public_url = public_url.map(|url| url.trim_end_matches('/').into());
        self
    }

    /// The same, which sends mail and chat messages by these ways.
    #[must_use]
    pub fn sending(mut self, outbound: Outbound) -> Self {
        self.outbound = outbound;
        self
    }

    /// The same, which reads all from one moment: what is written meanwhile isn't seen. Nothing is written through it.
    ///
    /// # Errors
    /// When the database is away, or too many are reading so.
    pub async fn at_one_moment(&self) -> Result<Self> {
        Ok(Self { db: self.db.at_one_moment().await?, ..self.clone() })
    }

    /// Whether people reach it over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// Somebody who is signed in, or who holds a token.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub account: AccountId,
    pub person: PersonId,
    pub name: String,
    pub email: String,
    /// Administrator of the instance.
    pub admin: bool,
    /// A token without the scope *write* can't change anything.
    pub may_write: bool,
}

/// One request: who asks, when, and as of which day they want to see things.
#[derive(Clone, Debug)]
pub struct Ctx {
    pub viewer: Viewer,
    pub now: DateTime<Utc>,
    /// Show things as they stood at the end of this day; `None` for as they stand.
    pub as_of: Option<NaiveDate>,
}

impl Ctx {
    /// The day that it is, in UTC: for what belongs to no program.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        today_in("UTC", self.now)
    }

    /// What is kept with each row that this request writes.
    #[must_use]
    pub fn stamp(&self, reason: &str) -> Stamp {
        Stamp { now: self.now, actor: Some(self.viewer.person), reason: reason.to_owned() }
    }

    /// Refuses what only an administrator may do.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn must_administer(&self) -> Result<()> {
        self.must_write()?;
        if self.viewer.admin { Ok(()) } else { Err(Error::Forbidden("Only an administrator may do this.")) }
    }

    /// Refuses a change by a token that may only read.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub const fn must_write(&self) -> Result<()> {
        if self.viewer.may_write {
            Ok(())
        } else {
            Err(Error::Forbidden("This token may only read: it lacks the scope “write”."))
        }
    }

    /// On whose behalf names are looked up.
    #[must_use]
    pub const fn reader(&self) -> crate::store::lookup::Reader {
        crate::store::lookup::Reader { person: self.viewer.person, admin: self.viewer.admin }
    }
}

/// Over which version a write is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The one that was read.
    Version(i32),
    /// Whichever stands.
    Any,
}

impl Over {
    /// Refuses to write over another version than the one that was read.
    ///
    /// # Errors
    /// [`Error::Stale`].
    pub fn must_be(self, current: i32) -> Result<()> {
        if self == Self::Any || self == Self::Version(current) {
            Ok(())
        } else {
            Err(Error::Stale { current })
        }
    }
}

/// What a write may say beside its fields.
#[derive(Clone, Debug, Default)]
pub struct WriteMeta {
    /// From when it holds in the world; today if left out. Earlier than today is a manager's right.
    pub effective_on: Option<NaiveDate>,
    pub reason: String,
}

/// What a reader or an importer may hand in at most: a body of this many bytes.
pub const MAX_BODY: usize = 2 * 1024 * 1024;
