//! Gates: raised with their checks, and what keeps them from going.

use super::access::Entered;
use super::check::{Checked as Looked, of_gate};
use super::item::{blank, find, must_stand, write_new};
use super::sign_off::sign_offs;
use super::{App, Ctx, Error, Result, WriteMeta};
use crate::domain::action::Action;
use crate::domain::draft::{Draft, Field, FieldError, Refused};
use crate::domain::event::Event;
use crate::domain::gate::{Checked, is_decided};
use crate::domain::ids::ItemId;
use crate::domain::item::{self, Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::readiness::{self, Quorum, Standing, Tally, Verdict};
use crate::store::gate::{CheckRow, SignOffRow};
use crate::store::item::{Selection, Sort};
use crate::store::{self, Tx};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::HashMap;
use uuid::Uuid;

/// Checks that a gate can be raised with at once.
const CHECKS: usize = 200;
/// Conditions that a gate can go on.
const CONDITIONS: usize = 50;
/// Gates that stand on the page of a program.
const GATES: i64 = 500;

/// Gives a check that has no title the first words of its criterion.
pub(super) fn titled(draft: &mut Draft) {
    if draft.text("title").trim().is_empty() {
        let title = readiness::title_of(&draft.text("criterion"));
        if !title.is_empty() {
            draft.0.insert("title".into(), Value::from(title));
        }
    }
}

/// Takes the checks that a gate is raised with out of its draft.
///
/// # Errors
/// Refused for anything but a list of objects.
pub(super) fn apart(kind: Kind, draft: &Draft) -> Result<(Draft, Vec<Draft>)> {
    let mut own = draft.clone();
    match kind {
        Kind::Check => {
            titled(&mut own);
            // What isn't said to be mandatory or not is mandatory.
            own.0.entry("mandatory").or_insert(Value::Bool(true));
        }
        Kind::Gate => {
            let refused = |message: &str| Error::refused("checks", message).with_draft(draft);
            let list = match own.0.shift_remove("checks") {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(list)) => list,
                Some(_) => return Err(refused("Give a list of checks: [{area, criterion}].")),
            };
            if list.len() > CHECKS {
                return Err(refused("At most 200 checks at once."));
            }
            let each = list.into_iter().map(|one| match one {
                Value::Object(fields) => Ok(Draft(fields)),
                _ => Err(refused("Each check is an object: {area, criterion}.")),
            });
            return Ok((own, each.collect::<Result<_>>()?));
        }
        _ => {}
    }
    Ok((own, Vec::new()))
}

/// Makes checks of a gate, in the transaction that writes it.
///
/// # Errors
/// Refused, each error with the place of its check.
pub(super) async fn make_checks(
    tx: &mut Tx,
    ctx: &Ctx,
    entered: &Entered,
    gate: &Item,
    mut drafts: Vec<Draft>,
    on: NaiveDate,
) -> Result<Vec<Item>> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let fields: Vec<&Field> = item::fields(Kind::Check).collect();
    for draft in &mut drafts {
        titled(draft);
        draft.0.entry("mandatory").or_insert(Value::Bool(true));
        draft.0.insert("gate".into(), Value::from(gate.id.to_string()));
    }
    let names: Vec<_> = drafts.iter().flat_map(|draft| draft.names(fields.iter().copied())).collect();
    let people_on = entered.may_manage().then_some(on);
    let program = Some(gate.program);
    let (directory, _) = super::program::directory(tx, ctx, program, &names, &drafts, people_on).await?;
    let mut errors = Vec::new();
    let mut made = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        let mut wrong = |refused: Refused| {
            let beside = |error: FieldError| {
                let whole = error.field.is_empty();
                let field =
                    if whole { format!("checks[{at}]") } else { format!("checks[{at}].{}", error.field) };
                FieldError::new(field, error.message)
            };
            errors.extend(refused.errors.into_iter().map(beside));
        };
        let values = match draft.check(fields.iter().copied(), &directory) {
            Ok(values) => values,
            Err(refused) => {
                wrong(refused);
                continue;
            }
        };
        let mut one = blank(gate.program, Kind::Check, ctx.now, on);
        match one.fill(values, on).and_then(|()| one.not_ahead(entered.today())) {
            Ok(()) => made.push(one),
            Err(refused) => wrong(refused),
        }
    }
    if !errors.is_empty() {
        return Err(Refused { errors, ..Refused::default() }.into());
    }
    let count = i32::try_from(made.len()).unwrap_or(0);
    let first = store::item::take_numbers(tx, gate.program, Kind::Check, count).await?;
    for (number, one) in (first..).zip(&mut made) {
        one.number = number;
    }
    write_new(tx, Kind::Check, &made).await?;
    for one in &made {
        tx.record(Some(gate.program), Some(one.id), on, &Event::Raised {});
    }
    Ok(made)
}

/// Adds checks to a gate, all or none.
///
/// # Errors
/// Forbidden for viewers; refused with the errors of each check.
pub async fn add_checks(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    drafts: Vec<Draft>,
    meta: &WriteMeta,
) -> Result<Vec<Item>> {
    entered.must_raise()?;
    let gate = find(app, entered, Kind::Gate, number).await?.item;
    must_stand(&gate)?;
    let on = entered.effective_on(meta.effective_on, "effective_on")?;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    super::check::must_await(&mut tx, entered, gate.id, "").await?;
    let made = make_checks(&mut tx, ctx, entered, &gate, drafts, on).await?;
    tx.commit().await?;
    Ok(made)
}

/// Refuses whoever is no manager to take a gate from what it is for: of that it decides whether it may be launched.
///
/// # Errors
/// [`Error::Forbidden`].
pub(super) fn must_stay(entered: &Entered, before: &Item, next: &Item) -> Result<()> {
    let (Detail::Gate(was), Detail::Gate(is)) = (&before.detail, &next.detail) else { return Ok(()) };
    let taken = |was: Option<Uuid>, is: Option<Uuid>| was.is_some() && was != is;
    if entered.may_manage() {
        return Ok(());
    }
    if is.on > was.on {
        return Err(Error::Forbidden(
            "Only a manager of the program gives a gate a later day: what it asks for is judged by how near it is.",
        ));
    }
    if !(taken(was.release, is.release) || taken(was.milestone, is.milestone)) {
        return Ok(());
    }
    Err(Error::Forbidden(
        "Only a manager of the program takes a gate from its release or its milestone, or gives it another.",
    ))
}

/// Refuses to archive a gate that is decided, and to archive or restore any gate to whoever is no manager.
///
/// # Errors
/// [`Error::Forbidden`], or a refusal that names what it said.
pub(super) fn may_archive(entered: &Entered, gate: &Item, archived: bool) -> Result<()> {
    if gate.kind != Kind::Gate {
        return Ok(());
    }
    if !entered.may_manage() {
        return Err(Error::Forbidden("Only a manager of the program archives a gate, or restores it."));
    }
    if archived && is_decided(gate.state) {
        let said = gate.state.label();
        return Err(Error::refused("", format!("The gate has said {said}: what it said stays to be seen.")));
    }
    Ok(())
}

/// The checks of a gate, by area.
///
/// # Errors
/// When the database is away.
pub async fn checks(app: &App, entered: &Entered, gate: &Item) -> Result<Vec<CheckRow>> {
    Ok(store::gate::checks(&app.db, entered.program().id, Some(gate.id), entered.as_of()).await?)
}

/// Keeps how the checks of a gate stand when it says its word, and decides whether it may say it: *go* needs every mandatory check, *go* and *conditional go* the quorum of
/// its roles, or a reason to go without.
///
/// # Errors
/// Refused, naming the checks and the roles.
pub(super) async fn may_say(tx: &mut Tx, entered: &Entered, gate: &mut Item, on: NaiveDate) -> Result<()> {
    let (id, to) = (gate.id, gate.state);
    let Detail::Gate(own) = &mut gate.detail else { return Ok(()) };
    if !is_decided(to) {
        return Ok(());
    }
    // A signature that is being given is waited for, and counts.
    store::hold::hold(tx, id).await?;
    let checks = store::gate::deciding(tx, id).await?;
    // A word of an earlier day is by what there was on it.
    if let Some(later) = checks.iter().find(|check| check.effective_on > on) {
        let reference =
            Reference { program: entered.key().to_owned(), kind: Kind::Check, number: later.number };
        let day = crate::domain::words::day(later.effective_on);
        let message = format!("{reference} was changed on {day}: it says its word from that day on.");
        return Err(Error::refused("on", message));
    }
    own.checked = Some(Checked::of(checks.iter().map(|check| check.state)));
    if to == State::NoGo {
        return Ok(());
    }
    if to == State::ConditionalGo && own.sign_off_roles.is_empty() && !entered.may_manage() {
        return Err(Error::Forbidden(
            "No role signs it off: only a manager of the program lets it go on conditions.",
        ));
    }
    let mut errors = Vec::new();
    let mut bare = false;
    if to == State::Go {
        let blocking: Vec<String> = checks
            .iter()
            .filter(|check| check.mandatory)
            .filter_map(|check| {
                let (program, kind, number) = (entered.key().to_owned(), Kind::Check, check.number);
                let standing = Standing::of(check.state, check.waived_until, on);
                let reference = Reference { program, kind, number };
                standing.blocks().then(|| format!("{reference} {} ({})", check.title, standing.label()))
            })
            .collect();
        let shows = |check: &store::gate::Deciding| Standing::of(check.state, check.waived_until, on).shows();
        bare = own.sign_off_roles.is_empty() && !checks.iter().any(shows);
        if !checks.is_empty() && checks.iter().all(|check| check.state == State::NotApplicable) {
            let message = "None of its checks applies, so nothing shows that it may go: give it one that does, or go on conditions.";
            errors.push(FieldError::new("to", message));
        }
        if !blocking.is_empty() {
            let message = format!(
                "Mandatory checks have not passed: {}. Have them pass, waive them with a reason, or go on conditions.",
                blocking.join("; ")
            );
            errors.push(FieldError::new("to", message));
        }
    } else {
        match readiness::conditions(&own.conditions) {
            Ok(list) if list.is_empty() => {
                errors.push(FieldError::new("conditions", "Say on which conditions it goes, one a line."));
            }
            Ok(_) => {}
            Err(why) => errors.push(FieldError::new("conditions", why)),
        }
    }
    let signed = store::gate::signed(tx, id).await?;
    let quorum = Quorum::of(&own.sign_off_roles, own.quorum, &signed, to);
    if bare && own.override_reason.is_empty() {
        let message = "Nothing shows that it may go: no check of it has passed, and no role signs it off. Give it one, or say why it goes without.";
        errors.push(FieldError::new("override_reason", message));
    } else if bare && !entered.may_manage() {
        return Err(Error::Forbidden("Only a manager of the program lets a gate go without any check."));
    } else if quorum.is_met() && !bare {
        own.override_reason.clear();
    } else if own.override_reason.is_empty() {
        let how = if to == State::Go { "say go" } else { "say go, or go on conditions" };
        let message = format!(
            "The quorum is not met: {} of {} roles that have to {how}. {} Have them sign, or say why it goes without.",
            quorum.given(),
            quorum.needed,
            quorum.rest()
        );
        errors.push(FieldError::new("override_reason", message));
    } else if !bare && !entered.may_manage() {
        return Err(Error::Forbidden("Only a manager of the program lets a gate go without its quorum."));
    }
    if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }.into()) }
}

/// Makes an action of each condition on which a gate goes; as every action, it is linked with what it comes from. One that stands open
/// from when the gate went before is not made twice.
pub(super) async fn conditions(tx: &mut Tx, ctx: &Ctx, gate: &Item, on: NaiveDate) -> Result<()> {
    let Detail::Gate(own) = &gate.detail else { return Ok(()) };
    let conditions =
        readiness::conditions(&own.conditions).map_err(|why| Error::refused("conditions", why))?;
    if conditions.len() > CONDITIONS {
        return Err(Error::refused("conditions", "At most 50 conditions."));
    }
    let standing = store::gate::open_actions(tx, gate.id).await?;
    let mut actions: Vec<Item> = Vec::with_capacity(conditions.len());
    for (what, due_on) in conditions {
        let mut action = blank(gate.program, Kind::Action, ctx.now, on);
        action.title = what.chars().take(300).collect();
        if standing.contains(&action.title) {
            continue;
        }
        if what.chars().count() > 300 {
            action.description = what;
        }
        action.owner = gate.owner;
        action.project = gate.project;
        let from_item = Some(gate.id.0);
        action.detail = Detail::Action(Action { due_on, from_item, ..Action::default() });
        action.settle();
        actions.push(action);
    }
    if actions.is_empty() {
        return Ok(());
    }
    let count = i32::try_from(actions.len()).unwrap_or(0);
    let first = store::item::take_numbers(tx, gate.program, Kind::Action, count).await?;
    for (number, action) in (first..).zip(&mut actions) {
        action.number = number;
    }
    write_new(tx, Kind::Action, &actions).await?;
    for action in &actions {
        tx.record(Some(gate.program), Some(action.id), on, &Event::Raised {});
    }
    Ok(())
}

/// Where a gate stands.
#[derive(Clone, Debug)]
pub struct GateView {
    pub id: ItemId,
    pub number: i32,
    pub title: String,
    pub state: State,
    pub owner_name: Option<String>,
    pub on: NaiveDate,
    pub decided_on: Option<NaiveDate>,
    pub tally: Tally,
    /// By area, in their order; none for an area without checks.
    pub areas: Vec<Option<Tally>>,
    /// Mandatory checks that keep it from going.
    pub blocking: Vec<CheckRow>,
    /// Checks that were changed since the go / no-go.
    pub since: usize,
    pub quorum: Quorum,
}

/// The checks of each gate.
fn by_gate(checks: Vec<CheckRow>) -> HashMap<ItemId, Vec<CheckRow>> {
    let mut gates: HashMap<ItemId, Vec<CheckRow>> = HashMap::new();
    for check in checks {
        gates.entry(check.gate).or_default().push(check);
    }
    gates
}

impl GateView {
    fn new(
        row: &store::item::Row,
        (now, judged): (Vec<CheckRow>, Vec<CheckRow>),
        signed: &[SignOffRow],
        areas: &[&str],
        day: NaiveDate,
    ) -> Option<Self> {
        let values = match &row.detail {
            Some(Value::Object(values)) => values.clone(),
            _ => Map::new(),
        };
        let Ok(Detail::Gate(own)) = Detail::read(Kind::Gate, values) else { return None };
        let checked = Looked::new(&own, row.state, day, now, judged);
        let signed: Vec<_> = signed
            .iter()
            .filter(|said| said.gate == row.id)
            .map(|said| (said.role.clone(), said.verdict))
            .collect();
        Some(Self {
            id: row.id,
            number: row.number,
            title: row.title.clone(),
            state: row.state,
            owner_name: row.owner_name.clone(),
            on: own.on,
            decided_on: own.decided_on,
            tally: checked.tally(),
            areas: areas.iter().map(|area| checked.area(area)).collect(),
            blocking: checked.blocking(),
            since: checked.since().len(),
            quorum: Quorum::of(&own.sign_off_roles, own.quorum, &signed, State::Go),
        })
    }
}

/// The gates of a program, with the areas that any of their checks have.
#[derive(Clone, Debug)]
pub struct Board {
    pub areas: Vec<&'static str>,
    /// Those that have yet to say a word, the next first; then those that have, the latest first.
    pub ahead: Vec<GateView>,
    pub past: Vec<GateView>,
}

/// Reads the gates of a program.
///
/// # Errors
/// When the database is away.
pub async fn board(app: &App, entered: &Entered) -> Result<Board> {
    let program = entered.program().id;
    let selection = Selection {
        kinds: vec![Kind::Gate],
        sort: Sort::Next,
        limit: GATES,
        with_detail: true,
        as_of: entered.as_of(),
        ..Selection::default()
    };
    let rows = store::item::list(&app.db, program, &selection).await?;
    let checks = store::gate::checks(&app.db, program, None, entered.as_of()).await?;
    let judged = store::gate::judged(&app.db, program, None, entered.as_of()).await?;
    let signed = store::gate::sign_offs(&app.db, program, None, entered.as_of()).await?;
    let areas: Vec<&'static str> = crate::domain::check::AREAS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| checks.iter().chain(&judged).any(|check| check.area == *name))
        .collect();
    let (mut now, mut then) = (by_gate(checks), by_gate(judged));
    let views = rows.iter().filter_map(|row| {
        let own = |of: &mut HashMap<_, _>| of.remove(&row.id).unwrap_or_default();
        GateView::new(row, (own(&mut now), own(&mut then)), &signed, &areas, entered.day())
    });
    let (ahead, mut past): (Vec<_>, Vec<_>) = views.partition(|view| view.state.is_open(Kind::Gate));
    past.reverse();
    Ok(Board { areas, ahead, past })
}

/// What a gate's own part of its JSON says of its checks and roles.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Readiness {
    /// How its checks stood at the go / no-go, or stand while there was none.
    #[serde(flatten)]
    pub tally: Tally,
    /// Passed ÷ applicable; none where nothing applies.
    pub pass_rate: Option<f64>,
    pub checks: Vec<String>,
    /// Mandatory checks that keep it from going.
    pub blocking: Vec<String>,
    /// Checks that were changed since the go / no-go.
    pub changed_since: Vec<String>,
    pub roles_needed: usize,
    /// Roles that say go.
    pub roles_given: usize,
    /// Roles that don't say go: on conditions, no-go, or not signed.
    pub roles_missing: Vec<String>,
    pub roles_on_conditions: Vec<String>,
    pub roles_no_go: Vec<String>,
    pub roles_unsigned: Vec<String>,
}

/// Where a gate stands, for other programs.
///
/// # Errors
/// When the database is away.
pub async fn standing(app: &App, entered: &Entered, gate: &Item) -> Result<Option<Readiness>> {
    let Detail::Gate(own) = &gate.detail else { return Ok(None) };
    let checked = of_gate(app, entered, gate).await?;
    let signed = sign_offs(app, entered, gate).await?;
    let signed: Vec<_> = signed.into_iter().map(|said| (said.role, said.verdict)).collect();
    let quorum = Quorum::of(&own.sign_off_roles, own.quorum, &signed, State::Go);
    let name = |number: i32| format!("{}-CHK{number}", entered.key());
    let tally = checked.tally();
    Ok(Some(Readiness {
        tally,
        pass_rate: tally.rate(),
        checks: checked.now.iter().map(|check| name(check.number)).collect(),
        blocking: checked.blocking().iter().map(|check| name(check.number)).collect(),
        changed_since: checked.since().iter().map(|since| name(since.number)).collect(),
        roles_needed: quorum.needed,
        roles_given: quorum.given(),
        roles_missing: quorum.missing(),
        roles_on_conditions: quorum.says(Some(Verdict::ConditionalGo)),
        roles_no_go: quorum.says(Some(Verdict::NoGo)),
        roles_unsigned: quorum.says(None),
    }))
}
