//! The rules of the house, held by reading its sources: who may know whom, and that closed sets are the same in Rust and in
//! PostgreSQL.

use crate::support;
use plumbline::domain::kind::{Kind, State};
use std::path::{Path, PathBuf};

fn sources(layer: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(layer);
    if folder.is_dir() {
        walk(&folder, &mut found);
    }
    found
}

/// What a layer's code (not its comments) must not name.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "crate::store",
            "crate::app",
            "crate::web",
            "crate::exchange",
            "crate::cli",
            "crate::postgres",
            "crate::clock",
            "axum",
            "askama",
            "tokio",
            "sqlx::query",
            "SystemTime",
            "Utc::now",
        ],
    ),
    (
        "store",
        &["crate::app", "crate::web", "crate::exchange", "crate::cli", "crate::postgres", "axum", "askama"],
    ),
    (
        "exchange",
        &[
            "crate::store",
            "crate::app",
            "crate::web",
            "crate::cli",
            "crate::postgres",
            "sqlx",
            "axum",
            "tokio",
        ],
    ),
    ("app", &["crate::web", "crate::cli", "crate::postgres", "axum", "askama", "sqlx::query"]),
    ("web", &["crate::cli", "crate::postgres", "sqlx::query"]),
    ("jobs", &["crate::web", "crate::cli", "sqlx::query"]),
    ("cli", &["sqlx::query"]),
    ("postgres", &["crate::"]),
];

#[test]
fn each_layer_reads_downwards_only() {
    let mut wrong = Vec::new();
    let mut read = 0;
    for (layer, forbidden) in FORBIDDEN {
        for (path, text) in sources(layer) {
            read += 1;
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                for name in *forbidden {
                    if code.contains(name) {
                        wrong.push(format!(
                            "{}:{}: {layer} must not know {name}",
                            path.display(),
                            number + 1
                        ));
                    }
                }
            }
        }
    }
    assert!(read > 40, "only {read} files were read: the rule was not tried");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_clock_asks_what_time_it_is() {
    let mut wrong = Vec::new();
    for (path, text) in sources("") {
        if path.ends_with("src/clock.rs") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if ["Utc::now", "Local::now", "SystemTime::now"].iter().any(|ask| code.contains(ask)) {
                wrong.push(format!("{}:{}", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "asks the time: {}", wrong.join(", "));
}

#[tokio::test]
async fn closed_sets_are_the_same_in_rust_and_in_the_database() {
    let database = support::database().await;
    let labels = async |name: &str| -> Vec<String> {
        sqlx::query_scalar("select e.enumlabel::text from pg_enum e join pg_type t on t.oid = e.enumtypid where t.typname = $1 order by e.enumsortorder")
            .bind(name)
            .fetch_all(&database.pool)
            .await
            .unwrap()
    };
    assert_eq!(labels("item_kind").await, Kind::ALL.map(|kind| kind.name().to_owned()));
    let mut states = State::ALL.map(|state| state.name().to_owned());
    let mut stored = labels("item_state").await;
    states.sort();
    stored.sort();
    assert_eq!(stored, states);
    let mut relations = plumbline::app::link::RELATIONS.map(str::to_owned);
    let mut stored = labels("relation").await;
    relations.sort();
    stored.sort();
    assert_eq!(stored, relations);
    assert_eq!(
        labels("role").await,
        plumbline::domain::program::Role::ALL.map(|role| role.name().to_owned())
    );
    assert_eq!(
        labels("scenario_state").await,
        plumbline::domain::scenario::ScenarioState::ALL.map(|state| state.name().to_owned())
    );
    let names = |choices: plumbline::domain::draft::Choices| -> Vec<String> {
        choices.iter().map(|(name, _)| (*name).to_owned()).collect()
    };
    assert_eq!(labels("link_type").await, names(plumbline::domain::schedule_link::TYPES));
    assert_eq!(labels("lag_unit").await, names(plumbline::domain::schedule_link::LAG_UNITS));
    // Closed sets that are fields: what the form offers is what the database takes.
    for (kind, field, stored) in [
        (Kind::Milestone, "kind", "milestone_kind"),
        (Kind::Milestone, "forecast_from", "forecast_source"),
        (Kind::Activity, "constraint", "activity_constraint"),
        (Kind::Risk, "category", "risk_category"),
        (Kind::Risk, "response", "risk_response"),
        (Kind::Change, "kinds", "change_kind"),
    ] {
        use plumbline::domain::draft::Control;
        let field = plumbline::domain::item::fields(kind).find(|f| f.name == field).unwrap();
        let (Control::Choice(choices) | Control::Choices(choices)) = field.control else {
            panic!("{} is no choice", field.name)
        };
        let offered: Vec<_> = choices.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(labels(stored).await, offered, "{stored}");
    }
}
