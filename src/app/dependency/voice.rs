//! Who speaks for which side of a dependency. A contract has two parties: nobody but a manager of the program is both, and a manager who
//! is of neither speaks in its place.

use crate::app::access::Entered;
use crate::app::{App, Ctx, Error, Result};
use crate::domain::draft::Draft;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::State;
use crate::domain::transition::Side;
use crate::store;

/// What the viewer is to the two sides of a dependency, the provider's first.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::app) struct Voice {
    manages: bool,
    owns: bool,
    /// They lead the project or team, or belong to it.
    is_of: [bool; 2],
    /// They agreed for it, or delivered.
    spoke_for: [bool; 2],
}

const fn at(side: Side) -> usize {
    match side {
        Side::Provider => 0,
        Side::Consumer => 1,
    }
}

/// The side whose part a change of state is: the provider agrees, delivers and rejects, the consumer agrees, accepts or not, and
/// withdraws. None where it isn't said who agrees.
pub(in crate::app) fn side_of(item: &Item, to: State, asked: &Draft) -> Option<Side> {
    match to {
        State::Delivered | State::Rejected => Some(Side::Provider),
        State::Agreed if item.state != State::Delivered => match asked.text("as").as_str() {
            "provider" => Some(Side::Provider),
            "consumer" => Some(Side::Consumer),
            _ => None,
        },
        _ => Some(Side::Consumer),
    }
}

impl Voice {
    pub async fn of(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<Self> {
        let Detail::Dependency(own) = &item.detail else { return Ok(Self::default()) };
        let person = ctx.viewer.person;
        let stands = async |project, team| store::people::stands_for(&app.db, person, project, team).await;
        let delivered = item.state == State::Delivered
            && store::dependency::delivered_by(&app.db, item.id).await? == Some(person);
        let me = Some(person.0);
        Ok(Self {
            manages: entered.may_manage(),
            owns: entered.may_edit(item),
            is_of: [
                stands(own.provider_project, own.provider_team).await?,
                stands(own.consumer_project, own.consumer_team).await?,
            ],
            spoke_for: [own.provider_agreed_by == me || delivered, own.consumer_agreed_by == me],
        })
    }

    /// Refuses whoever may not speak for a side: a manager may for both; else who is of it; and an owner of whom it can't be told, for
    /// the one that they speak for first.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn must_speak(self, side: Side) -> Result<()> {
        if self.manages {
            return Ok(());
        }
        let (own, other) = (at(side), 1 - at(side));
        let may = self.is_of[own] || (self.owns && self.is_of == [false, false]);
        if !may {
            return Err(Error::Forbidden(
                "Only somebody of that side or a manager may do this; its owner only where they are of neither.",
            ));
        }
        if self.spoke_for[other] {
            return Err(Error::Forbidden(
                "You spoke for the other side: somebody else of this side, or a manager, does this.",
            ));
        }
        Ok(())
    }

    /// Whether they speak for a side of which they are not.
    pub const fn in_place(self, side: Side) -> bool {
        self.manages && !self.is_of[at(side)]
    }
}

/// Whether the viewer may agree for the provider, and for the consumer.
///
/// # Errors
/// When the database is away.
pub async fn speaks(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<[bool; 2]> {
    let voice = Voice::of(app, ctx, entered, item).await?;
    Ok([Side::Provider, Side::Consumer].map(|side| voice.must_speak(side).is_ok()))
}
