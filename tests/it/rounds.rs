//! How many statements a page asks of the database: a handful, however many items there are.

use crate::support::api::needed;
use crate::support::app::{TestApp, at};
use crate::support::statements::Statements;
use plumbline::domain::kind::Kind;
use serde_json::json;
use std::fmt::Write as _;

/// The statements of a page that nothing was computed for yet, and of the same page again.
async fn of(statements: Statements, test: &TestApp, path: &str) -> (usize, usize) {
    let mut counts = [0, 0];
    for count in &mut counts {
        statements.taken();
        test.manager.page(path).await.is(200);
        *count = statements.taken();
    }
    (counts[0], counts[1])
}

/// Raises an item of each kind, with links and comments, in all of its fields that lead elsewhere.
async fn raise_each(test: &TestApp, n: usize) {
    for kind in Kind::ALL {
        let mut body = json!({"title": format!("{} {n}", kind.label()), "owner": test.contributor.email, "project": "GL",
            "raised_on": "2026-06-01", "description": "See ATLAS-R1."});
        let own = match kind {
            Kind::Milestone => json!({"committed_on": "2026-08-01", "forecast_on": "2026-08-15"}),
            Kind::Activity => json!({"likely_days": 5, "resources": [{"team": "Ledger"}]}),
            Kind::Risk => json!({"probability": 4, "impact": 5, "threatens": ["ATLAS-M1"]}),
            Kind::Issue => json!({"severity": 2, "blocked_team": "Payments", "owing_team": "Ledger"}),
            Kind::Dependency => json!({"provider": {"team": "Ledger"}, "consumer": {"team": "Payments"},
                "needed_by": "2026-07-05", "provider_milestone": "ATLAS-M1"}),
            Kind::Change => json!({"kinds": ["scope"], "reason": "The law"}),
            Kind::Action => json!({"due_on": "2026-07-02", "from": "ATLAS-R1"}),
            kind => needed(kind),
        };
        body.as_object_mut().unwrap().extend(own.as_object().cloned().unwrap());
        let path = format!("/api/v1/programs/ATLAS/{}", kind.plural());
        let made = test.manager.post(&path, body).await.is(201).json();
        test.manager
            .post(&format!("{path}/{}/comments", made["number"]), json!({"body": "Seen."}))
            .await
            .is(201);
    }
    let waiting = json!({"to": "waiting", "on": "2026-06-30"});
    let decision = format!("/api/v1/programs/ATLAS/decisions/{n}/transitions");
    test.manager.post(&decision, waiting).await.is(200);
    // The network is written last: whether it is read again doesn't hang on what else the cluster is doing.
    let activity = format!("/api/v1/programs/ATLAS/activities/{n}");
    let version = test.manager.get(&activity).await.json()["version"].as_i64().unwrap();
    test.manager.patch(&activity, version, json!({"likely_days": 6})).await.is(200);
}

/// A slip of ATLAS-T1 by a week.
const WHAT_IF: &str = "/programs/ATLAS/scenarios/new?changes=%5B%7B%22change%22:%22slip%22,%22item%22:%22ATLAS-T1%22,%22days%22:5%7D%5D";

/// The most statements of each page: at first, and when what is computed for it is still good.
///
/// Where a program has a schedule network, which ones have is asked, and the programs, projects, calendars, items, baselines and
/// links that it is made of: seven more for what is computed from it, however many programs there are. A connection that is
/// opened for them may ask what a type is.
const PAGES: &[(&str, usize, usize)] = &[
    ("/", 16, 3),
    ("/programs/ATLAS", 20, 3),
    ("/programs/ATLAS/milestones", 12, 12),
    ("/programs/ATLAS/raid", 12, 12),
    ("/programs/ATLAS/risks", 12, 12),
    ("/programs/ATLAS/dependencies", 12, 12),
    ("/programs/ATLAS/decisions", 12, 12),
    ("/programs/ATLAS/changes", 12, 12),
    ("/programs/ATLAS/actions", 12, 12),
    ("/programs/ATLAS/metrics", 20, 3),
    ("/programs/ATLAS/metrics/milestone_on_time_rate", 12, 3),
    ("/programs/ATLAS/health", 20, 3),
    ("/programs/ATLAS/history", 12, 12),
    ("/programs/ATLAS/risks/1", 12, 12),
    ("/programs/ATLAS/milestones/1", 12, 12),
    // One more: who speaks for which of its sides.
    ("/programs/ATLAS/dependencies/1", 13, 13),
    ("/programs/ATLAS/decisions/1", 12, 12),
    ("/programs/ATLAS/risks/1/edit", 12, 12),
    ("/programs/ATLAS/risks/new", 12, 12),
    ("/programs/ATLAS/projects", 20, 4),
    ("/programs/ATLAS/projects/GL/health", 20, 4),
    ("/programs/ATLAS/baselines", 12, 12),
    ("/programs/ATLAS/scenarios", 12, 12),
    // What is asked of the database for a what-if: who asks, and of which program.
    (WHAT_IF, 16, 4),
    ("/programs/ATLAS/members", 12, 12),
    ("/me/work", 12, 12),
    ("/search?q=risk", 12, 12),
    ("/people", 12, 12),
    ("/teams", 12, 12),
];

#[tokio::test]
async fn a_page_asks_the_database_a_handful_of_times_however_many_items_there_are() {
    let test = TestApp::start().await;
    for name in ["Ledger", "Payments"] {
        test.manager.post("/api/v1/teams", json!({"name": name})).await.is(201);
    }
    test.manager
        .post(
            "/api/v1/programs/ATLAS/projects",
            json!({"key": "GL", "name": "Ledger", "effective_on": "2026-06-01"}),
        )
        .await
        .is(201);
    raise_each(&test, 1).await;
    let statements = Statements::listen();
    let mut few = Vec::new();
    for (path, ..) in PAGES {
        few.push(of(statements, &test, path).await);
    }
    for n in 2..=8 {
        raise_each(&test, n).await;
    }
    let mut wrong = Vec::new();
    let mut seen = String::new();
    for ((path, cold, warm), few) in PAGES.iter().zip(few) {
        for day in ["", "as_of=2026-06-29"] {
            let path = if day.is_empty() {
                (*path).to_owned()
            } else {
                format!("{path}{}{day}", if path.contains('?') { '&' } else { '?' })
            };
            if !day.is_empty() && (path.contains("/edit") || path.contains("/new")) {
                continue;
            }
            let many = of(statements, &test, &path).await;
            writeln!(seen, "{path}: {many:?}").unwrap();
            if many.0 == 0 || many.0 > *cold || many.1 > *warm {
                wrong.push(format!("{path} asks {many:?} times; {cold} and {warm} are enough"));
            }
            if day.is_empty() && many.0 > few.0 {
                wrong.push(format!(
                    "{path} asks {few:?} times with one item of each kind and {many:?} with eight"
                ));
            }
        }
    }
    println!("{seen}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Time passes, and what was computed for yesterday is not shown today.
    test.clock.hold_at(at("2026-07-01T12:00:00Z"));
    let (cold, _) = of(statements, &test, "/programs/ATLAS").await;
    assert!(cold > 3, "a new day is computed anew");
}
