//! Signing a gate off: whoever holds a role signs for it, and a manager in their place, for a reason that is kept and shown.

use super::access::Entered;
use super::item::{find, must_stand, names_in};
use super::program::check;
use super::{App, Ctx, Error, Result};
use crate::domain::draft::{Control, Draft, Field};
use crate::domain::event::Event;
use crate::domain::gate::{Gate, is_decided};
use crate::domain::ids::PersonId;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::readiness::{self, VERDICTS, Verdict, role_label};
use crate::store;
use crate::store::gate::{SignOff, SignOffRow};
use serde_json::{Map, Value};

/// What a role says of a gate.
pub const FIELDS: &[Field] = &[
    Field::new("role", "Role", Control::Line(120)).required(),
    Field::new("verdict", "Verdict", Control::Choice(VERDICTS)).required(),
    Field::new("person", "By", Control::Person).hint("Whoever holds the role, if left out."),
    Field::new("comment", "Comment", Control::Text(5_000)),
    Field::new("reason", "Why you sign in their place", Control::Text(2_000))
        .hint("Only where you don't hold the role: it is kept, and shown beside the sign-off."),
    Field::new("on", "On", Control::Date).hint("Today if left out."),
];

/// What the roles of a gate said.
///
/// # Errors
/// When the database is away.
pub async fn sign_offs(app: &App, entered: &Entered, gate: &Item) -> Result<Vec<SignOffRow>> {
    Ok(store::gate::sign_offs(&app.db, entered.program().id, Some(gate.id), entered.as_of()).await?)
}

/// How the viewer may sign for a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    No,
    /// They hold it.
    Hold,
    /// They manage the program: for a reason, in the place of whoever holds it.
    Manage,
}

/// Who holds a role of a gate.
fn holders(entered: &Entered, own: &Gate, role: &str) -> Vec<PersonId> {
    let program = entered.program();
    let found = own.holders(role, program.sponsor.map(|id| id.0), program.manager.map(|id| id.0));
    found.into_iter().map(PersonId).collect()
}

fn may(ctx: &Ctx, entered: &Entered, holders: &[PersonId]) -> May {
    if entered.may_answer() && holders.contains(&ctx.viewer.person) {
        May::Hold
    } else if entered.may_manage() {
        May::Manage
    } else {
        May::No
    }
}

/// A role of a gate: who holds it, and how the viewer may sign for it.
#[derive(Clone, Debug)]
pub struct Role {
    pub name: String,
    /// The names of those who hold it.
    pub holders: Vec<String>,
    pub may: May,
}

/// The roles of a gate, in its order. Nothing is signed in the past, of what is archived, or once the gate has said its word.
///
/// # Errors
/// When the database is away.
pub async fn roles(app: &App, ctx: &Ctx, entered: &Entered, gate: &Item) -> Result<Vec<Role>> {
    let Detail::Gate(own) = &gate.detail else { return Ok(Vec::new()) };
    let all: Vec<_> = own.sign_off_roles.iter().map(|role| (role, holders(entered, own, role))).collect();
    let people = all.iter().flat_map(|(_, holders)| holders).map(|id| Value::from(id.to_string())).collect();
    let people: Map<String, Value> = Map::from_iter([("people".to_owned(), Value::Array(people))]);
    let names = names_in(app, ctx, [&people]).await?.people;
    let signs = gate.archived_at.is_none() && !matches!(gate.state, State::Go | State::NoGo);
    Ok(all
        .into_iter()
        .map(|(role, holders)| Role {
            name: role.clone(),
            may: if signs { may(ctx, entered, &holders) } else { May::No },
            holders: holders.iter().filter_map(|id| names.get(&id.0).cloned()).collect(),
        })
        .collect())
}

/// What can be done where a gate has said its word: its go is its end.
fn instead(said: State, to_what: &str) -> String {
    if Kind::Gate.next_states(said).contains(&State::InReview) {
        format!("begin its review anew {to_what}")
    } else {
        "its go is final, raise another gate".to_owned()
    }
}

/// Keeps what a gate demands. Whoever is no manager leaves its roles, their holders and its quorum as they are: whose word it takes is
/// not for the owner of the gate to say. And what it demanded when it said its word stands with that word.
///
/// # Errors
/// [`Error::Forbidden`]; refused for a gate that is decided.
pub(super) fn must_appoint(entered: &Entered, before: Option<&Item>, next: &Item) -> Result<()> {
    let Detail::Gate(own) = &next.detail else { return Ok(()) };
    let before = before.and_then(|before| match &before.detail {
        Detail::Gate(own) => Some((before.state, own)),
        _ => None,
    });
    if let Some((state, stood)) = before.filter(|(state, _)| is_decided(*state)) {
        let demands = |own: &Gate| (own.on, own.sign_off_roles.clone(), own.quorum);
        if demands(stood) != demands(own) {
            let why = format!(
                "The gate has said {}, and what it demanded stands with it: {}.",
                state.label(),
                instead(state, "to change what it demands")
            );
            return Err(Error::refused(if stood.on == own.on { "quorum" } else { "on" }, why));
        }
    }
    if entered.may_manage() {
        return Ok(());
    }
    let holders = before.map(|(_, stood)| stood.sign_off_holders.clone()).unwrap_or_default();
    if own.sign_off_holders != holders {
        return Err(Error::Forbidden("Only a manager of the program says who holds a role that signs off."));
    }
    let loosened = |stood: &Gate| (&stood.sign_off_roles, stood.quorum) != (&own.sign_off_roles, own.quorum);
    if before.is_some_and(|(_, stood)| !stood.sign_off_roles.is_empty() && loosened(stood)) {
        return Err(Error::Forbidden(
            "Only a manager of the program changes which roles sign a gate off, or how many.",
        ));
    }
    Ok(())
}

/// Signs a gate off for a role: whoever holds it, whatever else they may do in the program, or a manager in their place.
///
/// # Errors
/// Forbidden to everybody else, naming who holds the role; refused for a role that the gate doesn't name, without a reason where
/// it is signed in somebody's place, and once the gate has said its word.
pub async fn sign(app: &App, ctx: &Ctx, entered: &Entered, number: i32, draft: &Draft) -> Result<SignOff> {
    if !entered.may_answer() {
        entered.must_raise()?;
    }
    let gate = find(app, entered, Kind::Gate, number).await?.item;
    let roles = roles(app, ctx, entered, &gate).await?;
    if roles.iter().all(|role| role.may != May::Hold) {
        entered.must_raise()?;
    }
    must_stand(&gate)?;
    let Detail::Gate(own) = &gate.detail else { return Err(Error::NotFound) };
    let mut tx = app.db.begin(&ctx.stamp(draft.text("reason").trim())).await?;
    // Whoever decides at this moment has the gate first; then this signature comes too late.
    store::hold::hold(&mut tx, gate.id).await?;
    let held = store::item::by_ids(&mut tx, &[gate.id]).await?;
    let state = held.first().map_or(gate.state, |gate| gate.state);
    let people_on = entered.may_manage().then(|| entered.today());
    let values = check(&mut tx, ctx, Some(gate.program), FIELDS, draft, people_on)
        .await
        .map_err(|e| e.with_draft(draft))?;
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let refused = |field: &str, why: String| Error::refused(field, why).with_draft(draft);
    let given = text("on").parse().ok();
    let on = entered.effective_on(given, "on").map_err(|e| e.with_draft(draft))?;
    let role = role_of(own, text("role")).map_err(|e| e.with_draft(draft))?;
    if matches!(state, State::Go | State::NoGo) {
        let why = format!("The gate has said {} already: {}.", state.label(), instead(state, "to sign"));
        return Err(refused("verdict", why));
    }
    let holders = holders(entered, own, &role);
    let names = roles.iter().find(|known| readiness::same(&known.name, &role));
    let held_by = names.map(|role| role.holders.join(" or ")).filter(|names| !names.is_empty());
    let me = ctx.viewer.person;
    let (person, on_behalf) = match (text("person").parse().ok().map(PersonId), may(ctx, entered, &holders)) {
        (None, May::Hold) => (me, None),
        (Some(person), May::Hold) if person == me => (me, None),
        (given, _) if entered.may_manage() => {
            if given.is_some_and(|person| !holders.is_empty() && !holders.contains(&person)) {
                let who = held_by.unwrap_or_else(|| "somebody else".to_owned());
                return Err(refused("person", format!("{} is held by {who}.", role_label(&role))));
            }
            if text("reason").is_empty() {
                let why = match held_by {
                    Some(who) => {
                        format!("{} is held by {who}: say why you sign in their place.", role_label(&role))
                    }
                    None => format!("Nobody is named for {}: say why you sign for it.", role_label(&role)),
                };
                return Err(refused("reason", why));
            }
            let only = holders.first().filter(|_| holders.len() == 1).copied();
            (given.or(only).unwrap_or(me), Some((me, text("reason").to_owned())))
        }
        _ => {
            let role = role_label(&role);
            return Err(Error::NotYours(match held_by {
                Some(who) => {
                    format!("{role} is held by {who}: they sign, or a manager of the program in their place.")
                }
                None => format!("Nobody is named for {role}: a manager of the program names who holds it."),
            }));
        }
    };
    let Some(verdict) = Verdict::from_name(text("verdict")) else {
        return Err(refused("verdict", "Give go, conditional_go or no_go.".to_owned()));
    };
    let comment = text("comment").to_owned();
    let said =
        SignOff { gate: gate.id, program: gate.program, role, person, verdict, comment, on, on_behalf };
    store::gate::sign(&mut tx, &said).await.map_err(|e| Error::from(e).with_draft(draft))?;
    let event = Event::SignedOff { role: said.role.clone(), verdict };
    tx.record(Some(gate.program), Some(gate.id), on, &event);
    tx.commit().await?;
    Ok(said)
}

/// The role as the gate writes it.
fn role_of(own: &Gate, role: &str) -> Result<String> {
    if own.sign_off_roles.is_empty() {
        return Err(Error::refused("role", "This gate names no roles that sign it off: name them first."));
    }
    let known = own.sign_off_roles.iter().find(|known| readiness::same(known, role));
    known.cloned().ok_or_else(|| {
        Error::refused(
            "role",
            format!("This gate is signed off by {}.", readiness::roles(&own.sign_off_roles)),
        )
    })
}
