//! How milestones live: forecast, moved, reached, and committed anew by the baselines of approved changes.

use super::super::{HISTORY_DAYS, id, words};
use super::{Life, Sim, forecast, last, working};
use crate::domain::change::Commitment;
use crate::domain::event::Event;
use crate::domain::ids::BaselineId;
use crate::domain::item::Detail;
use crate::domain::kind::{Kind, State};
use crate::domain::milestone::MilestoneKind;
use crate::domain::transition::Move;
use crate::store::bulk::Set;
use chrono::{Days, NaiveDate, TimeDelta};
use rand::RngExt;

impl Sim {
    pub(super) fn milestone(&mut self, at: usize, of: usize) {
        // Evenly over the two years, and three quarters of a year ahead.
        let ahead = HISTORY_DAYS + 270;
        let committed = working(self.start + Days::new(20 + (ahead - 20) * at as u64 / of.max(1) as u64));
        let raised = if self.chance(80) { self.start } else { self.day_after(self.start, 0, 19) };
        let kind = match at % 10 {
            0 => MilestoneKind::Release,
            3 | 7 => MilestoneKind::Gate,
            5 => MilestoneKind::External,
            _ => MilestoneKind::Delivery,
        };
        let title = words::milestone(&mut self.rng);
        let mut life = self.begin(Kind::Milestone, raised, title, |_, _, item| {
            if let Detail::Milestone(own) = &mut item.detail {
                own.kind = kind;
                own.original_on = Some(committed);
                own.committed_on = Some(committed);
                own.forecast_on = Some(committed);
                own.forecast_stated_on = Some(raised);
            }
        });
        self.milestones.push((last(&life).id, life.project));
        self.reach(&mut life, raised);
        self.keep(life);
    }

    /// Forecasts until it is reached.
    fn reach(&mut self, life: &mut Life, raised: NaiveDate) -> Option<()> {
        let mut day = raised;
        let mut rebased = 0;
        loop {
            let due = forecast(last(life)).unwrap_or(day);
            // The nearer it is, the more often it is looked at.
            let (least, most) = if due - day > TimeDelta::days(90) { (40, 80) } else { (12, 26) };
            let next = self.day_after(day, least, most);
            if due <= next && self.chance(85) {
                let on = working(due.max(day)).min(self.today);
                return if due > self.today {
                    None
                } else if self.chance(4) {
                    self.go(
                        life,
                        &Move { reason: "No longer needed.".into(), ..Move::new(State::Cancelled, on) },
                    )
                } else {
                    self.to(life, State::Achieved, on)
                };
            }
            while let Some((on, _, _)) = self.rebaselines.get(rebased).filter(|(on, ..)| *on < next).cloned()
            {
                rebased += 1;
                self.recommit(life, rebased - 1, on);
            }
            if next > self.today {
                return None;
            }
            day = next.max(last(life).effective_on);
            let moved: i64 = match self.rng.random_range(0..100) {
                0..=54 => 0,
                55..=66 => -self.rng.random_range(1..6),
                67..=90 => self.rng.random_range(2..12),
                _ => self.rng.random_range(12..35),
            };
            let moved = if due <= day { moved.abs().max(7) + (day - due).num_days() } else { moved };
            let reason = if moved == 0 { String::new() } else { words::reason(&mut self.rng) };
            let confidence = self.rng.random_range(4..20_i16) * 5;
            let (on, new) = (day, working((due + TimeDelta::days(moved)).max(day)));
            self.step(life, day, &reason.clone(), |item| {
                if let Detail::Milestone(own) = &mut item.detail {
                    own.forecast_on = Some(new);
                    own.forecast_stated_on = Some(on);
                    own.confidence = Some(confidence);
                    if new != due {
                        own.forecast_reason = reason;
                    }
                }
            });
            if self.chance(4) {
                self.hand_on(life, day);
            }
        }
    }

    /// A milestone that has slipped gets its forecast as its committed date, in the next baseline.
    fn recommit(&mut self, life: &mut Life, baseline: usize, on: NaiveDate) {
        let Detail::Milestone(own) = &last(life).detail else { return };
        let (Some(from), Some(to)) = (own.committed_on, own.forecast_on) else { return };
        if to - from < TimeDelta::days(20)
            || last(life).effective_on > on
            || self.rebaselines[baseline].2.len() >= 8
        {
            return;
        }
        self.rebaselines[baseline].2.push((last(life).id, to));
        self.step(life, on, "", |item| {
            if let Detail::Milestone(own) = &mut item.detail {
                own.committed_on = Some(to);
            }
        });
        if let (Some(version), Ok(number)) = (life.past.versions.last_mut(), i32::try_from(baseline + 1)) {
            version.events = vec![Event::Rebaselined { from: Some(from), to, baseline: number }];
        }
    }

    /// The baselines: the original, and those that approved changes made.
    pub(super) fn rebaseline(&mut self) {
        let manager = self.house.program.manager;
        let dates = self.lived.pasts.iter().filter_map(|past| match &past.versions.first()?.item.detail {
            Detail::Milestone(own) => Some((past.versions.first()?.item.id, own.original_on?)),
            _ => None,
        });
        let original = Set {
            id: BaselineId(id(&mut self.rng, self.now)),
            number: 0,
            name: "Original".into(),
            reason: String::new(),
            at: self.start.and_time(chrono::NaiveTime::MIN).and_utc(),
            by: manager,
            change: None,
            dates: dates.collect(),
        };
        self.lived.baselines.push(original);
        for (at, (on, change, dates)) in std::mem::take(&mut self.rebaselines).into_iter().enumerate() {
            if dates.is_empty() {
                continue;
            }
            let name = format!("Re-plan of {}", on.format("%B %Y"));
            let asked = working(on - Days::new(14));
            let rebaseline: Vec<_> = dates
                .iter()
                .map(|(item, committed_on)| Commitment { item: *item, committed_on: *committed_on })
                .collect();
            let mut life = self.begin(Kind::Change, asked, name.clone(), |_, _, item| {
                item.id = change;
                if let Detail::Change(own) = &mut item.detail {
                    own.kinds = vec!["schedule".into()];
                    own.reason = "The dates of these milestones no longer hold.".into();
                    own.schedule_days = Some(20);
                    own.rebaseline = rebaseline;
                }
            });
            self.decide_change(&mut life, asked, Some(on));
            let at_moment = life.past.versions.last().map_or(self.now, |version| version.at);
            self.keep(life);
            self.lived.baselines.push(Set {
                id: BaselineId(id(&mut self.rng, at_moment)),
                number: i32::try_from(at).unwrap_or(0) + 1,
                name,
                reason: "The dates of these milestones no longer hold.".into(),
                at: on.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(18),
                by: manager,
                change: Some(change),
                dates,
            });
        }
    }
}
