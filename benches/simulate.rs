//! What a simulation costs, beside the same in `NumPy` and `TruePPM` in the same run, and the bars that it has to clear.
//!
//! `cargo bench --bench simulate` makes a network of 1,000 activities with two links each and simulates it 10,000 times on all
//! cores; `benches/simulate.py` does the same with the others. Times are of the clock, the least of several runs. Without Python, or
//! what it installs, only our own time is printed. The exit status is 1 when a bar isn't cleared.

#![allow(clippy::unwrap_used, clippy::allow_attributes, reason = "a benchmark fails by panicking")]

use plumbline::domain::schedule::simulate::{
    Asked, Distribution, DriversOf, ITERATIONS, Simulated, Target, simulate,
};
use plumbline::domain::schedule::time::Clock;
use plumbline::domain::schedule::{
    CalendarIx, Constraint, Estimate, Item, ItemIx, Lag, Link, LinkKind, Moment, Network, Progress, Span,
};
use plumbline::domain::work_calendar::WorkCalendar;
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

/// The bars of the design: how many times as fast as the others.
const NUMPY_TIMES: f64 = 5.0;
const TRUEPPM_TIMES: f64 = 20.0;

const ACTIVITIES: u32 = 1_000;

/// An item with three points in minutes; a milestone without.
fn item(index: u32, points: Option<[i32; 3]>, group: u32) -> Item {
    let estimate =
        points.map(|[optimistic, likely, pessimistic]| Estimate { optimistic, likely, pessimistic });
    Item {
        name: index.to_string(),
        calendar: CalendarIx(0),
        duration: Span::Working(points.map_or(0, |points| points[1])),
        parent: None,
        constraint: Constraint::AsSoonAsPossible,
        deadline: None,
        progress: Progress::default(),
        estimate,
        group,
        section: 0,
    }
}

/// Activities in layers of fifty, each after two of the layer before; then a milestone after all.
fn layered() -> Network {
    let mut network = Network {
        starts_at: Moment::start_of("2026-01-05".parse().unwrap()),
        calendars: vec![WorkCalendar::default()],
        ..Network::default()
    };
    let mut link = |predecessor, successor| {
        let (predecessor, successor) = (ItemIx(predecessor), ItemIx(successor));
        network.links.push(Link {
            predecessor,
            successor,
            kind: LinkKind::FinishStart,
            lag: Lag::Working(0),
        });
    };
    for index in 0..ACTIVITIES {
        let day = 480 * i32::try_from(2 + index * 7 % 19).unwrap();
        network.items.push(item(index, Some([day * 8 / 10, day, day * 18 / 10]), index % 10));
        if index >= 50 {
            let layer = index / 50 * 50 - 50;
            link(layer + index * 31 % 50, index);
            link(layer + (index * 17 + 13) % 50, index);
        }
    }
    network.items.push(item(ACTIVITIES, None, 0));
    (ACTIVITIES - 50..ACTIVITIES).for_each(|last| link(last, ACTIVITIES));
    network
}

fn written(network: &Network, folder: &Path) {
    let points: Vec<[i32; 3]> = network
        .items
        .iter()
        .map(|item| {
            item.estimate.map_or([0; 3], |points| [points.optimistic, points.likely, points.pessimistic])
        })
        .collect();
    let mut before: Vec<Vec<u32>> = vec![Vec::new(); points.len()];
    for link in &network.links {
        before[link.successor.0 as usize].push(link.predecessor.0);
    }
    let text = serde_json::json!({ "iterations": ITERATIONS, "points": points, "before": before });
    std::fs::write(folder.join("simulate.json"), text.to_string()).unwrap();
}

/// The least time of several runs, in milliseconds, and the result.
fn fastest(network: &Network, asked: &Asked) -> (f64, Simulated) {
    let mut least = f64::MAX;
    let mut result = None;
    for _ in 0..40 {
        let start = Instant::now();
        let simulated = simulate(network, asked).unwrap();
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
        result = Some(simulated);
    }
    (least, result.unwrap())
}

fn row(what: &str, milliseconds: f64) {
    println!("{what:<64} {milliseconds:>9.2} ms");
}

fn main() -> ExitCode {
    let network = layered();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rivals");
    std::fs::create_dir_all(&folder).unwrap();
    written(&network, &folder);
    let end = ItemIx(ACTIVITIES);
    let finish = Asked { targets: vec![Target { item: end, by: Vec::new() }], ..Asked::default() };
    let whole = Asked { drivers_of: Some(DriversOf { item: end, by: None, bars: 12 }), ..finish.clone() };
    println!("{ACTIVITIES} activities × {ITERATIONS} iterations, with compiling the network");
    let (quantiles_only, _) = fastest(&network, &finish);
    row("quantiles of the finish", quantiles_only);
    let (ours, simulated) = fastest(&network, &whole);
    row("with criticality, sensitivity and tornado", ours);
    row("  on one core", fastest(&network, &Asked { threads: NonZero::new(1), ..whole.clone() }).0);
    row("  with PERT", fastest(&network, &Asked { distribution: Distribution::Pert, ..whole.clone() }).0);
    row("  with a correlation of 0.3", fastest(&network, &Asked { correlation: 0.3, ..whole.clone() }).0);
    let every: Vec<Target> =
        (0..=ACTIVITIES).map(|item| Target { item: ItemIx(item), by: Vec::new() }).collect();
    row(
        "  with the quantiles and the curve of every item",
        fastest(&network, &Asked { targets: every, ..whole }).0,
    );

    let clock = Clock::compile(&WorkCalendar::default());
    let worked = |moment: Moment| f64::from(clock.work_at(moment) - clock.work_at(network.starts_at));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/simulate.py");
    let python = Command::new("python3").arg(script).arg(&folder).output();
    let Some(told) = python.ok().filter(|python| python.status.success()) else {
        println!("the others aren't measured: there is no Python, or it can't install them");
        return ExitCode::SUCCESS;
    };
    let mut missed = false;
    for line in String::from_utf8(told.stdout).unwrap().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [cost, p50, p80] = [1, 2, 3].map(|place| words[place].parse::<f64>().unwrap());
        let bar = if words[0] == "NumPy" { NUMPY_TIMES } else { TRUEPPM_TIMES };
        row(&format!("{}, quantiles of the finish", words[0]), cost);
        let times = cost / ours;
        let verdict = if times < bar { "MISSED" } else { "cleared" };
        println!("  {times:.1} × as long as ours with everything; the bar is {bar} ×: {verdict}");
        println!("  {:.1} × as long as ours with the quantiles alone", cost / quantiles_only);
        missed |= times < bar;
        if p50 > 0.0 {
            // The same model has the same quantiles.
            for (theirs, ours) in [(p50, simulated.finishes[0].p50), (p80, simulated.finishes[0].p80)] {
                let off = (theirs / worked(ours) - 1.0).abs();
                assert!(off < 0.005, "{theirs} for {}", worked(ours));
            }
        }
    }
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
