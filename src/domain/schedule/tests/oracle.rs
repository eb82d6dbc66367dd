//! Dates from the definitions, slowly: worked minutes are listed one by one, links to and from summaries are written out for
//! each of their items, and dates are moved until nothing has to move any more. What it shares with the engine is the input.

use super::plans::{Taste, networks, several};
use crate::domain::schedule::*;
use crate::domain::work_calendar::WorkCalendar;
use chrono::Datelike;
use proptest::prelude::*;
use std::fmt::Write as _;

/// The worked minutes of a calendar in a stretch of time, in order.
pub(super) struct Minutes(Vec<i32>);

const FROM: i32 = -200 * DAY;
const TO: i32 = 400 * DAY;

impl Minutes {
    fn of(calendar: &WorkCalendar) -> Self {
        let mut all = vec![];
        for start in (FROM..TO).step_by(DAY as usize) {
            let day = Moment(start).start_day();
            let exception =
                calendar.exceptions.iter().rfind(|exception| exception.from <= day && day <= exception.to);
            let week = &calendar.week[day.weekday().num_days_from_monday() as usize];
            for shift in exception.map_or(week, |exception| &exception.shifts) {
                all.extend(start + i32::from(shift.0)..start + i32::from(shift.1));
            }
        }
        Self(all)
    }

    /// How many come before a moment.
    pub(super) fn count(&self, moment: i32) -> i64 {
        i64::try_from(self.0.partition_point(|&minute| minute < moment)).unwrap()
    }

    pub(super) fn start(&self, count: i64) -> i32 {
        self.0[usize::try_from(count).unwrap()]
    }

    pub(super) fn finish(&self, count: i64) -> i32 {
        self.0[usize::try_from(count - 1).unwrap()] + 1
    }

    /// A moment so many worked minutes later: the end of one if it was the end of one, the start of one otherwise.
    fn shift(&self, moment: i32, by: i64) -> i32 {
        let count = self.count(moment);
        if by == 0 {
            moment
        } else if self.finish(count) == moment {
            self.finish(count + by)
        } else {
            self.start(count + by)
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placed {
    pub start: i32,
    pub finish: i32,
}

pub(super) struct Oracle<'a> {
    pub network: &'a Network,
    pub calendars: Vec<Minutes>,
    /// No other constraint and no other deadline takes float.
    pub only: Option<Cause>,
}

impl<'a> Oracle<'a> {
    pub(super) fn of(network: &'a Network) -> Self {
        let mut calendars: Vec<Minutes> = network.calendars.iter().map(Minutes::of).collect();
        calendars.push(Minutes((FROM..TO).collect()));
        Self { network, calendars, only: None }
    }

    pub(super) fn item(&self, index: usize) -> &Item {
        &self.network.items[index]
    }

    pub(super) fn axis(&self, index: usize) -> &Minutes {
        match self.item(index).duration {
            Span::Elapsed(_) => self.calendars.last().unwrap(),
            Span::Working(_) => &self.calendars[self.item(index).calendar.0 as usize],
        }
    }

    pub(super) fn work(&self, index: usize) -> i64 {
        let (Span::Working(duration) | Span::Elapsed(duration)) = self.item(index).duration;
        self.item(index).progress.remaining.unwrap_or(duration).into()
    }

    /// An item and the summaries that it is in.
    pub(super) fn chain(&self, index: usize) -> Vec<usize> {
        let mut chain = vec![index];
        while let Some(parent) = self.item(chain[chain.len() - 1]).parent {
            chain.push(parent.0 as usize);
        }
        chain
    }

    pub(super) fn leaves(&self, of: usize) -> Vec<usize> {
        let leaf = |index: &usize| {
            !self.network.items.iter().any(|item| item.parent == Some(ItemIx(u32::try_from(*index).unwrap())))
        };
        (0..self.network.items.len()).filter(leaf).filter(|&index| self.chain(index).contains(&of)).collect()
    }

    /// Where an item is if it starts, or what remains of it, at a place: twice the worked minutes before, and one for morning.
    fn placed(&self, index: usize, place: i64) -> Placed {
        let minutes = self.axis(index);
        let work = self.work(index);
        let mut placed = if work == 0 {
            let moment = if place % 2 == 0 { minutes.finish(place / 2) } else { minutes.start(place / 2) };
            Placed { start: moment, finish: moment }
        } else {
            Placed { start: minutes.start(place / 2), finish: minutes.finish(place / 2 + work) }
        };
        if let Some(start) = self.item(index).progress.actual_start {
            placed.start = start.0;
        }
        placed
    }

    pub(super) fn linked(&self, index: usize) -> bool {
        let progress = &self.item(index).progress;
        let overridden = self.network.options.out_of_sequence == OutOfSequence::ProgressOverride;
        progress.actual_finish.is_none() && !(progress.actual_start.is_some() && overridden)
    }

    pub(super) fn asked(&self, link: &Link, end: i32) -> i32 {
        let calendar = &self.calendars[self.item(link.successor.0 as usize).calendar.0 as usize];
        let (Span::Working(duration) | Span::Elapsed(duration)) =
            self.item(link.predecessor.0 as usize).duration;
        let share = |share: i32| i64::from(duration) * i64::from(share) / 10_000;
        match link.lag {
            Lag::Working(minutes) => calendar.shift(end, minutes.into()),
            Lag::Elapsed(minutes) => end + minutes,
            Lag::Percent(of) => calendar.shift(end, share(of)),
            Lag::ElapsedPercent(of) => end + i32::try_from(share(of)).unwrap(),
        }
    }

    /// Whether an item at a place starts, or finishes, no earlier than a moment: on its axis, or to the minute for a milestone.
    pub(super) fn reaches(&self, index: usize, place: i64, start: bool, moment: i32) -> bool {
        let work = self.work(index);
        if work == 0 {
            return self.placed(index, place).finish >= moment;
        }
        place / 2 + if start { 0 } else { work } >= self.axis(index).count(moment)
    }

    pub(super) fn span(&self, of: usize, early: &[Placed]) -> Placed {
        let leaves = self.leaves(of);
        Placed {
            start: leaves.iter().map(|&leaf| early[leaf].start).min().unwrap(),
            finish: leaves.iter().map(|&leaf| early[leaf].finish).max().unwrap(),
        }
    }

    /// Whether everything is asked of an item before it may be at a place holds there.
    fn may_start(&self, index: usize, place: i64, early: &[Placed]) -> bool {
        let progress = &self.item(index).progress;
        let status = self.network.status_at.map_or(i32::MIN / 2, |status| status.0);
        let base = progress.actual_start.unwrap_or(self.network.starts_at).0.max(status);
        if !self.reaches(index, place, true, base) {
            return false;
        }
        if progress.actual_start.is_none() {
            match self.item(index).constraint {
                Constraint::MustStartOn(on) => return self.reaches(index, place, true, on.0),
                Constraint::MustFinishOn(on) => return self.reaches(index, place, false, on.0),
                _ => {}
            }
        }
        for above in self.chain(index) {
            let constraint = self.item(above).constraint;
            let holds = match constraint {
                Constraint::StartNoEarlierThan(on) | Constraint::MustStartOn(on) => {
                    progress.actual_start.is_some() || self.reaches(index, place, true, on.0)
                }
                Constraint::FinishNoEarlierThan(on) | Constraint::MustFinishOn(on) => {
                    self.reaches(index, place, false, on.0)
                }
                _ => true,
            };
            let links = self
                .network
                .links
                .iter()
                .filter(|link| link.successor.0 as usize == above && self.linked(index));
            let mut links = links.map(|link| {
                let span = self.span(link.predecessor.0 as usize, early);
                let (end, start) = match link.kind {
                    LinkKind::FinishStart => (span.finish, true),
                    LinkKind::StartStart => (span.start, true),
                    LinkKind::FinishFinish => (span.finish, false),
                    LinkKind::StartFinish => (span.start, false),
                };
                self.reaches(index, place, start, self.asked(link, end))
            });
            if !holds || !links.all(|holds| holds) {
                return false;
            }
        }
        true
    }

    fn range(&self, index: usize) -> (i64, i64) {
        let minutes = self.axis(index);
        (2 * minutes.count(FROM / 2), 2 * minutes.count(TO / 2))
    }

    /// The first place from which on it holds.
    pub(super) fn first(&self, index: usize, holds: impl Fn(i64) -> bool) -> i64 {
        let (mut low, mut high) = self.range(index);
        while low < high {
            let middle = i64::midpoint(low, high);
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        low
    }

    pub(super) fn early(&self) -> Vec<Placed> {
        let count = self.network.items.len();
        let leaf: Vec<bool> = (0..count).map(|index| self.leaves(index) == [index]).collect();
        let mut early = vec![Placed { start: FROM / 2, finish: FROM / 2 }; count];
        loop {
            let was = early.clone();
            for index in (0..count).filter(|&index| leaf[index]) {
                let progress = &self.item(index).progress;
                early[index] = if let Some(finish) = progress.actual_finish {
                    let minutes = self.axis(index);
                    let before = match self.work(index) {
                        0 => finish.0,
                        work => minutes.start(minutes.count(finish.0) - work),
                    };
                    Placed { start: progress.actual_start.map_or(before, |start| start.0), finish: finish.0 }
                } else {
                    self.placed(index, self.first(index, |place| self.may_start(index, place, &early)))
                };
            }
            if was == early {
                return early;
            }
        }
    }

    /// Whether, with an item at a place, what follows it may stay where it is.
    fn keeps(&self, index: usize, place: i64, early: &[Placed], after: &[Option<Placed>]) -> (bool, bool) {
        let mut holds = true;
        let mut followed = false;
        let here = self.placed(index, place);
        for above in self.chain(index) {
            for link in self.network.links.iter().filter(|link| link.predecessor.0 as usize == above) {
                let of_finish = matches!(link.kind, LinkKind::FinishStart | LinkKind::FinishFinish);
                let to_start = matches!(link.kind, LinkKind::FinishStart | LinkKind::StartStart);
                for to in self.leaves(link.successor.0 as usize).into_iter().filter(|&to| self.linked(to)) {
                    followed |= of_finish;
                    // What has started can't start later; what isn't the first of a summary doesn't start it.
                    let first = early[index].start == self.span(above, early).start;
                    if !of_finish && (self.item(index).progress.actual_start.is_some() || !first) {
                        continue;
                    }
                    let Some(there) = after[to] else { continue };
                    let asked = self.asked(link, if of_finish { here.finish } else { here.start });
                    let minutes = self.axis(to);
                    let finish = minutes.count(there.finish);
                    holds &= match self.work(to) {
                        0 => asked <= there.finish,
                        work => minutes.count(asked) <= if to_start { finish - work } else { finish },
                    };
                }
            }
        }
        (holds, followed)
    }

    fn late(&self, early: &[Placed]) -> Vec<Option<Placed>> {
        let count = self.network.items.len();
        let mut late: Vec<Option<Placed>> = vec![None; count];
        loop {
            let was = late.clone();
            for index in 0..count {
                if self.leaves(index) != [index] || self.item(index).progress.actual_finish.is_some() {
                    continue;
                }
                let ok = |place: i64| {
                    let here = self.placed(index, place);
                    let (holds, followed) = self.keeps(index, place, early, &late);
                    let section = self.item(index).section;
                    let others = (0..count).filter(|&other| self.leaves(other) == [other]);
                    let others = others.filter(|&other| self.item(other).section == section);
                    let end = others.map(|other| early[other].finish).max().unwrap();
                    holds && (followed || here.finish <= end) && self.in_time(index, place)
                };
                late[index] = Some(self.placed(index, self.first(index, |place| !ok(place)) - 1));
            }
            if was == late {
                return late;
            }
        }
    }

    /// Whether the constraints and deadlines that hold for an item at a place do.
    fn in_time(&self, index: usize, place: i64) -> bool {
        let minutes = self.axis(index);
        let work = self.work(index);
        let here = self.placed(index, place);
        let begun = self.item(index).progress.actual_start.is_some();
        let by_finish = |moment: i32| here.finish <= moment;
        let by_start = |moment: i32| match work {
            // The start of the next working time is meant, if it is in a night.
            0 => {
                let count = minutes.count(moment);
                here.finish <= moment || minutes.finish(count) < moment && minutes.count(here.finish) <= count
            }
            _ => place / 2 <= minutes.count(moment),
        };
        self.chain(index).into_iter().all(|above| {
            let one = self.item(above);
            let item = ItemIx(u32::try_from(above).unwrap());
            let counts = |why| self.only.is_none_or(|only| only == Cause { item, why });
            let constraint = match one.constraint {
                constraint if !counts(Why::Constraint(constraint)) => true,
                Constraint::StartNoLaterThan(on) | Constraint::MustStartOn(on) => begun || by_start(on.0),
                Constraint::MustFinishOn(on) if above == index && work == 0 => by_start(on.0),
                Constraint::FinishNoLaterThan(on) | Constraint::MustFinishOn(on) => by_finish(on.0),
                _ => true,
            };
            let deadline = one.deadline.filter(|deadline| counts(Why::Deadline(*deadline)));
            constraint && deadline.is_none_or(|deadline| by_finish(deadline.0))
        })
    }

    /// Where items are scheduled: what is as late as possible moved to the last minute that lets what follows stay where it is,
    /// within its own late dates. It is moved there with all others like it, and back until everything holds.
    fn scheduled(&self, early: &[Placed], late: &[Option<Placed>]) -> Vec<Placed> {
        let as_late = |index: usize| {
            let progress = &self.item(index).progress;
            let asks = |above: usize| self.item(above).constraint == Constraint::AsLateAsPossible;
            let ahead = progress.actual_start.is_none() && progress.actual_finish.is_none();
            self.leaves(index) == [index] && ahead && self.chain(index).into_iter().any(asks)
        };
        let moved: Vec<usize> = (0..early.len()).filter(|&index| as_late(index)).collect();
        let at = |index: usize, by: i64| {
            let begins = self.axis(index).count(early[index].finish) - self.work(index);
            if by == 0 { early[index] } else { self.placed(index, 2 * (begins + by)) }
        };
        let mut slips = vec![0; early.len()];
        for &index in &moved {
            let minutes = self.axis(index);
            let last = late[index].unwrap_or(early[index]).finish;
            slips[index] = (minutes.count(last) - minutes.count(early[index].finish)).max(0);
        }
        loop {
            let scheduled: Vec<Placed> = (0..early.len()).map(|index| at(index, slips[index])).collect();
            let after: Vec<Option<Placed>> = scheduled.iter().copied().map(Some).collect();
            let was = slips.clone();
            for &index in &moved {
                let begins = self.axis(index).count(early[index].finish) - self.work(index);
                while slips[index] > 0 && !self.keeps(index, 2 * (begins + slips[index]), early, &after).0 {
                    slips[index] -= 1;
                }
            }
            if was == slips {
                return scheduled;
            }
        }
    }

    /// All dates, with floats.
    pub(super) fn dates(&self) -> Vec<Dates> {
        let early = self.early();
        let late = self.late(&early);
        let scheduled = self.scheduled(&early, &late);
        let after: Vec<Option<Placed>> = scheduled.iter().copied().map(Some).collect();
        let leaf = |index: usize| {
            let here = scheduled[index];
            let there = late[index].unwrap_or(here);
            let minutes = self.axis(index);
            let total = minutes.count(there.finish) - minutes.count(here.finish);
            let mut free = total.max(0);
            while free > 0 {
                let start = minutes.count(here.finish) - self.work(index) + free;
                // A milestone in the evening is the least of the places that are so late.
                if self.keeps(index, 2 * start, &early, &after).0 {
                    break;
                }
                free -= 1;
            }
            let done = self.item(index).progress.actual_finish.is_some();
            let begun = self.item(index).progress.actual_start.is_some();
            let same = total == 0 && self.work(index) == 0;
            Dates {
                early_start: Moment(here.start),
                early_finish: Moment(here.finish),
                late_start: Moment(if begun || same { here.start } else { there.start }),
                late_finish: Moment(if same { here.finish } else { there.finish }),
                total_float: if done { 0 } else { i32::try_from(total).unwrap() },
                free_float: if done { 0 } else { i32::try_from(free).unwrap() },
                critical: !done && total <= 0,
            }
        };
        (0..self.network.items.len()).map(|index| self.summed(index, &leaf)).collect()
    }

    /// The dates of an item, a summary's from all that is in it: the first and the last of them, and the least float of what isn't done.
    fn summed(&self, index: usize, leaf: &dyn Fn(usize) -> Dates) -> Dates {
        let all: Vec<(usize, Dates)> = self.leaves(index).into_iter().map(|one| (one, leaf(one))).collect();
        let open = || all.iter().filter(|(one, _)| self.item(*one).progress.actual_finish.is_none());
        Dates {
            early_start: all.iter().map(|(_, dates)| dates.early_start).min().unwrap(),
            early_finish: all.iter().map(|(_, dates)| dates.early_finish).max().unwrap(),
            late_start: all.iter().map(|(_, dates)| dates.late_start).min().unwrap(),
            late_finish: all.iter().map(|(_, dates)| dates.late_finish).max().unwrap(),
            total_float: open().map(|(_, dates)| dates.total_float).min().unwrap_or(0),
            free_float: open().map(|(_, dates)| dates.free_float).min().unwrap_or(0),
            critical: open().any(|(_, dates)| dates.critical),
        }
    }
}

/// A network in lines that can be read.
pub(super) fn brief(network: &Network) -> String {
    let mut text = format!("{:?} {:?} {:?}\n", network.starts_at, network.status_at, network.options);
    for calendar in &network.calendars {
        let _ = writeln!(text, "{calendar:?}");
    }
    for (index, item) in network.items.iter().enumerate() {
        let parent = item.parent.map(|parent| parent.0);
        let (duration, calendar, section) = (item.duration, item.calendar.0, item.section);
        let (constraint, deadline, progress) = (item.constraint, item.deadline, item.progress);
        let _ = writeln!(
            text,
            "{index} in {parent:?}: {duration:?} c{calendar} s{section} {constraint:?} {deadline:?} {progress:?}"
        );
    }
    for link in &network.links {
        let _ = writeln!(text, "{} {:?} {} {:?}", link.predecessor.0, link.kind, link.successor.0, link.lag);
    }
    text
}

fn compare(network: &Network) -> Result<(), TestCaseError> {
    let engine = Engine::new(network.clone()).unwrap();
    for (index, dates) in Oracle::of(network).dates().into_iter().enumerate() {
        let shown = |dates: &Dates| {
            let shown = |moment: Moment| moment.date_time().format("%m-%d %H:%M").to_string();
            (
                [dates.early_start, dates.early_finish, dates.late_start, dates.late_finish].map(shown),
                [dates.total_float, dates.free_float],
                dates.critical,
            )
        };
        let of_engine = engine.dates(ItemIx(u32::try_from(index).unwrap()));
        prop_assert_eq!(shown(&of_engine), shown(&dates), "item {} of {}", index, brief(network));
    }
    Ok(())
}

proptest! {
    #![proptest_config(several(4))]
    #[test]
    fn the_engine_agrees_with_the_definitions(network in networks(Taste { items: 8, ..Taste::EVERYTHING })) {
        compare(&network)?;
    }

    #[test]
    fn the_engine_agrees_with_the_definitions_without_constraints(network in networks(Taste { items: 8, ..Taste::PLAIN })) {
        compare(&network)?;
    }

    #[test]
    fn the_engine_agrees_with_the_definitions_of_what_is_as_late_as_possible(
        network in networks(Taste { items: 8, as_late: true, ..Taste::EVERYTHING }),
        late in any::<u8>(),
    ) {
        let mut network = network;
        for (index, item) in network.items.iter_mut().enumerate() {
            if late >> index & 1 == 1 {
                item.constraint = Constraint::AsLateAsPossible;
            }
        }
        compare(&network)?;
    }
}
