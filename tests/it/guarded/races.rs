//! What many ask for at the same moment is done once.

use crate::support::api::{ATLAS, atlas, raise};
use crate::support::app::{Answer, TestApp};
use futures_util::future::join_all;
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};
use sqlx::PgPool;

/// The same request, so many times at once; the answers.
async fn at_once(test: &TestApp, times: usize, path: &str, body: &Value) -> Vec<Answer> {
    join_all((0..times).map(|_| test.manager.post(path, body.clone()))).await
}

#[tokio::test]
async fn who_is_invited_many_times_at_once_has_one_link() {
    let test = atlas().await;
    for title in ["Sponsor", "Controlling", "Care"] {
        raise(&test.manager, Kind::Stakeholder, json!({"title": title})).await;
    }
    let surveys = format!("{ATLAS}/surveys");
    test.manager.post(&surveys, json!({"title": "Served?", "question": "How?"})).await.is(201);
    let (path, who) = (format!("{surveys}/1/invitations"), json!({"stakeholders": ["SH1", "SH2", "SH3"]}));
    for answer in at_once(&test, 10, &path, &who).await {
        answer.is(201);
    }
    let links = "select count(*) from survey_invitation";
    let count: i64 = sqlx::query_scalar(links).fetch_one(test.app.db.raw()).await.unwrap();
    assert_eq!(count, 3, "one each");
    assert_eq!(test.manager.get(&path).await.is(200).json()["total"], 3);
    test.manager.post(&path, who).await.is(201);
    let versions: i64 =
        sqlx::query_scalar("select count(*) from history.survey_invitation where until_on = 'infinity'")
            .fetch_one(test.app.db.raw())
            .await
            .unwrap();
    assert_eq!(versions, 3, "and one of each holds");
}

/// What was invited twice before that could not be any more: (survey, stakeholder, when), in their order, and who answered which.
async fn invited_twice(pool: &PgPool) {
    sqlx::raw_sql(
        "drop index survey_invitation_once;
         create index survey_invitation_survey on survey_invitation (survey);
         insert into survey_invitation (id, program, survey, stakeholder, secret_hash, invited_on, effective_on)
         select gen_random_uuid(), v.program, v.survey, v.stakeholder, sha256(n::text::bytea), v.invited_on + n, v.effective_on + n
         from survey_invitation v, generate_series(1, 3) n;
         insert into survey_answer (id, program, survey, invitation, value, \"on\", effective_on)
         select gen_random_uuid(), v.program, v.survey, v.id, 1 + v.invited_on - date '2026-06-30', v.invited_on, v.invited_on
         from survey_invitation v where v.invited_on in ('2026-07-01', '2026-07-02')",
    )
    .execute(pool)
    .await
    .expect("it was possible");
}

#[tokio::test]
async fn of_those_who_were_invited_twice_the_earliest_link_is_kept_and_every_answer() {
    let test = atlas().await;
    raise(&test.manager, Kind::Stakeholder, json!({"title": "Sponsor"})).await;
    let surveys = format!("{ATLAS}/surveys");
    test.manager.post(&surveys, json!({"title": "Served?", "question": "How?"})).await.is(201);
    let who = json!({"stakeholders": ["SH1"]});
    test.manager.post(&format!("{surveys}/1/invitations"), who.clone()).await.is(201);
    let pool = test.app.db.raw();
    let first: uuid::Uuid =
        sqlx::query_scalar("select id from survey_invitation").fetch_one(pool).await.unwrap();
    invited_twice(pool).await;
    let mut tx = pool.begin().await.unwrap();
    sqlx::raw_sql(include_str!("../../../migrations/0024_one_invitation.sql"))
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let kept: Vec<uuid::Uuid> =
        sqlx::query_scalar("select id from survey_invitation").fetch_all(pool).await.unwrap();
    assert_eq!(kept, [first]);
    let answers: Vec<(i16, Option<uuid::Uuid>)> =
        sqlx::query_as("select value, invitation from survey_answer order by value")
            .fetch_all(pool)
            .await
            .unwrap();
    assert_eq!(answers, [(2, None), (3, Some(first))], "the latest is the one that was asked for");
    test.manager.post(&format!("{surveys}/1/invitations"), who).await.is(201);
}

#[tokio::test]
async fn an_assumption_becomes_one_risk_however_often_it_is_asked_at_once() {
    let test = atlas().await;
    raise(&test.manager, Kind::Assumption, json!({"title": "Rates stay"})).await;
    let path = format!("{ATLAS}/assumptions/1/become");
    let answers = at_once(&test, 10, &path, &json!({"kind": "risk"})).await;
    let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(refused.refused(""), "It became ATLAS-R1 already.");
    }
    assert_eq!(test.manager.get(&format!("{ATLAS}/risks")).await.json()["total"], 1);
    test.manager.post(&path, json!({"kind": "issue"})).await.is(201);
}

/// Waits until somebody waits for a row of this database.
async fn somebody_waits(pool: &PgPool) {
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(pool).await.unwrap() == 0 {}
}

#[tokio::test]
async fn a_signature_that_crosses_the_verdict_comes_too_late() {
    let test = atlas().await;
    let gate = json!({"title": "Launch", "on": "2026-07-10", "sign_off_roles": ["Support"],
        "sign_off_holders": [{"role": "Support", "person": test.manager.email}]});
    test.manager.post(&format!("{ATLAS}/gates"), gate).await.is(201);
    test.manager.post(&format!("{ATLAS}/gates/1/transitions"), json!({"to": "in_review"})).await.is(200);
    let pool = test.app.db.raw();
    let mut deciding = pool.begin().await.unwrap();
    sqlx::query("update item set state = 'go', version = version + 1 where kind = 'gate'")
        .execute(&mut *deciding)
        .await
        .unwrap();
    let path = format!("{ATLAS}/gates/1/sign-offs");
    let signing = test.manager.post(&path, json!({"role": "Support", "verdict": "no_go"}));
    let (signed, ()) = tokio::join!(signing, async {
        somebody_waits(pool).await;
        deciding.commit().await.unwrap();
    });
    assert!(signed.refused("verdict").contains("has said"), "{}", signed.text);
    assert_eq!(test.manager.get(&path).await.json()["total"], 0);
}

#[tokio::test]
async fn a_gate_begins_from_a_checklist_once() {
    let test = atlas().await;
    raise(&test.manager, Kind::Gate, json!({})).await;
    let lists = test.manager.get(&format!("{ATLAS}/checklists")).await.is(200).json();
    let list = &lists["items"][0];
    let path = format!("{ATLAS}/gates/1/checklist");
    for answer in at_once(&test, 10, &path, &json!({"checklist": list["name"]})).await {
        assert!([200, 201].contains(&answer.status), "{}: {}", answer.status, answer.text);
    }
    let checks = test.manager.get(&format!("{ATLAS}/gates/1/checks?limit=500")).await.json();
    let mut criteria: Vec<&Value> =
        checks["items"].as_array().unwrap().iter().map(|check| &check["criterion"]).collect();
    let all = criteria.len();
    criteria.sort_by_key(ToString::to_string);
    criteria.dedup();
    assert_eq!(all, criteria.len(), "each stands there once");
    assert!(all > 1);
}
