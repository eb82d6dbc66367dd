//! Figures in words, as every page shows them: a metric's value with its unit, its target and verdict, what stands beside
//! it, a date as short as it can be.

use super::chart::{Sparkline, number};
use crate::domain::health::Rag;
use crate::domain::metrics::{Detail, Figure, Measure, Shown, Unit, Verdict};
use chrono::NaiveDate;

/// A value in its unit, with at most one decimal; `–` for none.
#[must_use]
pub fn value(value: Option<f64>, unit: Unit) -> String {
    let Some(value) = value else { return "–".to_owned() };
    let figure = number(scaled(value, unit), decimals(unit));
    match (unit, sign(unit)) {
        (Unit::Score, _) => format!("{figure} of 5"),
        (Unit::PerRelease, _) => format!("{figure} a release"),
        (Unit::PerWeek | Unit::ChangePerWeek, _) => format!("{figure} a week"),
        (_, "") => figure,
        (_, sign) => format!("{figure}\u{a0}{sign}"),
    }
}

/// The most decimals of a unit: counts have none.
#[must_use]
pub const fn decimals(unit: Unit) -> usize {
    match unit {
        Unit::Count | Unit::PerWeek => 0,
        Unit::ChangePerWeek => 2,
        _ => 1,
    }
}

/// A value as it is drawn: shares as percentages.
#[must_use]
pub fn scaled(value: f64, unit: Unit) -> f64 {
    if unit == Unit::Share { value * 100.0 } else { value }
}

/// The sign of a unit behind a figure; "" where it takes words, for which there is no room in a drawing.
#[must_use]
pub const fn sign(unit: Unit) -> &'static str {
    match unit {
        Unit::Share => "%",
        Unit::WorkingDays => "wd",
        Unit::Days => "d",
        Unit::DaysPerWeek => "d/week",
        Unit::Count | Unit::Score | Unit::PerRelease | Unit::PerWeek | Unit::ChangePerWeek => "",
    }
}

/// The class that colours a verdict.
#[must_use]
pub const fn verdict(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Met) => "good",
        Some(Verdict::Near) => "warn",
        Some(Verdict::Missed) => "bad",
        None => "",
    }
}

/// The class of a colour of health.
#[must_use]
pub const fn rag(rag: Rag) -> &'static str {
    match rag {
        Rag::Grey => "none",
        other => other.name(),
    }
}

/// The word of a colour of health.
#[must_use]
pub const fn rag_word(rag: Rag) -> &'static str {
    match rag {
        Rag::Grey => "No data",
        Rag::Green => "Green",
        Rag::Amber => "Amber",
        Rag::Red => "Red",
    }
}

/// A date near `day` without its year, another one with it.
#[must_use]
pub fn short_day(date: NaiveDate, day: NaiveDate) -> String {
    let near = (date - day).num_days().abs() < 180;
    date.format(if near { "%-d %b" } else { "%-d %b %Y" }).to_string()
}

/// A day that has been, seen from `day`: the weekday within the last week, else the date.
#[must_use]
pub fn when(date: NaiveDate, day: NaiveDate) -> String {
    match (day - date).num_days() {
        0 => "Today".to_owned(),
        1..=6 => date.format("%a").to_string(),
        _ => short_day(date, day),
    }
}

/// `1 risk`, `2 risks`.
#[must_use]
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A slip in working days: `+12 wd`, `−3 wd`, `0`; `–` where there is none to tell.
#[must_use]
pub fn slip(days: Option<i64>) -> String {
    match days {
        None => "–".to_owned(),
        Some(0) => "0".to_owned(),
        Some(days @ 1..) => format!("+{days}\u{a0}wd"),
        Some(days) => format!("−{}\u{a0}wd", days.abs()),
    }
}

/// The small line of a metric's last weeks.
#[must_use]
pub fn spark(measure: &Measure) -> Sparkline {
    let unit = measure.metric.unit();
    let points: Vec<_> = measure.series.iter().map(|p| p.value.map(|v| scaled(v, unit))).collect();
    // A slope has no place among the values.
    let target = measure.target.filter(|_| measure.metric.target_unit() == unit);
    Sparkline::new(&points, target.map(|target| scaled(target, unit)), sign(unit))
}

/// What a tile says beside value and target; why there is no value where there is none.
#[must_use]
pub fn note(measure: &Measure) -> String {
    if let Some(reason) = &measure.reason_for_no_value {
        return reason.clone();
    }
    let of = |unit, value| self::value(value, unit);
    match &measure.detail {
        Some(Detail::OnTime(d)) => {
            let current = of(Unit::Share, d.against_current);
            format!("{} of {} · against today's plan {current}", d.original_on_time, d.original_counted)
        }
        Some(Detail::ScheduleVariance(d)) => {
            let slope = d.slope.filter(|slope| slope.abs() >= 0.05).map_or(String::new(), |slope| {
                let way = if slope >= 0.0 { "+" } else { "" };
                format!(" · {way}{} d a week", number(slope, 1))
            });
            let worst = d.worst.map_or(String::new(), |worst| format!(" · worst {worst} wd"));
            format!("{} of all {} late{worst}{slope}", d.late, d.milestones)
        }
        Some(Detail::ScopeChange(d)) => {
            let changed = d.added + d.removed + d.redefined;
            format!("{changed} of {} · {} wait", d.in_first_baseline.unwrap_or(0), d.waiting)
        }
        Some(Detail::DecisionLatency(d)) => format!("{} decided, {} wait", d.decided, d.waiting.len()),
        Some(Detail::DependencyAging(d)) => format!("{} open, {} past needed-by", d.open, d.past_needed_by),
        Some(Detail::CriticalPathStability(d)) => {
            let critical = d.critical.map_or(String::new(), |n| format!("{n} critical"));
            let changed = d.weeks.iter().filter(|week| week.changed).count();
            format!("{critical} · {changed} of {} weeks changed", d.weeks.len())
        }
        Some(Detail::ScheduleQuality(d)) => format!("{} of {} points met", d.met, d.judged),
        Some(Detail::RiskBurndown(d)) => d.weeks.last().map_or(String::new(), |week| {
            let unscored =
                if week.unscored > 0 { format!(", {} not scored", week.unscored) } else { String::new() };
            format!("{} high of {} open · exposure {}{unscored}", week.high, week.open, week.exposure)
        }),
        Some(Detail::IssueResolution(d)) => {
            format!("median {} · {} still open beyond 14 days", of(Unit::Days, d.median_days), d.still_open)
        }
        Some(Detail::Readiness(d)) => {
            let waived = if d.waived > 0 { format!(" · {} waived", d.waived) } else { String::new() };
            format!("{}{waived}", count(d.gates.len(), "gate", "gates"))
        }
        Some(Detail::Incidents(d)) => {
            let weekly = d.per_week.map_or(String::new(), |n| format!(" · {} a week", number(n, 2)));
            format!("{} after {}{weekly}", many(d.incidents, "incident"), many(d.releases, "release"))
        }
        Some(Detail::DefectEscape(d)) => {
            format!("{} of {} found after release", d.escaped, d.escaped + d.found_before)
        }
        Some(Detail::Adoption(d)) => format!("{} of {} due reached", d.reached, d.due),
        Some(Detail::Benefits(d)) => {
            format!("{} · {} not measured", many(i64::from(d.counted), "benefit"), d.not_measured)
        }
        Some(Detail::Satisfaction(d)) => {
            format!("{} · answer rate {}", many(d.answers, "answer"), of(Unit::Share, d.answer_rate))
        }
        Some(Detail::ReportQuality(d)) => {
            format!("{} of {}", many(i64::from(d.ratings), "rating"), many(i64::from(d.reports), "report"))
        }
        Some(Detail::MeetingOutcomes(d)) => format!("{} of {} key meetings", d.with_outcome, d.held),
        Some(Detail::Rework(d)) => format!("{} redone, {} completed", d.events, d.completed),
        Some(Detail::Blockers(d)) => format!("{} in the window, {} open", d.raised_in_window, d.open),
        Some(Detail::Greenwash(d)) => match d.now.len() {
            0 => format!("{}, none in question now", many(i64::from(d.reports), "report")),
            _ => format!("in question now: {}", d.now.join(", ")),
        },
        Some(Detail::ForecastAccuracy(d)) => {
            let known: Vec<_> = d.horizons.iter().filter_map(|horizon| horizon.bias_days).collect();
            match known.iter().copied().reduce(f64::max) {
                Some(bias) if bias >= 0.5 => format!("forecasts run {} days early", number(bias, 0)),
                Some(bias) if bias <= -0.5 => format!("forecasts run {} days late", number(-bias, 0)),
                Some(_) => "no bias".to_owned(),
                None => "none achieved yet".to_owned(),
            }
        }
        Some(Detail::Freshness(d)) => {
            format!("{} of {} · {} without owner", d.fresh, d.open, d.without_owner)
        }
        None => String::new(),
    }
}

/// What is shown beside a metric's value on its page: names and figures.
#[must_use]
pub fn beside(measure: &Measure) -> Vec<(&'static str, String)> {
    let share = |v| value(v, Unit::Share);
    let wd = |v| value(v, Unit::WorkingDays);
    let days = |v| value(v, Unit::Days);
    let age_bands = |ages: &[u32; 5]| {
        let bands = crate::domain::metrics::AGE_BUCKETS.iter().zip(ages);
        bands.map(|(band, many)| format!("{band} d: {many}")).collect::<Vec<_>>().join(" · ")
    };
    match &measure.detail {
        Some(Detail::OnTime(d)) => vec![
            ("Against the original plan", format!("{} of {}", d.original_on_time, d.original_counted)),
            ("Against today's plan", {
                let counted = format!("{} of {}", d.current_on_time, d.current_counted);
                format!("{} ({counted})", share(d.against_current))
            }),
            ("Hidden by re-baselining", {
                let points = d.gap_points.map(|points| number(points, 1));
                points.map_or("–".to_owned(), |points| format!("{points} points"))
            }),
            ("Left out until known", d.left_out.to_string()),
            ("Tolerance", format!("{} days", d.tolerance_days)),
        ],
        Some(Detail::ScheduleVariance(d)) => vec![
            ("80th percentile", wd(d.percentile_80)),
            ("Worst", {
                let worst = d.worst.map_or("–".to_owned(), |worst| format!("{worst} wd"));
                d.worst_item.as_ref().map_or(worst.clone(), |item| format!("{worst}, {item}"))
            }),
            ("Slope of the median, 8 weeks", value(d.slope, Unit::DaysPerWeek)),
            ("Late", format!("{} of {} milestones", d.late, d.milestones)),
            ("Median against today's plan", wd(d.median_against_current)),
            ("80th percentile against today's plan", wd(d.percentile_80_against_current)),
        ],
        Some(Detail::ScopeChange(d)) => vec![
            ("Added", d.added.to_string()),
            ("Removed", d.removed.to_string()),
            ("Redefined", d.redefined.to_string()),
            ("In the first baseline", d.in_first_baseline.map_or("–".to_owned(), |n| n.to_string())),
            ("Approved, rejected, waiting", format!("{}, {}, {}", d.approved, d.rejected, d.waiting)),
        ],
        Some(Detail::DecisionLatency(d)) => vec![
            ("85th percentile", wd(d.percentile_85)),
            ("Decided", d.decided.to_string()),
            ("Waiting", {
                let longest = d.waiting.first().and_then(|wait| wait.at_least_working_days);
                let longest =
                    longest.map_or(String::new(), |days| format!(", the longest at least {days} wd"));
                format!("{}{longest}", d.waiting.len())
            }),
            ("Left out, no request known", d.without_request.to_string()),
        ],
        Some(Detail::DependencyAging(d)) => vec![
            ("Open", d.open.to_string()),
            ("Past needed-by", d.past_needed_by.to_string()),
            ("Oldest", d.oldest_days.map_or("–".to_owned(), |days| format!("{days} d"))),
            ("Ages", age_bands(&d.buckets)),
        ],
        Some(Detail::CriticalPathStability(d)) => vec![
            ("Critical now", d.critical.map_or("–".to_owned(), |n| n.to_string())),
            ("Weeks changed", {
                let changed = d.weeks.iter().filter(|week| week.changed).count();
                format!("{changed} of {}", d.weeks.len())
            }),
            ("Similarity, week by week", {
                let alike = d.weeks.iter().map(|week| number(week.similarity * 100.0, 0));
                let alike: Vec<_> = alike.collect();
                if alike.is_empty() { "–".to_owned() } else { format!("{}\u{a0}%", alike.join(" · ")) }
            }),
        ],
        Some(Detail::ScheduleQuality(d)) => vec![
            ("Points met", format!("{} of the {} that can be judged", d.met, d.judged)),
            ("Points without a verdict", d.points.iter().filter(|p| p.verdict.is_none()).count().to_string()),
        ],
        Some(Detail::RiskBurndown(d)) => {
            let week = d.weeks.last().copied().unwrap_or_default();
            vec![
                ("Open high risks", week.high.to_string()),
                ("Open risks", week.open.to_string()),
                ("Exposure", week.exposure.to_string()),
                ("Not scored", week.unscored.to_string()),
                ("Ages of the high ones", age_bands(&d.ages)),
            ]
        }
        Some(Detail::IssueResolution(d)) => vec![
            ("Mean", days(d.mean_days)),
            ("Median", days(d.median_days)),
            ("Resolved", format!("{}, {} of them within 14 days", d.resolved, d.resolved_within)),
            ("Still open beyond 14 days", d.still_open.to_string()),
        ],
        Some(
            Detail::Readiness(_)
            | Detail::Incidents(_)
            | Detail::DefectEscape(_)
            | Detail::Adoption(_)
            | Detail::Benefits(_)
            | Detail::Satisfaction(_)
            | Detail::ReportQuality(_)
            | Detail::MeetingOutcomes(_)
            | Detail::Rework(_)
            | Detail::Blockers(_)
            | Detail::Greenwash(_),
        ) => governed(measure),
        Some(Detail::ForecastAccuracy(d)) => {
            let name = |days| if days == 28 { "28 days ahead" } else { "42 days ahead" };
            let horizons = d.horizons.iter().map(|h| {
                let bias = h.bias_days.map_or(String::new(), |bias| {
                    let way = if bias >= 0.0 { "early" } else { "late" };
                    format!(", {} d too {way} on average", number(bias.abs(), 1))
                });
                (name(h.days), format!("{} ({} of {}){bias}", share(h.share), h.accurate, h.forecast))
            });
            horizons.collect()
        }
        Some(Detail::Freshness(d)) => vec![
            ("Fresh", format!("{} of {}", d.fresh, d.open)),
            ("Without owner", d.without_owner.to_string()),
            ("Without next date", d.without_next_date.to_string()),
            ("Next date past", d.next_date_past.to_string()),
            ("No update in 14 days", d.without_update.to_string()),
        ],
        None => Vec::new(),
    }
}

/// `1 report`, `2 reports`, for words that take an s.
fn many(number: i64, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// What is shown beside the metrics of governance.
fn governed(measure: &Measure) -> Vec<(&'static str, String)> {
    let share = |v| value(v, Unit::Share);
    match &measure.detail {
        Some(Detail::Readiness(d)) => vec![
            ("Gates", d.gates.len().to_string()),
            ("Of these decided", d.gates.iter().filter(|gate| gate.decided_on.is_some()).count().to_string()),
            ("Waived, and so not passed", d.waived.to_string()),
        ],
        Some(Detail::Incidents(d)) => vec![
            ("Releases launched", d.releases.to_string()),
            ("Incidents", d.incidents.to_string()),
            ("Weeks watched", number(d.weeks_watched, 1)),
            ("Incidents a week", d.per_week.map_or("–".to_owned(), |n| number(n, 2))),
        ],
        Some(Detail::DefectEscape(d)) => vec![
            ("Releases launched", d.releases.to_string()),
            ("Found before", d.found_before.to_string()),
            ("Escaped", d.escaped.to_string()),
        ],
        Some(Detail::Adoption(d)) => vec![
            ("Due", d.due.to_string()),
            ("Reached", d.reached.to_string()),
            ("Never measured by then", d.not_measured.to_string()),
        ],
        Some(Detail::Benefits(d)) => vec![
            ("Benefits", d.counted.to_string()),
            ("Sum of weights", number(d.weight, 2)),
            ("Left out, not measured", d.not_measured.to_string()),
            ("Left out, nothing planned yet", d.not_planned.to_string()),
        ],
        Some(Detail::Satisfaction(d)) => vec![
            ("Answers", d.answers.to_string()),
            ("Answer rate", format!("{} ({} of {} asked)", share(d.answer_rate), d.answered, d.asked)),
        ],
        Some(Detail::ReportQuality(d)) => vec![
            ("Reports published", d.reports.to_string()),
            ("Of these rated", d.rated.to_string()),
            ("Ratings", d.ratings.to_string()),
        ],
        Some(Detail::MeetingOutcomes(d)) => vec![
            ("Key meetings held", d.held.to_string()),
            ("With a decision or an action", d.with_outcome.to_string()),
            ("Decisions and actions", d.outcomes.to_string()),
        ],
        Some(Detail::Rework(d)) => {
            vec![("Times redone", d.events.to_string()), ("Completed", d.completed.to_string())]
        }
        Some(Detail::Blockers(d)) => {
            vec![("Raised in the 90 days", d.raised_in_window.to_string()), ("Open", d.open.to_string())]
        }
        Some(Detail::Greenwash(d)) => {
            let named = |list: &[&str]| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
            let mut lines =
                vec![("Reports published", d.reports.to_string()), ("In question now", named(&d.now))];
            let gaps = d.weeks.iter().rev().filter(|week| !week.dimensions.is_empty());
            lines.extend(gaps.map(|week| {
                let end = week.date.format("%-d %b %Y");
                (
                    "Week with a gap",
                    format!("to {end}: {} ({})", named(&week.dimensions), week.reports.join(", ")),
                )
            }));
            lines
        }
        _ => Vec::new(),
    }
}

/// A figure of a metric's row, and whether it is a number.
#[must_use]
pub fn figure(figure: &Figure) -> (String, bool) {
    match &figure.value {
        Shown::Date(date) => (date.format("%-d %b %Y").to_string(), true),
        Shown::Days(days) => (format!("{days}\u{a0}d"), true),
        Shown::WorkingDays(days) => (format!("{days}\u{a0}wd").replace('-', "−"), true),
        Shown::Count(many) => (many.to_string(), true),
        Shown::Number(figure) => (number(*figure, 2), true),
        Shown::Share(share) => (value(Some(*share), Unit::Share), true),
        Shown::Words(words) => (words.clone(), false),
        Shown::Text(text) => ((*text).to_owned(), false),
        Shown::Nothing => ("–".to_owned(), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_carry_their_unit() {
        assert_eq!(value(Some(1.0 / 3.0), Unit::Share), "33.3\u{a0}%");
        assert_eq!(value(Some(3.0), Unit::WorkingDays), "3\u{a0}wd");
        assert_eq!(value(Some(2.0), Unit::Count), "2");
        assert_eq!(value(None, Unit::Share), "–");
        assert_eq!(value(Some(4.5), Unit::Score), "4.5 of 5");
        assert_eq!(value(Some(2.0), Unit::PerWeek), "2 a week");
        assert_eq!([Some(12), Some(-3), Some(0), None].map(slip), ["+12\u{a0}wd", "−3\u{a0}wd", "0", "–"]);
    }

    #[test]
    fn a_day_is_as_short_as_it_can_be() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-11-20");
        assert_eq!(when(day("2026-11-20"), today), "Today");
        assert_eq!(when(day("2026-11-19"), today), "Thu");
        assert_eq!(when(day("2026-11-09"), today), "9 Nov");
        assert_eq!(short_day(day("2028-01-09"), today), "9 Jan 2028");
    }
}
