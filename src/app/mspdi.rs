//! A program as a plan of Microsoft Project, as it stands or stood.

use super::{App, Error, Result};
use crate::domain::ids::PersonId;
use crate::domain::item::Detail;
use crate::domain::program::Program;
use crate::exchange::mspdi::Plan;
use crate::exchange::mspdi::export::{Part, Source, plan};
use crate::store::lookup::Reader;
use crate::store::schedule_link::Asked;
use crate::store::{self, Stamp};
use chrono::NaiveDate;
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
        if let Detail::Activity(own) = &item.detail {
            ids.extend(own.resources.iter().filter_map(|one| one.person.or(one.team)));
        }
    }
    ids.sort_unstable();
    ids.dedup();
    let names = store::lookup::names(&app.db, reader, &ids).await?;
    let parts = items
        .into_iter()
        .map(|item| Part {
            id: item.id,
            title: item.title,
            description: item.description,
            state: item.state,
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
    }))
}
