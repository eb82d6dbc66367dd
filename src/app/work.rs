//! My work: all that waits for the reader, over all programs.

use super::{App, Ctx, Result};
use crate::domain::nudge::QUIET_DAYS;
use crate::store;
use crate::store::work::Row;
use chrono::{Days, NaiveDate};
use std::collections::{HashMap, HashSet};

/// An own item is due *soon* within this many days.
pub const SOON_DAYS: u64 = 14;

/// All that waits for one person.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// What others wait for: decisions escalated to the reader, change requests to approve, dependencies to agree or to consent to.
    pub waiting: Vec<Row>,
    /// Own items by their next date.
    pub overdue: Vec<Row>,
    pub soon: Vec<Row>,
    pub later: Vec<Row>,
    pub undated: Vec<Row>,
    /// How many own items were not updated for 14 days.
    pub quiet: usize,
}

impl Work {
    /// All own items that are in one of the groups.
    #[must_use]
    pub fn own(&self) -> usize {
        self.overdue.len() + self.soon.len() + self.later.len() + self.undated.len()
    }

    /// What is to be done now: all that others wait for, and own items that are overdue or due soon.
    #[must_use]
    pub fn due(&self) -> usize {
        self.waiting.len() + self.overdue.len() + self.soon.len()
    }
}

/// Whether an item was not updated for [`QUIET_DAYS`].
#[must_use]
pub fn is_quiet(row: &Row, day: NaiveDate) -> bool {
    (day - row.updated_on).num_days() > QUIET_DAYS
}

/// Reads what waits; `quiet` leaves only own items that were not updated for 14 days.
///
/// # Errors
/// When the database is away.
pub async fn mine(app: &App, ctx: &Ctx, quiet: bool) -> Result<Work> {
    let today = ctx.today();
    let as_of = ctx.as_of.filter(|day| *day < today);
    let day = as_of.unwrap_or(today);
    let soon = day.checked_add_days(Days::new(SOON_DAYS)).unwrap_or(day);
    let mut work = Work::default();
    let mut said = HashSet::new();
    let mut rows = store::work::of(&app.db, ctx.reader(), as_of).await?;
    decide_by(app, &mut rows).await?;
    for row in rows {
        // What waits for an answer is not said a second time as an own item.
        if !said.insert((row.program_key.clone(), row.kind, row.number)) {
            continue;
        }
        if row.why != "own" {
            work.waiting.push(row);
            continue;
        }
        if is_quiet(&row, day) {
            work.quiet += 1;
        } else if quiet {
            continue;
        }
        match row.next_on {
            Some(next) if next < day => work.overdue.push(row),
            Some(next) if next <= soon => work.soon.push(row),
            Some(_) => work.later.push(row),
            None => work.undated.push(row),
        }
    }
    work.waiting.sort_by_key(|row| (row.next_on.is_none(), row.next_on));
    Ok(work)
}

/// A change request that waits for approval is to be decided by the day from which its waiting is too long in its program.
async fn decide_by(app: &App, rows: &mut [Row]) -> Result<()> {
    let mut programs: Vec<_> = rows.iter().filter(|row| row.since.is_some()).map(|row| row.program).collect();
    programs.sort_unstable();
    programs.dedup();
    if programs.is_empty() {
        return Ok(());
    }
    let terms: HashMap<_, _> = store::watch::programs(&app.db, Some(&programs))
        .await?
        .into_iter()
        .map(|(program, _)| {
            let days = program.thresholds().scope_wait_working_days;
            (program.id, (program.calendar(), u32::try_from(days).unwrap_or_default()))
        })
        .collect();
    for row in rows {
        if let (Some(since), Some((calendar, days))) = (row.since, terms.get(&row.program)) {
            row.next_on = Some(calendar.add_working_days(since, *days));
        }
    }
    Ok(())
}
