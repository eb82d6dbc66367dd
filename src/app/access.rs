//! Access to a program. [`Entered`] is the proof that the check was made: only [`enter`] and [`enter_all`] make one, and
//! nothing of a program can be read or written without it.

use super::cache::Stamp;
use super::{App, Ctx, Error, Result};
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::program::{Program, Role, Visibility};
use crate::store;
use crate::store::access::Door;
use chrono::NaiveDate;

/// A program that the viewer may see, and as what.
#[derive(Clone, Debug)]
pub struct Entered {
    program: Program,
    role: Role,
    beat: (i64, i64),
    today: NaiveDate,
    person: PersonId,
    /// Whether it may write at all; not whether the program can be written into.
    writes: bool,
    as_of: Option<NaiveDate>,
}

/// Enters a program: finds it, and what the viewer may do in it.
///
/// # Errors
/// [`Error::NotFound`] when there is none or the viewer may not see it.
pub async fn enter(app: &App, ctx: &Ctx, key: &str) -> Result<Entered> {
    let door = store::access::door(&app.db, &key.to_ascii_uppercase(), ctx.viewer.person)
        .await?
        .ok_or(Error::NotFound)?;
    pass(ctx, door).ok_or(Error::NotFound)
}

/// Enters several programs at once: those of these that the viewer may see.
///
/// # Errors
/// When the database is away.
pub async fn enter_all(app: &App, ctx: &Ctx, programs: &[ProgramId]) -> Result<Vec<Entered>> {
    if programs.is_empty() {
        return Ok(Vec::new());
    }
    let doors = store::access::doors(&app.db, programs, ctx.viewer.person).await?;
    Ok(doors.into_iter().filter_map(|door| pass(ctx, door)).collect())
}

/// What the viewer may do behind a door; none where they may not pass.
fn pass(ctx: &Ctx, door: Door) -> Option<Entered> {
    let role = if ctx.viewer.admin { Some(Role::Manager) } else { door.role };
    let role = match (role, door.program.visibility) {
        (Some(role), _) => role,
        (None, Visibility::Everyone) => Role::Viewer,
        (None, Visibility::Members) => return None,
    };
    let today = door.program.today(ctx.now);
    Some(Entered {
        program: door.program,
        role,
        beat: (door.beat, door.shared_beat),
        today,
        person: ctx.viewer.person,
        writes: ctx.viewer.may_write,
        as_of: ctx.as_of.filter(|day| *day < today),
    })
}

impl Entered {
    /// The program as it stands now.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    #[must_use]
    pub fn key(&self) -> &str {
        &self.program.key
    }

    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Under what is kept that was computed for the day that is shown.
    #[must_use]
    pub(super) fn stamp(&self) -> Stamp {
        Stamp { program: self.program.id, beat: self.beat, day: self.day() }
    }

    /// The pulse of the program and of what programs share: what was computed at a beat holds while it lasts.
    #[must_use]
    pub const fn beat(&self) -> (i64, i64) {
        self.beat
    }

    /// The day that it is in the program's time zone.
    #[must_use]
    pub const fn today(&self) -> NaiveDate {
        self.today
    }

    /// The past day to show things as of; `None` for as they stand.
    #[must_use]
    pub const fn as_of(&self) -> Option<NaiveDate> {
        self.as_of
    }

    /// The same, as of another day: today or earlier.
    #[must_use]
    pub fn at(&self, day: NaiveDate) -> Self {
        Self { as_of: Some(day).filter(|day| *day < self.today), ..self.clone() }
    }

    /// The day that is shown: the past one asked for, else today.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        self.as_of.unwrap_or(self.today)
    }

    /// Whether anything can be changed from what is shown: not in the past, and not by a viewer.
    #[must_use]
    pub const fn may_raise(&self) -> bool {
        self.may_answer() && matches!(self.role, Role::Contributor | Role::Manager)
    }

    /// Whether all of the program can be changed.
    #[must_use]
    pub const fn may_manage(&self) -> bool {
        self.may_answer() && matches!(self.role, Role::Manager)
    }

    /// Whether somebody can be shut out of the program: by its managers, of an archived one too, for whoever is a member reads it.
    #[must_use]
    pub const fn may_shut_out(&self) -> bool {
        self.writes && self.as_of.is_none() && matches!(self.role, Role::Manager)
    }

    /// Whether this item can be changed: by a manager, or by the contributor who owns it; a change request that is a draft also by
    /// the contributor who raised it.
    #[must_use]
    pub fn may_edit(&self, item: &Item) -> bool {
        let drafts = item.kind == Kind::Change && item.state == State::Draft;
        self.may_edit_what(item.owner) || (drafts && self.may_edit_what(item.raised_by))
    }

    /// The same, by whose the item is.
    #[must_use]
    pub fn may_edit_what(&self, owner: Option<PersonId>) -> bool {
        self.may_manage() || (self.may_raise() && owner == Some(self.person))
    }

    /// Whether who looks may answer what is asked of them, whatever their role: not in the past, and not by a token that only reads.
    #[must_use]
    pub const fn may_answer(&self) -> bool {
        self.writes && self.program.archived_at.is_none() && self.as_of.is_none()
    }

    /// Whether a decision waits for whoever looks: they decide it, put it off or ask, whatever their role in the program.
    #[must_use]
    pub fn is_asked(&self, item: &Item) -> bool {
        let to = match &item.detail {
            Detail::Decision(own) => own.escalated_to,
            _ => None,
        };
        self.may_answer() && item.is_open() && to == Some(self.person.0)
    }

    /// Refuses whatever would be written into an archived program, by anybody.
    ///
    /// # Errors
    /// [`Error::ArchivedProgram`].
    pub const fn must_stand(&self) -> Result<()> {
        if self.program.archived_at.is_none() { Ok(()) } else { Err(Error::ArchivedProgram) }
    }

    /// Refuses whoever may only read.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::ArchivedProgram`] for who could if it weren't.
    pub const fn must_raise(&self) -> Result<()> {
        if self.may_raise() {
            Ok(())
        } else if matches!(self.role, Role::Contributor | Role::Manager) && self.program.archived_at.is_some()
        {
            Err(Error::ArchivedProgram)
        } else {
            Err(Error::Forbidden("You may read this program, not change it."))
        }
    }

    /// Refuses whoever is not a manager of the program.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::ArchivedProgram`] for who could if it weren't.
    pub const fn must_manage(&self) -> Result<()> {
        if self.may_manage() {
            Ok(())
        } else if matches!(self.role, Role::Manager) && self.program.archived_at.is_some() {
            Err(Error::ArchivedProgram)
        } else {
            Err(Error::Forbidden("Only a manager of the program may do this."))
        }
    }

    /// Refuses whoever may not change this item.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn must_edit(&self, item: &Item) -> Result<()> {
        if self.may_edit(item) {
            Ok(())
        } else {
            Err(Error::Forbidden("Only its owner or a manager of the program may change this."))
        }
    }

    /// The effective date of a write: today, or the day given, which must not lie ahead and, where it is earlier, is a
    /// manager's right.
    ///
    /// # Errors
    /// [`Error::Forbidden`], or a refusal that names the field.
    pub fn effective_on(&self, given: Option<NaiveDate>, field: &str) -> Result<NaiveDate> {
        let Some(day) = given.filter(|day| *day != self.today) else { return Ok(self.today) };
        if day > self.today {
            return Err(Error::refused(
                field,
                "That day has not come yet: a change takes effect today or earlier.",
            ));
        }
        if !self.may_manage() {
            return Err(Error::Forbidden(
                "Only a manager of the program may say that something held from an earlier day.",
            ));
        }
        Ok(day)
    }

    /// Refuses an item that belongs to another program.
    #[must_use]
    pub fn holds(&self, item: &Item) -> Option<ItemId> {
        (item.program == self.program.id).then_some(item.id)
    }
}
