//! Facts that are cut out of a history, which is brought up to date after a write, are those that are read anew: whatever was
//! written, whichever day is asked for, and whenever the transaction commits. So is what is computed from them and from the network, in an application that knows what was before and in
//! one that begins.

use crate::support::app::{TestApp, TestUser, at, day};
use chrono::NaiveDate;
use plumbline::app::{App, Ctx, access, measure, plan};
use plumbline::domain::facts::Facts;
use plumbline::domain::ids::{ItemId, ProgramId};
use plumbline::domain::kind::Kind;
use plumbline::domain::metrics::{Metric, WINDOW_DAYS};
use plumbline::store::Db;
use plumbline::store::facts::{History, Reach, load, set_up};
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

/// The facts of a day, cut out of the history.
async fn cut(db: &Db, history: &History, program: ProgramId, on: NaiveDate) -> Facts {
    history.on(on, set_up(db, program, on).await.unwrap())
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
        Kind::Report => json!({"period_from": "2025-06-01", "period_to": on - chrono::Days::new(60)}),
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
            let more = json!({"description": format!("{}", random.below(9)), "effective_on": effective, "reason": "So",
                "title": format!("Called {}", random.below(3))});
            user.patch(&one, version, merged(fields(random, kind), more)).await
        }
        6 | 7 => {
            let to = random.pick(kind.states()).name();
            let body = json!({"to": to, "on": effective, "as": "provider", "until": "2026-08-01", "option": "That", "reason": "So"});
            user.post(&format!("{one}/transitions"), body).await
        }
        8 if random.below(3) > 0 => {
            let item =
                |random: &mut Random| format!("ATLAS-{}{}", random.pick(&["T", "M"]), 1 + random.below(4));
            let (predecessor, successor) = (item(random), item(random));
            let links = format!("{ATLAS}/links");
            let known = user.get(&links).await.json();
            match known["items"].as_array().and_then(|all| all.first()) {
                Some(first) if random.below(4) == 0 => {
                    user.delete(&format!("{links}/{}", first["id"].as_str().unwrap())).await
                }
                _ => {
                    let body = json!({"predecessor": predecessor, "successor": successor, "lag_days": random.below(9)});
                    user.post(&links, body).await
                }
            }
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
        let db = &test.app.db;
        // The one reaches as far as any of the days needs it; the other from the first writes on.
        let mut histories = [
            History::load(db, program, day("2025-01-01")).await.unwrap(),
            History::load(db, program, Reach::measures(days[1]).since).await.unwrap(),
        ];
        for kind in Kind::ALL.into_iter().cycle().take(3 * Kind::ALL.len()) {
            let mut body = fields(&mut random, kind);
            body["title"] = json!("One of the first");
            body["effective_on"] = json!("2026-03-02");
            test.manager.post(&format!("{ATLAS}/{}", kind.plural()), body).await.is(201);
        }
        let (mut written, mut networked) = (0, 0);
        for _ in 0..60 {
            for _ in 0..=random.below(4) {
                written += usize::from(write(&test.manager, &mut random).await);
                record(&test, &mut random).await;
            }
            // A whole number of weeks ago, so that ends of weeks are shared, or any day.
            let weeks = days[0] - chrono::Days::new(7 * random.below(6) as u64);
            let past = if random.below(2) == 0 { weeks } else { random.day(46) };
            for history in &mut histories {
                *history = history.renewed(db).await.unwrap();
                for on in [days[0], days[1], past] {
                    let cut = cut(db, history, program, on).await;
                    assert_eq!(cut, afresh(db, program, on).await, "seed {seed}, after {written} on {on}");
                }
            }
            // What the tables got past the application moved no pulse.
            test.manager.post(&format!("{ATLAS}/lessons"), json!({"title": "On"})).await.is(201);
            networked += usize::from(same_in_both(&test, &[days[0], days[1], past]).await);
        }
        assert!(networked > 20, "there is a critical path: {networked}");
        let facts = &cut(db, &histories[0], program, days[0]).await;
        let mitigated = |f: &Facts| {
            f.risks.iter().any(|risk| risk.versions.iter().any(|v| v.fact.mitigation.open_until.is_some()))
        };
        assert!(written > 60 && mitigated(facts), "the test writes: {written}");
        let governed = &facts.governance;
        assert!(
            governed.versions() > 60 && governed.gates.len() > 2 && governed.checks.len() > 2,
            "{governed:?}"
        );
        assert!(
            !governed.answers.is_empty() && !governed.outcomes.is_empty() && !governed.ratings.is_empty()
        );
        assert!(facts.milestones.len() > 2 && facts.changes.len() > 2 && facts.first_baseline.is_some());
    }
}

/// Health and what the network makes of it are the same in the application that has computed them before and in one that begins;
/// whether anything is critical.
async fn same_in_both(test: &TestApp, days: &[NaiveDate]) -> bool {
    let begun = App::new(test.app.db.clone(), test.clock.clone());
    let ids: Vec<Uuid> =
        sqlx::query_scalar("select id from item order by id").fetch_all(test.app.db.raw()).await.unwrap();
    let mut critical = false;
    for on in days {
        let ctx = Ctx { as_of: Some(*on), ..test.manager.ctx(&test.clock) };
        let entered = access::enter(&test.app, &ctx, "ATLAS").await.unwrap();
        let warm = measure::health(&test.app, &entered).await.unwrap();
        assert_eq!(warm, measure::health(&begun, &entered).await.unwrap(), "on {on}");
        for metric in [Metric::CriticalPathStability, Metric::ScheduleQuality] {
            let warm = measure::one(&test.app, &entered, metric, WINDOW_DAYS).await.unwrap();
            let cold = measure::one(&begun, &entered, metric, WINDOW_DAYS).await.unwrap();
            assert_eq!(warm.value, cold.value, "{} on {on}", metric.name());
        }
        let dates = async |app: &App| {
            let plan = plan::if_any(app, &entered).await.unwrap()?;
            let dated = ids.iter().filter_map(|id| plan.find(ItemId(*id))).map(|ix| plan.dates(ix));
            Some(
                dated
                    .map(|dates| (dates.early_start, dates.early_finish, dates.critical))
                    .collect::<Vec<_>>(),
            )
        };
        let (warm, cold) = (dates(&test.app).await, dates(&begun).await);
        assert_eq!(warm, cold, "on {on}");
        critical |= cold.is_some_and(|all| all.iter().any(|(.., critical)| *critical));
    }
    critical
}

/// One write at random of what is recorded beside the items, past the application.
async fn record(test: &TestApp, random: &mut Random) {
    let one = |kind: &str| format!("(select id from item where kind = '{kind}' order by number limit 1)");
    let on = random.day(120);
    let value = 1 + random.below(5);
    let statement = match random.below(12) {
        0 => format!(
            "insert into release_event (id, program, release, kind, \"on\", count, effective_on)
             select gen_random_uuid(), id, {}, 'incident', '{on}', {value}, '{on}' from program",
            one("release")
        ),
        1 => format!(
            "insert into rework (id, program, item, \"on\", what, effective_on)
             select gen_random_uuid(), id, {}, '{on}', 'Again', '{on}' from program",
            one("risk")
        ),
        2 => "delete from rework where id = (select id from rework order by id limit 1)".to_owned(),
        3 => format!(
            "insert into measurement (id, program, benefit, adoption_target, \"on\", value, effective_on)
             select gen_random_uuid(), id, {}, (select id from adoption_target order by id limit 1), '{on}', {value}, '{on}'
             from program",
            one("benefit")
        ),
        4 => format!(
            "insert into adoption_target (id, program, benefit, title, target, due_on, effective_on)
             select gen_random_uuid(), id, {}, 'Uses', {value}, '{on}', '{on}' from program",
            one("benefit")
        ),
        5 => format!(
            "with asked as (
                 insert into survey (id, program, number, title, opened_on, effective_on)
                 select gen_random_uuid(), id, 1 + (select count(*) from survey), 'Well?', '{on}', '{on}' from program
                 returning id, program)
             insert into survey_invitation (id, program, survey, stakeholder, invited_on, effective_on)
             select gen_random_uuid(), program, id, {}, '{on}', '{on}' from asked",
            one("stakeholder")
        ),
        6 => format!(
            "insert into survey_answer (id, program, survey, invitation, value, \"on\", effective_on)
             select gen_random_uuid(), program, survey, id, {value}, '{on}', '{on}' from survey_invitation v
             where not exists (select from survey_answer a where a.invitation = v.id) limit 1"
        ),
        7 => format!(
            "insert into report_rating (report, person, program, value, \"on\", effective_on)
             select {}, (select id from person order by id limit 1), id, {value}, '{on}', '{on}' from program
             on conflict (report, person) do update set value = excluded.value,
                 effective_on = greatest(excluded.effective_on, report_rating.effective_on)",
            one("report")
        ),
        8 => format!(
            "insert into meeting_item (meeting, item, part, program, effective_on)
             select {}, {}, 'outcome', id, '{on}' from program on conflict do nothing",
            one("meeting"),
            one(random.pick(&["decision", "action", "risk"]))
        ),
        9 => "delete from meeting_item".to_owned(),
        10 => format!(
            "insert into budget_line (id, program, category, period_on, planned, effective_on)
             select gen_random_uuid(), id, 'People', date_trunc('month', '{on}'::date)::date, {value}, '{on}' from program"
        ),
        _ => format!(
            "update budget_line set forecast = {value}, effective_on = greatest(effective_on, '{on}')
             where id = (select id from budget_line order by id desc limit 1)"
        ),
    };
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(test.app.db.raw()).await.unwrap();
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
    let kept = History::load(db, program, Reach::measures(on).since).await.unwrap();
    // … and commits after others did, and after they were brought up to date.
    test.manager.patch(&format!("{ATLAS}/risks/2"), 1, json!({"probability": 2, "impact": 2})).await.is(200);
    let kept = kept.renewed(db).await.unwrap();
    let score = async |history: &History| {
        let facts = cut(db, history, program, on).await;
        facts.risks.iter().find(|risk| risk.item == ItemId(slow)).unwrap().at(on).unwrap().score
    };
    assert_eq!(score(&kept).await, None, "it has not committed yet");
    late.commit().await.unwrap();
    let kept = kept.renewed(db).await.unwrap();
    assert_eq!(score(&kept).await, Some(25));
    assert_eq!(cut(db, &kept, program, on).await, afresh(db, program, on).await);
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
