//! Who speaks for which side of a dependency. A contract has two parties: nobody but a manager of the program is both, and a manager who
//! is of neither speaks in its place.

use crate::app::access::Entered;
use crate::app::{App, Ctx, Error, Result};
use crate::domain::dependency::is_agreed;
use crate::domain::draft::Draft;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::transition::Side;
use crate::store;
use uuid::Uuid;

/// What the viewer is to the two sides of a dependency, the provider's first.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::app) struct Voice {
    manages: bool,
    owns: bool,
    /// They lead the project or team, or belong to it.
    is_of: [bool; 2],
    /// They agreed for it, or delivered, or ask for the date that waits for the other side.
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

/// Whether anything is left for a side to agree to: once both have agreed, only a date that waits for its consent.
pub(in crate::app) fn is_awaited(item: &Item, side: Side) -> bool {
    match &item.detail {
        Detail::Dependency(own) => item.state != State::Agreed || own.waits_for(side),
        _ => false,
    }
}

impl Voice {
    pub async fn of(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<Self> {
        let Detail::Dependency(own) = &item.detail else { return Ok(Self::default()) };
        let me = ctx.viewer.person;
        let stance = store::dependency::stance(&app.db, item.id, me).await?;
        let delivered = item.state == State::Delivered && stance.delivered;
        Ok(Self {
            manages: entered.may_manage(),
            owns: entered.may_edit(item),
            is_of: [stance.provider, stance.consumer],
            spoke_for: [
                own.provider_agreed_by == Some(me.0) || delivered || stance.offers,
                own.consumer_agreed_by == Some(me.0) || stance.asks,
            ],
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

    /// Whether they may agree for the provider, and for the consumer.
    pub fn may_agree(self, item: &Item) -> [bool; 2] {
        [Side::Provider, Side::Consumer].map(|side| is_awaited(item, side) && self.must_speak(side).is_ok())
    }

    /// Whether they speak for a side of which they are not.
    pub const fn in_place(self, side: Side) -> bool {
        self.manages && !self.is_of[at(side)]
    }
}

/// Whether a draft only asks for other dates of an agreed dependency, each by somebody who speaks for the side whose it is to ask: they do,
/// whoever owns it and whatever their role.
///
/// # Errors
/// When the database is away.
pub(in crate::app) async fn may_ask(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    item: &Item,
    draft: &Draft,
) -> Result<bool> {
    let side = |name: &str| match name {
        "needed_by" => Some(Side::Consumer),
        "promised_by" => Some(Side::Provider),
        _ => None,
    };
    let sides: Option<Vec<Side>> = draft.0.keys().map(|name| side(name)).collect();
    let Some(sides) = sides.filter(|sides| !sides.is_empty()) else { return Ok(false) };
    if item.kind != Kind::Dependency || !is_agreed(item.state) || !entered.may_answer() {
        return Ok(false);
    }
    let voice = Voice::of(app, ctx, entered, item).await?;
    Ok(sides.into_iter().all(|side| voice.must_speak(side).is_ok()))
}

/// Whether the viewer may ask for another date of an agreed dependency without owning it.
///
/// # Errors
/// When the database is away.
pub(crate) async fn asks(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<bool> {
    for name in ["needed_by", "promised_by"] {
        let draft = Draft([(name.to_owned(), serde_json::Value::Null)].into_iter().collect());
        if may_ask(app, ctx, entered, item, &draft).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Keeps what both sides agreed: another needed-by is the consumer's to ask for, another promised-by the provider's to offer, each of
/// them the other's to consent to; who owes it to whom and what it is accepted by is for a manager to change.
///
/// # Errors
/// [`Error::Forbidden`].
pub(in crate::app) async fn must_keep(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    before: &Item,
    next: &Item,
) -> Result<()> {
    let (Detail::Dependency(was), Detail::Dependency(is)) = (&before.detail, &next.detail) else {
        return Ok(());
    };
    if entered.may_manage() || !is_agreed(before.state) {
        return Ok(());
    }
    if !is.has_terms_of(was) {
        return Err(Error::Forbidden(
            "It is agreed who owes it to whom and what it is accepted by: only a manager of the program changes that.",
        ));
    }
    let unhooked = |was: Option<Uuid>, is: Option<Uuid>| was.is_some() && was != is;
    if unhooked(was.provider_milestone, is.provider_milestone)
        || unhooked(was.consumer_milestone, is.consumer_milestone)
    {
        return Err(Error::Forbidden(
            "It is agreed, and the schedule sees it come by these milestones: only a manager of the program takes them away.",
        ));
    }
    let voice = Voice::of(app, ctx, entered, before).await?;
    let asks = was.proposed_needed_by != is.proposed_needed_by;
    if asks && voice.must_speak(Side::Consumer).is_err() {
        return Err(Error::Forbidden(
            "Another needed-by is the consumer’s to ask for: somebody who speaks for that side alone does, or a manager.",
        ));
    }
    let offers = was.proposed_promised_by != is.proposed_promised_by;
    if offers && voice.must_speak(Side::Provider).is_err() {
        return Err(Error::Forbidden(
            "Another promised-by is the provider’s to offer: somebody who speaks for that side alone does, or a manager.",
        ));
    }
    Ok(())
}
