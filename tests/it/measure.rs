//! Where a program stands, from a real database: facts as they were kept, metrics by the worked examples, and how many
//! questions a page asks.

use crate::support::statements::Statements;
use crate::support::{TestDatabase, database};
use chrono::{NaiveDate, TimeZone, Utc};
use plumbline::app::access::{self, Entered};
use plumbline::app::{App, Ctx, Over, WriteMeta, account, baseline, item, measure, program, transition};
use plumbline::clock::Clock;
use plumbline::domain::draft::Draft;
use plumbline::domain::health;
use plumbline::domain::kind::Kind;
use plumbline::domain::metrics::{self, Detail, Metric, WINDOW_DAYS};
use plumbline::store::Db;
use plumbline::store::facts::{Reach, load};
use serde_json::{Value, json};
use std::sync::Arc;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn draft(value: Value) -> Draft {
    let Value::Object(fields) = value else { panic!("a draft is an object: {value}") };
    Draft(fields)
}

/// A program on 30 June 2026, with its manager.
struct Scene {
    app: App,
    ctx: Ctx,
    /// What a browser would send.
    session: String,
    _database: TestDatabase,
}

impl Scene {
    async fn new() -> Self {
        let database = database().await;
        let noon = Utc.with_ymd_and_hms(2026, 6, 30, 12, 0, 0).unwrap();
        let app = App::new(Db::new(database.url.parse().unwrap(), 3), Clock::held_at(noon));
        let link = account::offer_setup(&app).await.unwrap().unwrap();
        let who = json!({"name": "Ada", "email": "ada@example.org", "password": "a plumb line hangs true"});
        let session = account::set_up(&app, link.reveal(), &draft(who)).await.unwrap();
        let viewer = account::by_session(&app, session.reveal()).await.unwrap().unwrap();
        let ctx = Ctx { viewer, now: noon, as_of: None };
        let on = WriteMeta { effective_on: Some(day("2026-01-01")), reason: String::new() };
        program::make(&app, &ctx, &draft(json!({"key": "ATLAS", "name": "Atlas"})), &on).await.unwrap();
        Self { app, ctx, session: session.reveal().to_owned(), _database: database }
    }

    async fn enter(&self) -> Entered {
        access::enter(&self.app, &self.ctx, "ATLAS").await.unwrap()
    }

    async fn enter_at(&self, as_of: NaiveDate) -> Entered {
        let ctx = Ctx { as_of: Some(as_of), ..self.ctx.clone() };
        access::enter(&self.app, &ctx, "ATLAS").await.unwrap()
    }

    async fn raise(&self, kind: Kind, on: &str, fields: Value) -> i32 {
        let meta = WriteMeta { effective_on: Some(day(on)), reason: String::new() };
        let raised =
            item::raise(&self.app, &self.ctx, &self.enter().await, kind, &draft(fields), &meta).await;
        raised.unwrap_or_else(|error| panic!("{kind:?} is raised: {error:?}")).number
    }

    async fn edit(&self, kind: Kind, number: i32, on: &str, fields: Value) {
        let entered = self.enter().await;
        let meta = WriteMeta { effective_on: Some(day(on)), reason: "Reworked".into() };
        let fields = draft(fields);
        let edited =
            item::edit(&self.app, &self.ctx, &entered, kind, number, Over::Any, &fields, &meta).await;
        edited.unwrap_or_else(|error| panic!("{kind:?} {number} is edited: {error:?}"));
    }

    async fn to(&self, kind: Kind, number: i32, fields: Value) {
        let entered = self.enter().await;
        let fields = draft(fields);
        let moved = transition::make(&self.app, &self.ctx, &entered, kind, number, Over::Any, &fields).await;
        moved.unwrap_or_else(|error| panic!("{kind:?} {number} to {:?}: {error:?}", fields.0));
    }

    /// The milestones of the worked example of metric 1.
    async fn milestones(&self) {
        for (title, committed) in [
            ("A", "2026-05-01"),
            ("B", "2026-05-10"),
            ("C", "2026-06-26"),
            ("D", "2026-06-01"),
            ("E", "2026-04-01"),
            ("F", "2026-06-15"),
        ] {
            let fields = json!({"title": title, "committed_on": committed});
            self.raise(Kind::Milestone, "2026-01-15", fields).await;
        }
        self.to(Kind::Milestone, 5, json!({"to": "achieved", "on": "2026-04-01"})).await;
        let moved = json!({"name": "Second plan", "reason": "Late", "items": [
            {"ref": "ATLAS-M2", "committed_on": "2026-06-10"}, {"ref": "ATLAS-M4", "committed_on": "2026-08-01"}]});
        let meta = WriteMeta { effective_on: Some(day("2026-05-04")), reason: String::new() };
        baseline::make(&self.app, &self.ctx, &self.enter().await, &draft(moved), &meta).await.unwrap();
        self.to(Kind::Milestone, 1, json!({"to": "achieved", "on": "2026-05-06"})).await;
        self.to(Kind::Milestone, 6, json!({"to": "cancelled", "on": "2026-06-01"})).await;
        self.to(Kind::Milestone, 2, json!({"to": "achieved", "on": "2026-06-12"})).await;
    }

    /// The decisions of the worked example of metric 4.
    async fn decisions(&self) {
        for (requested, escalated, decided) in [
            ("2026-06-01", Some("2026-06-05"), Some("2026-06-08")),
            ("2026-05-20", Some("2026-06-01"), Some("2026-06-09")),
            ("2026-06-15", None, Some("2026-06-15")),
            ("2026-06-10", Some("2026-06-10"), None),
        ] {
            let fields = json!({"title": "Which way?", "requested_on": requested});
            let number = self.raise(Kind::Decision, requested, fields).await;
            let on = escalated.unwrap_or(requested);
            let mut waits = json!({"to": "waiting", "on": on});
            if let Some(escalated) = escalated {
                waits["escalated_on"] = json!(escalated);
            }
            self.to(Kind::Decision, number, waits).await;
            if let Some(on) = decided {
                let decided =
                    json!({"to": "decided", "on": on, "option": "The short one", "rationale": "Shorter"});
                self.to(Kind::Decision, number, decided).await;
            }
        }
    }

    /// The dependencies of the worked example of metric 5, but for the one of tomorrow.
    async fn dependencies(&self) {
        for raised in ["2026-06-01", "2026-06-20", "2026-05-01"] {
            let fields = json!({"title": "Test data", "raised_on": raised, "needed_by": "2026-06-25",
                "acceptance_criteria": "It loads", "provider": {"external": "Data Ltd"}, "consumer": {"external": "QA Ltd"}});
            self.raise(Kind::Dependency, raised, fields).await;
        }
        for step in [
            json!({"to": "agreed", "as": "provider", "on": "2026-05-20"}),
            json!({"to": "agreed", "as": "consumer", "on": "2026-05-20"}),
            json!({"to": "delivered", "on": "2026-06-10"}),
            json!({"to": "accepted", "on": "2026-06-15"}),
        ] {
            self.to(Kind::Dependency, 3, step).await;
        }
    }

    /// A risk that rises, and an action that mitigates it.
    async fn risk(&self) {
        let fields = json!({"title": "No way back", "raised_on": "2026-03-01", "probability": 3, "impact": 3,
            "review_on": "2026-07-15"});
        self.raise(Kind::Risk, "2026-03-01", fields).await;
        self.edit(Kind::Risk, 1, "2026-04-10", json!({"probability": 4, "impact": 5})).await;
        let action = json!({"title": "Rehearse it", "due_on": "2026-07-10", "from": "ATLAS-R1"});
        self.raise(Kind::Action, "2026-06-05", action).await;
    }

    async fn whole() -> Self {
        let scene = Self::new().await;
        scene.milestones().await;
        scene.decisions().await;
        scene.dependencies().await;
        scene.risk().await;
        scene
    }

    async fn measure(&self, metric: Metric) -> Arc<metrics::Measure> {
        measure::one(&self.app, &self.enter().await, metric, WINDOW_DAYS).await.unwrap()
    }
}

#[tokio::test]
async fn the_on_time_rate_is_that_of_the_worked_example() {
    let scene = Scene::new().await;
    scene.milestones().await;
    let measured = scene.measure(Metric::MilestoneOnTimeRate).await;
    assert_eq!((measured.numerator, measured.denominator), (Some(1.0), Some(3.0)));
    let Some(Detail::OnTime(detail)) = &measured.detail else { panic!("{:?}", measured.detail) };
    assert_eq!((detail.current_on_time, detail.current_counted), (2, 2));
    assert!((detail.gap_points.unwrap() - 66.667).abs() < 0.001, "{detail:?}");
    let entered = scene.enter().await;
    let facts = load(&scene.app.db, &[entered.program().id], Reach::measures(entered.day())).await.unwrap();
    let first = facts[0].first_baseline.as_ref().unwrap();
    assert_eq!((first.on, first.items(entered.day())), (day("2026-01-15"), 6));
}

#[tokio::test]
async fn decision_latency_and_dependency_aging_are_those_of_the_worked_examples() {
    let scene = Scene::new().await;
    scene.decisions().await;
    scene.dependencies().await;
    let latency = scene.measure(Metric::DecisionLatency).await;
    assert_eq!(latency.value, Some(1.0), "{latency:?}");
    let Some(Detail::DecisionLatency(detail)) = &latency.detail else { panic!("{:?}", latency.detail) };
    let waits: Vec<_> = detail.waiting.iter().map(|wait| wait.at_least_working_days).collect();
    assert_eq!(waits, [Some(14)]);
    let aging = scene.measure(Metric::DependencyAging).await;
    assert_eq!(aging.value, Some(19.5), "{aging:?}");
    let Some(Detail::DependencyAging(detail)) = &aging.detail else { panic!("{:?}", aging.detail) };
    assert_eq!(detail.buckets, [0, 1, 0, 1, 0]);
    assert_eq!(detail.past_needed_by, 2);
}

#[tokio::test]
async fn a_past_day_is_the_same_from_todays_history_as_from_what_was_known_then() {
    let scene = Scene::whole().await;
    let entered = scene.enter().await;
    let all = load(&scene.app.db, &[entered.program().id], Reach::measures(entered.day())).await.unwrap();
    for on in
        ["2026-02-01", "2026-04-09", "2026-04-10", "2026-05-04", "2026-06-05", "2026-06-12", "2026-06-30"]
    {
        let on = day(on);
        let then = scene.enter_at(on).await;
        for metric in Metric::ALL {
            let measured = measure::one(&scene.app, &then, metric, WINDOW_DAYS).await.unwrap();
            let from_today = metrics::value_at(metric, &all[0], on, WINDOW_DAYS);
            assert_eq!(measured.value, from_today, "{} on {on}", metric.name());
            assert_eq!(measured.series.last().map(|point| point.value), Some(from_today));
        }
        let known = measure::health(&scene.app, &then).await.unwrap();
        assert_eq!(*known, health::assess(&all[0], on, None), "health on {on}");
        // The portfolio looks at less, and must come to the same colours.
        let narrow = load(&scene.app.db, &[then.program().id], Reach::health(on)).await.unwrap();
        let narrow = health::assess(&narrow[0], on, None);
        let colours = |health: &health::Health| health.dimensions.iter().map(|d| d.rag).collect::<Vec<_>>();
        assert_eq!(colours(&narrow), colours(&known), "colours on {on}");
        assert_eq!(narrow.overall, known.overall);
    }
}

#[tokio::test]
async fn a_risk_is_known_as_it_was_scored_and_mitigated_from_day_to_day() {
    let scene = Scene::new().await;
    scene.risk().await;
    let entered = scene.enter().await;
    let facts = load(&scene.app.db, &[entered.program().id], Reach::measures(entered.day())).await.unwrap();
    let at = |on: &str| facts[0].risks[0].at(day(on)).copied().unwrap();
    assert!(facts[0].risks[0].at(day("2026-02-28")).is_none());
    assert_eq!([at("2026-04-09").score, at("2026-04-10").score], [Some(9), Some(20)]);
    assert_eq!(at("2026-06-04").mitigation.open_until, None);
    assert_eq!(at("2026-06-05").mitigation.open_until, Some(day("2026-07-10")));
    assert_eq!(at("2026-06-05").common.updated_on, day("2026-04-10"));
    let measured = scene.measure(Metric::RiskBurndown).await;
    assert_eq!(measured.value, Some(0.0), "it is high and old, and something is under way");
    let stale: Vec<_> = measured.series.iter().filter(|point| point.value == Some(1.0)).collect();
    assert!(!stale.is_empty(), "before the action it was stale: {:?}", measured.series);
}

#[tokio::test]
async fn what_changed_is_told_in_words_with_slips_first() {
    let scene = Scene::new().await;
    scene
        .raise(Kind::Milestone, "2026-01-15", json!({"title": "Payments", "committed_on": "2026-07-06"}))
        .await;
    scene.edit(Kind::Milestone, 1, "2026-06-20", json!({"forecast_on": "2026-07-10"})).await;
    scene.edit(Kind::Milestone, 1, "2026-06-25", json!({"forecast_on": "2026-07-13"})).await;
    let risk = json!({"title": "No rollback", "probability": 4, "impact": 4});
    scene.raise(Kind::Risk, "2026-06-24", risk).await;
    let changed = measure::changed(&scene.app, &scene.enter().await, day("2026-06-16"), None).await.unwrap();
    let told: Vec<_> = changed.list.iter().map(plumbline::app::changes::Change::text).collect();
    assert_eq!(
        told,
        [
            "Payments slipped 5 working days to 13 Jul 2026 (forecast before: 6 Jul 2026)",
            "New high risk: No rollback, score 16"
        ]
    );
    assert_eq!(changed.list[0].reason.as_deref(), Some("Reworked"));
    let later = measure::changed(&scene.app, &scene.enter().await, day("2026-06-22"), None).await.unwrap();
    assert_eq!(
        later.list[0].text(),
        "Payments slipped 1 working day to 13 Jul 2026 (forecast before: 10 Jul 2026)"
    );
}

#[tokio::test]
async fn an_overview_asks_a_handful_of_questions_and_a_second_one_only_who_enters() {
    let scene = Scene::whole().await;
    let asked = Statements::listen();
    let count = || asked.taken();
    let overview = async || {
        let entered = scene.enter().await;
        measure::overview(&scene.app, &entered, measure::since(&entered, None)).await.unwrap()
    };
    overview().await;
    assert_eq!(
        count(),
        12,
        "enter, mark, settings, items, details, links, governance in two, titles' lines and events, whether there is a network, \
         and what was declared last"
    );
    overview().await;
    assert_eq!(count(), 1, "nothing was written: only the door is asked");
    measure::all(&scene.app, &scene.enter().await).await.unwrap();
    assert_eq!(count(), 1);
    scene.to(Kind::Milestone, 3, json!({"to": "achieved", "on": "2026-06-29"})).await;
    count();
    let after = overview().await;
    // What was written since is told by the oldest transaction that runs anywhere in the cluster: while another test holds one open,
    // governance seems to be written, too, and is read.
    let after_a_write = count();
    assert!(
        (10..=11).contains(&after_a_write),
        "{after_a_write} after a write: what was touched in place of the mark; of governance nothing was"
    );
    assert_eq!(after.agenda.counts.achieved, 4);
    measure::portfolio(&scene.app, &scene.ctx).await.unwrap();
    assert_eq!(
        count(),
        9,
        "the programs, their facts together, what was declared, and which of them have a network: none"
    );
    measure::portfolio(&scene.app, &scene.ctx).await.unwrap();
    assert_eq!(count(), 1);
}

/// The application over HTTP, as its manager.
struct Http {
    client: reqwest::Client,
    base: String,
    cookie: String,
}

impl Http {
    async fn of(scene: &Scene) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = plumbline::web::router(scene.app.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { client: reqwest::Client::new(), base, cookie: format!("plumbline={}", scene.session) }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let request = self.client.get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn json(&self, path: &str) -> Value {
        let (status, text) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

#[tokio::test]
async fn the_api_answers_metrics_health_and_changes_by_contract() {
    let scene = Scene::whole().await;
    let http = Http::of(&scene).await;
    let rate = http.json("/api/v1/programs/ATLAS/metrics/milestone_on_time_rate").await;
    assert_eq!(rate["name"], "milestone_on_time_rate");
    assert_eq!(rate["as_of"], "2026-06-30");
    assert_eq!(rate["window"], json!({"from": "2026-04-01", "to": "2026-06-30"}));
    assert_eq!(
        (&rate["numerator"], &rate["denominator"], &rate["unit"]),
        (&json!(1.0), &json!(3.0), &json!("share"))
    );
    assert_eq!((&rate["target"], &rate["verdict"]), (&json!(0.8), &json!("missed")));
    assert_eq!(rate["series"].as_array().unwrap().len(), 26);
    assert_eq!(rate["items"], json!(["ATLAS-M2", "ATLAS-M4", "ATLAS-M1"]));
    let month = http.json("/api/v1/programs/ATLAS/metrics/decision_latency?window_days=20").await;
    assert_eq!(month["detail"]["decided"], 1);
    let past = http.json("/api/v1/programs/ATLAS/metrics/dependency_aging?as_of=2026-06-10").await;
    assert_eq!((&past["as_of"], &past["value"]), (&json!("2026-06-10"), &json!(24.5)));
    assert_eq!(http.json("/api/v1/programs/ATLAS/metrics").await["total"], 22);
    let health = http.json("/api/v1/programs/ATLAS/health").await;
    assert_eq!(health["dimensions"].as_array().unwrap().len(), 7);
    assert_eq!(health["dimensions"][4]["reasons"][0]["items"], json!(["ATLAS-D1", "ATLAS-D2"]));
    let changes = http.json("/api/v1/programs/ATLAS/changes-since?from=2026-06-04&to=2026-06-08").await;
    assert_eq!((&changes["from"], &changes["to"]), (&json!("2026-06-04"), &json!("2026-06-08")));
    assert_eq!(changes["items"][0]["text"], "Decided: Which way? – “The short one”, after 1 working day");
    let history = http.json("/api/v1/programs/ATLAS/history?topic=scores").await;
    assert_eq!(history["items"][0]["text"], "score from 9 to 20");
    assert_eq!(http.json("/api/v1/portfolio").await["items"][0]["decisions_waiting"], 1);
    for (path, status) in [
        ("/api/v1/programs/ATLAS/metrics/luck", 404),
        ("/api/v1/programs/ATLAS/metrics/freshness?window_days=0", 422),
        ("/api/v1/programs/ATLAS/changes-since?from=yesterday", 422),
        ("/api/v1/programs/NOWHERE/health", 404),
    ] {
        let (answered, text) = http.get(path).await;
        assert_eq!(answered, status, "{path}: {text}");
        assert!(text.contains("\"title\""), "{path} answers a problem: {text}");
    }
}

#[tokio::test]
async fn the_pages_show_where_the_program_stands_today_and_on_a_past_day() {
    let scene = Scene::whole().await;
    let http = Http::of(&scene).await;
    for (path, words) in [
        ("/", "Atlas"),
        ("/programs/ATLAS", "Ageing dependencies"),
        ("/programs/ATLAS", "1 decision waits."),
        ("/programs/ATLAS/health", "Red if an open dependency is past the day"),
        ("/programs/ATLAS/metrics", "Milestone on-time rate"),
        ("/programs/ATLAS/metrics/risk_burndown", "Risk burndown"),
        ("/programs/ATLAS/history", "score from 9 to 20"),
        ("/programs/ATLAS?as_of=2026-05-05", "As it stood at the end of"),
        ("/programs/ATLAS?as_of=2026-05-05", "/metrics/freshness?as_of=2026-05-05"),
    ] {
        let (status, html) = http.get(path).await;
        assert_eq!(status, 200, "{path}");
        assert!(html.contains(words), "{path} says “{words}”: {html}");
    }
    let (_, past) = http.get("/programs/ATLAS?as_of=2026-05-05").await;
    assert!(!past.contains(">Decide<") && !past.contains("/new"), "nothing can be changed in the past");
    assert_eq!(http.get("/programs/ATLAS/metrics/nothing").await.0, 404);
}

#[tokio::test]
async fn an_empty_program_says_what_each_part_is_for() {
    let scene = Scene::new().await;
    let http = Http::of(&scene).await;
    let (status, html) = http.get("/programs/ATLAS").await;
    assert_eq!(status, 200);
    for words in ["Plan the first milestone", "No data", "No decision waits", "A dependency is a contract"] {
        assert!(html.contains(words), "{words}: {html}");
    }
}
