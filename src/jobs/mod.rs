//! What is done beside the server without anybody asking for it. Each task is a use case called with a moment, so that a test can
//! be at any; `serve` starts them, and drops them when it is told to stop.

pub mod acceptances;
pub mod forecasts;
pub mod upkeep;

use crate::app::App;
use tokio::task::JoinSet;

/// Starts every task. They end when the set is dropped.
#[must_use]
pub fn start(app: &App) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(forecasts::run(app.clone()));
    tasks.spawn(upkeep::run(app.clone()));
    tasks.spawn(acceptances::run(app.clone()));
    tasks
}
