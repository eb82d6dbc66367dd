//! The page of a forecast.

use super::asking::AskForm;
use super::{Driven, corrected, drivers, href, needed, reference_of};
use crate::app::access::Entered;
use crate::app::forecast::Told;
use crate::domain::forecast::past::{Fares, TOLERANCE_DAYS};
use crate::domain::forecast::{
    Activities, LEAST_ESTIMATES, Parameters, Part, Spread, Standing, Threat, distribution_name,
};
use crate::domain::kind::Kind;
use crate::domain::risk::PROBABILITIES;
use crate::domain::schedule::calibrate::{Corrected, HitRate, LEAST_SAMPLES};
use crate::web::chart::{
    Confidence, ConfidenceData, Curve, Driver, Reach, Tornado, Words, number, percent, slip_range,
};
use crate::web::extract::{Paging, Place};
use crate::web::figures::{count, short_day};
use crate::web::listing::Choice;
use crate::web::shell::Shell;
use askama::Template;
use chrono::NaiveDate;

/// Risks that are listed of each way in which they took part or didn't; the rest is counted.
const LISTED: usize = 8;

#[derive(Template)]
#[template(path = "forecast/page.html")]
pub(super) struct ForecastPage {
    shell: Shell,
    key: String,
    asked: Parameters,
    /// What the run says of the target; none where no milestone is open.
    answer: Option<Answer>,
    varied: bool,
    /// Why every run gave the same.
    certain: String,
    ask: AskForm,
    confidence: Option<Confidence>,
    tornado: Option<Tornado>,
    words: Vec<String>,
    hidden_drivers: usize,
    milestones: Vec<Row>,
    first: i64,
    last: i64,
    total: i64,
    previous: Option<String>,
    next: Option<String>,
    dependencies: Vec<Row>,
    undated: usize,
    activities: Activities,
    risks: Vec<Risks>,
    hidden_risks: usize,
    past: Vec<Fared>,
    past_milestones: usize,
    past_overdue: usize,
}

/// The answer in words.
struct Answer {
    href: String,
    title: String,
    /// The committed date and the chance to reach the target by it.
    by: Option<(NaiveDate, String)>,
    /// The committed date has passed.
    missed: Option<NaiveDate>,
    p50: NaiveDate,
    p80: NaiveDate,
    deterministic: NaiveDate,
    stated: Option<NaiveDate>,
    corrected: Option<Corrected>,
    /// The network leads to it.
    computed: bool,
}

/// A milestone or a dependency.
struct Row {
    href: String,
    reference: String,
    title: String,
    /// The page of the forecast towards it.
    towards: String,
    chosen: bool,
    dates: [NaiveDate; 4],
    reach: Reach,
    committed: Option<(NaiveDate, f64)>,
    needed: Option<(NaiveDate, f64)>,
    stated: Option<NaiveDate>,
    /// The network's date; none where nothing leads to it.
    computed: Option<NaiveDate>,
    corrected: Option<Corrected>,
}

/// Risks that took part, or that didn't for one reason.
struct Risks {
    label: &'static str,
    mend: &'static str,
    rows: Vec<RiskRow>,
    more: usize,
}

struct RiskRow {
    href: String,
    reference: String,
    title: String,
    chance: String,
    effect: String,
}

/// How the forecasts of one horizon fared.
struct Fared {
    horizon: String,
    samples: usize,
    median: String,
    p80: String,
    within: String,
    stated: String,
    p50: String,
    corrected: String,
}

impl ForecastPage {
    pub(super) fn new(
        shell: Shell,
        entered: &Entered,
        told: &Told,
        ask: AskForm,
        paging: &Paging,
        place: &Place,
    ) -> Self {
        let run = &told.run;
        let forecast = &run.forecast;
        let (drivers, hidden_drivers) = drivers(told);
        let kind = |standing: &&Standing| told.plan.node(standing.item).kind;
        let milestones: Vec<&Standing> =
            forecast.items.iter().filter(|s| kind(s) == Kind::Milestone).collect();
        let dependencies: Vec<&Standing> =
            forecast.items.iter().filter(|s| kind(s) == Kind::Dependency).collect();
        let from = usize::try_from(paging.offset).unwrap_or(0).min(milestones.len());
        let limit = usize::try_from(paging.limit).unwrap_or(50);
        let shown = &milestones[from..(from + limit).min(milestones.len())];
        let total = i64::try_from(milestones.len()).unwrap_or_default();
        let dated = shown.iter().chain(&dependencies).flat_map(|standing| {
            [standing.p10, standing.p90].into_iter().chain(standing.committed.map(|(day, _)| day))
        });
        let range = slip_range(told.plan.day(), dated);
        let rows = |standings: &[&Standing]| -> Vec<Row> {
            standings.iter().map(|standing| Row::new(&shell, told, standing, range, place)).collect()
        };
        let seen = run.threats.iter().filter(|threat| told.sight.sees_program(threat.program)).count();
        let target = forecast.towards();
        Self {
            key: entered.key().to_owned(),
            asked: forecast.asked,
            answer: target.map(|target| Answer::new(&shell, told, target)),
            varied: forecast.varied,
            certain: certain(&forecast.activities),
            ask: ask.of(forecast.activities.open > 0, forecast.varied),
            confidence: target.filter(|_| forecast.varied).map(|target| confidence(told, target)),
            tornado: target.filter(|_| forecast.varied).map(|target| tornado(&shell, target, &drivers, told)),
            words: drivers.into_iter().filter_map(|driver| driver.words).take(5).collect(),
            hidden_drivers,
            milestones: rows(shown),
            first: paging.offset + 1,
            last: paging.offset + i64::try_from(shown.len()).unwrap_or_default(),
            total,
            previous: paging
                .previous_cursor()
                .map(|cursor| place.with(&[("cursor", Some(cursor.as_str()).filter(|c| !c.is_empty()))])),
            next: paging.next_cursor(total).map(|cursor| place.with(&[("cursor", Some(cursor.as_str()))])),
            dependencies: rows(&dependencies[..dependencies.len().min(limit)]),
            undated: forecast.undated,
            activities: forecast.activities,
            risks: risks(&shell, told),
            hidden_risks: run.threats.len() - seen,
            past: past(told),
            past_milestones: told.past.milestones,
            past_overdue: told.past.overdue,
            shell,
        }
    }

    fn distribution(&self) -> &'static str {
        match distribution_name(self.asked.distribution) {
            "pert" => "PERT beta",
            _ => "triangular",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn near(&self, day: &NaiveDate) -> String {
        short_day(*day, self.shell.day())
    }

    fn drivers_hidden(&self) -> String {
        count(self.hidden_drivers, "more driver lies", "more drivers lie")
    }

    fn without_date(&self) -> String {
        count(self.undated, "more milestone or dependency has", "more milestones and dependencies have")
    }

    fn risks_hidden(&self) -> String {
        count(self.hidden_risks, "risk", "risks")
    }

    fn achieved(&self) -> String {
        count(self.past_milestones, "milestone achieved", "milestones achieved")
    }

    /// The activities that nothing but a likely duration is known of.
    fn to_estimate(&self) -> String {
        self.shell.program_href("/activities?show=open")
    }
}

/// Why every run gave the same.
fn certain(activities: &Activities) -> String {
    let no_risk = "no risk with a probability and an effect on the schedule threatens anything in it";
    if activities.open == 0 {
        return format!("There are no open activities in the schedule, and {no_risk}.");
    }
    format!(
        "{} nothing but a likely duration, and {no_risk}.",
        match activities.open {
            1 => "The one open activity has".to_owned(),
            open => format!("All {open} open activities have"),
        }
    )
}

pub(super) fn choices_of(options: &[(&str, &str)], chosen: &str) -> Vec<Choice> {
    let choice = |(value, label): &(&str, &str)| Choice {
        value: (*value).to_owned(),
        label: (*label).to_owned(),
        chosen: *value == chosen,
    };
    options.iter().map(choice).collect()
}

impl Answer {
    fn new(shell: &Shell, told: &Told, target: &Standing) -> Self {
        let plan = &told.plan;
        let by = target.committed.filter(|(day, _)| *day >= plan.day());
        Self {
            href: href(shell, &plan.reference(target.item)),
            title: plan.node(target.item).title.clone(),
            by: by.map(|(day, chance)| (day, percent(chance))),
            missed: target.committed.map(|(day, _)| day).filter(|day| *day < plan.day()),
            p50: target.p50,
            p80: target.p80,
            deterministic: target.deterministic,
            stated: plan.stated_on(target.item),
            corrected: corrected(told, target.item),
            computed: plan.is_computed(target.item),
        }
    }
}

impl Row {
    fn new(
        shell: &Shell,
        told: &Told,
        standing: &Standing,
        range: (NaiveDate, NaiveDate),
        place: &Place,
    ) -> Self {
        let reference = told.plan.reference(standing.item);
        let dates = [standing.p10, standing.p50, standing.p80, standing.p90];
        let target = told.run.forecast.towards();
        Self {
            href: href(shell, &reference),
            towards: place.with(&[("to", Some(&reference.to_string())), ("cursor", None)]),
            chosen: target.is_some_and(|target| target.item == standing.item),
            reference: reference.to_string(),
            title: told.plan.node(standing.item).title.clone(),
            reach: Reach::new(range, told.plan.day(), dates, standing.committed.map(|(day, _)| day)),
            dates,
            committed: standing.committed,
            needed: needed(told, standing).map(|need| (need.by, need.chance)),
            stated: told.plan.stated_on(standing.item),
            computed: told.plan.is_computed(standing.item).then_some(standing.deterministic),
            corrected: corrected(told, standing.item),
        }
    }
}

fn confidence(told: &Told, target: &Standing) -> Confidence {
    let title = &told.plan.node(target.item).title;
    let forecast = &told.run.forecast;
    let near = |day: NaiveDate| {
        // A date far outside of the curve would press the curve flat: it stands in the words.
        let (first, last) = (target.p10, target.p90);
        let air = (last - first) * 3 + chrono::TimeDelta::days(60);
        (first - air <= day && day <= last + air).then_some(day)
    };
    let description = format!(
        "With what probability {title} is reached by each day: {} runs of the schedule, each with other durations and risks.",
        number(f64::from(forecast.asked.iterations), 0)
    );
    Confidence::new(
        Words::new("confidence", "When it is reached", description),
        ConfidenceData {
            curve: Curve { name: "As planned".to_owned(), points: forecast.curve.clone() },
            scenario: None,
            committed: target.committed.and_then(|(day, _)| near(day)),
            needed_by: needed(told, target).and_then(|need| near(need.by)),
            planned: Some(target.deterministic),
            corrected: corrected(told, target.item)
                .and_then(|corrected| Some((near(corrected.median)?, near(corrected.p80)?))),
        },
    )
}

fn tornado(shell: &Shell, target: &Standing, drivers: &[Driven], told: &Told) -> Tornado {
    let title = &told.plan.node(target.item).title;
    let description = format!(
        "Where the P50 of {title} lies in the third of the runs in which a duration was shortest and in the third in which it was longest; \
         for a risk, without it and with it."
    );
    let drivers = drivers.iter().map(|driver| Driver {
        kind: driver.kind,
        title: driver.title.clone(),
        reference: driver.reference.to_string(),
        href: href(shell, &driver.reference),
        low: driver.low,
        high: driver.high,
        criticality: Some(driver.criticality),
    });
    Tornado::new(Words::new("tornado", "What drives the date", description), target.p50, drivers.collect())
}

/// The risks by whether they took part, and if not, why and what mends it.
fn risks(shell: &Shell, told: &Told) -> Vec<Risks> {
    type Is = fn(&Part) -> bool;
    let ways: [(Is, &'static str, &'static str); 6] = [
        (|part| matches!(part, Part::Took(_)), "Risks that took part", ""),
        (|part| matches!(part, Part::Unscored), "Risks that are not scored", "Assess the probability."),
        (
            |part| matches!(part, Part::NoEffect),
            "Risks without an effect on the schedule",
            "Say by how many days it would delay.",
        ),
        (
            |part| matches!(part, Part::NothingThreatened),
            "Risks that threaten nothing in it",
            "Link what it threatens.",
        ),
        (
            |part| matches!(part, Part::NothingOpen),
            "Risks to what is done, or to a summary",
            "Link the open activity or milestone that it threatens.",
        ),
        (|part| matches!(part, Part::Opportunity), "Opportunities", "Only delays are simulated."),
    ];
    let all: Vec<(&Threat, &Part)> = told.run.threats.iter().zip(&told.run.forecast.parts).collect();
    // What doesn't take part of other programs is theirs to mend.
    let own = told.plan.programs().first().map(|program| program.id);
    let all_of = Part::Took(Vec::new());
    let groups = ways.into_iter().map(|(is, label, mend)| {
        let mut rows: Vec<RiskRow> = all
            .iter()
            .filter(|(threat, part)| is(part) && (is(&all_of) || Some(threat.program) == own))
            .filter_map(|(threat, _)| RiskRow::new(shell, told, threat))
            .collect();
        let more = rows.len().saturating_sub(LISTED);
        rows.truncate(LISTED);
        Risks { label, mend, rows, more }
    });
    groups.filter(|group| !group.rows.is_empty()).collect()
}

impl RiskRow {
    fn new(shell: &Shell, told: &Told, threat: &Threat) -> Option<Self> {
        let reference = reference_of(told, threat)?;
        let level = threat.probability.and_then(|level| usize::try_from(level).ok()?.checked_sub(1));
        Some(Self {
            href: href(shell, &reference),
            reference: reference.to_string(),
            title: threat.title.clone(),
            chance: level
                .and_then(|level| PROBABILITIES.get(level))
                .map_or("–".to_owned(), |share| percent(*share)),
            effect: threat
                .effect_days
                .map_or("–".to_owned(), |[low, likely, high]| format!("{low}–{likely}–{high} wd")),
        })
    }
}

/// Days of slip with their sign.
fn slip(days: Option<f64>) -> String {
    days.map_or("–".to_owned(), |days| {
        let sign = if days >= 0.5 { "+" } else { "" };
        format!("{sign}{}\u{a0}d", number(days, 0))
    })
}

fn rate(rate: HitRate) -> String {
    rate.share()
        .map_or("–".to_owned(), |share| format!("{} of {} · {}", rate.held, rate.of, percent(share)))
}

fn past(told: &Told) -> Vec<Fared> {
    let fared = |horizon: String, fares: &Fares| Fared {
        horizon,
        samples: fares.slip.samples,
        median: slip(fares.slip.median),
        p80: slip(fares.slip.p80),
        within: rate(fares.within),
        stated: rate(fares.stated),
        p50: rate(fares.corrected.p50),
        corrected: rate(fares.corrected.p80),
    };
    if told.past.milestones == 0 && told.past.all.within.of == 0 {
        return Vec::new();
    }
    let bands = told.past.bands.iter().map(|band| {
        let horizon = match band.slip.to_days {
            Some(to) => format!("{}–{to} days ahead", band.slip.from_days),
            None => format!("{} days or more", band.slip.from_days),
        };
        fared(horizon, band)
    });
    bands.chain(std::iter::once(fared("All".to_owned(), &told.past.all))).collect()
}
