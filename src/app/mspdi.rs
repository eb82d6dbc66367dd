//! A program as a plan of Microsoft Project, as it stands or stood.

use super::{App, Error, Result};
use crate::domain::ids::PersonId;
use crate::domain::item::Detail;
use crate::domain::kind::Kind;
use crate::domain::plan::{self as schedule, PlanFacts};
use crate::domain::program::Program;
use crate::exchange::mspdi::Plan;
use crate::exchange::mspdi::export::{Part, Source, When, plan};
use crate::store::lookup::Reader;
use crate::store::schedule_link::Asked;
use crate::store::{self, Stamp};
use chrono::NaiveDate;
use std::collections::HashMap;
use uuid::Uuid;

/// The plan of the program of this key, and what of it can't be carried.
///
/// # Errors
/// There is no such program.
pub async fn export(
    app: &App,
    stamp: &Stamp,
    key: &str,
    as_of: Option<NaiveDate>,
) -> Result<(Plan, Vec<String>)> {
    let mut tx = app.db.begin(stamp).await?;
    let found = store::program::by_key(&mut tx, &key.to_ascii_uppercase()).await?;
    drop(tx);
    let none = || Error::refused("program", format!("There is no program {key}."));
    let now: Program = found.ok_or_else(none)?;
    let program = store::program::find(&app.db, now.id, as_of).await?.ok_or_else(none)?;
    let reader = Reader { person: stamp.actor.unwrap_or(PersonId(Uuid::nil())), admin: true };
    let items = store::outline::items(&app.db, program.id, as_of).await?;
    let links = store::schedule_link::list(&app.db, program.id, &Asked::default(), reader, as_of).await?;
    let calendars = store::work_calendar::all(&app.db, program.id, as_of).await?;
    let mut ids: Vec<Uuid> =
        calendars.iter().filter_map(|one| one.person.map(|id| id.0).or(one.team.map(|id| id.0))).collect();
    for item in &items {
        ids.extend(item.owner.map(|owner| owner.0));
        if let Detail::Activity(own) = &item.detail {
            ids.extend(own.resources.iter().filter_map(|one| one.person.or(one.team)));
        }
    }
    ids.sort_unstable();
    ids.dedup();
    let names = store::lookup::names(&app.db, reader, &ids).await?;
    let projects = store::program::projects(&app.db, program.id, as_of).await?;
    let uids = store::import::uids(&app.db, &[program.id]).await?;
    let (leaving, others) = store::outline::beside(&app.db, program.id, as_of).await?;
    let day = as_of.unwrap_or_else(|| program.today(stamp.now));
    let facts = store::plan::load(&app.db, &[program.id], day, day).await?;
    let (scheduled, committed) = schedule_of(&facts, &program, day);
    let parts = items
        .into_iter()
        .map(|item| Part {
            id: item.id,
            title: item.title,
            description: item.description,
            state: item.state,
            owner: item.owner.map(|id| id.0),
            project: item.project.map(|id| id.0),
            raised_on: item.raised_on,
            tags: item.tags,
            detail: item.detail,
        })
        .collect();
    Ok(plan(&Source {
        program: &program,
        parts,
        links: links.into_iter().map(|shown| shown.link).collect(),
        calendars: &calendars,
        people: &names.people,
        teams: &names.teams,
        projects: &projects.into_iter().map(|one| (one.project.id.0, one.project)).collect(),
        uids: &uids,
        committed: &committed,
        scheduled: &scheduled,
        status_on: day,
        leaving: usize::try_from(leaving).unwrap_or(0),
        others: usize::try_from(others).unwrap_or(0),
    }))
}

/// When the program's own schedule has its items, and the finishes of activities that are committed; nothing where it can't be
/// scheduled.
fn schedule_of(
    facts: &PlanFacts,
    program: &Program,
    day: NaiveDate,
) -> (HashMap<Uuid, When>, HashMap<Uuid, NaiveDate>) {
    let Ok(plan) = schedule::Plan::make(facts, day) else { return (HashMap::new(), HashMap::new()) };
    let when = |ix| {
        let dates = plan.dates(ix);
        (dates.early_start, dates.early_finish)
    };
    let scheduled = plan.items_of(program.id).map(|(ix, node)| (node.item.0, when(ix))).collect();
    let activities = plan.items_of(program.id).filter(|(_, node)| node.kind == Kind::Activity);
    let committed = activities.filter_map(|(ix, node)| Some((node.item.0, plan.committed_on(ix)?)));
    let committed = committed.collect();
    (scheduled, committed)
}
