//! Tests of what is made of plans: the schedule's quality, the critical path's stability, and where items stand.

use super::*;
use crate::domain::activity::{Activity, Assignment, Constraint};
use crate::domain::calendar::Calendar;
use crate::domain::ids::ScheduleLinkId;
use crate::domain::kind::State;
use crate::domain::metrics::tests::build::{day, some};
use crate::domain::metrics::tests::generate::Random;
use crate::domain::schedule::{Lag, LinkKind};
use chrono::Days;
use uuid::Uuid;

mod quality;
mod weeks;

const TODAY: &str = "2026-06-01";

fn program(number: u128) -> ProgramId {
    ProgramId(Uuid::from_u128(number))
}

fn item(kind: Kind, number: i32) -> ItemId {
    ItemId(Uuid::from_u128(1000 * (kind as u128 + 1) + u128::from(number.unsigned_abs())))
}

fn node(kind: Kind, number: i32, state: State, of: Of) -> NodeFact {
    let (title, program) = (format!("{} {number}", kind.label()), program(1));
    NodeFact { item: item(kind, number), program, kind, number, title, state, project: None, owner: None, of }
}

/// An activity of so many days that a team works on.
fn activity(number: i32, likely_days: f64) -> NodeFact {
    let resources = vec![Assignment { team: Some(Uuid::from_u128(1)), person: None, units: 100.0 }];
    let own = Box::new(Activity { likely_days, resources, ..Activity::default() });
    node(Kind::Activity, number, State::NotStarted, Of::Activity { own, committed_on: None })
}

fn milestone(number: i32, committed: &str, forecast: &str) -> NodeFact {
    let of = Of::Milestone {
        committed_on: some(committed),
        forecast_on: some(forecast).or(some(committed)),
        achieved_on: None,
        computed: false,
    };
    node(Kind::Milestone, number, State::Planned, of)
}

fn own(node: &mut NodeFact) -> &mut Activity {
    match &mut node.of {
        Of::Activity { own, .. } => own,
        other => panic!("{other:?} is no activity"),
    }
}

fn always<T>(fact: T) -> Held<T> {
    Held { from: day("2025-01-01"), until: None, fact }
}

fn link(number: u128, from: ItemId, to: ItemId) -> LinkFact {
    let id = ScheduleLinkId(Uuid::from_u128(number));
    LinkFact { id, predecessor: from, successor: to, kind: LinkKind::FinishStart, lag: Lag::default() }
}

fn plan_program(number: u128, key: &str) -> PlanProgram {
    let (name, calendar) = (key.to_owned(), Calendar::default());
    PlanProgram { id: program(number), key: key.to_owned(), name, calendar, starts_on: None }
}

const fn days_of(lag: i32) -> Lag {
    Lag::Working(lag * 480)
}

/// Ten days of work, then five, then a milestone on the day on which it is committed.
struct Small {
    nodes: Vec<NodeFact>,
    links: Vec<LinkFact>,
}

impl Small {
    fn new() -> Self {
        let nodes = vec![milestone(1, "2026-06-19", ""), activity(1, 10.0), activity(2, 5.0)];
        let links = vec![link(1, nodes[1].item, nodes[2].item), link(2, nodes[2].item, nodes[0].item)];
        Self { nodes, links }
    }

    fn commit(&mut self, on: &str) {
        self.nodes[0] = milestone(1, on, "");
    }

    fn add(&mut self, node: NodeFact, after: &[ItemId], before: &[ItemId]) {
        for from in after {
            self.links.push(link(10 + self.links.len() as u128, *from, node.item));
        }
        for to in before {
            self.links.push(link(10 + self.links.len() as u128, node.item, *to));
        }
        self.nodes.push(node);
    }

    fn facts(&self) -> PlanFacts {
        PlanFacts {
            programs: vec![plan_program(1, "ATLAS"), plan_program(2, "BEACON")],
            nodes: self.nodes.iter().cloned().map(always).collect(),
            links: self.links.iter().cloned().map(always).collect(),
            ..PlanFacts::default()
        }
    }

    fn quality(&self) -> Quality {
        assess(&Plan::make(&self.facts(), day(TODAY)).unwrap(), program(1))
    }

    /// The points that are missed, with the numbers of the items that speak against them.
    fn missed(&self) -> Vec<(Check, Vec<String>)> {
        let quality = self.quality();
        let missed = quality.points.iter().filter(|point| point.met == Some(false));
        missed
            .map(|point| {
                let names = point.offenders.iter().map(|name| format!("{}{}", name.kind.code(), name.number));
                (point.check, names.collect())
            })
            .collect()
    }
}

/// Facts of three months in which work begins, ends, is bound anew and is cancelled, at random.
fn random(seed: u64) -> PlanFacts {
    let mut random = Random(seed);
    let random = &mut random;
    let mut facts = PlanFacts {
        programs: vec![plan_program(1, "ATLAS"), plan_program(2, "BEACON")],
        ..PlanFacts::default()
    };
    let count = 2 + i32::try_from(random.below(9)).unwrap();
    let mut items = Vec::new();
    for number in 1..=count {
        let whose = program(if random.once_in(4) { 2 } else { 1 });
        let begins = day("2026-01-05") + Days::new(random.below(40));
        let mut versions = Vec::new();
        if random.once_in(3) {
            let committed = random.date();
            let mut first = milestone(number, &committed.to_string(), &random.date().to_string());
            first.program = whose;
            let mut second = first.clone();
            if let Of::Milestone { achieved_on, .. } = &mut second.of {
                *achieved_on = Some(begins + Days::new(30));
            }
            second.state = State::Achieved;
            versions.push((begins, first));
            if random.once_in(3) {
                versions.push((begins + Days::new(30), second));
            }
        } else {
            let mut first = activity(number, f64::from(u32::try_from(random.below(60)).unwrap()));
            first.program = whose;
            if random.once_in(4) {
                own(&mut first).resources.clear();
            }
            if random.once_in(4) {
                own(&mut first).deadline_on = Some(random.date());
            }
            if random.once_in(5) {
                own(&mut first).constraint =
                    if random.once_in(2) { Constraint::MustFinishOn } else { Constraint::StartNoLaterThan };
                own(&mut first).constraint_on = Some(random.date());
            }
            if let Of::Activity { committed_on, .. } = &mut first.of {
                *committed_on = (!random.once_in(3)).then(|| random.date());
            }
            let mut begun = first.clone();
            begun.state = State::InProgress;
            own(&mut begun).actual_start_on = Some(begins + Days::new(20));
            own(&mut begun).percent_complete = 30;
            let mut done = begun.clone();
            done.state = State::Done;
            own(&mut done).actual_finish_on = Some(begins + Days::new(45));
            versions.push((begins, first));
            if !random.once_in(3) {
                versions.push((begins + Days::new(20), begun));
                if random.once_in(2) {
                    versions.push((begins + Days::new(45), done));
                }
            }
        }
        if random.once_in(6) {
            let (from, mut last) = versions.last().cloned().unwrap();
            last.state = State::Cancelled;
            versions.push((from + Days::new(10), last));
        }
        items.push(versions[0].1.item);
        let ends: Vec<_> = versions.iter().skip(1).map(|(from, _)| Some(*from)).chain([None]).collect();
        facts.nodes.extend(versions.into_iter().zip(ends).map(|((from, fact), until)| Held {
            from,
            until,
            fact,
        }));
    }
    for from in 0..items.len() {
        for to in from + 1..items.len() {
            if !random.once_in(3) {
                continue;
            }
            let mut fact = link(random.next().into(), items[from], items[to]);
            fact.kind = match random.below(8) {
                0 => LinkKind::StartStart,
                1 => LinkKind::FinishFinish,
                _ => LinkKind::FinishStart,
            };
            fact.lag = days_of(i32::try_from(random.below(9)).unwrap() / 3 - 1);
            let from = day("2026-01-05") + Days::new(random.below(90));
            let until = random.once_in(4).then(|| from + Days::new(random.below(60) + 1));
            facts.links.push(Held { from, until, fact });
        }
    }
    facts
}

fn some_days() -> impl Iterator<Item = NaiveDate> {
    ["2026-02-02", "2026-03-18", "2026-05-01", "2026-06-30"].into_iter().map(day)
}
