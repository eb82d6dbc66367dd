//! Facts of governance at random, and the definitions of their metrics once more, slowly, written from the text.

use super::generate::{Random, base, tracks};
use crate::domain::agenda::Name;
use crate::domain::benefit::Point;
use crate::domain::facts::*;
use crate::domain::gate::Checked;
use crate::domain::health::Rag;
use crate::domain::ids::{ItemId, ProjectId};
use crate::domain::kind::{Kind, State};
use crate::domain::metrics::Metric;
use chrono::{Days, NaiveDate};
use uuid::Uuid;

fn records<T>(random: &mut Random, size: usize, make: impl Fn(&mut Random, u128) -> T) -> Records<T> {
    let count = random.below(3 * size as u64 + 1);
    (0..count)
        .map(|number| {
            let from = random.date();
            // Some versions end on the day on which they begin.
            let until = random.once_in(3).then(|| from + Days::new(random.below(60)));
            Record { from, until, fact: make(random, u128::from(number)) }
        })
        .collect()
}

fn whole(random: &mut Random, below: u64) -> i64 {
    i64::try_from(random.below(below)).unwrap()
}

fn decimal(random: &mut Random, below: u64) -> f64 {
    f64::from(u32::try_from(random.below(below)).unwrap()) / 4.0
}

fn one_of<T>(random: &mut Random, tracks: &[Track<T>]) -> ItemId {
    let at = random.below(tracks.len() as u64 + 1);
    tracks.get(usize::try_from(at).unwrap()).map_or(ItemId(Uuid::from_u128(77)), |track| track.item)
}

fn rag(random: &mut Random) -> Option<Rag> {
    let colours = [None, Some(Rag::Grey), Some(Rag::Green), Some(Rag::Amber), Some(Rag::Red)];
    colours[usize::try_from(random.below(5)).unwrap()]
}

fn named(random: &mut Random) -> Option<Name> {
    let number = i32::try_from(random.below(4)).unwrap();
    let item = ItemId(Uuid::from_u128(5_000 + u128::from(number.unsigned_abs())));
    (number > 0).then(|| Name { item, kind: Kind::Stakeholder, number, title: format!("Group {number}") })
}

/// Governance with at most `size` items of each kind.
pub fn governance(random: &mut Random, size: usize) -> Governance {
    let gates: Tracks<GateFact> = tracks(random, Kind::Gate, size, |random, common, at| GateFact {
        common,
        on: random.near(at + Days::new(15)),
        decided_on: matches!(common.state, State::Go | State::ConditionalGo | State::NoGo)
            .then(|| if random.once_in(5) { random.near(at) } else { at }),
        checked: random.once_in(3).then_some(Checked { passed: 2, applicable: 5, waived: 1 }),
    });
    let some: Vec<ItemId> = (0..3).map(|_| one_of(random, &gates)).collect();
    let checks = tracks(random, Kind::Check, 2 * size, |random, common, at| CheckFact {
        common,
        gate: random.pick(&some),
        area: "other",
        mandatory: !random.once_in(3),
        waived_until: random.once_in(2).then(|| random.near(at + Days::new(14))),
    });
    let releases: Tracks<ReleaseFact> =
        tracks(random, Kind::Release, size, |random, common, at| ReleaseFact {
            common,
            launched_on: (common.state != State::Planned)
                .then(|| if random.once_in(4) { random.near(at) } else { at }),
        });
    let reports: Tracks<ReportFact> = tracks(random, Kind::Report, size, |random, common, at| ReportFact {
        common,
        published_on: (common.state == State::Published)
            .then(|| if random.once_in(4) { random.near(at) } else { at }),
        declared: [(); 7].map(|()| rag(random)),
        computed: [(); 7].map(|()| rag(random)),
    });
    let benefits: Tracks<BenefitFact> = tracks(random, Kind::Benefit, size, |random, common, at| {
        let mut on = at;
        BenefitFact {
            common,
            baseline: decimal(random, 400),
            weight: decimal(random, 20) + 0.25,
            plan: (0..random.below(4))
                .map(|_| {
                    on = on + Days::new(1 + random.below(80));
                    Point { on, value: decimal(random, 400) }
                })
                .collect(),
        }
    });
    let meetings: Tracks<MeetingFact> =
        tracks(random, Kind::Meeting, size, |random, common, at| MeetingFact {
            common,
            key: !random.once_in(4),
            held_on: (common.state == State::Held)
                .then(|| if random.once_in(4) { random.near(at) } else { at }),
        });
    let target = |number: u128| Uuid::from_u128(6_000 + number);
    Governance {
        costs: tracks(random, Kind::Change, size, |random, common, at| CostFact {
            common,
            cost: whole(random, 9_000) - 1_000,
            decided_on: random.once_in(2).then(|| random.near(at)),
        }),
        release_events: records(random, 4 * size, |random, _| ReleaseEvent {
            release: one_of(random, &releases),
            incident: random.once_in(2),
            on: random.date(),
            count: 1 + whole(random, 4),
        }),
        rework: records(random, size, |random, n| Rework {
            about: named(random),
            what: format!("Redone {n}"),
            on: random.date(),
        }),
        completions: records(random, size, |random, n| Completion {
            about: Name {
                item: ItemId(Uuid::from_u128(8_000 + n)),
                kind: Kind::Activity,
                number: i32::try_from(n).unwrap(),
                title: format!("Activity {n}"),
            },
            on: random.date(),
        }),
        adoption_targets: records(random, size, |random, n| AdoptionTarget {
            id: target(n),
            benefit: one_of(random, &benefits),
            title: "Uses".into(),
            target: decimal(random, 60),
            due_on: random.date(),
        }),
        measurements: records(random, 3 * size, |random, n| Measurement {
            id: Uuid::from_u128(n),
            benefit: one_of(random, &benefits),
            adoption_target: random.once_in(2).then(|| target(u128::from(random.below(size as u64 + 1)))),
            on: random.date(),
            value: decimal(random, 500),
        }),
        invitations: records(random, size, |random, n| Invitation {
            id: Uuid::from_u128(n),
            on: random.date(),
        }),
        answers: records(random, 2 * size, |random, _| SurveyAnswer {
            about: named(random),
            survey: "How is it going?".into(),
            invitation: random.once_in(2).then(|| Uuid::from_u128(u128::from(random.below(9)))),
            value: 1 + whole(random, 5),
            on: random.date(),
        }),
        ratings: records(random, 2 * size, |random, _| Rating {
            report: one_of(random, &reports),
            value: 1 + whole(random, 5),
            on: random.date(),
        }),
        outcomes: records(random, size, |random, n| Outcome {
            meeting: one_of(random, &meetings),
            item: ItemId(Uuid::from_u128(9_500 + n % 4)),
        }),
        budget: records(random, size, |random, n| BudgetLine {
            project: random.once_in(2).then(|| ProjectId(Uuid::from_u128(1))),
            category: format!("Category {}", n % 3),
            period_on: base() + Days::new(31 * random.below(6)),
            planned: (!random.once_in(4)).then(|| whole(random, 100_000)),
            actual: random.once_in(2).then(|| whole(random, 120_000)),
            forecast: random.once_in(2).then(|| whole(random, 110_000)),
        }),
        gates,
        checks,
        releases,
        reports,
        benefits,
        meetings,
    }
}

/// The version in force: the last that is effective by the day.
fn at<T>(track: &Track<T>, day: NaiveDate) -> Option<&T> {
    track.versions.iter().filter(|version| version.effective_on <= day).map(|version| &version.fact).last()
}

fn holding<T>(records: &[Record<T>], day: NaiveDate) -> Vec<&T> {
    let holds =
        |record: &&Record<T>| record.from <= day && !matches!(record.until, Some(until) if until <= day);
    records.iter().filter(holds).map(|record| &record.fact).collect()
}

fn within(date: NaiveDate, day: NaiveDate, window: u64) -> bool {
    date > day - Days::new(window) && date <= day
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn ratio(top: i64, bottom: i64) -> Option<f64> {
    (bottom > 0).then(|| top as f64 / bottom as f64)
}

fn readiness(facts: &Facts, day: NaiveDate, window: u64) -> Option<f64> {
    let (mut passed, mut applicable) = (0, 0);
    for track in &facts.governance.gates {
        let Some(gate) = at(track, day) else { continue };
        if gate.common.archived || gate.common.raised_on > day {
            continue;
        }
        // As at the go / no-go; at D before it.
        let then = match gate.decided_on {
            Some(decided) if decided <= day => {
                if !within(decided, day, window) {
                    continue;
                }
                // What was found then stands, whatever happened to the checks on that day.
                if let Some(found) = gate.checked {
                    passed += found.passed;
                    applicable += found.applicable;
                    continue;
                }
                decided
            }
            _ => day,
        };
        for check in facts.governance.checks.iter().filter_map(|check| at(check, then)) {
            if check.gate != track.item || check.common.archived || check.common.raised_on > then {
                continue;
            }
            applicable += i64::from(check.common.state != State::NotApplicable);
            passed += i64::from(check.common.state == State::Passed);
        }
    }
    ratio(passed, applicable)
}

/// Incidents, defects found before and after, and releases.
fn launched(facts: &Facts, day: NaiveDate, window: u64) -> (i64, i64, i64, i64) {
    let (mut incidents, mut before, mut after, mut releases) = (0, 0, 0, 0);
    for track in &facts.governance.releases {
        let Some(release) = at(track, day) else { continue };
        let mut launches = Vec::new();
        for version in track.versions.iter().filter(|version| version.effective_on <= day) {
            launches.extend(version.fact.launched_on.filter(|on| *on <= day));
        }
        let Some(first) = launches.iter().min() else { continue };
        if release.common.archived || !launches.iter().any(|on| within(*on, day, window)) {
            continue;
        }
        releases += 1;
        for event in holding(&facts.governance.release_events, day) {
            let after_one = (0..=30).any(|days| launches.iter().any(|on| *on + Days::new(days) == event.on));
            if event.release != track.item || event.on > day {
                continue;
            }
            if event.incident {
                incidents += if after_one { event.count } else { 0 };
            } else if event.on <= *first {
                before += event.count;
            } else if after_one {
                after += event.count;
            }
        }
    }
    (incidents, before, after, releases)
}

fn adoption(facts: &Facts, day: NaiveDate, window: u64) -> Option<f64> {
    let (mut hits, mut all) = (0, 0);
    for target in holding(&facts.governance.adoption_targets, day) {
        let benefit = facts.governance.benefits.iter().find(|track| track.item == target.benefit);
        let there = benefit.and_then(|track| at(track, day)).is_some_and(|fact| !fact.common.archived);
        if !there || !within(target.due_on, day, window) {
            continue;
        }
        all += 1;
        let mut reached = false;
        for measured in holding(&facts.governance.measurements, day) {
            reached |= measured.adoption_target == Some(target.id)
                && measured.on <= target.due_on
                && measured.value >= target.target;
        }
        hits += i64::from(reached);
    }
    ratio(hits, all)
}

#[expect(clippy::float_cmp, reason = "quarters are exact")]
fn benefits(facts: &Facts, day: NaiveDate) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for track in &facts.governance.benefits {
        let Some(benefit) = at(track, day) else { continue };
        if benefit.common.archived || benefit.common.raised_on > day {
            continue;
        }
        let mut actual = None;
        for measured in holding(&facts.governance.measurements, day) {
            let own = measured.benefit == track.item && measured.adoption_target.is_none();
            if own && measured.on <= day {
                let newer = actual.is_none_or(|(on, id, _)| (measured.on, measured.id) >= (on, id));
                actual = if newer { Some((measured.on, measured.id, measured.value)) } else { actual };
            }
        }
        // Day by day along the straight lines between the points.
        let mut plan = None;
        for pair in benefit.plan.windows(2) {
            let days = (pair[1].on - pair[0].on).num_days();
            for n in 0..=days {
                if pair[0].on + Days::new(n.unsigned_abs()) == day {
                    #[expect(clippy::cast_precision_loss, reason = "days")]
                    let share = n as f64 / days as f64;
                    plan = Some(pair[0].value + (pair[1].value - pair[0].value) * share);
                }
            }
        }
        if let Some(last) = benefit.plan.last().filter(|last| last.on <= day) {
            plan = Some(last.value);
        }
        if let (Some(plan), Some((_, _, actual))) = (plan.filter(|plan| *plan != benefit.baseline), actual) {
            sum += benefit.weight * f64::min(1.5, (actual - benefit.baseline) / (plan - benefit.baseline));
            weights += benefit.weight;
        }
    }
    (weights > 0.0).then(|| sum / weights)
}

fn satisfaction(facts: &Facts, day: NaiveDate) -> Option<f64> {
    let answers = holding(&facts.governance.answers, day);
    let values: Vec<i64> = answers.iter().filter(|a| within(a.on, day, 90)).map(|a| a.value).collect();
    ratio(values.iter().sum(), i64::try_from(values.len()).unwrap()).filter(|_| values.len() >= 3)
}

fn is_published(report: &ReportFact, day: NaiveDate) -> Option<NaiveDate> {
    let out = report.common.archived || report.common.state != State::Published;
    report.published_on.filter(|on| !out && *on <= day)
}

fn quality(facts: &Facts, day: NaiveDate, window: u64) -> Option<f64> {
    let mut values = Vec::new();
    for rating in holding(&facts.governance.ratings, day) {
        let report = facts.governance.reports.iter().find(|track| track.item == rating.report);
        let on = report.and_then(|track| at(track, day)).and_then(|report| is_published(report, day));
        if rating.on <= day && on.is_some_and(|on| within(on, day, window)) {
            values.push(rating.value);
        }
    }
    ratio(values.iter().sum(), i64::try_from(values.len()).unwrap())
}

fn greenwash(facts: &Facts, day: NaiveDate) -> Option<f64> {
    let rank = |rag: Option<Rag>| match rag {
        Some(Rag::Green) => Some(0),
        Some(Rag::Amber) => Some(1),
        Some(Rag::Red) => Some(2),
        _ => None,
    };
    let (mut weeks, mut any) = (0, false);
    for week in 0..13 {
        let end = day - Days::new(7 * week);
        let mut gap = false;
        for report in facts.governance.reports.iter().filter_map(|track| at(track, day)) {
            if is_published(report, day).is_some_and(|on| within(on, end, 7)) {
                any = true;
                for (declared, computed) in report.declared.iter().zip(&report.computed) {
                    gap |= matches!((rank(*declared), rank(*computed)), (Some(d), Some(c)) if d < c);
                }
            }
        }
        weeks += i64::from(gap);
    }
    ratio(weeks, 1).filter(|_| any)
}

fn meetings(facts: &Facts, day: NaiveDate, window: u64) -> Option<f64> {
    let (mut hits, mut all) = (0, 0);
    for track in &facts.governance.meetings {
        let Some(meeting) = at(track, day) else { continue };
        let held =
            meeting.held_on.filter(|_| meeting.common.state == State::Held && !meeting.common.archived);
        if meeting.key && held.is_some_and(|held| within(held, day, window)) {
            all += 1;
            let outcomes = holding(&facts.governance.outcomes, day);
            hits += i64::from(outcomes.iter().any(|outcome| outcome.meeting == track.item));
        }
    }
    ratio(hits, all)
}

fn rework(facts: &Facts, day: NaiveDate, window: u64) -> Option<f64> {
    // Where nobody ever recorded any, it can't be told.
    holding(&facts.governance.rework, day).iter().find(|rework| rework.on <= day)?;
    let redone = holding(&facts.governance.rework, day).iter().filter(|r| within(r.on, day, window)).count();
    let mut completed = holding(&facts.governance.completions, day);
    completed.retain(|done| within(done.on, day, window));
    let mut number = completed.len();
    for fact in facts.milestones.iter().filter_map(|track| at(track, day)) {
        let done = fact.achieved_on.or(fact.common.closed_on);
        let counts = fact.common.state == State::Achieved && !fact.common.archived;
        number += usize::from(counts && done.is_some_and(|on| within(on, day, window)));
    }
    for fact in facts.actions.iter().filter_map(|track| at(track, day)) {
        let counts = fact.common.state == State::Done && !fact.common.archived;
        number += usize::from(counts && fact.common.closed_on.is_some_and(|on| within(on, day, window)));
    }
    ratio(i64::try_from(redone).unwrap(), i64::try_from(number).unwrap())
}

fn blockers(facts: &Facts, day: NaiveDate) -> Option<f64> {
    let known: Vec<&IssueFact> = facts.issues.iter().filter_map(|track| at(track, day)).collect();
    let there = known.iter().filter(|fact| !fact.common.archived && fact.common.raised_on <= day);
    let blocking = there.clone().filter(|fact| {
        let other =
            fact.owing_team.is_some() && fact.blocked_team.is_some() && fact.owing_team != fact.blocked_team;
        fact.blocking && other && within(fact.common.raised_on, day, 7)
    });
    ratio(i64::try_from(blocking.count()).unwrap(), 1).filter(|_| there.count() > 0)
}

/// The metric by the slow reading; `None` also for metrics that aren't computed from governance.
pub fn expected(metric: Metric, facts: &Facts, day: NaiveDate, window: u64) -> Option<f64> {
    let (incidents, before, after, releases) = launched(facts, day, window);
    match metric {
        Metric::ReadinessPassRate => readiness(facts, day, window),
        Metric::PostLaunchIncidentRate => ratio(incidents, releases),
        Metric::DefectEscapeRate => ratio(after, before + after),
        Metric::AdoptionAttainment => adoption(facts, day, window),
        Metric::BenefitsRealizationIndex => benefits(facts, day),
        Metric::StakeholderSatisfaction => satisfaction(facts, day),
        Metric::ReportQuality => quality(facts, day, window),
        Metric::MeetingToDecisionRatio => meetings(facts, day, window),
        Metric::ReworkRate => rework(facts, day, window),
        Metric::CrossTeamBlockers => blockers(facts, day),
        Metric::GreenwashGap => greenwash(facts, day),
        _ => None,
    }
}
