//! Foreign files read into drafts.

use plumbline::domain::kind::Kind;
use plumbline::exchange::csv::{self, Sheet};
use plumbline::exchange::intake::{self, Intake, Record, What};
use plumbline::exchange::map::ImportMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The shared data beside the repository; `None` (with the reason printed) where it isn't there.
fn shared(folder: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let candidates = [root.join("../shared/data"), PathBuf::from(std::env::var("PLUMBLINE_SHARED_DATA").unwrap_or_default())];
    let found = candidates.into_iter().map(|data| data.join(folder)).find(|path| path.is_dir());
    if found.is_none() {
        eprintln!("skipped: ../shared/data/{folder} is not there");
    }
    found
}

fn sheets(folder: &Path) -> Vec<Sheet> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let csv = paths.iter().filter(|path| path.extension().is_some_and(|e| e == "csv"));
    csv.map(|path| csv::read(path.file_name().unwrap().to_str().unwrap(), &std::fs::read(path).unwrap()).unwrap()).collect()
}

fn k8s() -> Option<Intake> {
    let folder = shared("k8s-program")?;
    let map = ImportMap::read(include_str!("../samples/k8s.toml")).unwrap();
    Some(intake::run(&map, &sheets(&folder)).unwrap())
}

#[test]
fn report_k8s() {
    let Some(intake) = k8s() else { return };
    let started = std::time::Instant::now();
    k8s();
    eprintln!("took {:?}", started.elapsed());
    for count in &intake.counts {
        eprintln!("{count:?}");
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for record in &intake.records {
        let to = record.fields.get("to").and_then(|v| v.as_str()).unwrap_or_default();
        *kinds.entry(format!("{:?} {to}", record.what)).or_default() += 1;
    }
    eprintln!("{kinds:#?}");
    for group in intake.grouped() {
        eprintln!("{:?} {} {:?} ×{} {} {:?}", group.severity, group.file, group.column, group.lines.len(), group.message, &group.lines[..group.lines.len().min(3)]);
    }
}
