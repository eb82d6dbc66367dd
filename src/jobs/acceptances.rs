//! Risks whose acceptance has ended are opened again: looked for every ten minutes, since a day begins somewhere else at any time.

use crate::app::{App, acceptance};
use std::time::Duration;

const EVERY: Duration = Duration::from_mins(10);

/// Sees to it for as long as the server runs.
pub(super) async fn run(app: App) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = acceptance::expire(&app, app.clock.now()).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "ended acceptances were not seen to");
        }
    }
}
