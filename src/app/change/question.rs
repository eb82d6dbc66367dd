//! The owners downstream of a change request: whose needed-by dates it breaks is computed from the network, they are asked when it is
//! submitted, and what they answer is kept and shown to whoever approves it.

use crate::app::access::Entered;
use crate::app::item::find;
use crate::app::scenario::{self, Base, changed};
use crate::app::{App, Ctx, Error, Result};
use crate::domain::change::Change;
use crate::domain::draft::{Control, Directory, Draft, Field};
use crate::domain::event::Event;
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::program::today_in;
use crate::domain::scenario::{Broken, Step, broken};
use crate::store::change_question::{self, Asked, Mine, Question};
use crate::store::{self, Tx};
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::HashMap;

/// A dependency that a change request breaks, and who is to be asked.
#[derive(Clone, Debug)]
pub struct Affected {
    pub broken: Broken,
    pub person: Option<(PersonId, String)>,
    /// Whether the reader may see the dependency.
    pub seen: bool,
}

/// What a change request breaks, computed over the plan as it stands; `None` where the network can't be scheduled.
///
/// # Errors
/// When the database is away.
pub async fn affected(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<Option<Vec<Affected>>> {
    let Detail::Change(own) = &item.detail else { return Ok(Some(Vec::new())) };
    let of_scenario = scenario::list(app, entered)
        .await?
        .into_iter()
        .map(|kept| kept.scenario)
        .find(|scenario| scenario.change_request == Some(item.id));
    if of_scenario.is_none() && own.rebaseline.is_empty() && own.removed.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let base = match scenario::base(app, ctx, entered).await {
        Err(Error::Refused(_)) => return Ok(None),
        base => base?,
    };
    let steps = of_scenario.map_or_else(|| steps(&base, own), |scenario| scenario.steps);
    match of_steps(app, &base, &steps).await {
        Err(Error::Refused(_)) => Ok(None),
        found => found.map(Some),
    }
}

/// A change request as steps over the plan: new dates of milestones that are to come, and what leaves the plan.
fn steps(base: &Base, change: &Change) -> Vec<Step> {
    let open = |item: &ItemId| {
        base.plan.find(*item).is_some_and(|ix| base.plan.is_open(ix) && !base.plan.is_summary(ix))
    };
    let dates = change.rebaseline.iter().filter(|one| open(&one.item));
    let dates = dates.map(|one| Step::Date { item: one.item, on: one.committed_on });
    let drops = change.removed.iter().filter(|item| open(item)).map(|item| Step::Drop { item: *item });
    dates.chain(drops).collect()
}

/// What steps break, with who is to be asked.
///
/// # Errors
/// When the database is away; refused for steps that can't be taken.
pub(in crate::app) async fn of_steps(app: &App, base: &Base, steps: &[Step]) -> Result<Vec<Affected>> {
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let (after, difference) = changed(base, steps)?;
    let found = broken(&base.plan, &after, &difference, steps);
    let ids: Vec<ItemId> = found.iter().map(|one| one.item).collect();
    let people: HashMap<ItemId, (PersonId, String)> = change_question::consumers(&app.db, &ids)
        .await?
        .into_iter()
        .map(|(item, person, name)| (item, (person, name)))
        .collect();
    Ok(found
        .into_iter()
        .map(|one| Affected {
            person: people.get(&one.item).cloned(),
            seen: base.sight.sees_program(one.program),
            broken: one,
        })
        .collect())
}

/// Asks whoever is affected, in the transaction that submits the change request.
///
/// # Errors
/// When the database is away.
pub(in crate::app) async fn ask(tx: &mut Tx, item: &Item, affected: &[Affected]) -> Result<()> {
    let asked: Vec<Asked> = affected
        .iter()
        .map(|one| Asked {
            dependency: one.broken.item,
            person: one.person.as_ref().map(|(id, _)| *id),
            needed_by: one.broken.needed_by,
            comes_on: one.broken.comes_on,
        })
        .collect();
    change_question::ask(tx, item.id, item.program, &asked, item.effective_on).await?;
    if !asked.is_empty() {
        let event = Event::Asked { dependencies: asked.len() };
        tx.record(Some(item.program), Some(item.id), item.effective_on, &event);
    }
    Ok(())
}

/// The questions of a change request with their answers, as they stood on the day that is shown.
///
/// # Errors
/// When the database is away.
pub async fn asked(app: &App, entered: &Entered, item: &Item) -> Result<Vec<Question>> {
    Ok(change_question::of(&app.db, item.id, entered.as_of()).await?)
}

/// Which of these questions' dependencies the reader may see.
///
/// # Errors
/// When the database is away.
pub async fn visible(app: &App, ctx: &Ctx, questions: &[Question]) -> Result<Vec<bool>> {
    let mut programs: Vec<_> = questions.iter().map(|question| question.program).collect();
    programs.sort_unstable();
    programs.dedup();
    let seen = store::access::visible_of(&app.db, ctx.reader(), &programs).await?;
    Ok(questions.iter().map(|question| seen.contains(&question.program)).collect())
}

/// Who has yet to answer, in a sentence; none where all have.
///
/// # Errors
/// When the database is away.
pub async fn unanswered(app: &App, entered: &Entered, item: &Item) -> Result<Option<String>> {
    let questions = asked(app, entered, item).await?;
    Ok(yet_to_answer(questions.iter().filter(|question| question.agrees.is_none())))
}

fn yet_to_answer<'q>(open: impl Iterator<Item = &'q Question>) -> Option<String> {
    let names: Vec<String> = open
        .map(|question| match &question.name {
            Some(name) => format!("{name} for {}", question.reference),
            None => format!("the consumer of {}", question.reference),
        })
        .collect();
    let verb = if names.len() == 1 { "hasn’t" } else { "haven’t" };
    (!names.is_empty()).then(|| {
        format!(
            "Asked, and {verb} answered: {}. Once it is approved they can’t answer any more.",
            names.join(", ")
        )
    })
}

/// Refuses to approve without a word what somebody said no to.
///
/// # Errors
/// Beside the reason, with who said no.
pub(in crate::app) async fn heed(app: &App, entered: &Entered, item: &Item, reason: &str) -> Result<()> {
    let questions = asked(app, entered, item).await?;
    let against: Vec<String> = questions
        .iter()
        .filter(|question| question.agrees == Some(false))
        .map(|question| question.name.clone().unwrap_or_else(|| "somebody".to_owned()))
        .collect();
    if against.is_empty() || !reason.is_empty() {
        return Ok(());
    }
    let mut names = against;
    names.sort();
    names.dedup();
    Err(Error::refused(
        "reason",
        format!("{} answered no: say why it is approved all the same.", names.join(", ")),
    ))
}

/// What an answer says.
pub const FIELDS: &[Field] = &[
    Field::new("agrees", "Answer", Control::Choice(&[("yes", "Yes"), ("no", "No")])).required(),
    Field::new("comment", "Comment", Control::Text(5_000)),
];

/// Whether the viewer may answer a question: whoever is asked, and a manager for them.
#[must_use]
pub fn may_answer(ctx: &Ctx, entered: &Entered, item: &Item, question: &Question) -> bool {
    item.state == State::Submitted
        && entered.may_answer()
        && (entered.may_manage() || question.person == Some(ctx.viewer.person))
}

/// Keeps an answer. An earlier one stays in the history.
///
/// # Errors
/// Not found where that was not asked; forbidden for whoever was not; refused once it is decided.
pub async fn answer(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    dependency: &str,
    draft: &Draft,
) -> Result<()> {
    entered.must_stand()?;
    let item = find(app, entered, Kind::Change, number).await?.item;
    let questions = asked(app, entered, &item).await?;
    let named = |question: &&Question| {
        question.reference.to_string().eq_ignore_ascii_case(dependency.trim())
            || question.dependency.0.to_string() == dependency.trim()
    };
    let question = questions.iter().find(named).ok_or(Error::NotFound)?;
    if item.state != State::Submitted {
        return Err(Error::refused(
            "agrees",
            format!("It is {}: only what is submitted is answered.", item.state.label()),
        ));
    }
    if !may_answer(ctx, entered, &item, question) {
        return Err(Error::Forbidden("Only whoever is asked answers, or a manager of the program for them."));
    }
    let about = About {
        change: item.id,
        program: item.program,
        dependency: question.dependency,
        reference: question.reference.to_string(),
    };
    keep(app, ctx, &about, draft, entered.today()).await
}

/// What is answered: of which change request, for which dependency.
struct About {
    change: ItemId,
    program: ProgramId,
    dependency: ItemId,
    reference: String,
}

async fn keep(app: &App, ctx: &Ctx, about: &About, draft: &Draft, on: NaiveDate) -> Result<()> {
    let mut given = draft.clone();
    // Another program says true or false.
    if let Some(agrees) = given.0.get("agrees").and_then(Value::as_bool) {
        given.0.insert("agrees".into(), Value::from(if agrees { "yes" } else { "no" }));
    }
    let values = given.check(FIELDS, &Directory::default()).map_err(|refused| refused.with_draft(draft))?;
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let agrees = text("agrees") == "yes";
    if !agrees && text("comment").is_empty() {
        return Err(
            Error::refused("comment", "Say why not: whoever approves it reckons with it.").with_draft(draft)
        );
    }
    let mut tx = app.db.begin(&ctx.stamp(text("comment"))).await?;
    if !change_question::answer(&mut tx, about.change, about.dependency, agrees, text("comment"), on).await? {
        return Err(Error::NotFound);
    }
    let event = Event::Answered { dependency: about.reference.clone(), agrees };
    tx.record(Some(about.program), Some(about.change), on, &event);
    tx.commit().await.map_err(Into::into)
}

/// What the viewer is asked by change requests of any program, whether they may see it or not: the question, and nothing else of it.
/// Nothing is asked in the past.
///
/// # Errors
/// When the database is away.
pub async fn mine(app: &App, ctx: &Ctx) -> Result<Vec<Mine>> {
    if ctx.as_of.is_some_and(|day| day < ctx.today()) {
        return Ok(Vec::new());
    }
    Ok(change_question::mine(&app.db, ctx.reader()).await?)
}

/// Answers what the viewer is asked, whatever they may see. `change` and `dependency` are references.
///
/// # Errors
/// Not found where they are not asked that, or it is decided already; forbidden for a token that only reads; refused without an answer.
pub async fn answer_mine(
    app: &App,
    ctx: &Ctx,
    change: &str,
    dependency: &str,
    draft: &Draft,
) -> Result<Mine> {
    let named = |one: &Mine| {
        one.change_reference.to_string().eq_ignore_ascii_case(change.trim())
            && one.reference.to_string().eq_ignore_ascii_case(dependency.trim())
    };
    let find = async || mine(app, ctx).await?.into_iter().find(named).ok_or(Error::NotFound);
    let found = find().await?;
    ctx.must_write()?;
    let on = today_in(&found.time_zone, ctx.now);
    let about = About {
        change: found.change,
        program: found.program,
        dependency: found.dependency,
        reference: found.reference.to_string(),
    };
    keep(app, ctx, &about, draft, on).await?;
    find().await
}
