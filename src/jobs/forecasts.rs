//! Once a day in each program, forecasts that are what the network says are restated: work that has not begun is never planned
//! before today, so the day alone moves dates.

use crate::app::plan::{self, Days};
use crate::app::{App, Result};
use chrono::{DateTime, Utc};
use std::time::Duration;

/// How often it is looked whether a day has begun somewhere.
const EVERY: Duration = Duration::from_mins(10);

/// Which programs were seen to, and on which of their days.
#[derive(Clone, Debug, Default)]
pub struct Daily(Days);

impl Daily {
    /// Restates the forecasts of the programs in which a day has begun since they were seen to; how many were written.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn pass(&mut self, app: &App, now: DateTime<Utc>) -> Result<usize> {
        let mut written = 0;
        for (program, day) in plan::due(app, now).await? {
            if self.0.get(&program).is_some_and(|seen| *seen >= day) {
                continue;
            }
            // A program that can't be scheduled doesn't keep the others from it.
            match plan::restate(app, now, None, &[program]).await {
                Ok((together, count)) => {
                    self.0.extend(together);
                    written += count;
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, %program, "not restated");
                }
            }
            self.0.insert(program, day);
        }
        Ok(written)
    }
}

/// Sees to it for as long as the server runs.
pub(super) async fn run(app: App) {
    let mut daily = Daily::default();
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = daily.pass(&app, app.clock.now()).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "computed forecasts were not restated");
        }
    }
}
