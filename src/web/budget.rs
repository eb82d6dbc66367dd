//! The budget by category and month, and the capacity of teams by month over all programs.

use super::extract::{Place, Web};
use super::present::{PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::enter;
use crate::app::{App, budget, program, record};
use crate::domain::allocation::{Allocation, Load, Matrix};
use crate::domain::budget::{BudgetLine, Sums, Table};
use crate::store::lookup::Names;
use crate::web::chart;
use askama::Template;
use axum::extract::{Path, State};
use std::borrow::Borrow;

pub(super) fn routes() -> Routes {
    Routes::new().get("/programs/{key}/budget", show).get("/programs/{key}/capacity", capacity)
}

/// Money as it is read, in whole units.
fn money(amount: impl Borrow<f64>) -> String {
    chart::number(amount.borrow().round(), 0)
}

fn maybe(amount: Option<&f64>) -> String {
    amount.map_or_else(|| "–".to_owned(), |amount| money(*amount))
}

fn days(days: impl Borrow<f64>) -> String {
    chart::number(*days.borrow(), 1)
}

#[derive(Template)]
#[template(path = "budget/page.html")]
struct BudgetPage {
    shell: Shell,
    key: String,
    may_manage: bool,
    currency: String,
    budget: Option<f64>,
    /// The budget, else all that is planned: what the forecast at completion is held against.
    against: f64,
    table: Table,
    lines: Vec<BudgetLine>,
    names: Names,
}

async fn show(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let then = program::as_shown(&app, &entered).await?;
    let lines = record::list::<BudgetLine>(&app, &entered).await?;
    let names = super::record::names_of(&app, &ctx, &lines).await?;
    let table = Table::new(&lines, entered.day());
    page(&BudgetPage {
        shell: place.program_shell(&ctx, &entered, "budget"),
        key: entered.key().to_owned(),
        may_manage: entered.may_manage(),
        currency: then.currency,
        budget: then.budget,
        against: then.budget.unwrap_or(table.all.planned),
        table,
        lines,
        names,
    })
}

impl BudgetPage {
    /// By how much the forecast at completion is above the budget, in percent.
    fn over(&self) -> Option<f64> {
        self.table.all.over(self.against)
    }

    fn colour(&self) -> &'static str {
        match self.over() {
            None => "none",
            Some(over) if over > 10.0 => "red",
            Some(over) if over > 5.0 => "amber",
            Some(_) => "green",
        }
    }

    fn difference(&self) -> String {
        let Some(over) = self.over() else { return "no budget to hold it against".to_owned() };
        let side = if over < 0.0 { "below" } else { "above" };
        let what = if self.budget.is_some() { "the budget" } else { "the plan" };
        format!("{}\u{a0}% {side} {what}", chart::number(over.abs(), 1))
    }

    /// More than was planned.
    fn is_over(sums: &Sums) -> bool {
        sums.at_completion > sums.planned + 0.005
    }

    fn project(&self, line: &BudgetLine) -> String {
        self.names.project(line.project).unwrap_or_default().to_owned()
    }
}

#[derive(Template)]
#[template(path = "budget/capacity.html")]
struct CapacityPage {
    shell: Shell,
    key: String,
    may_manage: bool,
    matrix: Matrix,
    lines: Vec<Allocation>,
    names: Names,
}

async fn capacity(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let lines = record::list::<Allocation>(&app, &entered).await?;
    let names = super::record::names_of(&app, &ctx, &lines).await?;
    page(&CapacityPage {
        shell: place.program_shell(&ctx, &entered, "capacity"),
        key: entered.key().to_owned(),
        may_manage: entered.may_manage(),
        matrix: budget::capacity(&app, &ctx, &entered).await?,
        lines,
        names,
    })
}

impl CapacityPage {
    /// What a month of a team is made of, in words.
    fn parts(load: &Load) -> String {
        let mut parts: Vec<_> =
            load.parts.iter().map(|(name, planned)| format!("{name} {}", days(*planned))).collect();
        match load.hidden {
            (0, _) => {}
            (1, planned) => parts.push(format!("{} in a program that you may not see", days(planned))),
            (programs, planned) => {
                parts.push(format!("{} in {programs} programs that you may not see", days(planned)));
            }
        }
        parts.join(", ")
    }

    fn team(&self, line: &Allocation) -> String {
        self.names.team(line.team).unwrap_or_default().to_owned()
    }

    fn project(&self, line: &Allocation) -> String {
        self.names.project(line.project).unwrap_or_default().to_owned()
    }
}
