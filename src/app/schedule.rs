//! The schedule of a program, as far as a reader may see it: its plan, with what of other programs is on its paths.

use super::access::Entered;
use super::plan::{self, Sight};
use super::{App, Ctx, Result};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::kind::{Kind, Reference};
use crate::domain::plan::Plan;
use crate::domain::schedule::{Constraint, ItemIx, Near, Why};
use crate::store;
use crate::store::lookup::Names;
use chrono::NaiveDate;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A plan and what of it a reader sees.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub plan: Arc<Plan>,
    pub sight: Sight,
    /// The program that was asked for.
    pub program: ProgramId,
}

/// What makes a float negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// None where the reader may not see the item.
    pub item: Option<ItemIx>,
    /// `deadline`, or the constraint as the API names it.
    pub kind: &'static str,
    /// The same in words, such as “must finish by”.
    pub words: &'static str,
    pub on: NaiveDate,
}

/// The schedule of the day that is shown.
///
/// # Errors
/// When the database is away; refused where what is kept can't be scheduled.
pub async fn of(app: &App, ctx: &Ctx, entered: &Entered) -> Result<Schedule> {
    let plan = plan::plan(app, entered).await?;
    let sight = plan::sight(app, ctx, &plan).await?;
    Ok(Schedule { plan, sight, program: entered.program().id })
}

/// The names of those who own items that a page names.
///
/// # Errors
/// When the database is away.
pub async fn owners(app: &App, ctx: &Ctx, plan: &Plan, items: &[ItemIx]) -> Result<Names> {
    let mut ids: Vec<_> = items.iter().filter_map(|ix| plan.node(*ix).owner).map(|owner| owner.0).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(store::lookup::names(&app.db, ctx.reader(), &ids).await?)
}

/// The identifiers that items had in the plans that they were imported from.
///
/// # Errors
/// When the database is away.
pub async fn uids(app: &App, plan: &Plan) -> Result<HashMap<ItemId, i64>> {
    let programs: Vec<_> = plan.programs().iter().map(|program| program.id).collect();
    Ok(store::import::uids(&app.db, &programs).await?)
}

impl Schedule {
    #[must_use]
    pub fn sees(&self, ix: ItemIx) -> bool {
        self.sight.sees(self.plan.node(ix))
    }

    /// What a text names by its reference, `ATLAS-M3`, or by the end of it, `M3`.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<ItemIx> {
        let text = text.trim();
        let own = self.plan.program(self.program).map_or("", |program| program.key.as_str());
        let named = Reference::parse(text).or_else(|| Reference::parse(&format!("{own}-{text}")))?;
        let there = |program: ProgramId| {
            self.plan.program(program).is_some_and(|program| program.key == named.program)
        };
        let mut items = self.plan.items();
        let found = items
            .find(|(_, node)| (node.kind, node.number) == (named.kind, named.number) && there(node.program));
        found.map(|(ix, _)| ix).filter(|ix| self.sees(*ix))
    }

    /// What paths lead to where nothing is asked for: the open milestone of the program that is reached last, else whatever
    /// finishes last.
    #[must_use]
    pub fn last(&self) -> Option<ItemIx> {
        let plan = &self.plan;
        let open = plan
            .items_of(self.program)
            .filter(|(ix, node)| plan.is_open(*ix) && node.kind == Kind::Milestone);
        let last = open.max_by_key(|(ix, node)| {
            (plan.dates(*ix).early_finish, plan.is_computed(*ix), std::cmp::Reverse(node.number))
        });
        last.map(|(ix, _)| ix).or_else(|| plan.last_of(self.program))
    }

    /// The items of the program, then those of other programs that lead to them; and how many the reader may not see.
    #[must_use]
    pub fn items(&self) -> (Vec<ItemIx>, usize) {
        let mut items: Vec<ItemIx> = self.plan.items_of(self.program).map(|(ix, _)| ix).collect();
        let (seen, hidden): (Vec<_>, Vec<_>) =
            self.plan.leading_to(self.program).into_iter().partition(|ix| self.sees(*ix));
        items.extend(seen);
        (items, hidden.len())
    }

    /// The items that determine when another is, as far as the reader may see them; and how many they may not.
    #[must_use]
    pub fn drivers(&self, ix: ItemIx) -> (Vec<ItemIx>, usize) {
        let all: HashSet<ItemIx> = self.plan.drivers(ix).into_iter().map(|link| link.from).collect();
        let hidden = all.iter().filter(|ix| !self.sees(**ix)).count();
        let mut seen: Vec<_> = all.into_iter().filter(|ix| self.sees(*ix)).collect();
        seen.sort_unstable();
        (seen, hidden)
    }

    /// The paths of least float to an item beside the critical one; at most `count`.
    #[must_use]
    pub fn beside(&self, to: ItemIx, critical: &[ItemIx], count: usize) -> Vec<Near> {
        let found = self.plan.engine().near_critical(to, count + 1).into_iter();
        found.filter(|near| near.items != critical).take(count).collect()
    }

    /// The constraint or deadline that makes an item's float negative.
    #[must_use]
    pub fn cause(&self, ix: ItemIx) -> Option<Cause> {
        let cause = self.plan.engine().cause_of_negative_float(ix)?;
        let (kind, words, on) = match cause.why {
            Why::Deadline(moment) => ("deadline", "has its deadline on", moment.finish_day()),
            Why::Constraint(Constraint::StartNoLaterThan(moment)) => {
                ("start_no_later_than", "must start by", moment.start_day())
            }
            Why::Constraint(Constraint::MustStartOn(moment)) => {
                ("must_start_on", "must start on", moment.start_day())
            }
            Why::Constraint(Constraint::FinishNoLaterThan(moment)) => {
                ("finish_no_later_than", "must finish by", moment.finish_day())
            }
            Why::Constraint(Constraint::MustFinishOn(moment)) => {
                ("must_finish_on", "must finish on", moment.finish_day())
            }
            Why::Constraint(_) => return None,
        };
        Some(Cause { item: Some(cause.item).filter(|ix| self.sees(*ix)), kind, words, on })
    }
}
