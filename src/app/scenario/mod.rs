//! What-if: scenarios are made, looked at, compared, applied as a change request, or discarded. Their result is computed over
//! the plan as it stands and never kept.

mod apply;
mod carry;
mod odds;

pub(super) use carry::decided;
pub use odds::{Both, Odds, odds};

use super::access::Entered;
use super::cache::{Stamp, What};
use super::plan::Sight;
use super::program::check;
use super::{App, Ctx, Error, Over, Result, WriteMeta, plan};
use crate::domain::draft::{Draft, Refused};
use crate::domain::event::Event;
use crate::domain::facts::Facts;
use crate::domain::health::{self, Health};
use crate::domain::ids::{ItemId, ProgramId, ProjectId, ScenarioId};
use crate::domain::kind::Reference;
use crate::domain::plan::{NodeFact, Plan, PlanFacts, attach};
use crate::domain::scenario::{
    self, Difference, FIELDS, Hidden, Scenario, ScenarioState, Step, difference, with_dates,
};
use crate::store::facts::Reach;
pub use crate::store::scenario::Kept;
use crate::store::{self, new_id};
use serde_json::{Map, Value};
use std::sync::Arc;
use uuid::Uuid;

/// The plan as it stands, and what of it the reader may see.
#[derive(Clone, Debug)]
pub struct Base {
    pub facts: Arc<PlanFacts>,
    pub plan: Arc<Plan>,
    pub sight: Sight,
}

/// What a scenario does.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub base: Base,
    pub after: Arc<Plan>,
    pub difference: Difference,
    /// Of the programs that are touched and that the reader may see.
    pub health: Vec<Turned>,
}

/// The health of a program without the scenario and with it.
#[derive(Clone, Debug)]
pub struct Turned {
    pub program: ProgramId,
    pub before: Health,
    pub after: Health,
}

impl Outcome {
    /// What the reader may see of it, and how much lies in programs that they may not see.
    #[must_use]
    pub fn seen(&self) -> (Difference, Hidden) {
        self.difference.seen(|program| self.base.sight.sees_program(program))
    }
}

impl Base {
    fn node(&self, item: ItemId) -> Option<&NodeFact> {
        self.plan
            .find(item)
            .map(|ix| self.plan.node(ix))
            .or_else(|| self.facts.nodes.iter().find(|node| node.fact.item == item).map(|node| &node.fact))
    }

    fn key(&self, program: ProgramId) -> &str {
        self.plan.program(program).map_or("", |program| program.key.as_str())
    }

    /// The reference of an item, where there is one and the reader may see it.
    #[must_use]
    pub fn reference(&self, item: ItemId) -> Option<Reference> {
        let node = self.node(item).filter(|node| self.sight.sees(node))?;
        Some(node.reference(self.key(node.program)))
    }

    /// What an item of a scenario is called: by its reference, or by its title for what the scenario adds.
    #[must_use]
    pub fn name(&self, steps: &[Step], item: ItemId) -> String {
        if let Some(Step::Add(new)) = scenario::adds(item).and_then(|at| steps.get(at)) {
            return format!("“{}”", new.title);
        }
        self.reference(item)
            .map_or_else(|| "an item that you may not see".to_owned(), |found| found.to_string())
    }

    /// Steps as they are typed, by references, keys and names.
    #[must_use]
    pub fn typed(&self, steps: &[Step]) -> Vec<Value> {
        let name = |item| self.name(steps, item);
        let one = |step| Value::Object(scenario::step_draft(steps, step, name, |id| self.project(id)));
        steps.iter().map(one).collect()
    }

    /// The key of a project.
    #[must_use]
    pub fn project(&self, id: ProjectId) -> String {
        self.plan.project(id).map(|project| project.key.clone()).unwrap_or_default()
    }

    /// The item that a text names by its reference or its id, of what the reader may see.
    fn find(&self, text: &str) -> Option<ItemId> {
        let seen = |node: &&NodeFact| self.sight.sees(node);
        let nodes = || self.facts.nodes.iter().map(|held| &held.fact);
        if let Ok(id) = text.parse::<Uuid>() {
            return nodes().filter(seen).find(|node| node.item.0 == id).map(|node| node.item);
        }
        let named = Reference::parse(text)?;
        let program = self.plan.programs().iter().find(|program| program.key == named.program)?.id;
        let is =
            |node: &&NodeFact| (node.program, node.kind, node.number) == (program, named.kind, named.number);
        nodes().filter(seen).find(is).map(|node| node.item)
    }

    fn find_project(&self, text: &str) -> Option<ProjectId> {
        let program = self.plan.programs().first()?.id;
        let named = |known: &str| known.eq_ignore_ascii_case(text.trim());
        let mut own = self.facts.projects.iter().filter(|project| project.program == program);
        own.find(|project| named(&project.key) || named(&project.name) || named(&project.id.to_string()))
            .map(|project| project.id)
    }

    /// Reads steps as they were typed.
    ///
    /// # Errors
    /// Refused, by step and field.
    pub fn read(&self, raw: &Value) -> Result<Vec<Step>> {
        scenario::read(raw, |name| self.find(name), |name| self.find_project(name))
            .map_err(|errors| Refused { errors, ..Refused::default() }.into())
    }
}

/// The plan of the day that is shown, for scenarios.
///
/// # Errors
/// When the database is away; refused where what is kept can't be scheduled.
pub async fn base(app: &App, ctx: &Ctx, entered: &Entered) -> Result<Base> {
    let facts = plan::facts(app, entered).await?;
    let plan = plan::plan(app, entered).await?;
    let sight = plan::sight(app, ctx, &plan).await?;
    Ok(Base { facts, plan, sight })
}

/// What steps do to the plan.
///
/// # Errors
/// Refused, by step and field, for what can't be done.
pub async fn outcome(app: &App, entered: &Entered, base: &Base, steps: &[Step]) -> Result<Outcome> {
    let (after, difference) = changed(base, steps)?;
    let known = facts(app, entered, &base.plan).await?;
    let day = base.plan.day();
    let health = base
        .plan
        .programs()
        .iter()
        .zip(known.iter())
        .filter(|(program, _)| difference.touches(program.id) && base.sight.sees_program(program.id));
    let health = health
        .map(|(program, facts)| {
            let judged = |plan: &Plan| {
                let dated = with_dates(facts, plan, &base.plan);
                health::assess(&attach(dated, plan, program.id), day, None)
            };
            Turned { program: program.id, before: judged(&base.plan), after: judged(&after) }
        })
        .collect();
    Ok(Outcome { base: base.clone(), after: Arc::new(after), difference, health })
}

/// The plan with steps taken, and what of it is other than before.
pub(super) fn changed(base: &Base, steps: &[Step]) -> Result<(Plan, Difference)> {
    let sees = |program| base.sight.sees_program(program);
    let facts = scenario::apply(&base.facts, &base.plan, steps, &sees)
        .map_err(|errors| Error::from(Refused { errors, ..Refused::default() }))?;
    let after = Plan::make(&facts, base.plan.day()).map_err(plan::unschedulable)?;
    let difference = difference(&base.plan, &after);
    Ok((after, difference))
}

/// The facts of all programs of a plan, in its order, as far as health needs them.
async fn facts(app: &App, entered: &Entered, plan: &Plan) -> Result<Arc<Vec<Facts>>> {
    // Whatever is written to one of them moves the pulse of all that hang together.
    let stamp = Stamp { program: entered.program().id, beat: entered.beat(), day: entered.day() };
    if let Some(facts) = app.cache.get(stamp, What::Together) {
        return Ok(facts);
    }
    let programs: Vec<ProgramId> = plan.programs().iter().map(|program| program.id).collect();
    let facts = Arc::new(store::facts::load(&app.db, &programs, Reach::health(stamp.day)).await?);
    let bytes = facts.iter().map(|facts| 1_000 + facts.versions() * 240).sum();
    app.cache.put(stamp, What::Together, &facts, bytes);
    Ok(facts)
}

/// The scenarios of a program, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn list(app: &App, entered: &Entered) -> Result<Vec<Kept>> {
    Ok(store::scenario::list(&app.db, entered.program().id, None, entered.as_of()).await?)
}

/// One scenario.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(app: &App, entered: &Entered, number: i32) -> Result<Kept> {
    let found = store::scenario::list(&app.db, entered.program().id, Some(number), entered.as_of()).await?;
    found.into_iter().next().ok_or(Error::NotFound)
}

/// Whether the viewer may change a scenario: a manager may, and the contributor who made it.
#[must_use]
pub fn may_edit(ctx: &Ctx, entered: &Entered, scenario: &Scenario) -> bool {
    entered.may_manage() || (entered.may_raise() && scenario.created_by == Some(ctx.viewer.person))
}

/// A scenario that the viewer may change.
///
/// # Errors
/// [`Error::NotFound`], forbidden.
pub async fn editable(app: &App, ctx: &Ctx, entered: &Entered, number: i32) -> Result<Scenario> {
    entered.must_raise()?;
    let scenario = find(app, entered, number).await?.scenario;
    if may_edit(ctx, entered, &scenario) {
        Ok(scenario)
    } else {
        Err(Error::Forbidden("Only its maker or a manager of the program may change this."))
    }
}

/// Whether its result still says something: it isn't discarded, and not written into the plan already.
#[must_use]
pub fn is_live(kept: &Kept) -> bool {
    match kept.scenario.state {
        ScenarioState::Draft => true,
        ScenarioState::Applied => kept.change.is_some_and(|(_, waits)| waits),
        ScenarioState::Discarded => false,
    }
}

/// Looks at steps without keeping them: what a contributor may make.
///
/// # Errors
/// Forbidden for viewers; refused by step and field.
pub async fn preview(app: &App, ctx: &Ctx, entered: &Entered, draft: &Draft) -> Result<(Vec<Step>, Outcome)> {
    entered.must_raise()?;
    let (mut own, raw) = parted(draft);
    // A scenario that isn't kept yet may have no title.
    own.0.retain(|name, _| !["title", "description"].contains(&name.as_str()));
    if let Some(name) = own.0.keys().next() {
        return Err(Error::refused(name, format!("There is no field “{name}” here.")).with_draft(draft));
    }
    let base = base(app, ctx, entered).await?;
    let steps = base.read(&raw).map_err(|e| e.with_draft(draft))?;
    let outcome = outcome(app, entered, &base, &steps).await.map_err(|e| e.with_draft(draft))?;
    Ok((steps, outcome))
}

/// The fields of a scenario, and its steps.
fn parted(draft: &Draft) -> (Draft, Value) {
    let mut own = draft.clone();
    let raw = own.0.shift_remove("changes").unwrap_or_default();
    (own, raw)
}

/// Makes a scenario. Its steps are checked against the plan as it stands.
///
/// # Errors
/// Forbidden for viewers; refused with the draft's errors.
pub async fn make(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Scenario> {
    entered.must_raise()?;
    let on = entered.effective_on(meta.effective_on, "effective_on").map_err(|e| e.with_draft(draft))?;
    let (program, today) = (entered.program().id, entered.today());
    let mut made = Scenario {
        id: ScenarioId(new_id(ctx.now)),
        program,
        number: 0,
        title: String::new(),
        description: String::new(),
        steps: Vec::new(),
        state: ScenarioState::Draft,
        base_on: today,
        change_request: None,
        created_at: ctx.now,
        created_by: Some(ctx.viewer.person),
        updated_at: ctx.now,
        version: 1,
        effective_on: on,
    };
    let base = base(app, ctx, entered).await?;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    fill(&mut tx, ctx, &base, &mut made, draft).await.map_err(|e| e.with_draft(draft))?;
    made.number = store::scenario::next_number(&mut tx, program).await?;
    store::scenario::insert(&mut tx, &made).await?;
    let event = Event::ScenarioMade { number: made.number, title: made.title.clone() };
    tx.record(Some(program), None, on, &event);
    tx.commit().await?;
    Ok(made)
}

/// Fills a scenario from a draft, with everything that is wrong with it at once.
async fn fill(
    tx: &mut store::Tx,
    ctx: &Ctx,
    base: &Base,
    scenario: &mut Scenario,
    draft: &Draft,
) -> Result<()> {
    let (own, raw) = parted(draft);
    let mut errors = Vec::new();
    let mut sort = |error: Error| match error {
        Error::Refused(refused) => {
            errors.extend(refused.errors);
            Ok(())
        }
        other => Err(other),
    };
    let whole = scenario.draft().overlaid(&own);
    match check(tx, ctx, Some(scenario.program), FIELDS, &whole, None).await {
        Ok(values) => {
            let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            (scenario.title, scenario.description) = (text("title"), text("description"));
        }
        Err(error) => sort(error)?,
    }
    if draft.0.contains_key("changes") {
        let read = base.read(&raw).and_then(|steps| changed(base, &steps).map(|_| steps));
        match read {
            Ok(steps) => {
                scenario.steps = steps;
                scenario.base_on = base.plan.day();
            }
            Err(error) => sort(error)?,
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }.into()) }
}

/// Changes a scenario: the draft is laid over what is stored.
///
/// # Errors
/// Forbidden, stale, or refused with the draft's errors.
pub async fn edit(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    over: Over,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Scenario> {
    let stored = editable(app, ctx, entered, number).await?;
    over.must_be(stored.version)?;
    must_be_draft(&stored).map_err(|e| e.with_draft(draft))?;
    let on = super::program::since(entered, meta, stored.effective_on).map_err(|e| e.with_draft(draft))?;
    let base = base(app, ctx, entered).await?;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let mut next = stored.clone();
    fill(&mut tx, ctx, &base, &mut next, draft).await.map_err(|e| e.with_draft(draft))?;
    if (Scenario { base_on: stored.base_on, ..next.clone() }) == stored {
        return Ok(stored);
    }
    next.effective_on = on;
    let event = Event::ScenarioEdited { number };
    write(&mut tx, ctx, &mut next, &event).await?;
    tx.commit().await?;
    Ok(next)
}

fn must_be_draft(scenario: &Scenario) -> Result<()> {
    match scenario.state {
        ScenarioState::Draft => Ok(()),
        state => Err(Error::refused("", format!("This scenario is {}: it stays as it is.", state.name()))),
    }
}

/// Writes the next version of a scenario, with what happened.
async fn write(tx: &mut store::Tx, ctx: &Ctx, next: &mut Scenario, event: &Event) -> Result<()> {
    next.version += 1;
    next.updated_at = ctx.now;
    if !store::scenario::update(tx, next).await? {
        return Err(Error::Stale { current: next.version });
    }
    tx.record(Some(next.program), None, next.effective_on, event);
    Ok(())
}

/// Puts a scenario away.
///
/// # Errors
/// Forbidden; stale; or refused, for one that is applied.
pub async fn discard(app: &App, ctx: &Ctx, entered: &Entered, number: i32, over: Over) -> Result<()> {
    let to = Draft(Map::from_iter([("to".to_owned(), Value::from("discarded"))]));
    transition(app, ctx, entered, number, over, &to).await.map(drop)
}

/// Two scenarios, to be compared.
///
/// # Errors
/// [`Error::NotFound`] where there is one of them only.
pub async fn two(app: &App, entered: &Entered, one: i32, other: i32) -> Result<[Kept; 2]> {
    let all = list(app, entered).await?;
    let find = |number| all.iter().find(|kept| kept.scenario.number == number).cloned();
    find(one).zip(find(other)).map(|(one, other)| [one, other]).ok_or(Error::NotFound)
}

/// Changes the state of a scenario: `applied` makes its change request, `discarded` puts it away.
///
/// # Errors
/// Forbidden; stale; or refused, for what can't be done.
pub async fn transition(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    over: Over,
    draft: &Draft,
) -> Result<Scenario> {
    let stored = editable(app, ctx, entered, number).await?;
    over.must_be(stored.version)?;
    if let Some(name) = draft.0.keys().find(|name| !["to", "reason"].contains(&name.as_str())) {
        return Err(Error::refused(name, format!("There is no field “{name}” here.")).with_draft(draft));
    }
    let to = match draft.text("to").as_str() {
        "applied" => ScenarioState::Applied,
        "discarded" => ScenarioState::Discarded,
        _ => {
            let why = "Say the state to go to: applied or discarded.";
            return Err(Error::refused("to", why).with_draft(draft));
        }
    };
    if stored.state != ScenarioState::Draft {
        let why = format!("A scenario that is {} can't become {}.", stored.state.name(), to.name());
        return Err(Error::refused("to", why).with_draft(draft));
    }
    let reason = draft.text("reason");
    if to == ScenarioState::Applied {
        entered.must_manage()?;
        return apply::apply(app, ctx, entered, stored, &reason).await.map_err(|e| e.with_draft(draft));
    }
    let mut next = stored;
    next.state = to;
    next.effective_on = entered.today().max(next.effective_on);
    let mut tx = app.db.begin(&ctx.stamp(&reason)).await?;
    write(&mut tx, ctx, &mut next, &Event::ScenarioMoved { number, to: to.name().into() }).await?;
    tx.commit().await?;
    Ok(next)
}
