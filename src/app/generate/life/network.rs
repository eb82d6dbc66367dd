//! How activities live: chained in each project, feeding its milestones, with a few links between projects.

use super::super::{HISTORY_DAYS, id, words};
use super::{Life, Sim, forecast, last, working};
use crate::domain::activity::Assignment;
use crate::domain::ids::{ItemId, ScheduleLinkId};
use crate::domain::item::Detail;
use crate::domain::kind::{Kind, State};
use crate::domain::schedule_link::{LinkType, ScheduleLink};
use crate::store::bulk::Bound;
use chrono::{Days, NaiveDate, TimeDelta};
use rand::RngExt;

/// Activities of each project.
const ACTIVITIES: usize = 20;

impl Sim {
    /// The activities of all projects. A link leads from an earlier activity to a later one, or to a milestone, so that there
    /// is no cycle.
    pub(super) fn activities(&mut self) {
        let due: Vec<(ItemId, usize, NaiveDate)> = self
            .milestones
            .iter()
            .filter_map(|(item, project)| {
                let past = self.lived.pasts.iter().find(|past| past.versions[0].item.id == *item)?;
                Some((*item, *project, forecast(&past.versions[past.versions.len() - 1].item)?))
            })
            .collect();
        let projects = self.house.projects.len();
        let mut made: Vec<Vec<ItemId>> = vec![Vec::new(); projects];
        for at in 0..ACTIVITIES {
            for project in 0..projects {
                let (item, raised, finish) = self.activity(project, at);
                if let Some(before) = made[project].last().copied() {
                    let kind = if self.chance(15) { LinkType::StartStart } else { LinkType::FinishStart };
                    let lag = if self.chance(20) { f64::from(self.rng.random_range(1..6)) } else { 0.0 };
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
        let mut life = self.begin(Kind::Activity, raised, title, |sim, _, item| {
            item.project = sim.house.projects.get(project).map(|project| project.id);
            item.owner = sim.house.someone(&mut sim.rng, project);
            if let Detail::Activity(own) = &mut item.detail {
                own.likely_days = f64::from(likely);
                own.optimistic_days = Some(f64::from(likely * 3 / 4));
                own.pessimistic_days = Some(f64::from(likely * sim.rng.random_range(12..22) / 10));
                let team = sim.house.teams.get(project).map(|(team, _)| team.0);
                own.resources = vec![Assignment { team, person: None, units: 100.0 }];
            }
        });
        life.project = project;
        let calendar_days = i64::from(likely) * 7 / 5;
        let finish = working(start + TimeDelta::days(calendar_days + self.rng.random_range(-2..9)));
        self.work(&mut life, start, finish);
        let item = last(&life).id;
        self.keep(life);
        (item, raised, finish)
    }

    fn work(&mut self, life: &mut Life, start: NaiveDate, finish: NaiveDate) -> Option<()> {
        if start > self.today {
            return None;
        }
        self.to(life, State::InProgress, start)?;
        let half = working(start + TimeDelta::days((finish - start).num_days() / 2));
        if half < finish && half <= self.today {
            let done = self.rng.random_range(6..13_i16) * 5;
            self.step(life, half, "", |item| {
                if let Detail::Activity(own) = &mut item.detail {
                    own.percent_complete = done;
                }
            });
        }
        if finish <= self.today { self.to(life, State::Done, finish) } else { None }
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
