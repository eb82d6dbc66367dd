//! Checks of gates: what of them is a manager's to say, and how they stood when their gate said its word.

use super::access::Entered;
use super::{App, Error, Result};
use crate::domain::gate::{self, Gate};
use crate::domain::ids::ItemId;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::readiness::{Standing, Tally};
use crate::store::gate::CheckRow;
use crate::store::{self, Tx};
use chrono::NaiveDate;
use std::collections::HashMap;

/// Refuses whoever is no manager, but for leaving a check as mandatory as it is, with its gate and with the criterion that was set: what
/// a gate is judged by is not for the owner of a check to say.
///
/// # Errors
/// [`Error::Forbidden`].
pub(super) fn must_weigh(entered: &Entered, before: &Item, next: &Item) -> Result<()> {
    let (Detail::Check(was), Detail::Check(is)) = (&before.detail, &next.detail) else { return Ok(()) };
    let stays = was.criterion.is_empty() || was.criterion == is.criterion;
    if entered.may_manage() || (stays && (was.mandatory, was.gate) == (is.mandatory, is.gate)) {
        return Ok(());
    }
    Err(Error::Forbidden(
        "Only a manager of the program says whether a check is mandatory, of which gate it is, and changes its criterion.",
    ))
}

/// Refuses a check for a gate that goes already, or from one: it would count as if the gate had been judged by it, or without it. One that
/// goes on conditions may get checks of them.
///
/// # Errors
/// Refused, naming the gate.
pub(super) async fn must_be_awaited(
    tx: &mut Tx,
    entered: &Entered,
    before: Option<&Item>,
    next: &Item,
) -> Result<()> {
    let gate = |item: &Item| match &item.detail {
        Detail::Check(own) => Some(own.gate),
        _ => None,
    };
    let from = before.and_then(gate);
    let Some(to) = gate(next).filter(|to| from != Some(*to)) else { return Ok(()) };
    let mut gates: Vec<_> = from.into_iter().chain([to]).collect();
    // Held in one order, so that two moves across don't wait for each other.
    gates.sort_unstable();
    for gate in gates {
        must_await(tx, entered, gate.into(), "gate").await?;
    }
    Ok(())
}

/// Whether the viewer may say what a gate is judged by: its owner while it is planned, then a manager; once it goes, nobody.
#[must_use]
pub fn may_come(entered: &Entered, gate: &Item) -> bool {
    let own = gate.state == State::Planned && entered.may_edit(gate);
    gate.state != State::Go && (own || entered.may_manage())
}

/// Refuses what comes to a gate that goes, which is held until the transaction ends: it doesn't say its word meanwhile.
///
/// # Errors
/// Refused beside the field, naming the gate.
pub(super) async fn must_await(tx: &mut Tx, entered: &Entered, gate: ItemId, field: &str) -> Result<()> {
    store::hold::hold(tx, gate).await?;
    let items = store::item::by_ids(tx, &[gate]).await?;
    if items.first().is_some_and(|gate| gate.state != State::Go && !may_come(entered, gate)) {
        return Err(Error::Forbidden(
            "What a gate is judged by is for its owner to say while it is planned, then for a manager of the program.",
        ));
    }
    match store::gate::went(tx, gate).await? {
        Some((number, state)) => {
            let gate = Reference { program: entered.key().to_owned(), kind: Kind::Gate, number };
            let message =
                format!("{gate} has said {}: it was judged by the checks that it had.", state.label());
            Err(Error::refused(field, message))
        }
        None => Ok(()),
    }
}

/// Refuses whoever is no manager to waive a check, or to say that it doesn't apply.
///
/// # Errors
/// [`Error::Forbidden`].
pub(super) const fn must_excuse(entered: &Entered) -> Result<()> {
    if entered.may_manage() {
        Ok(())
    } else {
        Err(Error::Forbidden("Only a manager of the program waives a check, or says that it doesn't apply."))
    }
}

/// Refuses to archive a check whose gate is decided, and to archive or restore any check to whoever is no manager.
///
/// # Errors
/// [`Error::Forbidden`], or a refusal that names the gate.
pub(super) async fn may_archive(app: &App, entered: &Entered, check: &Item, archived: bool) -> Result<()> {
    let Detail::Check(own) = &check.detail else { return Ok(()) };
    if !entered.may_manage() {
        return Err(Error::Forbidden("Only a manager of the program archives a check, or restores it."));
    }
    if !archived {
        return Ok(());
    }
    match store::gate::decided(&app.db, own.gate.into()).await? {
        Some((number, state)) => {
            let gate = Reference { program: entered.key().to_owned(), kind: Kind::Gate, number };
            let said = state.label();
            Err(Error::refused("", format!("{gate} has said {said}: the checks that it was judged by stay.")))
        }
        None => Ok(()),
    }
}

/// The checks of a gate: as they stood at the end of the day of its go / no-go, and as they stand.
#[derive(Clone, Debug)]
pub struct Checked {
    state: State,
    /// How they stood when it was said, where that is known: what counts, as it does for metric 9.
    found: Option<gate::Checked>,
    /// The day for which they are judged: of the go / no-go, or the one that is shown.
    pub day: NaiveDate,
    /// The day that is shown.
    today: NaiveDate,
    pub judged: Vec<CheckRow>,
    pub now: Vec<CheckRow>,
}

/// A check that was changed since the verdict: where it stood, and where it stands; none where it wasn't or isn't there.
#[derive(Clone, Debug)]
pub struct Since {
    pub number: i32,
    pub title: String,
    pub was: Option<Standing>,
    pub is: Option<Standing>,
}

impl Since {
    /// What became of it, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match (self.was, self.is) {
            (None, Some(is)) => format!("added since, {}", is.label()),
            (Some(_), None) => "archived since".to_owned(),
            (_, Some(is)) => format!("{} since", is.label()),
            (None, None) => String::new(),
        }
    }
}

impl Checked {
    /// Of `now`, as they stand, and `judged`, as they stood when the gate said its word: those of this gate.
    pub(super) fn new(
        gate: &Gate,
        state: State,
        today: NaiveDate,
        now: Vec<CheckRow>,
        judged: Vec<CheckRow>,
    ) -> Self {
        match gate.decided_on {
            Some(day) => Self { state, found: gate.checked, day, today, judged, now },
            None => Self { state, found: None, day: today, today, judged: now.clone(), now },
        }
    }

    /// Where a check stands, for the verdict.
    #[must_use]
    pub fn standing(&self, check: &CheckRow) -> Standing {
        Standing::of(check.state, check.waived_until, self.day)
    }

    #[must_use]
    pub fn tally(&self) -> Tally {
        let tally = Tally::of(self.judged.iter().map(|check| self.standing(check)));
        let count = |number: i64| u32::try_from(number).unwrap_or_default();
        self.found.map_or(tally, |found| Tally {
            passed: count(found.passed),
            applicable: count(found.applicable),
            ..tally
        })
    }

    /// Whether something became of them on the day itself, after the word was said: what was found then counts.
    #[must_use]
    pub fn changed_that_day(&self) -> bool {
        let later = gate::Checked::of(self.judged.iter().map(|check| check.state));
        self.found.is_some_and(|found| found != later)
    }

    /// Of the checks of one area; none where it has none.
    #[must_use]
    pub fn area(&self, area: &str) -> Option<Tally> {
        let mut here = self.judged.iter().filter(|check| check.area == area).peekable();
        here.peek()?;
        Some(Tally::of(here.map(|check| self.standing(check))))
    }

    /// The checks that count for what the gate may say next, with where they stand today; once it goes, those that let it go.
    #[must_use]
    pub fn current(&self) -> Vec<(&CheckRow, Standing)> {
        let (rows, day) =
            if self.state == State::Go { (&self.judged, self.day) } else { (&self.now, self.today) };
        rows.iter().map(|check| (check, Standing::of(check.state, check.waived_until, day))).collect()
    }

    /// Mandatory checks that keep it from going.
    #[must_use]
    pub fn blocking(&self) -> Vec<CheckRow> {
        let all = self.current().into_iter();
        all.filter(|(check, standing)| check.mandatory && standing.blocks())
            .map(|(check, _)| check.clone())
            .collect()
    }

    /// What was changed since the verdict, by number. That a waiver ended is no change.
    #[must_use]
    pub fn since(&self) -> Vec<Since> {
        let by_item = |rows: &[CheckRow]| -> HashMap<_, Standing> {
            rows.iter().map(|check| (check.item, self.standing(check))).collect()
        };
        let (was, is) = (by_item(&self.judged), by_item(&self.now));
        let added = self.now.iter().filter(|check| !was.contains_key(&check.item));
        let mut since: Vec<Since> = self
            .judged
            .iter()
            .chain(added)
            .map(|check| Since {
                number: check.number,
                title: check.title.clone(),
                was: was.get(&check.item).copied(),
                is: is.get(&check.item).copied(),
            })
            .filter(|since| since.was != since.is)
            .collect();
        since.sort_by_key(|since| since.number);
        since
    }
}

/// The checks of a gate, as they stood for its verdict and as they stand.
///
/// # Errors
/// When the database is away.
pub async fn of_gate(app: &App, entered: &Entered, gate: &Item) -> Result<Checked> {
    let Detail::Gate(own) = &gate.detail else { return Err(Error::NotFound) };
    let (program, as_of) = (entered.program().id, entered.as_of());
    let now = store::gate::checks(&app.db, program, Some(gate.id), as_of).await?;
    let judged = match own.decided_on {
        Some(_) => store::gate::judged(&app.db, program, Some(gate.id), as_of).await?,
        None => Vec::new(),
    };
    Ok(Checked::new(own, gate.state, entered.day(), now, judged))
}
