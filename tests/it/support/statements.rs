//! How many statements are sent to the database.

use std::cell::Cell;
use std::fmt::Debug;
use std::sync::Once;
use std::thread::LocalKey;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Metadata, Subscriber, subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

thread_local! {
    static SENT: Cell<usize> = const { Cell::new(0) };
}

/// Counts those that are sent on this thread, on which a test, its server and its pool all live.
#[derive(Clone, Copy)]
pub struct Statements(&'static LocalKey<Cell<usize>>);

impl Statements {
    /// Counts from now on. One listener serves all tests of a process: were there one a test, it would hang on which test sends the
    /// first statement whether any are told.
    pub fn listen() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            subscriber::set_global_default(tracing_subscriber::registry().with(Counter))
                .expect("nobody else listens");
        });
        SENT.set(0);
        Self(&SENT)
    }

    /// How many there were since this was asked last.
    pub fn taken(self) -> usize {
        self.0.take()
    }
}

struct Counter;

impl<S: Subscriber> Layer<S> for Counter {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut told = Told(false);
        event.record(&mut told);
        // A new connection asks for its types first.
        if !told.0 {
            SENT.set(SENT.get() + 1);
        }
    }
}

/// Whether a statement asks for the types of the database.
struct Told(bool);

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 |=
            matches!(field.name(), "summary" | "db.statement") && format!("{value:?}").contains("pg_catalog");
    }
}
