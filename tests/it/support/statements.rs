//! How many statements are sent to the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing_subscriber::layer::{Context, Layer};

/// Counts them, as a layer of a subscriber.
#[derive(Clone, Default)]
pub struct Statements(Arc<AtomicUsize>);

impl Statements {
    /// How many there were since this was asked last, on the thread that listens.
    pub fn taken(&self) -> usize {
        // Where another test sent the first statement, on a thread on which nobody listens, it is kept that nobody does.
        tracing::callsite::rebuild_interest_cache();
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}
