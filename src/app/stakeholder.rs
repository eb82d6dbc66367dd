//! Stakeholders: how they stand, when they are spoken to, and who has which role in what.

use super::access::Entered;
use super::item::{must_stand, write_next};
use super::{App, Ctx, Error, Over, Result, WriteMeta, item, record};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::event::Event;
use crate::domain::ids::{ItemId, PersonId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::raci::Raci;
use crate::domain::stakeholder::Stakeholder;
use crate::store::item::Selection;
use crate::store::lookup::Names;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A stakeholder as the pages show them.
#[derive(Clone, Debug)]
pub struct Shown {
    pub id: ItemId,
    pub number: i32,
    pub title: String,
    pub state: State,
    pub owner: Option<PersonId>,
    pub own: Stakeholder,
}

/// The stakeholders of a program, by number, without the archived ones.
///
/// # Errors
/// When the database is away.
pub async fn list(app: &App, entered: &Entered) -> Result<Vec<Shown>> {
    let selection =
        Selection { kinds: vec![Kind::Stakeholder], limit: 500, with_detail: true, ..Selection::default() };
    let (rows, _) = item::list(app, entered, &selection).await?;
    let mut all: Vec<_> = rows
        .into_iter()
        .filter_map(|row| {
            let Some(Value::Object(own)) = row.detail else { return None };
            let Ok(Detail::Stakeholder(own)) = Detail::read(Kind::Stakeholder, own) else { return None };
            Some(Shown {
                id: row.id,
                number: row.number,
                title: row.title,
                state: row.state,
                owner: row.owner,
                own: *own,
            })
        })
        .collect();
    all.sort_by_key(|one| one.number);
    Ok(all)
}

/// Says that a stakeholder was spoken to: the next contact is a cadence later.
///
/// # Errors
/// Forbidden but for the owner and managers; refused for a day that has not come.
pub async fn contacted(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    on: Option<NaiveDate>,
    note: &str,
) -> Result<Item> {
    entered.must_raise()?;
    let stored = item::find(app, entered, Kind::Stakeholder, number).await?.item;
    entered.must_edit(&stored)?;
    must_stand(&stored)?;
    let on = on.unwrap_or_else(|| entered.today());
    if on > entered.today() {
        return Err(Error::refused("on", "That day has not come yet."));
    }
    let mut next = stored.clone();
    let mut due = None;
    if let Detail::Stakeholder(own) = &mut next.detail {
        due = own.next_contact(on);
        own.next_contact_on = due;
    }
    next.settle();
    next.effective_on = entered.today().max(stored.effective_on);
    let effective_on = next.effective_on;
    let mut tx = app.db.begin(&ctx.stamp(note)).await?;
    write_next(&mut tx, &stored, &mut next, &[]).await?;
    tx.record(Some(next.program), Some(next.id), effective_on, &Event::Contacted { on, next: due });
    tx.commit().await?;
    Ok(next)
}

/// Who has which role in what, with the names of all that is named.
#[derive(Clone, Debug)]
pub struct Roles {
    pub all: Vec<Raci>,
    pub names: Names,
}

/// Reads who has which role in what.
///
/// # Errors
/// When the database is away.
pub async fn roles(app: &App, ctx: &Ctx, entered: &Entered) -> Result<Roles> {
    let mut all = record::list::<Raci>(app, entered).await?;
    let named: Vec<Map<String, Value>> = all
        .iter()
        .filter_map(|raci| match json!(raci) {
            Value::Object(values) => Some(values),
            _ => None,
        })
        .collect();
    let names = item::names_in(app, ctx, &named).await?;
    all.sort_by_cached_key(|raci| {
        let project = names.project(raci.project).map(str::to_owned);
        (project.is_none(), project, names.item(raci.item).map(|(reference, _)| reference.number))
    });
    Ok(Roles { all, names })
}

/// What a row is refused for that only the program knows: it names stakeholders of this program, and a decision.
async fn settled(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    draft: &Draft,
) -> Result<impl FnOnce(&mut Raci, &mut Vec<FieldError>) + use<>> {
    let people: Vec<ItemId> = list(app, entered).await?.into_iter().map(|one| one.id).collect();
    let program = entered.key().to_owned();
    let named: Vec<_> = draft.names(crate::domain::raci::FIELDS);
    let found = item::lookup(app, ctx, entered, &named).await?;
    let ids: Map<String, Value> =
        found.items.values().enumerate().map(|(at, id)| (at.to_string(), json!(id))).collect();
    let names = item::names_in(app, ctx, [&ids]).await?;
    Ok(move |raci: &mut Raci, errors: &mut Vec<FieldError>| {
        let stranger = |who: &ItemId| !people.contains(who);
        for (field, list) in [
            ("accountable", raci.accountable.as_slice()),
            ("responsible", raci.responsible.as_slice()),
            ("consulted", raci.consulted.as_slice()),
            ("informed", raci.informed.as_slice()),
        ] {
            if list.iter().any(stranger) {
                errors.push(FieldError::new(
                    field,
                    format!("Name stakeholders of {program}, such as {program}-SH1."),
                ));
            }
        }
        let decision = raci.item.and_then(|item| names.item(Some(item)));
        if decision.is_some_and(|(named, _)| named.kind != Kind::Decision || named.program != program) {
            errors.push(FieldError::new("item", "Name a decision of this program."));
        }
    })
}

/// Says who has which role in a project or a decision, or (`id`) changes that.
///
/// # Errors
/// Forbidden but for managers; refused with the draft's errors.
pub async fn set_roles(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    id: Option<(Uuid, Over)>,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Raci> {
    entered.must_manage()?;
    let settle = settled(app, ctx, entered, draft).await?;
    match id {
        None => record::make(app, ctx, entered, draft, meta, settle).await,
        Some((id, over)) => record::edit(app, ctx, entered, id, over, draft, meta, settle).await,
    }
}
