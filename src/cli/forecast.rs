//! `plumbline forecast`: when a plan of Microsoft Project finishes, with what probability, without a database.

use super::Failure;
use super::schedule::{instant, plan, print_notes};
use crate::domain::schedule::simulate::{
    Asked, Distribution, Driver, DriversOf, Finish, Source, Target, Words, in_words, simulate,
};
use crate::domain::schedule::{Engine, Item, ItemIx, Moment, Network};
use crate::exchange::mspdi::network::{ASSUMED, Converted, assume, network};
use crate::exchange::mspdi::{Plan, Reading, Task};
use clap::Args;
use serde_json::{Value, json};
use std::io::{self, BufWriter, Write};
use std::num::NonZero;
use std::path::PathBuf;

/// How many drivers are told.
const DRIVERS: usize = 10;
/// How many milestones are told beside the finish of the plan.
const MOST_TARGETS: usize = 1_000;

#[derive(Debug, Args)]
pub(super) struct Forecast {
    /// A plan of Microsoft Project, saved as XML
    #[arg(value_name = "FILE.xml")]
    file: PathBuf,
    /// How often the plan is run through, with other durations each time
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    iterations: u32,
    /// The same seed gives the same forecast
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(asked: &Forecast) -> Result<(), Failure> {
    let Reading { plan, notes, not_carried, .. } = plan(&asked.file)?;
    let failed =
        |error: crate::domain::schedule::Error| Failure(format!("{}: {error}", asked.file.display()));
    let mut converted = network(&plan);
    if converted.tasks.is_empty() {
        return Err(Failure(format!("{}: there is no task in it", asked.file.display())));
    }
    let assumed = assume(&mut converted.network);
    let whole = whole(&mut converted.network);
    let engine = Engine::new(converted.network.clone()).map_err(failed)?;
    let certain = engine.dates(whole).early_finish;
    let milestones = milestones(&plan, &converted);
    let targets = std::iter::once((whole, None)).chain(milestones);
    let targets: Vec<Target> =
        targets.map(|(item, by)| Target { item, by: by.into_iter().collect() }).collect();
    let simulated = simulate(
        &converted.network,
        &Asked {
            seed: asked.seed,
            iterations: NonZero::new(asked.iterations).unwrap_or(NonZero::<u32>::MIN),
            distribution: Distribution::Pert,
            targets,
            drivers_of: Some(DriversOf { item: whole, by: None, bars: DRIVERS }),
            ..Asked::default()
        },
    )
    .map_err(failed)?;
    let Some((finish, milestones)) = simulated.finishes.split_first() else { return Ok(()) };
    let answer = Answer {
        plan: &plan,
        converted: &converted,
        finish,
        milestones,
        drivers: &simulated.drivers,
        assumed,
        certain,
    };
    let mut out = BufWriter::new(io::stdout().lock());
    if asked.json {
        let mut told = answer.json(asked);
        told["notes"] = json!(notes.iter().chain(&converted.notes).collect::<Vec<_>>());
        told["not_carried"] = json!(not_carried);
        serde_json::to_writer_pretty(&mut out, &told)?;
        writeln!(out)?;
    } else {
        answer.text(&mut out, asked)?;
        print_notes(&mut out, notes.iter().chain(&converted.notes), &not_carried)?;
    }
    Ok(out.flush()?)
}

/// Puts a summary over all that has none, and says which it is.
fn whole(network: &mut Network) -> ItemIx {
    let place = ItemIx(u32::try_from(network.items.len()).unwrap_or(u32::MAX));
    for item in network.items.iter_mut().filter(|item| item.parent.is_none()) {
        item.parent = Some(place);
    }
    let over = Item {
        name: "the plan".to_owned(),
        calendar: crate::domain::schedule::CalendarIx(0),
        duration: crate::domain::schedule::Span::Working(0),
        parent: None,
        constraint: crate::domain::schedule::Constraint::AsSoonAsPossible,
        deadline: None,
        progress: crate::domain::schedule::Progress::default(),
        estimate: None,
        group: 0,
        section: 0,
    };
    network.items.push(over);
    place
}

/// The milestones of a plan, with their deadlines.
fn milestones<'a>(
    plan: &'a Plan,
    converted: &'a Converted,
) -> impl Iterator<Item = (ItemIx, Option<Moment>)> + 'a {
    let tasks =
        (0..).map(ItemIx).zip(&converted.tasks).filter_map(|(ix, place)| Some((ix, plan.tasks.get(*place)?)));
    let wanted = tasks.filter(|(_, task)| task.milestone && !task.summary || task.deadline.is_some());
    wanted.map(|(ix, task)| (ix, task.deadline.map(Moment::at))).take(MOST_TARGETS)
}

/// What is told of a forecast.
struct Answer<'a> {
    plan: &'a Plan,
    converted: &'a Converted,
    finish: &'a Finish,
    milestones: &'a [Finish],
    drivers: &'a [Driver],
    /// How many items have no three points of their own.
    assumed: usize,
    /// The finish if every task takes as long as the plan says.
    certain: Moment,
}

impl Answer<'_> {
    fn task(&self, item: ItemIx) -> Option<(&str, &Task)> {
        let place = self.converted.tasks.get(item.0 as usize)?;
        Some((self.converted.refs.get(item.0 as usize)?, self.plan.tasks.get(*place)?))
    }

    fn assumption(&self) -> String {
        let own = self.converted.estimated;
        match (own, self.assumed) {
            (_, 0) => "optimistic, likely and pessimistic durations are the file’s own (Duration1, Duration2, Duration3)".to_owned(),
            (0, _) => format!(
                "the file has no three-point estimates: every duration is taken as likely, {} % of it as optimistic, {} % as pessimistic",
                ASSUMED.0, ASSUMED.1
            ),
            (own, assumed) => format!(
                "{own} tasks have estimates of their own (Duration1, Duration2, Duration3); for the other {assumed} their duration is \
                 taken as likely, {} % of it as optimistic, {} % as pessimistic",
                ASSUMED.0, ASSUMED.1
            ),
        }
    }

    fn spread(finish: &Finish) -> Value {
        let at = |moment: Moment| instant(moment.date_time());
        let curve: Vec<_> = finish
            .curve
            .iter()
            .map(|(moment, share)| json!({"date": at(*moment), "probability": share}))
            .collect();
        json!({"p10": at(finish.p10), "p50": at(finish.p50), "p80": at(finish.p80), "p90": at(finish.p90), "mean": at(finish.mean), "curve": curve})
    }

    fn json(&self, asked: &Forecast) -> Value {
        let items: Vec<Value> = self
            .milestones
            .iter()
            .filter_map(|finish| {
                let (reference, task) = self.task(finish.item)?;
                let mut told = Self::spread(finish);
                told["ref"] = json!(reference);
                told["uid"] = json!(task.uid);
                told["title"] = json!(task.name);
                told["deadline"] = json!(task.deadline.map(instant));
                told["probability_by_deadline"] = json!(finish.chances.first());
                Some(told)
            })
            .collect();
        let drivers: Vec<Value> = self
            .drivers
            .iter()
            .filter_map(|driver| {
                let Source::Item(item) = driver.source else { return None };
                let (reference, task) = self.task(item)?;
                Some(json!({"ref": reference, "uid": task.uid, "title": task.name, "criticality": driver.criticality,
                    "sensitivity": driver.sensitivity, "share": driver.share}))
            })
            .collect();
        json!({
            "status_date": self.plan.status_date.map(instant),
            "iterations": asked.iterations,
            "seed": asked.seed,
            "assumption": self.assumption(),
            "as_planned": instant(self.certain.date_time()),
            "finish": Self::spread(self.finish),
            "items": items,
            "drivers": drivers,
            "refs_are": if self.converted.by_wbs { "wbs" } else { "outline_number" },
        })
    }

    fn text(&self, out: &mut impl Write, asked: &Forecast) -> io::Result<()> {
        let day = |moment: Moment| moment.finish_day().to_string();
        writeln!(
            out,
            "{:40}  {:10}  {:10}  {:10}  {:10}  by deadline",
            "finish", "P10", "P50", "P80", "P90"
        )?;
        let mut row = |name: String, finish: &Finish| {
            let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect();
            let chance =
                finish.chances.first().map_or(String::new(), |share| format!("{:.0} %", share * 100.0));
            let [p10, p50, p80, p90] = [finish.p10, finish.p50, finish.p80, finish.p90].map(day);
            writeln!(out, "{name:40}  {p10}  {p50}  {p80}  {p90}  {chance}")
        };
        row("the plan".to_owned(), self.finish)?;
        for finish in self.milestones {
            if let Some((reference, task)) = self.task(finish.item) {
                row(format!("{reference} {}", task.name), finish)?;
            }
        }
        writeln!(out, "\nas planned     {}", day(self.certain))?;
        writeln!(out, "iterations     {}, seed {}, PERT distribution", asked.iterations, asked.seed)?;
        writeln!(out, "assumption     {}", self.assumption())?;
        for driver in self.drivers.iter().take(DRIVERS) {
            let Source::Item(item) = driver.source else { continue };
            let Some((reference, task)) = self.task(item) else { continue };
            let name = format!("{reference} {}", task.name);
            let words = Words { driver: &name, target: "the plan", minutes_a_day: self.plan.minutes_per_day };
            if let Some(sentence) = in_words(driver, words) {
                writeln!(out, "driver         {sentence}")?;
            }
        }
        Ok(())
    }
}
