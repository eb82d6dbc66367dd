//! Programs, their projects, members and baselines.

use super::access::Entered;
use super::{App, Ctx, Error, Over, Result, WriteMeta, plan};
use crate::domain::draft::{Directory, Draft, Field, Named};
use crate::domain::event::Event;
use crate::domain::ids::{PersonId, ProgramId, ProjectId};
use crate::domain::kind::Kind;
use crate::domain::program::{self, Program, ProgramState, Project, Role};
use crate::store::item::Selection;
use crate::store::program::{Member, StoredProject, Visible};
use crate::store::{self, Tx, new_id};
use chrono::NaiveDate;
use serde_json::{Map, Value};

/// The programs that the viewer may see.
///
/// # Errors
/// When the database is away.
pub async fn visible(app: &App, ctx: &Ctx) -> Result<Vec<Visible>> {
    Ok(store::program::visible(&app.db, ctx.viewer.person, ctx.viewer.admin, ctx.as_of).await?)
}

/// Looks up what a draft names, makes the people that it names as new ones (`{"name": …}`) where `may_make_people`, and
/// checks it against its fields.
pub(super) async fn check<'f>(
    tx: &mut Tx,
    ctx: &Ctx,
    program: Option<ProgramId>,
    fields: impl IntoIterator<Item = &'f Field> + Clone,
    draft: &Draft,
    make_people_on: Option<NaiveDate>,
) -> Result<Map<String, Value>> {
    let names = draft.names(fields.clone());
    let drafts = std::slice::from_ref(draft);
    let (directory, missing) = directory(tx, ctx, program, &names, drafts, make_people_on).await?;
    draft.check(fields, &directory).map_err(|mut refused| {
        for error in &mut refused.errors {
            let named = draft.0.get(&error.field).map(|_| draft.text(&error.field));
            if named.is_some_and(|named| missing.iter().any(|name| name == named.trim())) {
                error.message.push_str(" Only managers of the program can add people.");
            }
        }
        Error::from(refused)
    })
}

/// Looks up names that drafts use, and makes the people that these name as new ones (`{"name": …}`) where `make_people_on` says
/// from when; else their names are the second of what comes back.
pub(super) async fn directory(
    tx: &mut Tx,
    ctx: &Ctx,
    program: Option<ProgramId>,
    names: &[Named],
    drafts: &[Draft],
    make_people_on: Option<NaiveDate>,
) -> Result<(Directory, Vec<String>)> {
    let mut directory = store::lookup::directory_in(tx, program, ctx.reader(), names).await?;
    let new = |directory: &Directory| -> Vec<String> {
        let unknown = names.iter().filter_map(|name| match name {
            Named::Person(name) if !directory.persons.contains_key(&name.to_lowercase()) => Some(name),
            _ => None,
        });
        unknown.filter(|name| drafts.iter().any(|draft| is_named_as_new(draft, name))).cloned().collect()
    };
    let mut missing = new(&directory);
    if let (Some(on), false) = (make_people_on, missing.is_empty()) {
        if missing.iter().any(|name| name.chars().count() > 120 || name.chars().any(char::is_control)) {
            let why = "A person's name has at most 120 characters, and no control characters.";
            return Err(Error::refused("name", why));
        }
        // Somebody may be naming the same person at this moment: one makes them, and the other then finds them.
        store::lookup::lock_new_people(tx).await?;
        directory = store::lookup::directory_in(tx, program, ctx.reader(), names).await?;
        missing = new(&directory);
        let people: Vec<_> = missing.iter().map(|name| new_person(ctx, name, on)).collect();
        for (name, person) in missing.iter().zip(&people) {
            directory.persons.insert(name.to_lowercase(), person.id.0);
        }
        if !people.is_empty() {
            store::lookup::insert_people(tx, &people).await?;
        }
        missing.clear();
    }
    Ok((directory, missing))
}

/// A person of whom only a name is known, or a handle.
fn new_person(ctx: &Ctx, name: &str, on: NaiveDate) -> store::lookup::NewPerson {
    let handle = name.starts_with('@').then(|| name.to_owned());
    store::lookup::NewPerson {
        id: PersonId(new_id(ctx.now)),
        name: name.trim_start_matches('@').to_owned(),
        email: None,
        handle,
        version: 1,
        effective_on: on,
    }
}

/// Whether a draft gives this name in the form that makes a new person: `{"name": …}` or `{"handle": …}`.
fn is_named_as_new(draft: &Draft, name: &str) -> bool {
    draft.0.values().any(|value| {
        ["name", "handle"]
            .iter()
            .any(|key| value.get(*key).and_then(Value::as_str).map(str::trim) == Some(name))
    })
}

/// Makes a program; its maker becomes a manager of it.
///
/// # Errors
/// Refused for a viewer's token, or with the draft's errors.
pub async fn make(app: &App, ctx: &Ctx, draft: &Draft, meta: &WriteMeta) -> Result<Program> {
    ctx.must_write()?;
    let on = meta.effective_on.unwrap_or_else(|| ctx.today());
    if on > ctx.today() {
        return Err(Error::refused("effective_on", "That day has not come yet.").with_draft(draft));
    }
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let values =
        check(&mut tx, ctx, None, program::FIELDS, draft, Some(on)).await.map_err(|e| e.with_draft(draft))?;
    let mut made = Program::new(ProgramId(new_id(ctx.now)), ctx.now, on);
    made.fill(values).map_err(|refused| refused.with_draft(draft))?;
    let written = store::program::insert(&mut tx, &made).await;
    written.map_err(|error| Error::from(error).with_draft(draft))?;
    store::program::set_member(&mut tx, made.id, ctx.viewer.person, Some(Role::Manager), on).await?;
    tx.record(Some(made.id), None, on, &Event::ProgramMade {});
    tx.commit().await?;
    Ok(made)
}

/// Changes a program: the draft is laid over what is stored. `version` is the one that was read.
///
/// # Errors
/// Forbidden but for managers; stale; or refused with the draft's errors.
pub async fn edit(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    version: Over,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Program> {
    entered.must_manage()?;
    let stored = entered.program();
    let on = since(entered, meta, stored.effective_on).map_err(|e| e.with_draft(draft))?;
    version.must_be(stored.version)?;
    if draft
        .0
        .get("key")
        .and_then(Value::as_str)
        .is_some_and(|key| !key.trim().eq_ignore_ascii_case(&stored.key))
    {
        return Err(
            Error::refused("key", "A key stays: references everywhere begin with it.").with_draft(draft)
        );
    }
    let whole = stored.draft().overlaid(draft);
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let values = check(&mut tx, ctx, Some(stored.id), program::FIELDS, &whole, Some(on))
        .await
        .map_err(|e| e.with_draft(&whole))?;
    let mut next = stored.clone();
    next.fill(values).map_err(|refused| refused.with_draft(&whole))?;
    if next == *stored {
        return Ok(next);
    }
    stored.state.may_become(next.state).map_err(|refused| refused.with_draft(&whole))?;
    if next.state == ProgramState::Closed && stored.state != ProgramState::Closed {
        let selection = Selection { kinds: vec![Kind::Lesson], limit: 1, ..Selection::default() };
        let (_, lessons) = super::item::list(app, entered, &selection).await?;
        next.may_close(lessons).map_err(|refused| refused.with_draft(&whole))?;
    }
    let fields = changed(&stored.draft(), &next.draft());
    next.version += 1;
    next.effective_on = on;
    next.updated_at = ctx.now;
    let written = store::program::update(&mut tx, &next)
        .await
        .map_err(|error| Error::from(error).with_draft(&whole))?;
    if !written {
        return Err(Error::Stale { current: stored.version + 1 });
    }
    tx.record(Some(stored.id), None, on, &Event::ProgramEdited { fields });
    tx.commit().await?;
    plan::after(app, ctx.now, Some(ctx.viewer.person), &[stored.id]).await;
    Ok(next)
}

/// From when a change of what is stored holds: today, or the earlier day given, but not before the latest version.
pub(super) fn since(entered: &Entered, meta: &WriteMeta, latest: NaiveDate) -> Result<NaiveDate> {
    let on = entered.effective_on(meta.effective_on, "effective_on")?;
    if meta.effective_on.is_some() && on < latest {
        let why = format!(
            "History is appended to, never rewritten: the latest version is of {latest}, give that day or a later one."
        );
        return Err(Error::refused("effective_on", why));
    }
    Ok(on.max(latest))
}

fn changed(before: &Draft, after: &Draft) -> Vec<String> {
    after
        .0
        .iter()
        .filter(|(name, value)| before.0.get(*name) != Some(*value))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Archives a program, or brings it back: it is hidden, and nothing of it is lost. Only an administrator.
///
/// # Errors
/// Forbidden, or stale.
pub async fn archive(app: &App, ctx: &Ctx, entered: &Entered, archived: bool) -> Result<()> {
    ctx.must_administer()?;
    let mut next = entered.program().clone();
    if next.archived_at.is_some() == archived {
        return Ok(());
    }
    next.archived_at = archived.then_some(ctx.now);
    next.version += 1;
    next.updated_at = ctx.now;
    next.effective_on = entered.today().max(next.effective_on);
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    if !store::program::update(&mut tx, &next).await? {
        return Err(Error::Stale { current: next.version });
    }
    let event = if archived { Event::Archived {} } else { Event::Restored {} };
    tx.record(Some(next.id), None, entered.today(), &event);
    tx.commit().await?;
    plan::after(app, ctx.now, Some(ctx.viewer.person), &[next.id]).await;
    Ok(())
}

/// The projects of a program.
///
/// # Errors
/// When the database is away.
pub async fn projects(app: &App, entered: &Entered) -> Result<Vec<StoredProject>> {
    let mut all = store::program::projects(&app.db, entered.program().id, entered.as_of()).await?;
    all.retain(|stored| stored.project.archived_at.is_none());
    Ok(all)
}

/// Makes a project.
///
/// # Errors
/// Forbidden but for managers, or refused with the draft's errors.
pub async fn make_project(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Project> {
    entered.must_manage()?;
    let on = entered.effective_on(meta.effective_on, "effective_on")?;
    let program = entered.program().id;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let values = check(&mut tx, ctx, Some(program), program::PROJECT_FIELDS, draft, Some(on))
        .await
        .map_err(|e| e.with_draft(draft))?;
    let mut made = Project::new(ProjectId(new_id(ctx.now)), program, on);
    made.fill(values).map_err(|refused| refused.with_draft(draft))?;
    let written = store::program::insert_projects(&mut tx, std::slice::from_ref(&made)).await;
    written.map_err(|error| Error::from(error).with_draft(draft))?;
    tx.record(Some(program), None, on, &Event::ProjectMade { project: made.key.clone() });
    tx.commit().await?;
    Ok(made)
}

/// Finds a project of the program by its key, archived or not.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn project(app: &App, entered: &Entered, key: &str) -> Result<StoredProject> {
    let all = store::program::projects(&app.db, entered.program().id, entered.as_of()).await?;
    let found = all.into_iter().find(|stored| {
        stored.project.key.eq_ignore_ascii_case(key) || stored.project.id.to_string() == key.to_lowercase()
    });
    found.ok_or(Error::NotFound)
}

/// Changes a project.
///
/// # Errors
/// Forbidden but for managers; stale; or refused with the draft's errors.
pub async fn edit_project(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    key: &str,
    version: Over,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Project> {
    entered.must_manage()?;
    let stored = project(app, entered, key).await?.project;
    let on = since(entered, meta, stored.effective_on).map_err(|e| e.with_draft(draft))?;
    version.must_be(stored.version)?;
    let whole = stored.draft().overlaid(draft);
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let values = check(&mut tx, ctx, Some(stored.program), program::PROJECT_FIELDS, &whole, Some(on))
        .await
        .map_err(|e| e.with_draft(&whole))?;
    let mut next = stored.clone();
    next.fill(values).map_err(|refused| refused.with_draft(&whole))?;
    if next == stored {
        return Ok(next);
    }
    next.version += 1;
    next.effective_on = on;
    let written = store::program::update_project(&mut tx, &next)
        .await
        .map_err(|error| Error::from(error).with_draft(&whole))?;
    if !written {
        return Err(Error::Stale { current: stored.version + 1 });
    }
    tx.record(Some(stored.program), None, on, &Event::ProjectEdited { project: next.key.clone() });
    tx.commit().await?;
    plan::after(app, ctx.now, Some(ctx.viewer.person), &[stored.program]).await;
    Ok(next)
}

/// Archives a project, or brings it back.
///
/// # Errors
/// Forbidden but for managers, or stale.
pub async fn archive_project(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    key: &str,
    archived: bool,
) -> Result<()> {
    entered.must_manage()?;
    let mut next = project(app, entered, key).await?.project;
    if next.archived_at.is_some() == archived {
        return Ok(());
    }
    next.archived_at = archived.then_some(ctx.now);
    next.version += 1;
    next.effective_on = entered.today().max(next.effective_on);
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    if !store::program::update_project(&mut tx, &next).await? {
        return Err(Error::Stale { current: next.version });
    }
    tx.record(Some(next.program), None, entered.today(), &Event::ProjectEdited { project: next.key.clone() });
    Ok(tx.commit().await?)
}

/// The members of a program with their roles.
///
/// # Errors
/// When the database is away.
pub async fn members(app: &App, entered: &Entered) -> Result<Vec<Member>> {
    Ok(store::program::members(&app.db, entered.program().id, entered.as_of()).await?)
}

/// Gives a person a role, or takes it away, of an archived program too. A program keeps at least one manager.
///
/// # Errors
/// Forbidden but for managers; refused for an unknown person or the last manager.
pub async fn set_member(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    person: &str,
    role: Option<Role>,
) -> Result<()> {
    if role.is_some() || !entered.may_shut_out() {
        entered.must_manage()?;
    }
    let program = entered.program().id;
    let named = Named::Person(person.to_owned());
    let directory =
        store::lookup::directory(&app.db, Some(program), ctx.reader(), std::slice::from_ref(&named)).await?;
    let Some(id) = directory.persons.get(&person.trim().to_lowercase()) else {
        return Err(Error::refused("person", format!("There is no person “{person}”.")));
    };
    let id = PersonId(*id);
    let members = members(app, entered).await?;
    let other_manager = members.iter().any(|member| member.role == Role::Manager && member.person != id);
    if role != Some(Role::Manager)
        && !other_manager
        && members.iter().any(|m| m.person == id && m.role == Role::Manager)
    {
        return Err(Error::refused(
            "role",
            "A program keeps at least one manager: make somebody else manager first.",
        ));
    }
    let on = entered.today();
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    store::program::set_member(&mut tx, program, id, role, on).await?;
    let event = Event::MemberSet { person: id.to_string(), role: role.map(|role| role.name().to_owned()) };
    tx.record(Some(program), None, on, &event);
    Ok(tx.commit().await?)
}

/// The program as it stood on the day that is shown; as it stands, where it was not there yet.
///
/// # Errors
/// When the database is away.
pub async fn as_shown(app: &App, entered: &Entered) -> Result<Program> {
    let Some(day) = entered.as_of() else { return Ok(entered.program().clone()) };
    let then = store::program::find(&app.db, entered.program().id, Some(day)).await?;
    Ok(then.unwrap_or_else(|| entered.program().clone()))
}

/// The program as it stood on the day that is shown.
///
/// # Errors
/// [`Error::NotFound`] where it was not there yet.
pub async fn as_it_stood(app: &App, entered: &Entered) -> Result<Program> {
    let Some(day) = entered.as_of() else { return Ok(entered.program().clone()) };
    store::program::find(&app.db, entered.program().id, Some(day)).await?.ok_or(Error::NotFound)
}
