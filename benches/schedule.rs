//! What the schedule engine costs, beside the bars that it has to clear and beside others in the same run.
//!
//! `cargo bench --bench schedule` makes layered networks of 1,000, 10,000 and 100,000 items with twice as many links, in three
//! calendars, and measures: the whole schedule, one change in it, memory. `benches/rivals.py` then measures others on the same
//! network; without Python, or what it installs, that part is left out. Options follow `--`: `--no-rivals`.
//! Times are the processor's, so that what else runs on the machine isn't counted; all of it is done by one thread.
//! The exit status is 1 when a bar isn't cleared.

#![allow(clippy::unwrap_used, clippy::allow_attributes, reason = "a benchmark fails by panicking")]

use chrono::{Datelike, NaiveDate};
use plumbline::domain::schedule::{
    CalendarIx, Change, Constraint, Engine, Item, ItemIx, Lag, Link, LinkKind, Moment, Network, Progress,
    Span,
};
use plumbline::domain::work_calendar::{Exception, WorkCalendar};
use rustix::time::{ClockId, clock_gettime};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

/// The bars of the design.
const FULL_10K_MS: f64 = 5.0;
const CHANGE_MS: f64 = 0.2;
const MEMORY_100K_MB: f64 = 100.0;
/// The time of an item may grow so much from 1,000 to 100,000: what is left of caches.
const GROWTH: f64 = 4.0;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(place) = words.iter().position(|word| word == "--hold") {
        hold(words[place + 1].parse().unwrap());
        return ExitCode::SUCCESS;
    }
    let mut bars = Bars::default();
    println!("{:<44} {:>12} {:>12}", "schedule", "measured", "bar");
    let mut each = vec![];
    for size in [1_000, 10_000, 100_000] {
        each.push(bars.schedules(size));
    }
    bars.row("growth of the time of an item, 1k to 100k", each[2] / each[0], "×", Some(GROWTH));
    bars.memory();
    if !words.iter().any(|word| word == "--no-rivals") {
        rivals(&layered(10_000));
    }
    if bars.missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Default)]
struct Bars {
    missed: usize,
}

impl Bars {
    fn row(&mut self, what: &str, measured: f64, unit: &str, bar: Option<f64>) {
        let missed = bar.is_some_and(|bar| measured > bar);
        self.missed += usize::from(missed);
        let bar = bar.map_or(String::new(), |bar| format!("{bar} {unit}"));
        let mark = if missed { "  MISSED" } else { "" };
        println!("{what:<44} {:>12} {bar:>12}{mark}", format!("{measured:.3} {unit}"));
    }

    /// Times of one size; gives the nanoseconds of an item in the whole schedule.
    fn schedules(&mut self, size: u32) -> f64 {
        let network = layered(size);
        let label = |what: &str| format!("{what}, {size} items, {} links", network.links.len());
        let mut runs = vec![];
        for _ in 0..5 {
            let network = network.clone();
            let watch = Watch::start();
            let engine = Engine::new(network).unwrap();
            runs.push(watch.milliseconds());
            drop(engine);
        }
        let bar = (size == 10_000).then_some(FULL_10K_MS);
        self.row(&label("compile and schedule"), middle(&mut runs), "ms", bar);
        let mut engine = Engine::new(network.clone()).unwrap();
        let mut runs: Vec<f64> = (0..(2_000_000 / size).clamp(20, 200))
            .map(|_| {
                let watch = Watch::start();
                engine.recompute();
                watch.milliseconds()
            })
            .collect();
        let full = middle(&mut runs);
        self.row(&label("schedule"), full, "ms", bar);
        let mut dice = Dice(7);
        let mut runs = vec![];
        for _ in 0..2_000 {
            let change = Change::Duration(ItemIx(dice.below(size)), days(dice.below(40)));
            let watch = Watch::start();
            engine.apply(change).unwrap();
            runs.push(watch.milliseconds());
        }
        self.row(&label("one change"), middle(&mut runs), "ms", (size == 10_000).then_some(CHANGE_MS));
        self.row("  the slowest in a hundred of them", runs[runs.len() * 99 / 100], "ms", None);
        let whole = Engine::new(engine.network().clone()).unwrap();
        assert_eq!(whole.all_dates(), engine.all_dates(), "changes one by one give what the whole gives");
        full * 1e6 / f64::from(size)
    }

    /// The most memory that a process of its own takes.
    fn memory(&mut self) {
        for (size, bar) in [(0, None), (100_000, Some(MEMORY_100K_MB))] {
            let run = Command::new(std::env::current_exe().unwrap())
                .args(["--hold", &size.to_string()])
                .output()
                .unwrap();
            let kilobytes: f64 = String::from_utf8(run.stdout).unwrap().trim().parse().unwrap();
            self.row(&format!("memory of a process with {size} items"), kilobytes / 1024.0, "MB", bar);
        }
    }
}

/// Schedules a network, says how much memory that took at most, in kilobytes.
fn hold(size: u32) {
    let engine = Engine::new(layered(size)).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", peak.and_then(|peak| peak.split_whitespace().next()).unwrap_or("0"));
    drop(engine);
}

/// The time that the processor has spent on this thread.
struct Watch(f64);

impl Watch {
    fn now() -> f64 {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
    }

    fn start() -> Self {
        Self(Self::now())
    }

    fn milliseconds(&self) -> f64 {
        Self::now() - self.0
    }
}

fn middle(runs: &mut [f64]) -> f64 {
    runs.sort_by(f64::total_cmp);
    runs[runs.len() / 2]
}

fn days(days: u32) -> Span {
    Span::Working(i32::try_from(days).unwrap() * 480)
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(count.max(1))).unwrap()
    }
}

/// A program in layers of about a hundred items; each item follows two of the three layers before its own.
fn layered(size: u32) -> Network {
    let mut dice = Dice(42);
    let start = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
    let holidays = (0..30).map(|year| {
        let day = |month, day| NaiveDate::from_ymd_opt(start.year() + year, month, day).unwrap();
        Exception { from: day(12, 24), to: day(12, 31), name: "Winter".into(), shifts: vec![] }
    });
    let usual = WorkCalendar::default();
    let with_holidays = WorkCalendar { exceptions: holidays.collect(), ..usual.clone() };
    let plant =
        WorkCalendar { week: std::array::from_fn(|_| vec![(360, 840), (840, 1320)]), exceptions: vec![] };
    let mut network = Network {
        starts_at: Moment(Moment::start_of(start).0 + 480),
        calendars: vec![with_holidays, usual, plant],
        ..Network::default()
    };
    for number in 0..size {
        let calendar = [0, 0, 0, 0, 0, 0, 0, 1, 1, 2][dice.below(10) as usize];
        network.items.push(Item {
            name: format!("Activity {number}"),
            calendar: CalendarIx(calendar),
            // One in twenty is a milestone.
            duration: if dice.below(20) == 0 { days(0) } else { days(1 + dice.below(20)) },
            parent: None,
            constraint: Constraint::AsSoonAsPossible,
            deadline: None,
            progress: Progress::default(),
            estimate: None,
            group: number / 100,
            section: 0,
        });
        let layer = number / 100 * 100;
        for _ in 0..if layer == 0 { 0 } else { 2 } {
            let first = layer.saturating_sub(300);
            let predecessor = ItemIx(first + dice.below(layer - first));
            let kind = match dice.below(20) {
                0 => LinkKind::StartStart,
                1 => LinkKind::FinishFinish,
                _ => LinkKind::FinishStart,
            };
            let lag = match dice.below(10) {
                0 => Lag::Working(480),
                _ => Lag::Working(0),
            };
            network.links.push(Link { predecessor, successor: ItemIx(number), kind, lag });
        }
    }
    network
}

/// Others on the same network: finish-to-start links and whole days, which all of them understand.
fn rivals(network: &Network) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rivals");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("network.json");
    std::fs::write(&file, json(network)).unwrap();
    let mut plain = network.clone();
    for item in &mut plain.items {
        item.calendar = CalendarIx(1);
    }
    for link in &mut plain.links {
        (link.kind, link.lag) = (LinkKind::FinishStart, Lag::Working(0));
    }
    let mut engine = Engine::new(plain.clone()).unwrap();
    let mut runs: Vec<f64> = (0..50)
        .map(|_| {
            let watch = Watch::start();
            engine.recompute();
            watch.milliseconds()
        })
        .collect();
    let schedule = middle(&mut runs);
    let mut runs: Vec<f64> = (0..10)
        .map(|_| {
            let network = plain.clone();
            let watch = Watch::start();
            let _ = Engine::new(network).unwrap();
            watch.milliseconds()
        })
        .collect();
    println!("\nthe same {} activities in one calendar, links finish to start", network.items.len());
    println!("{:<44} {:>12}", "Plumbline, schedule", format!("{schedule:.3} ms"));
    println!("{:<44} {:>12}", "Plumbline, compile and schedule", format!("{:.3} ms", middle(&mut runs)));
    println!("{:<44} {:>12}", "Plumbline, finish", engine.finish().finish_day().to_string());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/rivals.py");
    match Command::new("python3").arg("-B").arg(script).arg(&folder).status() {
        Ok(status) if status.success() => {}
        Ok(_) | Err(_) => println!("others were not measured: that takes Python 3 with venv, and PyPI"),
    }
}

fn json(network: &Network) -> String {
    let mut text = format!("{{\"start\": \"{}\", \"tasks\": [", network.starts_at.start_day());
    for (number, item) in network.items.iter().enumerate() {
        let (Span::Working(minutes) | Span::Elapsed(minutes)) = item.duration;
        let comma = if number == 0 { "" } else { ", " };
        write!(text, "{comma}{{\"id\": \"{number}\", \"days\": {}}}", minutes / 480).unwrap();
    }
    text += "], \"links\": [";
    for (number, link) in network.links.iter().enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        write!(text, "{comma}[\"{}\", \"{}\"]", link.predecessor.0, link.successor.0).unwrap();
    }
    text + "]}"
}
