//! Metric 20: ownership and freshness.

use super::standing::{days_between, is_open};
use super::{Amount, Contribution, Shown, Tally, each, row};
use crate::domain::facts::{
    AssumptionFact, Common, DecisionFact, DependencyFact, Facts, IssueFact, MilestoneFact, RiskFact, Track,
};
use chrono::NaiveDate;
use serde::Serialize;

/// Within how many days there should have been an update.
const UPDATE_DAYS: i64 = 14;

/// What is shown beside ownership and freshness: what open items lack. One item can lack several things.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Freshness {
    pub open: u32,
    pub fresh: u32,
    pub without_owner: u32,
    pub without_next_date: u32,
    /// The next date lies before the as-of day.
    pub next_date_past: u32,
    /// No update within 14 days.
    pub without_update: u32,
}

/// What an open item lacks.
#[derive(Clone, Copy)]
struct Lacks {
    owner: bool,
    next: Next,
    update: bool,
}

/// Where the next date lies, seen from the as-of day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Missing,
    Past,
    Ahead,
}

impl Lacks {
    fn of(common: &Common, day: NaiveDate) -> Self {
        Self {
            owner: common.owner.is_none(),
            next: match common.next_on {
                None => Next::Missing,
                Some(next) if next < day => Next::Past,
                Some(_) => Next::Ahead,
            },
            update: days_between(common.updated_on, day) > UPDATE_DAYS,
        }
    }

    const fn nothing(self) -> bool {
        !self.owner && matches!(self.next, Next::Ahead) && !self.update
    }

    const fn text(self) -> &'static str {
        match (self.owner, self.next, self.update) {
            (false, Next::Ahead, false) => "fresh",
            (true, Next::Ahead, false) => "no owner",
            (false, Next::Missing, false) => "no next date",
            (false, Next::Past, false) => "next date past",
            (false, Next::Ahead, true) => "no update",
            _ => "several things lacking",
        }
    }
}

/// The part of a fact that every kind has.
trait HasCommon {
    fn common(&self) -> &Common;
}

macro_rules! has_common {
    ($($fact:ty),+) => {$(
        impl HasCommon for $fact {
            fn common(&self) -> &Common {
                &self.common
            }
        }
    )+};
}
has_common!(MilestoneFact, RiskFact, AssumptionFact, IssueFact, DependencyFact, DecisionFact);

/// Something to do for each open item of any of the six kinds, on each of the days.
trait Visitor {
    fn visit<T>(&mut self, index: usize, day: NaiveDate, track: &Track<T>, common: &Common);
}

fn each_open(facts: &Facts, days: &[NaiveDate], visitor: &mut impl Visitor) {
    fn of<T: HasCommon>(tracks: &[Track<T>], days: &[NaiveDate], visitor: &mut impl Visitor) {
        each(tracks, days, |index, day, track, fact| {
            if is_open(fact.common(), track.kind, day) {
                visitor.visit(index, day, track, fact.common());
            }
        });
    }
    of(&facts.milestones, days, visitor);
    of(&facts.risks, days, visitor);
    of(&facts.assumptions, days, visitor);
    of(&facts.issues, days, visitor);
    of(&facts.dependencies, days, visitor);
    of(&facts.decisions, days, visitor);
}

impl Visitor for Vec<Tally> {
    fn visit<T>(&mut self, index: usize, day: NaiveDate, _: &Track<T>, common: &Common) {
        self[index].count(Lacks::of(common, day).nothing());
    }
}

impl Visitor for Vec<Contribution> {
    fn visit<T>(&mut self, _: usize, day: NaiveDate, track: &Track<T>, common: &Common) {
        let lacks = Lacks::of(common, day);
        self.push(
            row(
                track,
                true,
                lacks.text(),
                Some(lacks.nothing()),
                [
                    ("Owner", Shown::Text(if lacks.owner { "nobody" } else { "yes" })),
                    ("Next date", common.next_on.into()),
                    ("Last update", common.updated_on.into()),
                    ("Days since", Shown::Days(days_between(common.updated_on, day))),
                ],
            )
            .giving_hit(),
        );
    }
}

impl Visitor for Freshness {
    fn visit<T>(&mut self, _: usize, day: NaiveDate, _: &Track<T>, common: &Common) {
        let lacks = Lacks::of(common, day);
        self.open += 1;
        self.fresh += u32::from(lacks.nothing());
        self.without_owner += u32::from(lacks.owner);
        self.without_next_date += u32::from(lacks.next == Next::Missing);
        self.next_date_past += u32::from(lacks.next == Next::Past);
        self.without_update += u32::from(lacks.update);
    }
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate]) -> Vec<Amount> {
    let mut tallies = vec![Tally::default(); days.len()];
    each_open(facts, days, &mut tallies);
    tallies.into_iter().map(Tally::amount).collect()
}

pub(super) fn rows(facts: &Facts, day: NaiveDate) -> Vec<Contribution> {
    let mut rows = Vec::new();
    each_open(facts, &[day], &mut rows);
    rows
}

pub(super) fn detail(facts: &Facts, day: NaiveDate) -> Freshness {
    let mut detail = Freshness::default();
    each_open(facts, &[day], &mut detail);
    detail
}
