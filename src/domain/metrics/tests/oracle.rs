//! The definitions once more, slowly: plain scans and days counted one by one, written from the text of the
//! definitions. What the text leaves open is decided in the comments here and must be decided alike.

use super::generate::{self, base};
use crate::domain::facts::*;
use crate::domain::kind::{Kind, State};
use crate::domain::metrics::{Metric, value_at};
use chrono::{Days, NaiveDate};
use proptest::prelude::*;

/// The last version that is effective by the day.
fn at<T: Copy>(track: &Track<T>, day: NaiveDate) -> Option<T> {
    let mut found = None;
    for version in &track.versions {
        if version.effective_on <= day {
            found = Some(version.fact);
        }
    }
    found
}

fn all<T: Copy>(tracks: &[Track<T>], day: NaiveDate) -> Vec<T> {
    tracks.iter().filter_map(|track| at(track, day)).collect()
}

/// Raised on or before D and not closed on or before D; a closed item that doesn't say when is closed.
fn open(common: &Common, kind: Kind, day: NaiveDate) -> bool {
    let closed_later = matches!(common.closed_on, Some(closed) if closed > day);
    !common.archived && common.raised_on <= day && (common.state.is_open(kind) || closed_later)
}

/// Signed working days: those after the start up to and including the end.
fn working(facts: &Facts, from: NaiveDate, to: NaiveDate) -> i64 {
    let (low, high) = (from.min(to), from.max(to));
    let mut count = 0;
    let mut day = low;
    while day < high {
        day = day.succ_opt().unwrap();
        count += i64::from(facts.calendar.is_working(day));
    }
    if from <= to { count } else { -count }
}

fn in_window(date: NaiveDate, day: NaiveDate, window: u64) -> bool {
    date > day - Days::new(window) && date <= day
}

fn share(hits: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| f64::from(u32::try_from(hits).unwrap()) / f64::from(u32::try_from(of).unwrap()))
}

fn median(mut values: Vec<i64>) -> Option<f64> {
    values.sort_unstable();
    let float = |value: i64| f64::from(i32::try_from(value).unwrap());
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(float(values[n / 2])),
        n => Some(float(values[n / 2 - 1] + values[n / 2]) / 2.0),
    }
}

fn done_on(fact: &MilestoneFact, day: NaiveDate) -> Option<NaiveDate> {
    if fact.common.state != State::Achieved {
        return None;
    }
    let date = fact.achieved_on.or(fact.common.closed_on)?;
    (date <= day).then_some(date)
}

fn cancelled(fact: &MilestoneFact, day: NaiveDate) -> bool {
    fact.common.archived
        || (fact.common.state == State::Cancelled && !matches!(fact.common.closed_on, Some(d) if d > day))
}

fn on_time(facts: &Facts, day: NaiveDate, window: u64) -> Option<f64> {
    let mut tolerance = 7;
    for version in &facts.targets {
        if version.effective_on <= day {
            tolerance = version.fact.on_time_tolerance_days;
        }
    }
    let (mut hits, mut of) = (0, 0);
    for fact in all(&facts.milestones, day) {
        let Some(committed) = fact.original_on else { continue };
        if cancelled(&fact, day) || !in_window(committed, day, window) {
            continue;
        }
        match done_on(&fact, day) {
            Some(done) => {
                of += 1;
                hits += usize::from((done - committed).num_days() <= tolerance);
            }
            None if (day - committed).num_days() > tolerance => of += 1,
            None => {}
        }
    }
    share(hits, of)
}

fn variance(facts: &Facts, day: NaiveDate) -> Option<f64> {
    let mut values = Vec::new();
    for fact in all(&facts.milestones, day) {
        let end = done_on(&fact, day).or(fact.forecast_on).or(fact.committed_on);
        if let (false, Some(baseline), Some(end)) = (cancelled(&fact, day), fact.original_on, end) {
            values.push(working(facts, baseline, end));
        }
    }
    median(values)
}

fn scope(facts: &Facts, day: NaiveDate, window: u64) -> Option<f64> {
    let baseline = facts.first_baseline.as_ref().filter(|baseline| baseline.on <= day)?;
    let sum: i32 = all(&facts.changes, day)
        .iter()
        .filter(|fact| fact.scope && fact.approved && !fact.common.archived)
        .filter(|fact| fact.decided_on.is_some_and(|d| in_window(d, day, window) && d > baseline.on))
        .map(|fact| fact.adds + fact.removes + fact.redefines)
        .sum();
    let mut items = 0;
    for entered in baseline.entered.iter() {
        items += usize::from(*entered <= day);
    }
    share(usize::try_from(sum).unwrap(), items)
}

fn latency(facts: &Facts, day: NaiveDate, window: u64) -> Option<f64> {
    let mut values = Vec::new();
    for fact in all(&facts.decisions, day) {
        let taken = [State::Decided, State::Superseded].contains(&fact.common.state);
        let Some(decided) = fact.decided_on.filter(|_| taken && !fact.common.archived) else { continue };
        // What comes after the decision didn't start the wait for it.
        let start = [fact.escalated_on, fact.requested_on].into_iter().flatten().find(|s| *s <= decided);
        if let Some(start) = start.filter(|_| in_window(decided, day, window)) {
            values.push(working(facts, start, decided));
        }
    }
    median(values)
}

fn aging(facts: &Facts, day: NaiveDate) -> Option<f64> {
    let ages: Vec<i64> = all(&facts.dependencies, day)
        .iter()
        .filter(|fact| open(&fact.common, Kind::Dependency, day))
        .map(|fact| (day - fact.common.raised_on).num_days())
        .collect();
    share(usize::try_from(ages.iter().sum::<i64>()).unwrap(), ages.len())
}

fn burndown(facts: &Facts, day: NaiveDate) -> Option<f64> {
    let known: Vec<RiskFact> = all(&facts.risks, day)
        .into_iter()
        .filter(|fact| !fact.opportunity && !fact.common.archived && fact.common.raised_on <= day)
        .collect();
    let open: Vec<&RiskFact> = known.iter().filter(|fact| open(&fact.common, Kind::Risk, day)).collect();
    // No value without a risk, or with open ones of which none is scored.
    if known.is_empty() || (!open.is_empty() && open.iter().all(|fact| fact.score.is_none())) {
        return None;
    }
    let stale = open.iter().filter(|fact| {
        let in_progress = matches!(fact.mitigation.open_until, Some(due) if due >= day);
        fact.score.unwrap_or(0) >= 15
            && (day - fact.common.raised_on).num_days() > 30
            && !(fact.mitigation.completed || in_progress)
    });
    Some(f64::from(u32::try_from(stale.count()).unwrap()))
}

fn resolution(facts: &Facts, day: NaiveDate, window: u64) -> Option<f64> {
    let (mut hits, mut of) = (0, 0);
    for fact in all(&facts.issues, day) {
        if fact.common.archived {
            continue;
        }
        let still_open = fact.common.state.is_open(Kind::Issue);
        let resolved = fact.resolved_on.or(fact.common.closed_on).filter(|_| !still_open);
        match resolved {
            Some(resolved) if resolved <= day => {
                if in_window(resolved, day, window) {
                    of += 1;
                    hits += usize::from((resolved - fact.common.raised_on).num_days() <= 14);
                }
            }
            _ => {
                let age = (day - fact.common.raised_on).num_days();
                let raised_in = in_window(fact.common.raised_on, day - Days::new(14), window);
                of += usize::from(open(&fact.common, Kind::Issue, day) && raised_in && age > 14);
            }
        }
    }
    share(hits, of)
}

fn accuracy(facts: &Facts, day: NaiveDate) -> Option<f64> {
    let (mut hits, mut of) = (0, 0);
    for horizon in [28, 42] {
        let then = day - Days::new(horizon);
        for track in &facts.milestones {
            let (Some(before), Some(now)) = (at(track, then), at(track, day)) else { continue };
            let Some(forecast) = before.forecast_on.or(before.committed_on) else { continue };
            if !open(&before.common, Kind::Milestone, then)
                || now.common.archived
                || !(then < forecast && forecast <= day)
            {
                continue;
            }
            of += 1;
            hits += usize::from(done_on(&now, day).is_some_and(|d| (d - forecast).num_days().abs() <= 3));
        }
    }
    share(hits, of)
}

fn freshness(facts: &Facts, day: NaiveDate) -> Option<f64> {
    let mut every: Vec<(Kind, Common)> = Vec::new();
    every.extend(all(&facts.milestones, day).iter().map(|fact| (Kind::Milestone, fact.common)));
    every.extend(all(&facts.risks, day).iter().map(|fact| (Kind::Risk, fact.common)));
    every.extend(all(&facts.assumptions, day).iter().map(|fact| (Kind::Assumption, fact.common)));
    every.extend(all(&facts.issues, day).iter().map(|fact| (Kind::Issue, fact.common)));
    every.extend(all(&facts.dependencies, day).iter().map(|fact| (Kind::Dependency, fact.common)));
    every.extend(all(&facts.decisions, day).iter().map(|fact| (Kind::Decision, fact.common)));
    every.retain(|(kind, common)| open(common, *kind, day));
    let fresh = every.iter().filter(|(_, common)| {
        common.owner.is_some()
            && common.next_on.is_some_and(|next| next >= day)
            && (day - common.updated_on).num_days() <= 14
    });
    share(fresh.count(), every.len())
}

fn stability(facts: &Facts, day: NaiveDate) -> Option<f64> {
    let network = facts.network.as_ref()?;
    let at = |day: NaiveDate| network.weeks.iter().find(|week| week.day == day);
    let (mut unchanged, mut all) = (0, 0);
    for week in 0..13 {
        let end = day - Days::new(7 * week);
        let (Some(was), Some(is)) = (at(end - Days::new(7)), at(end)) else { continue };
        let (Some(before), Some(now)) = (&was.critical, &is.critical) else { continue };
        all += 1;
        let gone = before.difference(now).all(|item| is.completed.contains(item));
        unchanged += usize::from(now.is_subset(before) && gone);
    }
    share(unchanged, all)
}

fn quality(facts: &Facts, day: NaiveDate) -> Option<f64> {
    let (met, judged) = facts.network.as_ref()?.weeks.iter().find(|week| week.day == day)?.quality?;
    share(met, judged)
}

fn expected(metric: Metric, facts: &Facts, day: NaiveDate, window: u64) -> Option<f64> {
    match metric {
        Metric::MilestoneOnTimeRate => on_time(facts, day, window),
        Metric::ScheduleVariance => variance(facts, day),
        Metric::ScopeChangeRate => scope(facts, day, window),
        Metric::DecisionLatency => latency(facts, day, window),
        Metric::DependencyAging => aging(facts, day),
        Metric::RiskBurndown => burndown(facts, day),
        Metric::IssueResolutionTime => resolution(facts, day, window),
        Metric::ForecastAccuracy => accuracy(facts, day),
        Metric::Freshness => freshness(facts, day),
        Metric::CriticalPathStability => stability(facts, day),
        Metric::ScheduleQuality => quality(facts, day),
        governed => super::governed::expected(governed, facts, day, window),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn every_metric_agrees_with_its_definition_read_slowly(
        seed: u64, size in 1_usize..30, after in 0_u64..200, window in prop::sample::select(vec![7_u64, 30, 90, 365]),
    ) {
        let facts = generate::facts(seed, size);
        let day = base() + Days::new(after);
        for metric in Metric::ALL {
            let value = value_at(metric, &facts, day, i64::try_from(window).unwrap());
            let expected = expected(metric, &facts, day, window);
            // Sums of fractions depend on their order.
            let close = value.zip(expected).is_some_and(|(a, b)| (a - b).abs() <= 1e-9 * b.abs().max(1.0));
            prop_assert!(
                value == expected || metric == Metric::BenefitsRealizationIndex && close,
                "{metric:?} on {day}: {value:?}, not {expected:?}"
            );
        }
    }
}

/// Agreement over facts that have no values would show nothing.
#[test]
fn generated_facts_have_values_other_than_nothing_for_every_metric() {
    for metric in Metric::ALL {
        let days = (0..40).map(|n| (n, base() + Days::new(40 + 4 * n)));
        let values: Vec<_> =
            days.map(|(seed, day)| value_at(metric, &generate::facts(seed, 12), day, 90)).collect();
        let some = values.iter().flatten().count();
        assert!((10..=40).contains(&some), "{metric:?}: {some} of 40");
        assert!(values.iter().flatten().any(|value| *value != 0.0), "{metric:?}");
    }
}
