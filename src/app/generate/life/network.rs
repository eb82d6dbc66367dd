//! How activities live: chained in each project, feeding its milestones, with a few links between projects.

use super::super::{HISTORY_DAYS, id, words};
use super::{Life, Sim, forecast, last, working};
use crate::domain::activity::{Activity, Assignment, Constraint};
use crate::domain::ids::{ItemId, ScheduleLinkId};
use crate::domain::item::Detail;
use crate::domain::kind::{Kind, State};
use crate::domain::schedule_link::{LinkType, ScheduleLink};
use crate::domain::transition::Move;
use crate::store::bulk::Bound;
use chrono::{Days, NaiveDate, TimeDelta};
use rand::RngExt;

/// Activities of each project.
const ACTIVITIES: usize = 20;

/// A change of plan: how many days before the start, whether it takes place, and what it does.
type Step<'s> = (i64, bool, &'s dyn Fn(&mut Activity));

/// In what an activity differs from most, by its place: whatever an assessment of the schedule looks for is there at times.
#[derive(Clone, Copy)]
struct Odd(usize);

impl Odd {
    const fn of(project: usize, at: usize) -> Self {
        Self(project * ACTIVITIES + at)
    }

    /// It doesn't start before its day, whatever it follows.
    const fn waits(self) -> bool {
        self.0 % 3 == 1 && self.0 % ACTIVITIES + 1 < ACTIVITIES
    }

    /// Its duration is guessed far too long for a while.
    const fn is_guessed(self) -> bool {
        self.0 % 9 == 4
    }

    /// Its team is called away for a while.
    const fn is_left_alone(self) -> bool {
        self.0 % 17 == 7
    }

    /// It is reported as complete before it is done.
    const fn is_all_but_done(self) -> bool {
        self.0 % 10 == 6
    }

    /// Its finish is written down with an earlier day.
    const fn is_told_ahead(self) -> bool {
        self.0 % 13 == 5
    }

    /// A later baseline has a date of its own for it.
    const fn is_committed_anew(self) -> bool {
        self.0 % 6 == 1
    }

    /// What binds it to a day.
    fn bound(self, start: NaiveDate, finish: NaiveDate) -> Option<(Constraint, NaiveDate)> {
        let kinds = [
            (Constraint::StartNoLaterThan, start + Days::new(20)),
            (Constraint::MustFinishOn, finish),
            (Constraint::FinishNoLaterThan, finish + Days::new(40)),
            (Constraint::MustStartOn, start),
        ];
        (self.0 % 7 == 2).then(|| kinds[self.0 / 7 % kinds.len()])
    }

    /// Its link from the activity before, for what chance has drawn.
    const fn linked(self, kind: LinkType, lag: f64) -> (LinkType, f64) {
        match (self.0 % 120, self.0 % 19, self.0 % 23) {
            // Two ends of projects, of which now this one and now that one is the longer: one hangs on the start of what
            // comes before it, one on the finish.
            (119, ..) => (LinkType::StartStart, 30.0),
            (59, ..) => (LinkType::FinishStart, 0.0),
            (_, 9, _) => (LinkType::FinishStart, -2.0),
            (_, _, 5) => (LinkType::FinishFinish, lag),
            _ => (kind, lag),
        }
    }
}

impl Sim {
    /// The activities of all projects. A link leads from an earlier activity to a later one, or to a milestone, so that there
    /// is no cycle.
    pub(super) fn activities(&mut self) {
        let due: Vec<(ItemId, usize, NaiveDate)> = self
            .milestones
            .iter()
            .filter_map(|(item, project)| {
                let past = self.lived.pasts.iter().find(|past| past.versions[0].item.id == *item)?;
                let now = &past.versions[past.versions.len() - 1].item;
                Some((*item, *project, forecast(now).filter(|_| now.state != State::Cancelled)?))
            })
            .collect();
        let projects = self.house.projects.len();
        let mut made: Vec<Vec<ItemId>> = vec![Vec::new(); projects];
        let mut last = Vec::new();
        for at in 0..ACTIVITIES {
            for project in 0..projects {
                let (item, raised, finish) = self.activity(project, at);
                if let Some(before) = made[project].last().copied() {
                    let kind = if self.chance(15) { LinkType::StartStart } else { LinkType::FinishStart };
                    let lag = if self.chance(20) { f64::from(self.rng.random_range(1..6)) } else { 0.0 };
                    let (kind, lag) = Odd::of(project, at).linked(kind, lag);
                    self.bind(before, item, kind, lag, raised);
                }
                if at % 7 == 3
                    && let Some(other) = made[(project + 1) % projects].get(at - 2).copied()
                {
                    self.bind(other, item, LinkType::FinishStart, 0.0, raised);
                }
                let fed = due.iter().find(|(_, of, on)| *of == project && *on >= finish);
                if let (true, Some((milestone, ..))) = (at % 4 == 3, fed) {
                    self.bind(item, *milestone, LinkType::FinishStart, 0.0, raised);
                }
                made[project].push(item);
                if at + 1 == ACTIVITIES {
                    last.push((item, finish));
                }
            }
        }
        // What ends the projects leads to whatever is due after it.
        for (ends, finish) in last {
            for milestone in due.iter().filter(|(.., on)| *on >= finish).map(|(item, ..)| *item) {
                let joined =
                    |bound: &Bound| bound.link.predecessor == ends && bound.link.successor == milestone;
                if !self.lived.schedule.iter().any(joined) {
                    self.bind(ends, milestone, LinkType::FinishStart, 0.0, self.start);
                }
            }
        }
    }

    /// An activity, when it was raised, and when it is to be finished.
    fn activity(&mut self, project: usize, at: usize) -> (ItemId, NaiveDate, NaiveDate) {
        let span = (HISTORY_DAYS + 250) / ACTIVITIES as u64;
        let start = working(self.start + Days::new(20 + span * at as u64 + self.rng.random_range(0..10)));
        let likely: i32 = self.rng.random_range(8..28);
        let raised = working(self.start + Days::new(self.rng.random_range(0..15)));
        let title = words::activity(&mut self.rng);
        let odd = Odd::of(project, at);
        let team = self.house.teams.get(project).map(|(team, _)| team.0);
        let staffed = vec![Assignment { team, person: None, units: 100.0 }];
        let mut life = self.begin(Kind::Activity, raised, title, |sim, _, item| {
            item.project = sim.house.projects.get(project).map(|project| project.id);
            item.owner = sim.house.someone(&mut sim.rng, project);
            if let Detail::Activity(own) = &mut item.detail {
                own.likely_days = f64::from(likely);
                own.optimistic_days = Some(f64::from(likely * 3 / 4));
                own.pessimistic_days = Some(f64::from(likely * sim.rng.random_range(12..22) / 10));
                own.resources.clone_from(&staffed);
                if odd.waits() {
                    (own.constraint, own.constraint_on) = (Constraint::StartNoEarlierThan, Some(start));
                }
            }
        });
        life.project = project;
        let calendar_days = i64::from(likely) * 7 / 5;
        let planned = working(start + TimeDelta::days(calendar_days));
        let finish = working(start + TimeDelta::days(calendar_days + self.rng.random_range(-2..9)));
        self.prepare(&mut life, odd, (start, planned), staffed);
        self.work(&mut life, odd, start, finish);
        let item = last(&life).id;
        self.keep(life);
        self.commit(odd, item, start, planned);
        (item, raised, finish)
    }

    /// The finish that the baselines commit: the original, and for what was still ahead sometimes the latest as well.
    fn commit(&mut self, odd: Odd, item: ItemId, start: NaiveDate, planned: NaiveDate) {
        let later = self.lived.baselines.last_mut().filter(|set| set.number > 0 && odd.is_committed_anew());
        if let Some(set) = later.filter(|set| set.at.date_naive() < start) {
            set.dates.push((item, working(planned + Days::new(20))));
        }
        if let Some(original) = self.lived.baselines.first_mut() {
            original.dates.push((item, planned));
        }
    }

    /// What changes of the plan of an activity before it begins: guessed and then estimated, bound to a day, left without a team
    /// for a while.
    fn prepare(
        &mut self,
        life: &mut Life,
        odd: Odd,
        (start, finish): (NaiveDate, NaiveDate),
        staffed: Vec<Assignment>,
    ) {
        let Detail::Activity(estimated) = last(life).detail.clone() else { return };
        let bound = odd.bound(start, finish);
        let steps: [Step<'_>; 5] = [
            (600, odd.is_guessed(), &|own| {
                let guess = own.likely_days + 45.0;
                (own.likely_days, own.pessimistic_days) = (guess, Some(guess * 2.0));
            }),
            (260, odd.is_guessed(), &|own| {
                (own.likely_days, own.pessimistic_days) = (estimated.likely_days, estimated.pessimistic_days);
            }),
            (160, bound.is_some(), &|own| {
                (own.constraint, own.constraint_on) =
                    bound.map_or((own.constraint, own.constraint_on), |(kind, on)| (kind, Some(on)));
            }),
            (120, odd.is_left_alone(), &|own| own.resources.clear()),
            (60, odd.is_left_alone(), &|own| own.resources.clone_from(&staffed)),
        ];
        let raised = last(life).effective_on;
        for (before, takes_place, change) in steps {
            let on = working(start - TimeDelta::days(before));
            if takes_place && on > raised && on <= self.today {
                self.step(life, on, "", |item| {
                    if let Detail::Activity(own) = &mut item.detail {
                        change(own);
                    }
                });
            }
        }
    }

    fn work(&mut self, life: &mut Life, odd: Odd, start: NaiveDate, finish: NaiveDate) -> Option<()> {
        if start > self.today {
            return None;
        }
        self.to(life, State::InProgress, start)?;
        let half = working(start + TimeDelta::days((finish - start).num_days() / 2));
        if half < finish && half <= self.today {
            let done = self.rng.random_range(6..13_i16) * 5;
            self.step(life, half, "", |item| {
                if let Detail::Activity(own) = &mut item.detail {
                    own.percent_complete = if odd.is_all_but_done() { 100 } else { done };
                }
            });
        }
        if finish > self.today {
            return None;
        }
        let told = if odd.is_told_ahead() { half } else { finish };
        let by = self.by(life).map(|person| person.0);
        self.go_from(life, &Move { by, ..Move::new(State::Done, finish) }, told)
    }

    fn bind(&mut self, predecessor: ItemId, successor: ItemId, kind: LinkType, lag: f64, on: NaiveDate) {
        let at = self.moment(on, None);
        let program = self.house.program.id;
        let link = ScheduleLink {
            link_type: kind,
            lag,
            ..ScheduleLink::new(
                ScheduleLinkId(id(&mut self.rng, at)),
                (program, predecessor),
                (program, successor),
                on,
            )
        };
        self.lived.schedule.push(Bound { link, at, by: self.house.program.manager });
    }
}
