//! Facts that are brought up to date after a write are those that are read anew: whatever was written, and whenever the
//! transaction commits.

use crate::support::app::{TestApp, TestUser, at, day};
use chrono::NaiveDate;
use plumbline::domain::facts::Facts;
use plumbline::domain::ids::{ItemId, ProgramId};
use plumbline::domain::kind::Kind;
use plumbline::store::Db;
use plumbline::store::facts::{Kept, Reach, load};
use serde_json::{Value, json};
use uuid::Uuid;

const ATLAS: &str = "/api/v1/programs/ATLAS";

/// A small generator of random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % (limit as u64)).unwrap()
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// A day up to so many before 30 June 2026.
    fn day(&mut self, back: usize) -> NaiveDate {
        day("2026-06-30") - chrono::Days::new(self.below(back) as u64)
    }
}

async fn program(test: &TestApp) -> ProgramId {
    let id: Uuid = sqlx::query_scalar("select id from program").fetch_one(test.app.db.raw()).await.unwrap();
    ProgramId(id)
}

async fn afresh(db: &Db, program: ProgramId, on: NaiveDate) -> Facts {
    load(db, &[program], Reach::measures(on)).await.unwrap().pop().unwrap()
}

/// Dates and figures of a kind, at random.
fn fields(random: &mut Random, kind: Kind) -> Value {
    let on = random.day(200) + chrono::Days::new(60);
    match kind {
        Kind::Milestone => json!({"forecast_on": on}),
        Kind::Activity => json!({"likely_days": 1 + random.below(20)}),
        Kind::Risk => {
            json!({"probability": 1 + random.below(5), "impact": 1 + random.below(5), "review_on": on})
        }
        Kind::Assumption => json!({"validate_by": on}),
        Kind::Issue => {
            json!({"severity": 1 + random.below(4), "due_on": on, "blocking": random.below(2) == 0})
        }
        Kind::Dependency => {
            json!({"needed_by": on, "provider": {"external": "Tax Ltd"}, "consumer": {"external": "Audit"}})
        }
        Kind::Decision => json!({"needed_by": on}),
        Kind::Change => json!({"kinds": ["scope"], "reason": "The law", "adds": random.below(4)}),
        Kind::Action => json!({"due_on": on}),
        Kind::Gate | Kind::Meeting => json!({"on": on}),
        Kind::Check => json!({"gate": "ATLAS-G1", "due_on": on}),
        Kind::Release => json!({"launch_on": on}),
        Kind::Report => json!({"period_from": "2025-06-01", "period_to": on}),
        Kind::Benefit => json!({"unit": "days", "baseline": 1, "plan": [{"on": on, "value": 2}]}),
        Kind::Stakeholder => json!({"next_contact_on": on}),
        Kind::Lesson => json!({"cause": format!("Cause {}", random.below(9))}),
    }
}

/// One write at random; whether it was let through.
async fn write(user: &TestUser, random: &mut Random) -> bool {
    let kind = random.pick(&Kind::ALL);
    let one = format!("{ATLAS}/{}/{}", kind.plural(), 1 + random.below(6));
    let risk = format!("ATLAS-R{}", 1 + random.below(4));
    let effective = if random.below(3) == 0 { random.day(120) } else { day("2026-06-30") };
    let merged = |fields: Value, more: Value| {
        let (Value::Object(mut fields), Value::Object(more)) = (fields, more) else { panic!("objects") };
        fields.extend(more);
        Value::Object(fields)
    };
    let answer = match random.below(12) {
        0..=2 => {
            let more = json!({"title": format!("No. {}", random.below(1000)), "effective_on": effective});
            let mut body = merged(fields(random, kind), more);
            if kind == Kind::Milestone && random.below(4) > 0 {
                body["committed_on"] = json!(random.day(100));
            }
            user.post(&format!("{ATLAS}/{}", kind.plural()), body).await
        }
        3..=5 => {
            let stored = user.get(&one).await;
            let version = if stored.status == 200 { stored.json()["version"].as_i64().unwrap() } else { 1 };
            let more = json!({"description": format!("{}", random.below(9)), "effective_on": effective, "reason": "So"});
            user.patch(&one, version, merged(fields(random, kind), more)).await
        }
        6 | 7 => {
            let to = random.pick(kind.states()).name();
            let body = json!({"to": to, "on": effective, "as": "provider", "until": "2026-08-01", "option": "That", "reason": "So"});
            user.post(&format!("{one}/transitions"), body).await
        }
        8 => user.post(&format!("{one}/comments"), json!({"body": "See ATLAS-R1."})).await,
        9 => {
            let relation = random.pick(&["mitigates", "relates"]);
            let action = format!("{ATLAS}/actions/{}", 1 + random.below(4));
            if random.below(3) > 0 {
                user.post(&format!("{action}/links"), json!({"relation": relation, "to": risk})).await
            } else {
                user.delete(&format!("{action}/links/{relation}/{risk}")).await
            }
        }
        10 if random.below(2) == 0 => user.delete(&one).await,
        10 => {
            let body = json!({"name": "Plan", "reason": "So", "effective_on": effective,
                "items": [{"ref": format!("ATLAS-M{}", 1 + random.below(5)), "committed_on": random.day(60)}]});
            user.post(&format!("{ATLAS}/baselines"), body).await
        }
        _ => {
            let version = user.get(ATLAS).await.json()["version"].as_i64().unwrap();
            let days = 1 + random.below(20);
            user.patch(
                ATLAS,
                version,
                json!({"targets": {"on_time_tolerance_days": days}, "effective_on": effective}),
            )
            .await
        }
    };
    assert!(answer.status < 500, "{}", answer.text);
    answer.status < 300
}

#[tokio::test]
async fn what_is_brought_up_to_date_is_what_is_read_anew() {
    for seed in [1, 2] {
        let test = TestApp::start().await;
        let program = program(&test).await;
        let mut random = Random(seed);
        let days = [day("2026-06-30"), day("2026-05-15")];
        let mut kept = Vec::new();
        for on in days {
            kept.push(Kept::load(&test.app.db, program, on).await.unwrap());
        }
        for kind in Kind::ALL.into_iter().cycle().take(3 * Kind::ALL.len()) {
            let mut body = fields(&mut random, kind);
            body["title"] = json!("One of the first");
            body["effective_on"] = json!("2026-03-02");
            test.manager.post(&format!("{ATLAS}/{}", kind.plural()), body).await.is(201);
        }
        let mut written = 0;
        for _ in 0..60 {
            for _ in 0..=random.below(4) {
                written += usize::from(write(&test.manager, &mut random).await);
            }
            for (kept, on) in kept.iter_mut().zip(days) {
                *kept = kept.renewed(&test.app.db).await.unwrap();
                assert_eq!(
                    kept.facts,
                    afresh(&test.app.db, program, on).await,
                    "seed {seed}, after {written} on {on}"
                );
            }
        }
        let facts = &kept[0].facts;
        let mitigated = |f: &Facts| {
            f.risks.iter().any(|risk| risk.versions.iter().any(|v| v.fact.mitigation.open_until.is_some()))
        };
        assert!(written > 60 && mitigated(facts), "the test writes: {written}");
        assert!(facts.milestones.len() > 2 && facts.changes.len() > 2 && facts.first_baseline.is_some());
    }
}

#[tokio::test]
async fn a_transaction_that_commits_late_with_an_early_time_is_not_missed() {
    let test = TestApp::start().await;
    for title in ["Slow", "Quick"] {
        test.manager.post(&format!("{ATLAS}/risks"), json!({"title": title})).await.is(201);
    }
    let (db, program, on) = (&test.app.db, program(&test).await, day("2026-06-30"));
    let slow: Uuid =
        sqlx::query_scalar("select id from item where title = 'Slow'").fetch_one(db.raw()).await.unwrap();
    // It begins, and writes, before the facts are read …
    let mut late = db.raw().begin().await.unwrap();
    sqlx::query("select set_config('plumbline.now', '2026-06-01T00:00:00Z', true)")
        .execute(&mut *late)
        .await
        .unwrap();
    sqlx::query("update item set score = 25 where id = $1").bind(slow).execute(&mut *late).await.unwrap();
    let kept = Kept::load(db, program, on).await.unwrap();
    // … and commits after others did, and after they were brought up to date.
    test.manager.patch(&format!("{ATLAS}/risks/2"), 1, json!({"probability": 2, "impact": 2})).await.is(200);
    let kept = kept.renewed(db).await.unwrap();
    let score = |kept: &Kept| {
        kept.facts.risks.iter().find(|risk| risk.item == ItemId(slow)).unwrap().at(on).unwrap().score
    };
    assert_eq!(score(&kept), None, "it has not committed yet");
    late.commit().await.unwrap();
    let kept = kept.renewed(db).await.unwrap();
    assert_eq!(score(&kept), Some(25));
    assert_eq!(kept.facts, afresh(db, program, on).await);
}

#[tokio::test]
async fn what_did_not_change_is_shared_and_its_metrics_are_not_computed_again() {
    use plumbline::app::{access, measure};
    use plumbline::domain::metrics::{Metric, WINDOW_DAYS};
    let test = TestApp::start().await;
    test.manager
        .post(&format!("{ATLAS}/risks"), json!({"title": "No way back", "probability": 5, "impact": 5}))
        .await
        .is(201);
    test.manager.post(&format!("{ATLAS}/issues"), json!({"title": "Down", "severity": 1})).await.is(201);
    let measured = async |metric| {
        let entered = access::enter(&test.app, &test.manager.ctx(&test.clock), "ATLAS").await.unwrap();
        measure::one(&test.app, &entered, metric, WINDOW_DAYS).await.unwrap()
    };
    let before = [measured(Metric::RiskBurndown).await, measured(Metric::IssueResolutionTime).await];
    test.clock.hold_at(at("2026-06-30T13:00:00Z"));
    test.manager.post(&format!("{ATLAS}/issues/1/transitions"), json!({"to": "resolved"})).await.is(200);
    let after = [measured(Metric::RiskBurndown).await, measured(Metric::IssueResolutionTime).await];
    assert!(std::sync::Arc::ptr_eq(&before[0], &after[0]), "no risk was written");
    assert_ne!(before[1].value, after[1].value);
    // A target is part of what a metric is computed from.
    let version = test.manager.get(ATLAS).await.json()["version"].as_i64().unwrap();
    test.manager.patch(ATLAS, version, json!({"targets": {"on_time_tolerance_days": 3}})).await.is(200);
    assert!(!std::sync::Arc::ptr_eq(&after[0], &measured(Metric::RiskBurndown).await));
}
