//! Where an item stands in the schedule, on its page: its computed dates, held against what is stated, and what drives it.

use super::facts::Figure;
use super::words;
use crate::app::access::Entered;
use crate::app::schedule::{self, Schedule};
use crate::app::{self, App, Ctx, plan};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::Kind;
use crate::domain::milestone::ForecastSource;
use crate::domain::plan::{Plan, PlanLink};
use crate::domain::schedule::ItemIx;
use crate::domain::schedule_link::KINDS;
use crate::web::schedule::float_words;
use crate::web::shell::Shell;
use chrono::NaiveDate;

/// What drives an item.
#[derive(Clone, Debug)]
pub struct Driver {
    pub href: String,
    pub reference: String,
    pub title: String,
    pub terms: String,
}

#[derive(Clone, Debug, Default)]
pub struct Standing {
    pub figures: Vec<Figure>,
    pub drivers: Vec<Driver>,
    /// Drivers that the reader may not see.
    pub hidden: usize,
    /// What is said where nothing drives it.
    pub undriven: &'static str,
    pub warning: Option<String>,
    /// The path to it.
    pub href: String,
}

/// How far apart two dates are, in words: “6 working days later than stated”.
fn apart(days: i64, than: &str) -> String {
    match days {
        0 => format!("as {than}"),
        1 => format!("1 working day later than {than}"),
        -1 => format!("1 working day earlier than {than}"),
        2.. => format!("{days} working days later than {than}"),
        _ => format!("{} working days earlier than {than}", -days),
    }
}

/// What the network says of a milestone, in a sentence; none where nothing leads to it.
fn said(plan: &Plan, ix: ItemIx) -> Option<String> {
    let on = plan.computed_on(ix)?;
    let apart = plan.gap(ix).map(|gap| format!(", {}", apart(gap, "stated"))).unwrap_or_default();
    Some(format!("The network says {}{apart}.", words::day(on)))
}

/// What the form of a milestone says beside its forecast.
///
/// # Errors
/// When the database is away.
pub async fn hint(app: &App, entered: &Entered, item: &Item) -> app::Result<Option<String>> {
    let Detail::Milestone(own) = &item.detail else { return Ok(None) };
    let plan = plan::if_any(app, entered).await?;
    let said = plan.and_then(|plan| said(&plan, plan.find(item.id)?));
    Ok(match own.forecast_from {
        ForecastSource::Computed => {
            Some("The network says this forecast; to state it yourself, choose so below.".to_owned())
        }
        ForecastSource::Stated => said,
    })
}

/// Where an item stands; none for what is not in the network, or done.
///
/// # Errors
/// When the database is away.
pub async fn of(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    item: &Item,
    shell: &Shell,
) -> app::Result<Option<Standing>> {
    if !KINDS.contains(&item.kind) || !item.is_open() {
        return Ok(None);
    }
    let schedule = match schedule::of(app, ctx, entered).await {
        Err(app::Error::Refused(_)) => return Ok(None),
        schedule => schedule?,
    };
    let Some(ix) = schedule.plan.find(item.id) else { return Ok(None) };
    Ok(Some(standing(&schedule, ix, item.kind, shell)))
}

fn standing(schedule: &Schedule, ix: ItemIx, kind: Kind, shell: &Shell) -> Standing {
    let plan = &*schedule.plan;
    let dates = plan.dates(ix);
    let figure = |label, value: String, class, note: String| Figure { label, value, class, note };
    let day = |label, on: NaiveDate| figure(label, words::day(on), "", String::new());
    let mut figures = Vec::new();
    let mut warning = None;
    let class = |days: Option<i64>| if days.is_some_and(|days| days > 0) { "bad" } else { "" };
    match kind {
        Kind::Activity => {
            figures.push(day("Starts", plan.starts_on(ix)));
            figures.push(day("Finishes", plan.finishes_on(ix)));
            if dates.early_start != dates.late_start {
                figures.push(day("Starts at the latest", dates.late_start.start_day()));
            }
            figures.push(day("Finishes at the latest", plan.latest_on(ix)));
        }
        Kind::Dependency => {
            if let Some(on) = plan.computed_on(ix) {
                let missed = plan.missed_by(ix);
                let note = missed.map(|days| apart(days, "needed")).unwrap_or_default();
                figures.push(figure("The network delivers", words::day(on), class(missed), note));
            }
        }
        _ => {
            if let Some(on) = plan.computed_on(ix) {
                let gap = plan.gap(ix);
                let note = gap.map(|days| apart(days, "stated")).unwrap_or_default();
                figures.push(figure("The network says", words::day(on), class(gap), note));
            }
        }
    }
    let note = if dates.critical { "critical" } else { "" };
    let late = if dates.total_float < 0 { "bad" } else { "" };
    figures.push(figure("Total float", float_words(dates.total_float.into()), late, note.to_owned()));
    if kind == Kind::Activity {
        figures.push(figure("Free float", float_words(dates.free_float.into()), "", String::new()));
    }
    if let Some(cause) = schedule.cause(ix) {
        let what = match cause.item {
            Some(by) if by == ix => "It".to_owned(),
            Some(by) => plan.reference(by).to_string(),
            None => "An item that you may not see".to_owned(),
        };
        warning =
            Some(format!("{what} {} {}: that can't be kept as planned.", cause.words, words::day(cause.on)));
    }
    let (drivers, hidden) = schedule.drivers(ix);
    let driver = |by: ItemIx| {
        let reference = plan.reference(by);
        Driver {
            href: shell.href(&reference.path()),
            reference: reference.to_string(),
            title: plan.node(by).title.clone(),
            terms: plan.link(by, ix).map(PlanLink::terms).unwrap_or_default(),
        }
    };
    Standing {
        figures,
        drivers: drivers.into_iter().map(driver).collect(),
        hidden,
        undriven: if plan.is_computed(ix) {
            "Nothing that it waits for drives it: it is not before today, or where its constraint puts it."
        } else {
            "It waits for nothing in the schedule."
        },
        warning,
        href: shell.program_href(&format!("/schedule?to={}", plan.reference(ix))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_held_against_each_other_in_words() {
        for (days, words) in [
            (0, "as stated"),
            (1, "1 working day later than stated"),
            (6, "6 working days later than stated"),
            (-1, "1 working day earlier than stated"),
            (-3, "3 working days earlier than stated"),
        ] {
            assert_eq!(apart(days, "stated"), words);
        }
    }
}
