//! Checklists: those that are there for everybody, a program's own, and a gate that begins from one.

use super::access::Entered;
use super::item::{find, must_stand};
use super::{App, Ctx, Error, Result, gate};
use crate::domain::checklist::{BUILT_IN, BuiltIn, Entry};
use crate::domain::draft::Draft;
use crate::domain::event::Event;
use crate::domain::item::Item;
use crate::domain::kind::Kind;
use crate::store::checklist::Checklist;
use crate::store::{self, new_id};
use serde_json::Value;
use std::collections::HashSet;
use uuid::Uuid;

/// The program's own checklists.
///
/// # Errors
/// When the database is away.
pub async fn own(app: &App, entered: &Entered) -> Result<Vec<Checklist>> {
    Ok(store::checklist::list(&app.db, entered.program().id, entered.as_of()).await?)
}

/// Keeps the checks of a gate as a checklist of the program.
///
/// # Errors
/// Forbidden but to managers; refused without a name, or for a gate without checks.
pub async fn keep(app: &App, ctx: &Ctx, entered: &Entered, number: i32, name: &str) -> Result<Checklist> {
    entered.must_manage()?;
    let from = find(app, entered, Kind::Gate, number).await?.item;
    let checks = gate::checks(app, entered, &from).await?;
    if checks.is_empty() {
        return Err(Error::refused("gate", "This gate has no checks yet."));
    }
    let name = name.trim().to_owned();
    if name.is_empty() {
        return Err(Error::refused("name", "Give the checklist a name."));
    }
    let entry = |check: &store::gate::CheckRow| Entry {
        criterion: if check.criterion.is_empty() { check.title.clone() } else { check.criterion.clone() },
        area: check.area.clone(),
        mandatory: check.mandatory,
    };
    let list = Checklist { id: new_id(ctx.now), name, checks: checks.iter().map(entry).collect() };
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    store::checklist::insert(&mut tx, from.program, &list, entered.today()).await?;
    let event = Event::ChecklistSet { checklist: list.name.clone(), kept: true };
    tx.record(Some(from.program), None, entered.today(), &event);
    tx.commit().await?;
    Ok(list)
}

/// Takes a checklist of the program away, if it is there. What was made from it stays.
///
/// # Errors
/// Forbidden but to managers.
pub async fn remove(app: &App, ctx: &Ctx, entered: &Entered, id: Uuid) -> Result<()> {
    entered.must_manage()?;
    let program = entered.program().id;
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let Some(checklist) = store::checklist::delete(&mut tx, program, id).await? else { return Ok(()) };
    tx.record(Some(program), None, entered.today(), &Event::ChecklistSet { checklist, kept: false });
    Ok(tx.commit().await?)
}

/// Gives a gate the checks of a checklist, by its name or id, but for those that it has.
///
/// # Errors
/// Forbidden to viewers; refused for a checklist that isn't there.
pub async fn apply(app: &App, ctx: &Ctx, entered: &Entered, number: i32, named: &str) -> Result<Vec<Item>> {
    entered.must_raise()?;
    let gate = find(app, entered, Kind::Gate, number).await?.item;
    let named = named.trim();
    let built_in = BUILT_IN.iter().find(|list| list.name.eq_ignore_ascii_case(named)).map(BuiltIn::entries);
    let own = own(app, entered).await?;
    let own = own.into_iter().find(|list| {
        list.id.to_string() == named.to_lowercase() || list.name.to_lowercase() == named.to_lowercase()
    });
    let Some(entries) = own.map(|list| list.checks).or(built_in) else {
        return Err(Error::refused("checklist", format!("There is no checklist “{named}”.")));
    };
    must_stand(&gate)?;
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    // Somebody may be doing the same at this moment: what one adds, the other finds.
    store::hold::hold(&mut tx, gate.id).await?;
    let there: HashSet<String> = store::gate::criteria(&mut tx, gate.id).await?.into_iter().collect();
    let drafts = entries.into_iter().filter(|entry| !there.contains(&entry.criterion)).map(|entry| {
        let fields = [
            ("criterion", Value::from(entry.criterion)),
            ("area", Value::from(entry.area)),
            ("mandatory", Value::from(entry.mandatory)),
        ];
        Draft(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    });
    let made = gate::make_checks(&mut tx, ctx, entered, &gate, drafts.collect(), entered.today()).await?;
    tx.commit().await?;
    Ok(made)
}
