//! How the items of a program live: raised, moved, handed on, closed, on days up to today, by the people of its teams.

mod governance;
mod network;
mod plan;

use super::super::item::blank;
use super::{HISTORY_DAYS, House, defect, id, words};
use crate::domain::decision::Choice;
use crate::domain::event::{self, Event};
use crate::domain::ids::{ItemId, PersonId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::transition::{self, Move, Side};
use crate::store::bulk::{Lived, Past, Said, Tied, Version};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};
use rand::RngExt;
use rand::rngs::StdRng;
use std::collections::HashMap;

/// A program that lives through its days.
pub(super) struct Sim {
    rng: StdRng,
    house: House,
    start: NaiveDate,
    now: DateTime<Utc>,
    today: NaiveDate,
    lived: Lived,
    milestones: Vec<(ItemId, usize)>,
    risks: Vec<(ItemId, usize, NaiveDate)>,
    /// The days on which approved changes commit new dates, with the dates.
    rebaselines: Vec<Rebaseline>,
}

/// The day of a re-plan, the change request that asks for it, and the dates that it commits.
type Rebaseline = (NaiveDate, ItemId, Vec<(ItemId, NaiveDate)>);

/// An item as it lives, and in which project.
struct Life {
    past: Past,
    project: usize,
}

impl Sim {
    pub(super) fn new(mut rng: StdRng, house: House, start: NaiveDate, now: DateTime<Utc>) -> Self {
        let rebaselines = [250, 520]
            .into_iter()
            .map(|day| {
                let on = working(start + Days::new(day));
                (on, ItemId(id(&mut rng, on.and_time(chrono::NaiveTime::MIN).and_utc())), Vec::new())
            })
            .collect();
        Self {
            rng,
            house,
            start,
            now,
            today: now.date_naive(),
            lived: Lived::default(),
            milestones: Vec::new(),
            risks: Vec::new(),
            rebaselines,
        }
    }

    /// Lives through all days, with so many milestones and RAID items; decisions, changes and actions come on top.
    pub(super) fn live(mut self, (milestones, raid): (usize, usize)) -> Lived {
        for at in 0..milestones {
            self.milestone(at, milestones);
        }
        self.rebaseline();
        for at in 0..raid {
            let on = self.some_day();
            match at % 20 {
                0..=6 => self.risk(on),
                7..=13 => self.issue(on),
                14..=17 => self.dependency(on),
                _ => self.assumption(on),
            }
        }
        for _ in 0..raid / 15 {
            let on = self.some_day();
            self.decision(on);
        }
        for _ in 0..raid / 50 {
            let on = self.some_day();
            self.change(on);
        }
        for _ in 0..raid / 6 {
            self.action();
        }
        self.activities();
        self.governance();
        self.number();
        self.talk();
        self.lived
    }

    fn some_day(&mut self) -> NaiveDate {
        let day = self.rng.random_range(0..HISTORY_DAYS);
        working(self.start + Days::new(day)).min(self.today)
    }

    fn chance(&mut self, of_hundred: u32) -> bool {
        self.rng.random_range(0..100) < of_hundred
    }

    /// A working day so many days on; none when it has not come yet.
    fn later(&mut self, from: NaiveDate, least: u64, most: u64) -> Option<NaiveDate> {
        let day = working(from + Days::new(self.rng.random_range(least..=most)));
        (day <= self.today).then_some(day)
    }

    fn day_after(&mut self, from: NaiveDate, least: u64, most: u64) -> NaiveDate {
        working(from + Days::new(self.rng.random_range(least..=most)))
    }

    /// A moment of a working day's hours, after the one before and not in the future.
    fn moment(&mut self, on: NaiveDate, before: Option<DateTime<Utc>>) -> DateTime<Utc> {
        let seconds = self.rng.random_range(8 * 3_600..18 * 3_600);
        let at = on.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::seconds(seconds);
        let at = before.map_or(at, |before| at.max(before + TimeDelta::seconds(30)));
        at.min(self.now)
    }

    fn begin(
        &mut self,
        kind: Kind,
        on: NaiveDate,
        title: String,
        fill: impl FnOnce(&mut Self, usize, &mut Item),
    ) -> Life {
        let project = self.rng.random_range(0..self.house.projects.len());
        let at = self.moment(on, None);
        let mut item = blank(self.house.program.id, kind, at, on);
        item.id = ItemId(id(&mut self.rng, at));
        item.title = title;
        item.project = self.house.projects.get(project).map(|project| project.id);
        if !self.chance(6) {
            item.owner = self.house.someone(&mut self.rng, project);
        }
        fill(self, project, &mut item);
        item.settle();
        let by = self.house.someone(&mut self.rng, project);
        let first = Version { item, at, by, reason: String::new(), events: vec![Event::Raised {}] };
        Life { past: Past { versions: vec![first] }, project }
    }

    fn keep(&mut self, life: Life) {
        self.lived.pasts.push(life.past);
    }

    fn by(&mut self, life: &Life) -> Option<PersonId> {
        last(life).owner.or_else(|| self.house.someone(&mut self.rng, life.project))
    }

    /// The next version, if anything changes.
    fn step(&mut self, life: &mut Life, on: NaiveDate, reason: &str, change: impl FnOnce(&mut Item)) {
        let before = last(life).clone();
        let mut next = before.clone();
        change(&mut next);
        next.settle();
        let on = on.max(before.effective_on);
        if next == before {
            return;
        }
        next.version = before.version + 1;
        next.effective_on = on;
        let at = self.moment(on, life.past.versions.last().map(|version| version.at));
        let by = self.by(life);
        let events = event::between(&before, &next);
        life.past.versions.push(Version { item: next, at, by, reason: reason.to_owned(), events });
    }

    /// A change of state, by the domain's own rules.
    fn go(&mut self, life: &mut Life, step: &Move) -> Option<()> {
        self.go_from(life, step, step.on)
    }

    /// A change of state that is written down with the day `told`.
    fn go_from(&mut self, life: &mut Life, step: &Move, told: NaiveDate) -> Option<()> {
        let mut next = last(life).clone();
        let taken = transition::apply(&mut next, step).map_or_else(|refused| defect(&refused), |()| true);
        if taken {
            self.step(life, told, &step.reason, |item| *item = next);
        }
        taken.then_some(())
    }

    fn to(&mut self, life: &mut Life, state: State, on: NaiveDate) -> Option<()> {
        let by = self.by(life).map(|person| person.0);
        self.go(life, &Move { by, ..Move::new(state, on) })
    }

    fn hand_on(&mut self, life: &mut Life, on: NaiveDate) {
        let owner = self.house.someone(&mut self.rng, life.project);
        self.step(life, on, "", |item| item.owner = owner);
    }

    fn risk(&mut self, on: NaiveDate) {
        let title = words::risk(&mut self.rng);
        let mut life = self.begin(Kind::Risk, on, title, |sim, _, item| {
            let review = sim.day_after(on, 14, 35);
            if let Detail::Risk(own) = &mut item.detail {
                own.cause = words::reason(&mut sim.rng);
                own.effect = "Milestones behind it would slip.".into();
                own.category = Some(
                    ["technical", "schedule", "resource", "external"][sim.rng.random_range(0..4)].into(),
                );
                if sim.chance(70) {
                    own.probability = Some(sim.rng.random_range(1..=5));
                    own.impact = Some(sim.rng.random_range(1..=5));
                    own.inherent_probability = own.probability;
                    own.inherent_impact = own.impact;
                }
                own.review_on = Some(review);
            }
        });
        self.risks.push((last(&life).id, life.project, on));
        if self.chance(20) && !self.milestones.is_empty() {
            let (to, _) = self.milestones[self.rng.random_range(0..self.milestones.len())];
            let first = life.past.versions.first().map(|version| (version.item.id, version.at, version.by));
            if let Some((from, at, by)) = first {
                self.lived.links.push(Tied { from, relation: "threatens", to, at, by });
            }
        }
        self.treat(&mut life, on);
        self.keep(life);
    }

    /// Scores and reviews a risk until something comes of it.
    fn treat(&mut self, life: &mut Life, raised: NaiveDate) -> Option<()> {
        let mut day = self.later(raised, 1, 14)?;
        if self.chance(95) {
            self.to(life, State::Mitigating, day)?;
        }
        let reviews = self.rng.random_range(2..9);
        for _ in 0..reviews {
            day = self.later(day, 15, 40)?;
            let review = self.day_after(day, 20, 40);
            let (p, i) = (self.rng.random_range(1..=5_i16), self.rng.random_range(1..=5_i16));
            self.step(life, day, "", |item| {
                if let Detail::Risk(own) = &mut item.detail {
                    // What is done about it makes it less likely, review by review.
                    own.probability = Some(own.probability.map_or(p, |was| (was - 1).max(p.min(2))));
                    own.impact = own.impact.or(Some(i));
                    own.response = Some("mitigate".into());
                    own.review_on = Some(review);
                }
            });
            if self.chance(5) {
                self.hand_on(life, day);
            }
        }
        day = self.later(day, 5, 20)?;
        let by = self.by(life).map(|person| person.0);
        match self.rng.random_range(0..100) {
            0..=9 => {
                let until = Some(self.day_after(day, 60, 120));
                let reason = "The cost of doing more is higher than the loss.".to_owned();
                self.go(life, &Move { by, reason, until, ..Move::new(State::Accepted, day) })
            }
            10..=16 => {
                self.to(life, State::Materialised, day)?;
                let from = last(life).clone();
                let mut issue = self.begin(Kind::Issue, day, from.title.clone(), |_, _, item| {
                    item.owner = from.owner;
                    if let Detail::Issue(own) = &mut item.detail {
                        own.severity = 2;
                    }
                });
                let version = &issue.past.versions[0];
                let (to, at) = (version.item.id, version.at);
                self.lived.links.push(Tied {
                    from: from.id,
                    relation: "materialised_as",
                    to,
                    at,
                    by: version.by,
                });
                self.solve(&mut issue, day);
                self.keep(issue);
                Some(())
            }
            _ => self.go(
                life,
                &Move { by, reason: "Nothing is left of it.".into(), ..Move::new(State::Closed, day) },
            ),
        }
    }

    fn issue(&mut self, on: NaiveDate) {
        let title = words::issue(&mut self.rng);
        let mut life = self.begin(Kind::Issue, on, title, |sim, project, item| {
            let due = sim.day_after(on, 5, 30);
            let blocking = sim.chance(30);
            let owing = sim.rng.random_range(0..sim.house.teams.len());
            if let Detail::Issue(own) = &mut item.detail {
                own.severity = sim.rng.random_range(1..=4);
                own.due_on = Some(due);
                own.blocking = blocking;
                own.owing_team = Some(sim.house.teams[owing].0.0);
                own.blocked_team = blocking.then(|| sim.house.teams[project].0.0);
            }
        });
        self.solve(&mut life, on);
        self.keep(life);
    }

    fn solve(&mut self, life: &mut Life, raised: NaiveDate) -> Option<()> {
        let mut day = self.later(raised, 0, 4)?;
        self.to(life, State::InProgress, day)?;
        // A few are never solved.
        let lingers = self.chance(4);
        let moves = if lingers { 6 } else { self.rng.random_range(0..3) };
        for _ in 0..moves {
            day = self.later(day, 3, if lingers { 60 } else { 9 })?;
            let due = self.day_after(day, 5, 20);
            self.step(life, day, "", |item| {
                if let Detail::Issue(own) = &mut item.detail {
                    own.due_on = Some(due);
                }
            });
        }
        if self.chance(12) {
            self.hand_on(life, day);
        }
        if lingers {
            return None;
        }
        day = self.later(day, 1, 14)?;
        let by = self.by(life).map(|person| person.0);
        let reason = "Mended and tested.".to_owned();
        self.go(life, &Move { by, reason, ..Move::new(State::Resolved, day) })?;
        day = self.later(day, 1, 10)?;
        self.to(life, State::Closed, day)
    }

    fn assumption(&mut self, on: NaiveDate) {
        let title = words::assumption(&mut self.rng);
        let by = self.day_after(on, 30, 90);
        let mut life = self.begin(Kind::Assumption, on, title, |_, _, item| {
            if let Detail::Assumption(own) = &mut item.detail {
                own.impact_if_false = "The plan has to be made anew.".into();
                own.validate_by = Some(by);
            }
        });
        self.validate(&mut life, on);
        self.keep(life);
    }

    fn validate(&mut self, life: &mut Life, raised: NaiveDate) -> Option<()> {
        let mut day = raised;
        for _ in 0..self.rng.random_range(0..3) {
            day = self.later(day, 20, 40)?;
            let by = self.day_after(day, 20, 50);
            self.step(life, day, "", |item| {
                if let Detail::Assumption(own) = &mut item.detail {
                    own.validate_by = Some(by);
                }
            });
        }
        day = self.later(day, 10, 60)?;
        let (state, reason) = if self.chance(80) {
            (State::Validated, "Tested with real data.")
        } else {
            (State::Invalidated, "The test showed otherwise.")
        };
        self.go(life, &Move { reason: reason.into(), ..Move::new(state, day) })
    }

    fn dependency(&mut self, on: NaiveDate) {
        let title = words::dependency(&mut self.rng);
        let mut provider = 0;
        let mut life = self.begin(Kind::Dependency, on, title, |sim, project, item| {
            let needed = sim.day_after(on, 30, 120);
            provider = (project + 1 + sim.rng.random_range(0..sim.house.projects.len() - 1))
                % sim.house.projects.len();
            if let Detail::Dependency(own) = &mut item.detail {
                own.provider_team = Some(sim.house.teams[provider].0.0);
                own.consumer_project = sim.house.projects.get(project).map(|project| project.id.0);
                own.needed_by = Some(needed);
                own.promised_by = Some(needed);
                own.acceptance_criteria = "Passes the consumer's tests.".into();
            }
        });
        self.give(&mut life, on, provider);
        self.keep(life);
    }

    fn give(&mut self, life: &mut Life, raised: NaiveDate, provider: usize) -> Option<()> {
        let mut day = self.later(raised, 1, 10)?;
        for side in [Side::Consumer, Side::Provider] {
            let by = match side {
                Side::Provider => self.house.someone(&mut self.rng, provider),
                Side::Consumer => self.by(life),
            };
            let by = by.map(|person| person.0);
            self.go(life, &Move { by, side: Some(side), ..Move::new(State::Agreed, day) })?;
            day = self.later(day, 1, 12)?;
        }
        for _ in 0..self.rng.random_range(0..3) {
            day = self.later(day, 8, 20)?;
            // The provider offers another day, and the consumer consents.
            let slip = Days::new(self.rng.random_range(3..20));
            self.step(life, day, "", |item| {
                if let Detail::Dependency(own) = &mut item.detail {
                    own.proposed_promised_by = own.promised_by.map(|day| working(day + slip));
                }
            });
            day = self.later(day, 1, 5)?;
            let by = self.by(life).map(|person| person.0);
            self.go(life, &Move { by, side: Some(Side::Consumer), ..Move::new(State::Agreed, day) })?;
        }
        if self.chance(3) {
            return self
                .go(life, &Move { reason: "No longer needed.".into(), ..Move::new(State::Withdrawn, day) });
        }
        day = self.later(day, 10, 40)?;
        self.to(life, State::Delivered, day)?;
        day = self.later(day, 1, 8)?;
        self.to(life, State::Accepted, day)
    }

    fn decision(&mut self, on: NaiveDate) {
        let title = words::decision(&mut self.rng);
        let needed = self.day_after(on, 10, 40);
        let option = |title: &str| Choice { title: title.into(), ..Choice::default() };
        let mut life = self.begin(Kind::Decision, on, title, |_, _, item| {
            if let Detail::Decision(own) = &mut item.detail {
                own.options = vec![option("Yes, now"), option("Yes, after the next release"), option("No")];
                own.recommendation = "Yes, now: it is cheaper before the data is moved.".into();
                own.needed_by = Some(needed);
                own.if_undecided = "The plan goes on as if the answer were no.".into();
            }
        });
        self.answer(&mut life, on);
        self.keep(life);
    }

    fn answer(&mut self, life: &mut Life, raised: NaiveDate) -> Option<()> {
        let mut day = self.later(raised, 0, 3)?;
        self.to(life, State::Waiting, day)?;
        if self.chance(10) {
            let until = Some(self.day_after(day, 20, 40));
            day = self.later(day, 2, 8)?;
            self.go(life, &Move { until, ..Move::new(State::Deferred, day) })?;
            day = self.later(day, 20, 40)?;
            let by = self.house.program.sponsor.map(|person| person.0);
            self.go(life, &Move { by, escalated_to: by, ..Move::new(State::Waiting, day) })?;
        }
        day = self.later(day, 1, 14)?;
        let by = self.house.program.sponsor.map(|person| person.0);
        let option = if self.chance(70) { "Yes, now" } else { "No" }.to_owned();
        let rationale = "Cost and risk were weighed in the meeting.".to_owned();
        self.go(life, &Move { by, option, rationale, ..Move::new(State::Decided, day) })
    }

    fn change(&mut self, on: NaiveDate) {
        let title = words::change(&mut self.rng);
        let mut life = self.begin(Kind::Change, on, title, |sim, _, item| {
            let scope = sim.chance(60);
            if let Detail::Change(own) = &mut item.detail {
                own.kinds = vec![if scope { "scope" } else { "cost" }.into()];
                own.reason = words::reason(&mut sim.rng);
                own.adds = i32::from(scope);
                own.cost = Some(f64::from(sim.rng.random_range(1..90_i32)) * 1_000.0);
            }
        });
        self.decide_change(&mut life, on, None);
        self.keep(life);
    }

    fn decide_change(
        &mut self,
        life: &mut Life,
        raised: NaiveDate,
        approved: Option<NaiveDate>,
    ) -> Option<()> {
        let mut day = self.later(raised, 0, 3)?;
        self.to(life, State::Submitted, day)?;
        day = approved.map_or_else(|| self.later(day, 3, 20), Some)?;
        let by = self.house.program.manager.map(|person| person.0);
        if approved.is_none() && self.chance(30) {
            return self
                .go(life, &Move { by, reason: "Not worth it.".into(), ..Move::new(State::Rejected, day) });
        }
        self.go(life, &Move { by, ..Move::new(State::Approved, day) })?;
        day = self.later(day, 10, 40)?;
        self.to(life, State::Implemented, day)
    }

    fn action(&mut self) {
        // Two of three come from a risk and mitigate it.
        let from = (self.chance(66) && !self.risks.is_empty())
            .then(|| self.risks[self.rng.random_range(0..self.risks.len())]);
        let on = match from {
            Some((_, _, raised)) => self.later(raised, 1, 20),
            None => Some(self.some_day()),
        };
        let Some(on) = on else { return };
        let due = self.day_after(on, 7, 40);
        let title = words::action(&mut self.rng);
        let mut life = self.begin(Kind::Action, on, title, |_, _, item| {
            if let Detail::Action(own) = &mut item.detail {
                own.due_on = Some(due);
                own.from_item = from.map(|(risk, ..)| risk.0);
            }
        });
        if let (Some((to, ..)), Some(first)) = (from, life.past.versions.first()) {
            let (from, at, by) = (first.item.id, first.at, first.by);
            self.lived.links.push(Tied { from, relation: "mitigates", to, at, by });
        }
        if let Some(day) = self.later(on, 5, 50) {
            self.to(&mut life, State::Done, day);
        }
        self.keep(life);
    }

    /// Gives numbers in the order in which items were raised.
    fn number(&mut self) {
        self.lived
            .pasts
            .sort_by_key(|past| past.versions.first().map(|version| (version.at, version.item.id)));
        let mut last: HashMap<Kind, i32> = HashMap::new();
        for past in &mut self.lived.pasts {
            let Some(kind) = past.versions.first().map(|version| version.item.kind) else { continue };
            let number = last.entry(kind).or_default();
            *number += 1;
            past.versions.iter_mut().for_each(|version| version.item.number = *number);
        }
    }

    /// Three items of a hundred are talked about.
    fn talk(&mut self) {
        let key = self.house.program.key.clone();
        let count = self.lived.pasts.len();
        for at in 0..count {
            if !self.chance(3) {
                continue;
            }
            let other = self.rng.random_range(0..count);
            let names = [at, other].map(|at| {
                let first = &self.lived.pasts[at].versions[0];
                (first.item.id, first.item.kind, first.item.number, first.at)
            });
            let [(item, _, _, raised), (mentioned, kind, number, _)] = names;
            let Some(day) = self.later(raised.date_naive(), 1, 10) else { continue };
            let reference = Reference { program: key.clone(), kind, number };
            let body = format!("{} See also {reference}.", words::reason(&mut self.rng));
            let project = self.rng.random_range(0..self.house.projects.len());
            let moment = self.moment(day, Some(raised));
            self.lived.comments.push(Said {
                id: id(&mut self.rng, moment),
                item,
                author: self.house.someone(&mut self.rng, project),
                body,
                at: moment,
                mentions: if mentioned == item { Vec::new() } else { vec![mentioned] },
            });
        }
    }
}

/// The item as it stands.
fn last(life: &Life) -> &Item {
    // A life begins with a version and only gains more.
    &life.past.versions[life.past.versions.len() - 1].item
}

fn forecast(item: &Item) -> Option<NaiveDate> {
    match &item.detail {
        Detail::Milestone(own) => own.next_on(),
        _ => None,
    }
}

/// The day itself, or the Monday after a weekend.
fn working(day: NaiveDate) -> NaiveDate {
    match day.weekday() {
        Weekday::Sat => day + Days::new(2),
        Weekday::Sun => day + Days::new(1),
        _ => day,
    }
}
