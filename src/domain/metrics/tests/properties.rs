//! What holds of every metric and of health, whatever the facts.

use super::build::track;
use super::generate::{self, Random, base};
use crate::domain::facts::*;
use crate::domain::health::{Dimension, Rag, assess};
use crate::domain::kind::Kind;
use crate::domain::metrics::*;
use crate::domain::plan::Networked;
use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use std::sync::Arc;

/// Every track list of facts, changed alike.
macro_rules! each_list {
    ($facts:expr, $change:expr) => {{
        let facts = $facts;
        ($change)(&mut *facts.milestones as &mut dyn Lists);
        ($change)(&mut *facts.risks as &mut dyn Lists);
        ($change)(&mut *facts.assumptions as &mut dyn Lists);
        ($change)(&mut *facts.issues as &mut dyn Lists);
        ($change)(&mut *facts.dependencies as &mut dyn Lists);
        ($change)(&mut *facts.decisions as &mut dyn Lists);
        ($change)(&mut *facts.changes as &mut dyn Lists);
        ($change)(&mut *facts.actions as &mut dyn Lists);
        ($change)(&mut *facts.governance.gates as &mut dyn Lists);
        ($change)(&mut *facts.governance.checks as &mut dyn Lists);
        ($change)(&mut *facts.governance.releases as &mut dyn Lists);
        ($change)(&mut *facts.governance.reports as &mut dyn Lists);
        ($change)(&mut *facts.governance.benefits as &mut dyn Lists);
        ($change)(&mut *facts.governance.meetings as &mut dyn Lists);
        ($change)(&mut *facts.governance.costs as &mut dyn Lists);
        ($change)(&mut *facts.governance.release_events as &mut dyn Lists);
        ($change)(&mut *facts.governance.rework as &mut dyn Lists);
        ($change)(&mut *facts.governance.completions as &mut dyn Lists);
        ($change)(&mut *facts.governance.adoption_targets as &mut dyn Lists);
        ($change)(&mut *facts.governance.measurements as &mut dyn Lists);
        ($change)(&mut *facts.governance.invitations as &mut dyn Lists);
        ($change)(&mut *facts.governance.answers as &mut dyn Lists);
        ($change)(&mut *facts.governance.ratings as &mut dyn Lists);
        ($change)(&mut *facts.governance.outcomes as &mut dyn Lists);
        ($change)(&mut *facts.governance.budget as &mut dyn Lists);
    }};
}

trait Lists {
    fn forget_after(&mut self, day: NaiveDate);
    fn shuffle(&mut self, random: &mut Random);
}

impl<T> Lists for Vec<Track<T>> {
    fn forget_after(&mut self, day: NaiveDate) {
        for track in self.iter_mut() {
            track.versions.retain(|version| version.effective_on <= day);
        }
        self.retain(|track| !track.versions.is_empty());
    }

    fn shuffle(&mut self, random: &mut Random) {
        shuffled(self, random);
    }
}

impl<T> Lists for Vec<Record<T>> {
    fn forget_after(&mut self, day: NaiveDate) {
        self.retain(|record| record.from <= day);
        for record in self.iter_mut() {
            record.until = record.until.filter(|until| *until <= day);
        }
    }

    fn shuffle(&mut self, random: &mut Random) {
        shuffled(self, random);
    }
}

fn shuffled<T>(list: &mut [T], random: &mut Random) {
    for last in (1..list.len()).rev() {
        let other = usize::try_from(random.below(last as u64 + 1)).unwrap();
        list.swap(last, other);
    }
}

/// The sum of what stands in some columns of the rows that count.
fn sum(measure: &Measure, labels: &[&str]) -> f64 {
    let counted = measure.items.iter().filter(|row| row.counts);
    let figures = counted.flat_map(|row| &row.figures).filter(|figure| labels.contains(&figure.label));
    let value = |figure: &Figure| match &figure.value {
        Shown::Count(count) => f64::from(i32::try_from(*count).unwrap()),
        Shown::Number(number) => *number,
        other => panic!("{other:?} is no figure"),
    };
    figures.map(value).sum()
}

/// The value, from what the rows give to it.
fn recomputed(measure: &Measure) -> f64 {
    let (mut above, mut below, mut values) = (0.0, 0.0, Vec::new());
    for gives in measure.items.iter().filter_map(|row| row.gives) {
        match gives {
            Gives::Parts(numerator, denominator) => (above, below) = (above + numerator, below + denominator),
            Gives::Value(value) => values.push(value),
        }
    }
    values.sort_by(f64::total_cmp);
    match measure.metric.recomputed() {
        Recomputed::Ratio => above / below,
        Recomputed::Sum => values.iter().sum(),
        Recomputed::Median => {
            let middle = values.len() / 2;
            if values.len() % 2 == 1 {
                values[middle]
            } else {
                f64::midpoint(values[middle - 1], values[middle])
            }
        }
    }
}

/// The facts as they were known at the end of `day`, with nothing of what came later.
fn known_at(facts: &Facts, day: NaiveDate) -> Facts {
    let mut known = facts.clone();
    each_list!(&mut known, |tracks: &mut dyn Lists| tracks.forget_after(day));
    known.targets.retain(|version| version.effective_on <= day);
    known.thresholds.retain(|version| version.effective_on <= day);
    known.budget.retain(|version| version.effective_on <= day);
    known.first_baseline =
        known.first_baseline.filter(|baseline| baseline.on <= day).map(|baseline| FirstBaseline {
            entered: baseline.entered.iter().copied().filter(|entered| *entered <= day).collect(),
            ..baseline
        });
    known.action_links.retain(|link| link.from <= day);
    for link in &mut known.action_links {
        link.until = link.until.filter(|until| *until <= day);
    }
    known.network = known.network.map(|network| {
        let mut network = Networked::clone(&network);
        Arc::make_mut(&mut network.weeks).retain(|week| week.day <= day);
        Arc::new(network)
    });
    known
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn what_comes_later_changes_nothing_of_a_day(seed: u64, size in 1_usize..12, after in 0_u64..200) {
        let facts = generate::facts(seed, size);
        let day = base() + Days::new(after);
        let known = known_at(&facts, day);
        for metric in Metric::ALL {
            let (with, without) = (measure(metric, &facts, day, 90), measure(metric, &known, day, 90));
            prop_assert_eq!(with, without);
        }
        prop_assert_eq!(assess(&facts, day, None), assess(&known, day, None));
    }

    #[test]
    fn a_metric_comes_of_its_ground(seed: u64, size in 1_usize..12, after in 0_u64..200) {
        let facts = generate::facts(seed, size);
        let day = base() + Days::new(after);
        for metric in Metric::ALL {
            prop_assert_eq!(measure(metric, &ground(metric, &facts), day, 90), measure(metric, &facts, day, 90));
        }
    }

    #[test]
    fn a_day_forward_changes_no_past_point(seed: u64, size in 1_usize..12, after in 0_u64..200, on in 1_u64..20) {
        let facts = generate::facts(seed, size);
        let day = base() + Days::new(after);
        let later = day + Days::new(on);
        for metric in Metric::ALL {
            // What was shown on `day`, when nothing later was known …
            let then = brief(metric, &known_at(&facts, day), day, 90).series;
            // … is what is found for the same dates from `later` on.
            for point in &then {
                prop_assert_eq!(point.value, value_at(metric, &known_at(&facts, later), point.date, 90));
            }
            let week_on = brief(metric, &facts, day + Days::new(7), 90).series;
            prop_assert_eq!(&then[1..], &week_on[..WEEKS - 1]);
        }
    }

    #[test]
    fn rebaselining_never_changes_the_rate_against_the_original(
        seed: u64, size in 1_usize..12, after in 0_u64..200, by in -60_i64..200,
    ) {
        let facts = generate::facts(seed, size);
        let mut rebaselined = facts.clone();
        for version in rebaselined.milestones.iter_mut().flat_map(|track| &mut track.versions) {
            version.fact.committed_on = version.fact.committed_on.map(|date| date + chrono::TimeDelta::days(by));
        }
        let day = base() + Days::new(after);
        let before = measure(Metric::MilestoneOnTimeRate, &facts, day, 90);
        let then = measure(Metric::MilestoneOnTimeRate, &rebaselined, day, 90);
        prop_assert_eq!(before.value, then.value);
        prop_assert_eq!(&before.series, &then.series);
        let counted = |measure: &Measure| {
            measure.items.iter().filter(|row| row.counts).map(|row| (row.number, row.outcome)).collect::<Vec<_>>()
        };
        prop_assert_eq!(counted(&before), counted(&then));
    }

    #[test]
    fn the_order_of_items_changes_nothing(seed: u64, size in 1_usize..12, after in 0_u64..200) {
        let facts = generate::facts(seed, size);
        let mut shuffled = facts.clone();
        let mut random = Random(seed ^ 1);
        each_list!(&mut shuffled, |tracks: &mut dyn Lists| tracks.shuffle(&mut random));
        shuffled.action_links.reverse();
        let day = base() + Days::new(after);
        for metric in Metric::ALL {
            prop_assert_eq!(measure(metric, &facts, day, 90), measure(metric, &shuffled, day, 90));
        }
        prop_assert_eq!(assess(&facts, day, None), assess(&shuffled, day, None));
    }

    #[test]
    fn the_value_is_one_however_it_is_asked_for(seed: u64, size in 1_usize..12, after in 0_u64..200) {
        let facts = generate::facts(seed, size);
        let day = base() + Days::new(after);
        for metric in Metric::ALL {
            let whole = measure(metric, &facts, day, 90);
            prop_assert_eq!(whole.value, value_at(metric, &facts, day, 90));
            prop_assert_eq!(whole.series.len(), WEEKS);
            prop_assert_eq!(whole.series.last().copied(), Some(Point { date: day, value: whole.value }));
            for point in &whole.series {
                prop_assert_eq!(point.value, value_at(metric, &facts, point.date, 90));
            }
            // A ratio over nothing has no value and no colour, and says why.
            if whole.denominator == Some(0.0) {
                prop_assert_eq!(whole.value, None);
            }
            prop_assert_eq!(whole.value.is_none(), whole.reason_for_no_value.is_some());
            prop_assert!(whole.value.is_some() || whole.verdict.is_none());
            let short = Measure { items: Vec::new(), detail: None, ..whole.clone() };
            prop_assert_eq!(short, brief(metric, &facts, day, 90));
        }
    }

    #[test]
    fn the_rows_add_up_to_the_value(seed: u64, size in 1_usize..12, after in 0_u64..200) {
        let facts = generate::facts(seed, size);
        let day = base() + Days::new(after);
        let float = |count: usize| f64::from(u32::try_from(count).unwrap());
        for metric in Metric::ALL {
            let whole = measure(metric, &facts, day, 90);
            let counted = float(whole.items.iter().filter(|row| row.counts).count());
            let good = float(whole.items.iter().filter(|row| row.counts && row.good == Some(true)).count());
            match metric {
                Metric::MilestoneOnTimeRate | Metric::IssueResolutionTime | Metric::Freshness => {
                    prop_assert_eq!((whole.numerator, whole.denominator), (Some(good), Some(counted)));
                }
                Metric::DependencyAging => prop_assert_eq!(whole.denominator, Some(counted)),
                Metric::RiskBurndown => prop_assert!(whole.value.is_none() || whole.value == Some(counted)),
                Metric::ForecastAccuracy => {
                    let pairs = whole.denominator.unwrap();
                    prop_assert!(counted <= pairs && pairs <= 2.0 * counted);
                }
                Metric::ScheduleVariance | Metric::DecisionLatency => {
                    prop_assert_eq!(whole.value.is_some(), counted > 0.0);
                }
                Metric::CriticalPathStability => {
                    prop_assert_eq!(whole.value.is_some_and(|value| value < 1.0), counted > 0.0);
                }
                Metric::AdoptionAttainment | Metric::MeetingToDecisionRatio => {
                    prop_assert_eq!((whole.numerator, whole.denominator), (Some(good), Some(counted)));
                }
                // Fewer than three answers aren't told, nor is their sum.
                Metric::StakeholderSatisfaction if whole.numerator.is_none() => {
                    prop_assert!(whole.value.is_none() && whole.items.is_empty());
                    prop_assert!(whole.denominator.is_some_and(|answers| answers < 3.0));
                }
                Metric::StakeholderSatisfaction | Metric::ReportQuality | Metric::PostLaunchIncidentRate => {
                    prop_assert_eq!(whole.denominator, Some(counted));
                    let label = if metric == Metric::PostLaunchIncidentRate { "Incidents" } else { "" };
                    prop_assert_eq!(whole.numerator, Some(sum(&whole, &["Answer", "Rating", label])));
                }
                Metric::ReadinessPassRate => {
                    prop_assert_eq!(whole.numerator, Some(sum(&whole, &["Passed"])));
                    prop_assert_eq!(whole.denominator, Some(sum(&whole, &["Applicable"])));
                }
                Metric::DefectEscapeRate => {
                    prop_assert_eq!(whole.numerator, Some(sum(&whole, &["Escaped"])));
                    prop_assert_eq!(whole.denominator, Some(sum(&whole, &["Escaped", "Found before"])));
                }
                Metric::ReworkRate => {
                    let rows = whole.numerator.unwrap() + whole.denominator.unwrap();
                    prop_assert!((rows - counted).abs() < 1e-9);
                }
                Metric::CrossTeamBlockers => {
                    prop_assert!(whole.value.is_none() || whole.value == Some(counted));
                }
                Metric::GreenwashGap => prop_assert!(whole.value.is_none_or(|weeks| weeks <= counted)),
                Metric::BenefitsRealizationIndex => {
                    let weights = sum(&whole, &["Weight"]);
                    prop_assert!((whole.denominator.unwrap() - weights).abs() < 1e-9);
                }
                Metric::ScopeChangeRate | Metric::ScheduleQuality => {}
            }
            let by_rows = !matches!(metric, Metric::CriticalPathStability | Metric::ScheduleQuality);
            if by_rows && whole.value.is_some() {
                prop_assert!((recomputed(&whole) - whole.value.unwrap()).abs() < 1e-9, "{:?}", metric);
            }
            // Every row of a table has the same columns.
            let labels = |row: &Contribution| row.figures.iter().map(|figure| figure.label).collect::<Vec<_>>();
            prop_assert!(whole.items.windows(2).all(|pair| labels(&pair[0]) == labels(&pair[1])));
            if let Some(Detail::RiskBurndown(detail)) = &whole.detail {
                for (week, point) in detail.weeks.iter().zip(&whole.series) {
                    prop_assert_eq!(week.date, point.date);
                    prop_assert!(point.value.is_none() || point.value == Some(f64::from(week.stale)));
                }
            }
        }
    }

    #[test]
    fn health_is_its_worst_reason_and_always_has_one(seed: u64, size in 0_usize..12, after in 0_u64..200) {
        let facts = generate::facts(seed, size);
        let day = base() + Days::new(after);
        let health = assess(&facts, day, None);
        prop_assert_eq!(health.dimensions.iter().map(|d| d.dimension).collect::<Vec<_>>(), Dimension::ALL);
        for dimension in &health.dimensions {
            prop_assert_eq!(dimension.reasons.iter().map(|reason| reason.rag).max(), Some(dimension.rag));
            prop_assert!(dimension.reasons.is_sorted_by_key(|reason| std::cmp::Reverse(reason.rag)));
            for reason in &dimension.reasons {
                prop_assert!(!reason.rule_text(&health.thresholds).is_empty(), "{}", reason.rule);
                let named = reason.rag <= Rag::Green || !reason.items.is_empty();
                prop_assert!(named || dimension.dimension == Dimension::Cost, "{}", reason.rule);
            }
        }
        let worst = health.dimensions.iter().map(|dimension| dimension.rag).max();
        if health.softened.is_some() {
            prop_assert_eq!((worst, health.overall), (Some(Rag::Red), Rag::Amber));
        } else {
            prop_assert_eq!(worst, Some(health.overall));
        }
    }
}

/// The earliest and latest dates that can be written must not stop anything.
#[test]
fn dates_at_the_end_of_time_are_computed_with() {
    let mut facts = generate::facts(1, 5);
    let fact = facts.milestones.first().map_or_else(
        || super::build::milestone("2026-01-01", "2026-01-01", ""),
        |track| track.versions[0].fact,
    );
    let far = MilestoneFact { original_on: Some(NaiveDate::MAX), ..fact };
    facts.milestones.push(track(Kind::Milestone, 99, vec![(NaiveDate::MIN, far)]));
    for day in [NaiveDate::MIN, base(), NaiveDate::MAX] {
        for metric in Metric::ALL {
            assert_eq!(measure(metric, &facts, day, 90).series.len(), WEEKS);
        }
        assert_eq!(assess(&facts, day, None).dimensions.len(), 7);
    }
}
