//! A scenario applied: a change request is made of it and submitted. Nothing of the plan changes until that is approved.

use super::{Base, Outcome, base, outcome, write};
use crate::app::access::Entered;
use crate::app::change::question;
use crate::app::item::{blank, write_new};
use crate::app::{App, Ctx, Error, Result};
use crate::domain::change::{Change, Commitment};
use crate::domain::event::Event;
use crate::domain::ids::ProgramId;
use crate::domain::item::Detail;
use crate::domain::kind::{Kind, State};
use crate::domain::plan::{Of, Plan};
use crate::domain::scenario::{Effect, Scenario, ScenarioState, Step, adds};
use crate::domain::schedule::Moment;
use crate::domain::transition::{self, Move};
use crate::store;
use chrono::NaiveDate;

pub(super) async fn apply(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    mut scenario: Scenario,
    reason: &str,
) -> Result<Scenario> {
    let program = entered.program().id;
    let base = base(app, ctx, entered).await?;
    let outcome = outcome(app, entered, &base, &scenario.steps).await?;
    if !scenario.steps.iter().any(|step| is_own(&base, program, step)) {
        let why =
            "None of its changes is to this program: ask the managers of the programs that they are to.";
        return Err(Error::refused("to", why));
    }
    let on = entered.today().max(scenario.effective_on);
    let mut item = blank(program, Kind::Change, ctx.now, on);
    item.title.clone_from(&scenario.title);
    item.owner = Some(ctx.viewer.person);
    item.description = description(&scenario, &outcome, program);
    item.detail = Detail::Change(Box::new(effect(&scenario, &outcome, program, reason)));
    item.settle();
    transition::apply(&mut item, &Move { by: Some(ctx.viewer.person.0), ..Move::new(State::Submitted, on) })?;
    let affected = question::of_steps(app, &base, &scenario.steps).await?;
    let mut tx = app.db.begin(&ctx.stamp(reason)).await?;
    item.number = store::item::take_numbers(&mut tx, program, Kind::Change, 1).await?;
    write_new(&mut tx, Kind::Change, std::slice::from_ref(&item)).await?;
    tx.record(Some(program), Some(item.id), on, &Event::Raised {});
    let submitted = Event::Moved { from: State::Draft, to: State::Submitted };
    tx.record(Some(program), Some(item.id), on, &submitted);
    question::ask(&mut tx, &item, &affected).await?;
    scenario.state = ScenarioState::Applied;
    scenario.change_request = Some(item.id);
    scenario.base_on = base.plan.day();
    scenario.effective_on = on;
    let event = Event::ScenarioMoved { number: scenario.number, to: ScenarioState::Applied.name().into() };
    write(&mut tx, ctx, &mut scenario, &event).await?;
    tx.commit().await?;
    Ok(scenario)
}

/// Whether a step is to the program itself: to its items, to the links that these wait by, or to what it adds.
pub(super) fn is_own(base: &Base, program: ProgramId, step: &Step) -> bool {
    match step.items().first() {
        None => true,
        Some(item) if adds(*item).is_some() => true,
        Some(item) => base.node(*item).is_some_and(|node| node.program == program),
    }
}

/// What the change request says that it does.
fn effect(scenario: &Scenario, outcome: &Outcome, program: ProgramId, reason: &str) -> Change {
    let count = |which: &dyn Fn(&Step) -> bool| {
        let own = scenario.steps.iter().filter(|step| is_own(&outcome.base, program, step) && which(step));
        i32::try_from(own.count()).unwrap_or(i32::MAX)
    };
    let adds = count(&|step| matches!(step, Step::Add(_)));
    let removes = count(&|step| matches!(step, Step::Drop { .. }));
    let moved = outcome.difference.milestones().filter(|moved| moved.of.program == program);
    let rebaseline = moved
        .filter(|moved| moved.committed_on.is_some_and(|committed| committed != moved.to))
        .map(|moved| Commitment { item: moved.of.item, committed_on: moved.to })
        .collect();
    let reason = [reason, &scenario.description, &scenario.title].into_iter().find(|text| !text.is_empty());
    let mut change = Change {
        kinds: vec!["schedule".to_owned()],
        reason: reason.unwrap_or_default().chars().take(10_000).collect(),
        adds,
        removes,
        redefines: count(&|step| matches!(step, Step::Estimate { .. })),
        schedule_days: slip(outcome, program),
        rebaseline,
        ..Change::default()
    };
    change.complete();
    change
}

/// By how many working days the program's last milestone moves; where it has none, its finish.
fn slip(outcome: &Outcome, program: ProgramId) -> Option<i32> {
    let last = |plan: &Plan| -> Option<NaiveDate> {
        let milestones = plan.items_of(program).filter(|(_, node)| matches!(node.of, Of::Milestone { .. }));
        milestones.map(|(ix, _)| plan.finishes_on(ix)).max()
    };
    let finish = |plan: &Plan| last(plan).or_else(|| plan.finish_of(program).map(Moment::finish_day));
    let calendar = &outcome.after.program(program)?.calendar;
    let days = calendar.working_days(finish(&outcome.base.plan)?, finish(&outcome.after)?);
    i32::try_from(days).ok()
}

/// The changes in words, with references; what other programs are asked for; and what follows.
fn description(scenario: &Scenario, outcome: &Outcome, program: ProgramId) -> String {
    let base = &outcome.base;
    let words = |step: &Step| format!("- {}", step.words(|item| base.name(&scenario.steps, item)));
    let (own, others): (Vec<&Step>, Vec<&Step>) =
        scenario.steps.iter().partition(|step| is_own(base, program, step));
    let mut lines = Vec::new();
    if !scenario.description.is_empty() {
        lines.extend([scenario.description.clone(), String::new()]);
    }
    lines.extend([
        format!("Made of scenario {}. Approval writes into the plan:", scenario.number),
        String::new(),
    ]);
    lines.extend(own.into_iter().map(words));
    if !others.is_empty() {
        let ask = "Approval doesn't write these: they are asked of the managers of the other programs, and the dates to commit reckon with them.";
        lines.extend([String::new(), ask.to_owned(), String::new()]);
        lines.extend(others.into_iter().map(words));
    }
    let broken: Vec<_> = outcome
        .difference
        .dependencies(Effect::Breaks)
        .filter(|moved| base.sight.sees_program(moved.of.program))
        .map(|moved| {
            let needed = moved.committed_on.map(|on| on.to_string()).unwrap_or_default();
            format!("- {} comes on {}, needed by {needed}", moved.of.reference, moved.to)
        })
        .collect();
    if !broken.is_empty() {
        lines.extend([String::new(), "Dependencies that break:".to_owned(), String::new()]);
        lines.extend(broken);
    }
    lines.join("\n")
}
