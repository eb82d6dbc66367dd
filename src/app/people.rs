//! People and teams. Everybody signed in sees them; administrators and whoever manages a program make them, and change people;
//! a team is changed by those who answer for it, and everybody changes their own name.

use super::{App, Ctx, Error, Over, Result, WriteMeta, program};
use crate::domain::draft::{Draft, Named};
use crate::domain::event::Event;
use crate::domain::ids::{PersonId, TeamId};
use crate::domain::people::{Person, Team, changed};
use crate::domain::program::{PERSON_FIELDS, TEAM_FIELDS};
pub use crate::store::people::{Member, Part, StoredTeam};
use crate::store::{self, new_id};
use chrono::NaiveDate;

/// Whether the viewer may make and change people and teams.
///
/// # Errors
/// When the database is away.
pub async fn may_change(app: &App, ctx: &Ctx) -> Result<bool> {
    let now = ctx.as_of.is_none_or(|day| day >= ctx.today());
    Ok(ctx.viewer.may_write
        && now
        && (ctx.viewer.admin || store::people::manages_any(&app.db, ctx.viewer.person).await?))
}

async fn must_change(app: &App, ctx: &Ctx) -> Result<()> {
    ctx.must_write()?;
    if may_change(app, ctx).await? {
        Ok(())
    } else {
        Err(Error::Forbidden("Only administrators and managers of a program may do this."))
    }
}

/// Whether the viewer may change this team: administrators, whoever leads it, and who made it. Who is in a team speaks for it wherever
/// it owes or is owed something, so that a program names it gives its managers no right to it.
///
/// # Errors
/// When the database is away.
pub async fn may_change_team(app: &App, ctx: &Ctx, id: TeamId) -> Result<bool> {
    let now = ctx.as_of.is_none_or(|day| day >= ctx.today());
    Ok(ctx.viewer.may_write
        && now
        && (ctx.viewer.admin || store::people::answers_for_team(&app.db, ctx.viewer.person, id).await?))
}

async fn must_change_team(app: &App, ctx: &Ctx, id: TeamId) -> Result<()> {
    ctx.must_write()?;
    if may_change_team(app, ctx, id).await? {
        Ok(())
    } else {
        Err(Error::Forbidden("A team is changed by an administrator, whoever leads it, or who made it."))
    }
}

/// Somebody who signs in is changed by an administrator: whoever made a program is its manager, and must not be able to put
/// another name or address on a colleague.
async fn must_change_person(app: &App, ctx: &Ctx, id: PersonId) -> Result<()> {
    must_change(app, ctx).await?;
    if ctx.viewer.admin || !store::people::signs_in(&app.db, id).await? {
        Ok(())
    } else {
        Err(Error::Forbidden("Somebody who has an account is changed by an administrator."))
    }
}

/// From when a write holds: today, or the earlier day that was given.
fn effective_on(ctx: &Ctx, given: Option<NaiveDate>, latest: Option<NaiveDate>) -> Result<NaiveDate> {
    let today = ctx.today();
    match given {
        Some(day) if day > today => Err(Error::refused("effective_on", "That day has not come yet.")),
        Some(day) => Ok(day),
        None => Ok(latest.map_or(today, |latest| latest.max(today))),
    }
}

/// People, by name, and how many there are in all.
///
/// # Errors
/// When the database is away.
pub async fn people(app: &App, part: &Part) -> Result<(Vec<Person>, i64)> {
    Ok(store::people::people(&app.db, part).await?)
}

/// One person.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn person(app: &App, ctx: &Ctx, id: PersonId) -> Result<Person> {
    store::people::person(&app.db, id, ctx.as_of).await?.ok_or(Error::NotFound)
}

/// The teams that a person is in, as (id, name).
///
/// # Errors
/// When the database is away.
pub async fn teams_of(app: &App, ctx: &Ctx, id: PersonId) -> Result<Vec<(TeamId, String)>> {
    Ok(store::people::teams_of(&app.db, id, ctx.as_of).await?)
}

/// Makes a person.
///
/// # Errors
/// Forbidden, or refused with the draft's errors.
pub async fn make_person(app: &App, ctx: &Ctx, draft: &Draft, meta: &WriteMeta) -> Result<Person> {
    must_change(app, ctx).await?;
    let on = effective_on(ctx, meta.effective_on, None).map_err(|error| error.with_draft(draft))?;
    let values = draft.check(PERSON_FIELDS, &crate::domain::draft::Directory::default())?;
    let mut made = Person::new(PersonId(new_id(ctx.now)), on);
    made.fill(values).map_err(|refused| refused.with_draft(draft))?;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let written = store::people::insert_person(&mut tx, &made).await;
    written.map_err(|error| Error::from(error).with_draft(draft))?;
    tx.record(None, None, on, &Event::PersonMade { person: made.name.clone() });
    tx.commit().await?;
    Ok(made)
}

/// Changes a person; the draft is laid over what is stored. People may change their own name.
///
/// # Errors
/// Forbidden, stale, or refused with the draft's errors.
pub async fn edit_person(
    app: &App,
    ctx: &Ctx,
    id: PersonId,
    version: Over,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Person> {
    ctx.must_write()?;
    let stored = store::people::person(&app.db, id, None).await?.ok_or(Error::NotFound)?;
    let mut next = stored.clone();
    let whole = stored.draft().overlaid(draft);
    if id != ctx.viewer.person {
        must_change_person(app, ctx, id).await?;
    }
    version.must_be(stored.version)?;
    let values = whole.check(PERSON_FIELDS, &crate::domain::draft::Directory::default())?;
    next.fill(values).map_err(|refused| refused.with_draft(&whole))?;
    let fields = changed(&stored.draft(), &next.draft());
    if fields.iter().any(|field| field != "name") || meta.effective_on.is_some() {
        must_change(app, ctx).await?;
    }
    if fields.is_empty() {
        return Ok(stored);
    }
    write_person(app, ctx, &stored, next, fields, meta).await.map_err(|error| error.with_draft(&whole))
}

async fn write_person(
    app: &App,
    ctx: &Ctx,
    stored: &Person,
    mut next: Person,
    fields: Vec<String>,
    meta: &WriteMeta,
) -> Result<Person> {
    let on = effective_on(ctx, meta.effective_on, Some(stored.effective_on))?;
    next.version = stored.version + 1;
    next.effective_on = on;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    if !store::people::update_person(&mut tx, &next).await? {
        return Err(Error::Stale { current: next.version });
    }
    tx.record(None, None, on, &Event::PersonEdited { person: next.name.clone(), fields });
    tx.commit().await?;
    Ok(next)
}

/// Archives a person, or brings them back. Nothing of what they did is lost.
///
/// # Errors
/// Forbidden, or stale.
pub async fn archive_person(app: &App, ctx: &Ctx, id: PersonId, archived: bool) -> Result<Person> {
    must_change_person(app, ctx, id).await?;
    let stored = store::people::person(&app.db, id, None).await?.ok_or(Error::NotFound)?;
    if stored.archived_at.is_some() == archived {
        return Ok(stored);
    }
    let next = Person { archived_at: archived.then_some(ctx.now), ..stored.clone() };
    write_person(app, ctx, &stored, next, vec!["archived_at".into()], &WriteMeta::default()).await
}

/// Teams, by name, and how many there are in all.
///
/// # Errors
/// When the database is away.
pub async fn teams(app: &App, part: &Part) -> Result<(Vec<StoredTeam>, i64)> {
    Ok(store::people::teams(&app.db, part).await?)
}

/// One team, with who is in it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn team(app: &App, ctx: &Ctx, id: TeamId) -> Result<(StoredTeam, Vec<Member>)> {
    let team = store::people::team(&app.db, id, ctx.as_of).await?.ok_or(Error::NotFound)?;
    let members = store::people::members(&app.db, id, ctx.as_of).await?;
    Ok((team, members))
}

/// Makes a team.
///
/// # Errors
/// Forbidden, or refused with the draft's errors.
pub async fn make_team(app: &App, ctx: &Ctx, draft: &Draft, meta: &WriteMeta) -> Result<Team> {
    must_change(app, ctx).await?;
    let on = effective_on(ctx, meta.effective_on, None).map_err(|error| error.with_draft(draft))?;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let values = program::check(&mut tx, ctx, None, TEAM_FIELDS, draft, Some(on))
        .await
        .map_err(|error| error.with_draft(draft))?;
    let mut made = Team::new(TeamId(new_id(ctx.now)), on);
    made.fill(values).map_err(|refused| refused.with_draft(draft))?;
    let written = store::people::insert_team(&mut tx, &made).await;
    written.map_err(|error| Error::from(error).with_draft(draft))?;
    tx.record(None, None, on, &Event::TeamMade { team: made.name.clone() });
    tx.commit().await?;
    Ok(made)
}

/// Changes a team; the draft is laid over what is stored.
///
/// # Errors
/// Forbidden, stale, or refused with the draft's errors.
pub async fn edit_team(
    app: &App,
    ctx: &Ctx,
    id: TeamId,
    version: Over,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Team> {
    must_change_team(app, ctx, id).await?;
    let stored = store::people::team(&app.db, id, None).await?.ok_or(Error::NotFound)?.team;
    version.must_be(stored.version)?;
    let whole = stored.draft().overlaid(draft);
    let on = effective_on(ctx, meta.effective_on, Some(stored.effective_on))
        .map_err(|error| error.with_draft(&whole))?;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let values = program::check(&mut tx, ctx, None, TEAM_FIELDS, &whole, Some(on))
        .await
        .map_err(|error| error.with_draft(&whole))?;
    let mut next = stored.clone();
    next.fill(values).map_err(|refused| refused.with_draft(&whole))?;
    let fields = changed(&stored.draft(), &next.draft());
    if fields.is_empty() {
        return Ok(stored);
    }
    next.version += 1;
    next.effective_on = on;
    let written = store::people::update_team(&mut tx, &next).await;
    if !written.map_err(|error| Error::from(error).with_draft(&whole))? {
        return Err(Error::Stale { current: next.version });
    }
    tx.record(None, None, on, &Event::TeamEdited { team: next.name.clone(), fields });
    tx.commit().await?;
    Ok(next)
}

/// Archives a team, or brings it back.
///
/// # Errors
/// Forbidden, or stale.
pub async fn archive_team(app: &App, ctx: &Ctx, id: TeamId, archived: bool) -> Result<Team> {
    must_change_team(app, ctx, id).await?;
    let stored = store::people::team(&app.db, id, None).await?.ok_or(Error::NotFound)?.team;
    if stored.archived_at.is_some() == archived {
        return Ok(stored);
    }
    let on = effective_on(ctx, None, Some(stored.effective_on))?;
    let next = Team {
        archived_at: archived.then_some(ctx.now),
        version: stored.version + 1,
        effective_on: on,
        ..stored
    };
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    if !store::people::update_team(&mut tx, &next).await? {
        return Err(Error::Stale { current: next.version });
    }
    let fields = vec!["archived_at".into()];
    tx.record(None, None, on, &Event::TeamEdited { team: next.name.clone(), fields });
    tx.commit().await?;
    Ok(next)
}

/// Puts a person, named as in any draft, into a team or takes them out.
///
/// # Errors
/// Forbidden; [`Error::NotFound`] for no such team; refused for an unknown person.
pub async fn set_team_member(app: &App, ctx: &Ctx, id: TeamId, person: &str, member: bool) -> Result<()> {
    must_change_team(app, ctx, id).await?;
    let team = store::people::team(&app.db, id, None).await?.ok_or(Error::NotFound)?.team;
    let named = Named::Person(person.trim().to_owned());
    let found = store::lookup::directory(&app.db, None, ctx.reader(), std::slice::from_ref(&named)).await?;
    let Some(person) = found.persons.get(&person.trim().to_lowercase()).map(|id| PersonId(*id)) else {
        return Err(Error::refused(
            "person",
            "There is no such person: give an e-mail address, a handle or a name.",
        ));
    };
    let name = store::people::person(&app.db, person, None).await?.map(|person| person.name);
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    if store::people::set_team_member(&mut tx, id, person, member, ctx.today()).await? {
        let event = Event::TeamMemberSet { team: team.name, person: name.unwrap_or_default(), member };
        tx.record(None, None, ctx.today(), &event);
        tx.commit().await?;
    }
    Ok(())
}
