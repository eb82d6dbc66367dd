//! Facts at random, from a seed: dense in time, so that edges of windows and tolerances are hit often.

use super::build::track;
use crate::domain::agenda::Name;
use crate::domain::calendar::Calendar;
use crate::domain::facts::*;
use crate::domain::ids::{ItemId, PersonId, ProjectId, TeamId};
use crate::domain::kind::{Kind, State};
use crate::domain::plan::{Networked, WeekEnd};
use crate::domain::settings::{Targets, Thresholds};
use chrono::{Days, NaiveDate};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// The days that generated dates are counted from.
pub fn base() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()
}

/// A small generator of random numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True once in `of` times.
    pub fn once_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    pub fn date(&mut self) -> NaiveDate {
        base() + Days::new(self.below(150))
    }

    fn maybe(&mut self) -> Option<NaiveDate> {
        (!self.once_in(5)).then(|| self.date())
    }

    /// A day within two weeks of `day`, before or after.
    pub fn near(&mut self, day: NaiveDate) -> NaiveDate {
        day + Days::new(self.below(29)) - Days::new(14)
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
}

/// One of two projects, or none.
fn project(random: &mut Random) -> Option<ProjectId> {
    random.once_in(2).then(|| ProjectId(Uuid::from_u128(u128::from(random.below(2)) + 1)))
}

fn common(random: &mut Random, kind: Kind, raised: NaiveDate, effective: NaiveDate) -> Common {
    let state = random.pick(kind.states());
    let closed = if random.once_in(8) { random.near(effective) } else { effective };
    Common {
        state,
        project: project(random),
        owner: (!random.once_in(4)).then(|| PersonId(Uuid::from_u128(3))),
        raised_on: raised,
        next_on: (!random.once_in(6)).then(|| random.near(effective + Days::new(20))),
        closed_on: (!state.is_open(kind) && !random.once_in(12)).then_some(closed),
        updated_on: effective,
        archived: random.once_in(20),
    }
}

pub fn tracks<T>(
    random: &mut Random,
    kind: Kind,
    size: usize,
    make: impl Fn(&mut Random, Common, NaiveDate) -> T,
) -> Tracks<T> {
    let count = random.below(size as u64 + 1);
    (0..count)
        .map(|number| {
            let raised = random.date();
            let mut effective = if random.once_in(6) { random.near(raised) } else { raised };
            let mut versions = Vec::new();
            for _ in 0..=random.below(6) {
                let common = common(random, kind, raised, effective);
                versions.push((effective, make(random, common, effective)));
                effective = effective + Days::new(random.below(40));
            }
            track(kind, i32::try_from(number).unwrap() + 1, versions)
        })
        .collect()
}

fn milestone(random: &mut Random, mut common: Common, at: NaiveDate) -> MilestoneFact {
    // Mostly planned, then achieved on the day that the version says.
    if !random.once_in(5) {
        let achieved = random.once_in(3);
        common.state = if achieved { State::Achieved } else { State::Planned };
        common.closed_on = achieved.then_some(at);
    }
    let original = random.maybe();
    MilestoneFact {
        common,
        original_on: original.map(|_| random.near(at)),
        committed_on: original.map(|_| random.near(at)),
        forecast_on: (!random.once_in(6)).then(|| random.near(at + Days::new(20))),
        forecast_stated_on: random.maybe(),
        achieved_on: common.closed_on.filter(|_| common.state == State::Achieved),
    }
}

fn decision(random: &mut Random, common: Common, at: NaiveDate) -> DecisionFact {
    DecisionFact {
        common,
        requested_on: (!random.once_in(5)).then(|| random.near(common.raised_on)),
        escalated_on: random.once_in(3).then(|| random.near(at)),
        needed_by: random.maybe(),
        decided_on: matches!(common.state, State::Decided | State::Superseded)
            .then(|| if random.once_in(6) { random.near(at) } else { at }),
        deferred_until: (common.state == State::Deferred).then(|| random.near(at)),
    }
}

fn settings<T>(random: &mut Random, make: impl Fn(&mut Random) -> T) -> Vec<Version<T>> {
    let mut effective = random.date();
    (0..random.below(3))
        .map(|_| {
            effective = effective + Days::new(random.below(60));
            Version { effective_on: effective, fact: make(random) }
        })
        .collect()
}

/// Facts with at most `size` items of each kind.
pub fn facts(seed: u64, size: usize) -> Facts {
    let mut random = Random(seed);
    let random = &mut random;
    let calendar = Calendar {
        holidays: (0..random.below(12)).map(|_| random.date()).collect(),
        extra_days: (0..random.below(4)).map(|_| random.date()).collect(),
        ..Calendar::default()
    };
    let actions = tracks(random, Kind::Action, size, |random, common, at| ActionFact {
        common,
        due_on: (!random.once_in(5)).then(|| random.near(at + Days::new(30))),
    });
    let risks = tracks(random, Kind::Risk, size, |random, common, at| RiskFact {
        common,
        score: (!random.once_in(4)).then(|| i16::try_from(random.below(25)).unwrap() + 1),
        opportunity: random.once_in(5),
        review_on: random.maybe(),
        accepted_until: random.maybe(),
        mitigation: Mitigation {
            completed: random.once_in(6),
            open_until: random.once_in(2).then(|| random.near(at + Days::new(20))),
        },
    });
    let action_links = (0..random.below(6))
        .filter(|_| !actions.is_empty() && !risks.is_empty())
        .map(|_| {
            let from = random.date();
            ActionLink {
                action: random.pick(&actions.iter().map(|track| track.item).collect::<Vec<ItemId>>()),
                item: random.pick(&risks.iter().map(|track| track.item).collect::<Vec<ItemId>>()),
                mitigates: false,
                from,
                until: random.once_in(3).then(|| from + Days::new(random.below(60))),
            }
        })
        .collect();
    Facts {
        currency: "EUR".into(),
        key: "ATLAS".to_owned(),
        calendar,
        targets: settings(random, |random| Targets {
            on_time_tolerance_days: i64::try_from(random.below(15)).unwrap(),
            ..Targets::default()
        }),
        thresholds: settings(random, |random| Thresholds {
            risk_red_age_days: i64::try_from(random.below(60)).unwrap(),
            ..Thresholds::default()
        }),
        budget: settings(random, |random| {
            (!random.once_in(3)).then(|| i64::try_from(random.below(900_000)).unwrap())
        }),
        first_baseline: (!random.once_in(5)).then(|| {
            let mut entered: Vec<_> = (0..random.below(30)).map(|_| random.date()).collect();
            entered.sort_unstable();
            FirstBaseline { on: random.date(), entered: entered.into() }
        }),
        first_baseline_of: Vec::new(),
        milestones: tracks(random, Kind::Milestone, size, milestone),
        risks,
        assumptions: tracks(random, Kind::Assumption, size, |random, common, _| AssumptionFact {
            common,
            validate_by: random.maybe(),
        }),
        issues: tracks(random, Kind::Issue, size, |random, common, at| IssueFact {
            common,
            severity: 3,
            blocking: random.once_in(2),
            blocked_team: (!random.once_in(4)).then(|| TeamId(Uuid::from_u128(u128::from(random.below(3))))),
            owing_team: (!random.once_in(4)).then(|| TeamId(Uuid::from_u128(u128::from(random.below(3))))),
            resolved_on: (common.state == State::Resolved
                || common.state == State::Closed && random.once_in(2))
            .then(|| if random.once_in(6) { random.near(at) } else { at }),
        }),
        dependencies: tracks(random, Kind::Dependency, size, |random, common, _| DependencyFact {
            common,
            consumer_project: project(random),
            needed_by: random.maybe(),
            promised_by: random.maybe(),
            provider_agreed: random.once_in(2),
            consumer_agreed: random.once_in(2),
        }),
        decisions: tracks(random, Kind::Decision, size, decision),
        changes: tracks(random, Kind::Change, size, |random, common, at| {
            let decided = matches!(common.state, State::Approved | State::Rejected | State::Implemented);
            ChangeFact {
                common,
                scope: !random.once_in(3),
                adds: i32::try_from(random.below(4)).unwrap(),
                removes: i32::try_from(random.below(3)).unwrap(),
                redefines: i32::try_from(random.below(3)).unwrap(),
                submitted_on: random.maybe(),
                decided_on: decided.then_some(at),
                approved: decided && common.state != State::Rejected,
            }
        }),
        actions,
        action_links,
        governance: super::governed::governance(&mut Random(seed ^ 0x676F_7665), size),
        network: network(&mut Random(seed ^ 0x6E65_7477)),
    }
}

/// What the network said, as if every day ended a week; on some days there was none.
fn network(random: &mut Random) -> Option<Arc<Networked>> {
    if random.once_in(6) {
        return None;
    }
    let item = |number: u64| ItemId(Uuid::from_u128(9_000 + u128::from(number)));
    let named = |number: u64| {
        let name = Name {
            item: item(number),
            kind: Kind::Activity,
            number: i32::try_from(number).unwrap(),
            title: format!("Activity {number}"),
        };
        (name.item, name)
    };
    let mut critical: BTreeSet<ItemId> = (0..random.below(5)).map(item).collect();
    let mut completed = BTreeSet::new();
    let mut weeks = Vec::new();
    for after in 0..620_u64 {
        if random.once_in(30) {
            // What is completed has left for good, or it would be open.
            let gone = critical.pop_first();
            completed.extend(gone);
        } else if random.once_in(25) {
            let other = item(random.below(9));
            if !critical.remove(&other) {
                critical.insert(other);
            }
        }
        let judged = usize::try_from(random.below(15)).unwrap();
        weeks.push(Arc::new(WeekEnd {
            day: base() - Days::new(340) + Days::new(after),
            critical: (after > 40).then(|| critical.clone()),
            completed: completed.difference(&critical).copied().collect(),
            quality: (!random.once_in(10)).then(|| (judged.saturating_sub(2), judged)),
        }));
    }
    let day = base() + Days::new(random.below(200));
    let names = Arc::new((0..9).map(named).collect());
    Some(Arc::new(Networked { day, weeks: Arc::new(weeks), names, ..Networked::default() }))
}
