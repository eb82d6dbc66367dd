//! The JSON API of items, as other programs hold on to it: what each kind takes and gives, who may write, what is refused and
//! how, and how lists are read.

use crate::support::api::{ATLAS, atlas, least, path, raise, with};
use crate::support::app::{Answer, TestUser};
use plumbline::domain::kind::Kind;
use reqwest::Method;
use serde_json::{Map, Value, json};

/// Every field that the contract gives a kind.
fn whole(kind: Kind, owner: &TestUser) -> Value {
    let own = match kind {
        Kind::Milestone => json!({"project": "GL", "kind": "release", "committed_on": "2026-09-01",
            "forecast_on": "2026-09-08", "owner": owner.email, "acceptance_criteria": "Books close."}),
        Kind::Activity => {
            json!({"project": "GL", "optimistic_days": 2.5, "likely_days": 4.25, "pessimistic_days": 9.0,
            "remaining_days": 3.0, "percent_complete": 25, "actual_start_on": "2026-06-22",
            "constraint": "start_no_earlier_than", "constraint_on": "2026-06-20", "deadline_on": "2026-07-31",
            "resources": [{"team": "Payments", "units": 50.0}, {"person": owner.email, "units": 100.0}]})
        }
        Kind::Risk => json!({"cause": "One vendor", "effect": "No feed", "probability": 4, "impact": 5,
            "response": "mitigate", "raised_on": "2026-05-04", "review_on": "2026-07-10",
            "proximity_on": "2026-08-01", "threatens": ["ATLAS-M1"], "schedule_effect_days": [1, 3, 9]}),
        Kind::Assumption => {
            json!({"impact_if_false": "Two weeks", "validate_by": "2026-07-20", "raised_on": "2026-05-04"})
        }
        Kind::Issue => {
            json!({"severity": 1, "raised_on": "2026-05-04", "due_on": "2026-07-03", "blocking": true,
            "blocked_team": "Payments", "owing_team": "Ledger"})
        }
        Kind::Dependency => json!({"provider": {"team": "Ledger"}, "consumer": {"project": "GL"},
            "needed_by": "2026-08-01", "promised_by": "2026-07-25", "acceptance_criteria": "A file a day",
            "raised_on": "2026-05-04", "provider_milestone": "ATLAS-M1", "consumer_milestone": "ATLAS-T1"}),
        Kind::Decision => json!({"context": "Two vendors", "options": [
                {"title": "Build", "benefits": "Fit", "costs": "Time", "risks": "Late"}, {"title": "Buy"}],
            "recommendation": "Buy", "needed_by": "2026-07-15", "requested_on": "2026-06-15",
            "if_undecided": "We wait."}),
        Kind::Change => {
            json!({"kinds": ["scope", "schedule", "cost"], "reason": "The law changed.", "adds": 1, "removes": 2,
            "redefines": 3, "schedule_days": 10, "cost": 1250.5,
            "rebaseline": [{"ref": "ATLAS-M1", "committed_on": "2026-10-01"}]})
        }
        Kind::Action => json!({"owner": owner.email, "due_on": "2026-07-07", "from": "ATLAS-R1"}),
        Kind::Gate => json!({"on": "2026-08-25", "milestone": "ATLAS-M1", "forum": "Steering",
            "sign_off_roles": ["engineering", "security"], "quorum": 1,
            "sign_off_holders": [{"role": "security", "person": owner.email}]}),
        Kind::Check => json!({"gate": "ATLAS-G1", "area": "security", "criterion": "No open finding",
            "mandatory": false, "due_on": "2026-08-20", "evidence_title": "Report",
            "evidence_url": "https://example.org/report"}),
        Kind::Release => json!({"milestone": "ATLAS-M1", "launch_on": "2026-09-01",
            "rollout_steps": [{"step": "Switch", "owner": "Ops", "minutes": 15.0}],
            "rollback_steps": [{"step": "Switch back", "owner": "Ops", "minutes": 5.0}],
            "communications": "Mail to all", "review": "Quiet"}),
        Kind::Report => {
            json!({"period_from": "2026-06-20", "period_to": "2026-06-26", "headline": "On course",
            "narrative": {"schedule": "Two slips"}, "declared": {"schedule": "amber"},
            "reasons": {"schedule": "The vendor confirmed"}, "decisions_needed": "The vendor",
            "next_steps": "Test"})
        }
        Kind::Benefit => json!({"measure": "Days to close", "unit": "days", "baseline": 12.0, "weight": 2.0,
            "plan": [{"on": "2026-01-01", "value": 12.0}, {"on": "2026-12-31", "value": 5.5}]}),
        Kind::Stakeholder => json!({"person": owner.email, "organisation": "Audit", "influence": 5,
            "interest": 3, "attitude_now": "sceptical", "attitude_wanted": "supportive", "channel": "A call",
            "cadence": "monthly", "next_contact_on": "2026-07-15", "needs": "Figures by the 5th"}),
        Kind::Meeting => json!({"on": "2026-07-06", "starts_at": "14:30:00", "minutes": 45,
            "forum": "Steering", "key": true, "attendees": [owner.email], "agenda": "The vendor",
            "notes": "None yet"}),
        Kind::Lesson => json!({"what_happened": "The feed broke", "cause": "No test",
            "change_to_make": "Test it", "from": "ATLAS-I1"}),
    };
    with(
        json!({"title": format!("Whole {}", kind.name()), "description": "**Why**", "tags": ["Q3", "law"]}),
        own,
    )
}

/// What comes back for what was given: itself, or the thing that it names.
fn said(given: &Value, got: &Value) -> bool {
    match (given, got) {
        (Value::String(name), Value::Object(thing)) => {
            thing.values().any(|part| part.as_str().is_some_and(|part| part.eq_ignore_ascii_case(name)))
                || name.contains('@') && thing["name"].is_string()
        }
        (Value::Object(given), Value::Object(got)) => {
            given.iter().all(|(name, value)| got.get(name).is_some_and(|got| said(value, got)))
        }
        (Value::Array(given), Value::Array(got)) => {
            given.len() == got.len() && given.iter().zip(got).all(|(given, got)| said(given, got))
        }
        _ => given == got,
    }
}

#[tokio::test]
async fn each_kind_keeps_every_field_of_the_contract() {
    let test = atlas().await;
    for kind in Kind::ALL {
        let body = whole(kind, &test.contributor);
        let made = test.manager.post(&path(kind), body.clone()).await.is(201);
        assert_eq!(made.header("location"), format!("{}/1", path(kind)));
        assert_eq!(made.header("etag"), "\"1\"");
        let shown = test.viewer.get(&format!("{}/1", path(kind))).await.is(200);
        assert_eq!(shown.header("etag"), "\"1\"");
        let item = shown.json();
        assert_eq!(item, made.json(), "the answer to a POST is the item");
        assert_eq!(item["ref"], format!("ATLAS-{}1", kind.code()));
        let state = if kind == Kind::Activity { "in_progress" } else { kind.first_state().name() };
        assert_eq!(item["state"], state);
        assert_eq!(
            (&item["number"], &item["version"], &item["archived_at"]),
            (&json!(1), &json!(1), &Value::Null)
        );
        let Value::Object(fields) = body else { panic!("an object") };
        for (name, given) in fields {
            let given = if name == "tags" { json!(["law", "q3"]) } else { given };
            if name != "threatens" {
                assert!(said(&given, &item[&name]), "{kind:?} {name}: gave {given}, got {}", item[&name]);
            }
        }
        for name in ["id", "created_at", "updated_at", "effective_on", "raised_on"] {
            assert!(item[name].is_string(), "{kind:?} has {name}: {item}");
        }
    }
    let links = test.viewer.get(&format!("{}/1/links", path(Kind::Risk))).await.is(200).json();
    assert!(
        links["items"].as_array().unwrap().iter().any(|link| {
            link["relation"] == "threatens" && link["direction"] == "to" && link["ref"] == "ATLAS-M1"
        }),
        "a risk threatens what it says: {links}"
    );
    let back = test.viewer.get(&format!("{}/1/links", path(Kind::Milestone))).await.json();
    assert!(
        back["items"].as_array().unwrap().iter().any(|link| {
            link["relation"] == "threatens" && link["direction"] == "from" && link["ref"] == "ATLAS-R1"
        }),
        "and the milestone knows it: {back}"
    );
    assert!(
        links["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|link| { link["relation"] == "mitigates" && link["ref"] == "ATLAS-ACT1" }),
        "an action that comes from a risk mitigates it: {links}"
    );
    let risk = test.viewer.get(&format!("{}/1", path(Kind::Risk))).await.json();
    assert_eq!((&risk["score"], &risk["effective_on"]), (&json!(20), &json!("2026-05-04")));
    let dependency = test.viewer.get(&format!("{}/1", path(Kind::Dependency))).await.json();
    assert_eq!(dependency["provider"]["team"]["name"], "Ledger");
    assert_eq!(dependency["consumer"]["project"]["key"], "GL");
}

#[tokio::test]
async fn each_kind_is_edited_over_the_version_that_was_read_archived_and_restored() {
    let test = atlas().await;
    for kind in Kind::ALL {
        raise(&test.manager, kind, json!({})).await;
        let one = format!("{}/1", path(kind));
        let unnamed = test.manager.api(Method::PATCH, &one).json(&json!({"title": "B"}));
        assert!(Answer::of(unnamed).await.problem(428)["detail"].as_str().unwrap().contains("If-Match"));
        let edited = test.manager.patch(&one, 1, json!({"title": "B", "reason": "clearer"})).await.is(200);
        assert_eq!((edited.header("etag"), &edited.json()["title"]), ("\"2\"", &json!("B")));
        let stale = test.manager.patch(&one, 1, json!({"title": "C"})).await.problem(412);
        assert!(stale["detail"].as_str().unwrap().contains("version 2"), "{stale}");
        assert_eq!(test.viewer.get(&one).await.json()["title"], "B", "nothing was overwritten");
        let same = test.manager.patch(&one, 2, json!({"title": "B"})).await.is(200).json();
        assert_eq!(same["version"], 2, "nothing changed, so nothing is written");

        test.manager.delete(&one).await.is(204);
        assert!(test.viewer.get(&one).await.is(200).json()["archived_at"].is_string(), "hidden, not gone");
        assert_eq!(test.viewer.get(&path(kind)).await.json()["total"], 0);
        assert_eq!(test.viewer.get(&format!("{}?archived=true", path(kind))).await.json()["total"], 1);
        test.manager.post(&format!("{one}/restore"), json!({})).await.is(200);
        assert_eq!(test.viewer.get(&path(kind)).await.json()["total"], 1);
        assert_eq!(raise(&test.manager, kind, json!({})).await["number"], 2);
        for odd in ["0", "99", "x", "-1", "99999999999"] {
            test.viewer.get(&format!("{}/{odd}", path(kind))).await.problem(404);
        }
    }
}

#[tokio::test]
async fn bad_input_of_every_kind_is_refused_by_field() {
    let test = atlas().await;
    raise(&test.manager, Kind::Gate, json!({})).await;
    let refuse = async |kind: Kind, more: Value, field: &str, words: &str| {
        let told = test.manager.post(&path(kind), with(least(kind), more)).await.refused(field);
        assert!(told.contains(words), "{kind:?} {field}: “{told}” should say “{words}”");
    };
    for kind in Kind::ALL {
        refuse(kind, json!({"titel": "x"}), "titel", "no field").await;
        refuse(kind, json!({"title": "x".repeat(301)}), "title", "At most 300").await;
        // A report without a title is given one.
        if kind != Kind::Report {
            refuse(kind, json!({"title": "  "}), "title", "needed").await;
        }
        refuse(kind, json!({"title": ["x"]}), "title", "text").await;
        refuse(kind, json!({"title": "a\u{7}b"}), "title", "U+0007").await;
        refuse(kind, json!({"description": "a\u{0}b"}), "description", "U+0000").await;
        refuse(kind, json!({"description": "x".repeat(50_001)}), "description", "At most 50000").await;
        refuse(kind, json!({"owner": "nobody@example.org"}), "owner", "nobody@example.org").await;
        refuse(kind, json!({"project": "NONE"}), "project", "NONE").await;
        refuse(kind, json!({"tags": {"a": 1}}), "tags", "list").await;
        refuse(kind, json!({"raised_on": "2026-02-30"}), "raised_on", "not a date").await;
        refuse(kind, json!({"raised_on": "2026-07-01"}), "raised_on", "not come yet").await;
        refuse(kind, json!({"effective_on": 20_260_701}), "effective_on", "YYYY-MM-DD").await;
        let post = test.manager.api(Method::POST, &path(kind)).header("content-type", "application/json");
        Answer::of(post.body("{\"title\": ")).await.problem(400);
        let huge = json!({"title": "x", "description": "x".repeat(plumbline::app::MAX_BODY)});
        test.manager.post(&path(kind), huge).await.problem(413);
        let there = usize::from(kind == Kind::Gate);
        assert_eq!(test.manager.get(&path(kind)).await.json()["total"], there, "nothing was written");
    }
    refuse(Kind::Milestone, json!({"kind": "party"}), "kind", "delivery").await;
    refuse(Kind::Milestone, json!({"confidence": 101}), "confidence", "0 to 100").await;
    refuse(Kind::Risk, json!({"probability": 6}), "probability", "1 to 5").await;
    refuse(Kind::Risk, json!({"impact": 2.5}), "impact", "whole number").await;
    refuse(Kind::Risk, json!({"response": "hope"}), "response", "mitigate").await;
    refuse(Kind::Risk, json!({"schedule_effect_days": [9, 3, 1]}), "schedule_effect_days", "optimistic")
        .await;
    refuse(Kind::Risk, json!({"threatens": ["ATLAS-M77"]}), "threatens", "ATLAS-M77").await;
    refuse(Kind::Risk, json!({"threatens": 7}), "threatens", "list").await;
    refuse(Kind::Issue, json!({"severity": null}), "severity", "needed").await;
    refuse(Kind::Issue, json!({"severity": "dire"}), "severity", "1 to 4").await;
    refuse(Kind::Issue, json!({"blocking": "perhaps"}), "blocking", "true or false").await;
    refuse(Kind::Issue, json!({"blocked_team": "Nobodies"}), "blocked_team", "Nobodies").await;
    refuse(Kind::Dependency, json!({"provider": {}}), "provider", "needed").await;
    refuse(
        Kind::Dependency,
        json!({"provider": {"team": "Ledger", "external": "X"}}),
        "provider",
        "not several",
    )
    .await;
    refuse(Kind::Dependency, json!({"provider": {"planet": "Mars"}}), "provider", "planet").await;
    let same = json!({"provider": {"team": "Ledger"}, "consumer": {"team": "Ledger"}});
    refuse(Kind::Dependency, same, "consumer", "same").await;
    refuse(Kind::Decision, json!({"options": [{"name": "x"}]}), "options", "name").await;
    refuse(Kind::Decision, json!({"options": [{"title": "A"}, {"title": "A"}]}), "options", "Two options")
        .await;
    refuse(Kind::Change, json!({"kinds": ["taste"]}), "kinds", "scope").await;
    refuse(Kind::Change, json!({"kinds": []}), "kinds", "needed").await;
    refuse(Kind::Change, json!({"cost": "much"}), "cost", "number").await;
    refuse(
        Kind::Change,
        json!({"rebaseline": [{"ref": "ATLAS-M9", "committed_on": "2026-10-01"}]}),
        "rebaseline",
        "ATLAS-M9",
    )
    .await;
    refuse(Kind::Change, json!({"rebaseline": {"ref": "x"}}), "rebaseline", "list").await;
    refuse(Kind::Action, json!({"from": "ATLAS-R9"}), "from", "ATLAS-R9").await;
    // All that is wrong is told at once.
    let answer = test.manager.post(&path(Kind::Risk), json!({"probability": 9, "review_on": "soon"})).await;
    let told = answer.problem(422)["errors"].as_array().unwrap().len();
    assert_eq!(told, 3, "title, probability and review_on: {}", answer.text);
}

#[tokio::test]
async fn a_person_is_named_by_mail_handle_id_or_name_and_made_by_managers_only() {
    let test = atlas().await;
    let ada = json!({"name": "Ada Lovelace", "handle": "@ada"});
    let ada = test.manager.post("/api/v1/people", ada).await.is(201).json();
    let owner_of = async |user: &TestUser, owner: Value| {
        raise(user, Kind::Risk, json!({"owner": owner})).await["owner"].clone()
    };
    for owner in [
        json!("@ada"),
        ada["id"].clone(),
        json!("ada lovelace"),
        json!({"id": ada["id"]}),
        json!({"handle": "@ada"}),
    ] {
        assert_eq!(owner_of(&test.contributor, owner.clone()).await["id"], ada["id"], "{owner}");
    }
    assert_eq!(owner_of(&test.contributor, json!("VIEWER@example.org")).await["name"], "Viewer");
    assert_eq!(owner_of(&test.contributor, Value::Null).await, Value::Null);
    let new = json!({"owner": {"name": "Grace Hopper"}, "title": "x"});
    test.contributor.post(&path(Kind::Risk), new.clone()).await.refused("owner");
    assert_eq!(test.manager.get("/api/v1/people?q=grace").await.json()["total"], 0);
    assert_eq!(owner_of(&test.manager, new["owner"].clone()).await["name"], "Grace Hopper");
    assert_eq!(owner_of(&test.manager, new["owner"].clone()).await["name"], "Grace Hopper");
    assert_eq!(test.manager.get("/api/v1/people?q=grace").await.json()["total"], 1, "known the second time");
    // A refused draft makes nobody.
    let wrong = json!({"owner": {"name": "Mary Shelley"}, "title": "x", "probability": 9});
    test.manager.post(&path(Kind::Risk), wrong).await.refused("probability");
    assert_eq!(test.manager.get("/api/v1/people?q=shelley").await.json()["total"], 0);
}

#[tokio::test]
async fn a_contributor_edits_what_they_own_and_a_viewer_nothing() {
    let test = atlas().await;
    for kind in Kind::ALL {
        // A check comes to the gate of a manager.
        let raises = if kind == Kind::Check { &test.manager } else { &test.contributor };
        let theirs = raise(raises, kind, json!({"owner": test.contributor.email})).await;
        let others = raise(&test.manager, kind, json!({"owner": test.manager.email})).await;
        let (theirs, others) =
            (format!("{}/{}", path(kind), theirs["number"]), format!("{}/{}", path(kind), others["number"]));
        test.contributor.patch(&theirs, 1, json!({"title": "Mine"})).await.is(200);
        test.contributor.patch(&others, 1, json!({"title": "Not mine"})).await.problem(403);
        test.contributor.delete(&others).await.problem(403);
        let to = kind.next_states(kind.first_state())[0].name();
        test.contributor
            .post(&format!("{others}/transitions"), json!({"to": to, "as": "provider"}))
            .await
            .problem(403);
        test.contributor.post(&format!("{others}/comments"), json!({"body": "Seen."})).await.is(201);
        // Given away, it is theirs no more; but who raised a change request writes on it while it is a draft.
        test.contributor.patch(&theirs, 2, json!({"owner": test.manager.email})).await.is(200);
        let still = test.contributor.patch(&theirs, 3, json!({"title": "Still mine?"})).await;
        still.is(if kind == Kind::Change { 200 } else { 403 });

        test.viewer.get(&others).await.is(200);
        test.viewer.post(&path(kind), least(kind)).await.problem(403);
        test.viewer.patch(&others, 1, json!({"title": "x"})).await.problem(403);
        test.viewer.delete(&others).await.problem(403);
        test.viewer.post(&format!("{others}/comments"), json!({"body": "x"})).await.problem(403);
        test.viewer
            .post(&format!("{others}/links"), json!({"relation": "relates", "to": "ATLAS-M1"}))
            .await
            .problem(403);
        test.stranger.get(&others).await.problem(404);
        test.stranger.patch(&others, 1, json!({"title": "x"})).await.problem(404);
        // The past can't be changed.
        test.manager
            .patch(&format!("{others}?as_of=2026-06-29"), 1, json!({"title": "x"}))
            .await
            .problem(403);
    }
}

#[tokio::test]
async fn two_writers_at_once_lose_nothing() {
    let test = atlas().await;
    raise(&test.manager, Kind::Risk, json!({})).await;
    let one = format!("{}/1", path(Kind::Risk));
    // What is written in the same instant counts as one version.
    test.clock.hold_at(test.clock.now() + chrono::TimeDelta::minutes(1));
    let edits = at_once(8, &test.manager, |user, n| async move {
        user.patch(&format!("{}/1", path(Kind::Risk)), 1, json!({"title": format!("Writer {n}")})).await
    });
    let statuses: Vec<_> = edits.await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 7, "{statuses:?}");
    let item = test.viewer.get(&one).await.json();
    assert_eq!(item["version"], 2);
    let history = test.viewer.get(&format!("{one}/history")).await.json();
    assert_eq!(history["total"], 2, "{history}");

    // Changes of state that don't say over which version they are made meet, too: one is told.
    let moves = at_once(4, &test.manager, |user, _| async move {
        user.post(&format!("{}/1/transitions", path(Kind::Risk)), json!({"to": "mitigating"})).await
    });
    let statuses: Vec<_> = moves.await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 412, 422].contains(status)), "{statuses:?}");

    // Numbers are given once each.
    let raised = at_once(8, &test.manager, |user, _| async move {
        user.post(&path(Kind::Issue), least(Kind::Issue)).await
    });
    let mut numbers: Vec<_> =
        raised.await.into_iter().map(|answer| answer.is(201).json()["number"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
}

/// Does something so many times at once.
async fn at_once<F>(times: usize, user: &TestUser, work: impl Fn(TestUser, usize) -> F) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let running: Vec<_> = (0..times).map(|n| tokio::spawn(work(user.clone(), n))).collect();
    let mut answers = Vec::new();
    for task in running {
        answers.push(task.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn a_post_with_a_key_raises_one_item() {
    let test = atlas().await;
    let send = async |title: &str| {
        let request = test.manager.api(Method::POST, &path(Kind::Risk)).header("idempotency-key", "once");
        Answer::of(request.json(&json!({"title": title}))).await
    };
    let (first, again) = (send("A").await.is(201), send("A").await.is(201));
    assert_eq!((first.header("location"), &first.text), (again.header("location"), &again.text));
    send("B").await.problem(422);
    assert_eq!(test.manager.get(&path(Kind::Risk)).await.json()["total"], 1);
}

#[tokio::test]
async fn comments_and_links_hang_on_items_of_any_kind() {
    let test = atlas().await;
    for kind in Kind::ALL {
        raise(&test.manager, kind, json!({})).await;
    }
    for kind in Kind::ALL {
        let one = format!("{}/1", path(kind));
        let made = test
            .contributor
            .post(&format!("{one}/comments"), json!({"body": "See ATLAS-R1\nand more"}))
            .await
            .is(201);
        assert_eq!(made.header("location"), format!("{one}/comments"));
        for wrong in [json!({"body": " "}), json!({"body": "a\u{0}b"}), json!({"body": "x".repeat(20_001)})] {
            test.contributor.post(&format!("{one}/comments"), wrong).await.refused("body");
        }
        test.contributor.post(&format!("{one}/comments"), json!({"text": "x"})).await.refused("text");
        let comments = test.viewer.get(&format!("{one}/comments")).await.json();
        assert_eq!(comments["items"][0]["body"], "See ATLAS-R1\nand more", "{comments}");
        test.contributor
            .post(&format!("{one}/links"), json!({"relation": "likes", "to": "ATLAS-R1"}))
            .await
            .refused("relation");
        test.contributor
            .post(&format!("{one}/links"), json!({"relation": "relates", "to": "ATLAS-R99"}))
            .await
            .refused("to");
        if kind != Kind::Risk {
            test.contributor
                .post(&format!("{one}/links"), json!({"relation": "blocks", "to": "atlas-r1"}))
                .await
                .is(201);
        }
    }
    test.contributor
        .post(&format!("{}/1/links", path(Kind::Risk)), json!({"relation": "relates", "to": "ATLAS-R1"}))
        .await
        .refused("to");
    let links = test.viewer.get(&format!("{}/1/links", path(Kind::Risk))).await.json();
    let of = |relation: &str| {
        links["items"].as_array().unwrap().iter().filter(|link| link["relation"] == relation).count()
    };
    let others = Kind::ALL.len() - 1;
    assert_eq!((of("blocks"), of("mentions")), (others, others), "two-way: {links}");
    let issue = format!("{}/1/links", path(Kind::Issue));
    test.contributor.delete(&format!("{issue}/blocks/ATLAS-R1")).await.is(204);
    assert_eq!(test.viewer.get(&issue).await.json()["total"], 0);
}

#[tokio::test]
async fn nothing_is_half_written_when_one_of_several_writes_fails() {
    let test = atlas().await;
    for _ in 1..=2 {
        raise(&test.manager, Kind::Milestone, json!({"committed_on": "2026-09-01"})).await;
    }
    raise(&test.manager, Kind::Risk, json!({})).await;
    let both = |second: &str| json!([{"ref": "ATLAS-M1", "committed_on": "2026-10-01"}, {"ref": second, "committed_on": "2026-11-01"}]);
    let body = json!({"kinds": ["schedule"], "rebaseline": both("ATLAS-M2"), "adds": ["Something new"]});
    raise(&test.manager, Kind::Change, body).await;
    let change = format!("{}/1/transitions", path(Kind::Change));
    test.manager.post(&change, json!({"to": "submitted"})).await.is(200);
    let cancelled = json!({"to": "cancelled"});
    test.manager.post(&format!("{}/2/transitions", path(Kind::Milestone)), cancelled).await.is(200);
    test.manager.post(&change, json!({"to": "approved"})).await.refused("rebaseline");
    let left = test.viewer.get(&format!("{}/1", path(Kind::Change))).await.json();
    assert_eq!((&left["state"], &left["version"]), (&json!("submitted"), &json!(2)));
    assert_eq!(test.viewer.get(&path(Kind::Milestone)).await.json()["total"], 2, "nothing was added");
    for second in ["ATLAS-R1", "ATLAS-M1", "ATLAS-M2"] {
        let body = json!({"name": "B", "reason": "So", "items": both(second)});
        test.manager.post(&format!("{ATLAS}/baselines"), body).await.refused("items");
    }
    assert_eq!(
        test.viewer.get(&format!("{}/1", path(Kind::Milestone))).await.json()["committed_on"],
        "2026-09-01"
    );
    assert_eq!(test.viewer.get(&format!("{ATLAS}/baselines")).await.json()["total"], 1, "the original alone");
    let unknown = Map::from_iter([("relation".to_owned(), json!("x"))]);
    test.manager.post(&format!("{}/1/links", path(Kind::Risk)), Value::Object(unknown)).await.problem(422);
}

#[tokio::test]
async fn two_requests_that_name_the_same_new_person_make_one() {
    let test = atlas().await;
    let raised = at_once(6, &test.manager, |user, _| async move {
        let body = with(least(Kind::Action), json!({"owner": {"name": "Grace Hopper"}}));
        user.post(&path(Kind::Action), body).await
    });
    let owners: Vec<_> =
        raised.await.into_iter().map(|answer| answer.is(201).json()["owner"].clone()).collect();
    assert!(owners.iter().all(|owner| *owner == owners[0]), "{owners:?}");
    let found = test.viewer.get("/api/v1/people?q=grace").await.json();
    assert_eq!(found["total"], 1, "{found}");
    // On the page of people two may share a name.
    for _ in 0..2 {
        test.manager.post("/api/v1/people", json!({"name": "Mary Jones"})).await.is(201);
    }
    assert_eq!(test.viewer.get("/api/v1/people?q=mary").await.json()["total"], 2);
}

#[tokio::test]
async fn a_person_named_oddly_or_by_who_may_not_add_people_is_refused_with_the_reason() {
    let test = atlas().await;
    let odd = with(least(Kind::Risk), json!({"owner": {"name": "Grace Hopper", "bogus": 1}}));
    let told = test.manager.post(&path(Kind::Risk), odd).await.refused("owner");
    assert!(told.contains("bogus"), "{told}");
    assert_eq!(test.viewer.get("/api/v1/people?q=grace").await.json()["total"], 0);
    let new = with(least(Kind::Risk), json!({"owner": {"name": "Grace Hopper"}}));
    let told = test.contributor.post(&path(Kind::Risk), new).await.refused("owner");
    assert!(told.contains("Only managers of the program can add people"), "{told}");
    // A plain name is nobody new, whoever gives it.
    let plain = with(least(Kind::Risk), json!({"owner": "Grace Hopper"}));
    let told = test.manager.post(&path(Kind::Risk), plain).await.refused("owner");
    assert!(told.contains("There is no person") && !told.contains("managers"), "{told}");
    // Whom a decision is escalated to may be new, too.
    raise(&test.manager, Kind::Decision, json!({"owner": test.contributor.email})).await;
    let body = json!({"to": "waiting", "escalated_to": {"name": "Ada Lovelace"}});
    let one = format!("{}/1/transitions", path(Kind::Decision));
    assert!(
        test.contributor.post(&one, body.clone()).await.refused("escalated_to").contains("Only managers")
    );
    assert_eq!(test.manager.post(&one, body).await.is(200).json()["escalated_to"]["name"], "Ada Lovelace");
}

#[tokio::test]
async fn any_version_is_matched_by_a_star() {
    let test = atlas().await;
    raise(&test.manager, Kind::Risk, json!({})).await;
    let one = format!("{}/1", path(Kind::Risk));
    let send = async |tag: &str, title: &str| {
        let request = test.manager.api(Method::PATCH, &one).header("if-match", tag);
        Answer::of(request.json(&json!({"title": title}))).await
    };
    assert_eq!(send("*", "First").await.is(200).json()["version"], 2);
    assert_eq!(send("*", "Second").await.is(200).json()["version"], 3);
    send("\"2\"", "Third").await.problem(412);
    send("x", "Third").await.problem(400);
    let gone = test.manager.api(Method::PATCH, &format!("{}/9", path(Kind::Risk))).header("if-match", "*");
    Answer::of(gone.json(&json!({"title": "x"}))).await.problem(404);
    let program = test.manager.api(Method::PATCH, ATLAS).header("if-match", "*");
    assert_eq!(Answer::of(program.json(&json!({"name": "Atlas II"}))).await.is(200).json()["version"], 2);
    let away = test.manager.api(Method::DELETE, &one).header("if-match", "*");
    Answer::of(away).await.is(204);
}

#[tokio::test]
async fn a_person_is_an_id_with_a_name_in_every_answer() {
    let test = atlas().await;
    let (manager, viewer) = (
        json!({"id": test.manager.person, "name": "Manager"}),
        json!({"id": test.viewer.person, "name": "Viewer"}),
    );
    let get = async |path: &str| test.admin.get(path).await.is(200).json();
    let team = json!({"name": "Core", "lead": {"id": test.viewer.person}});
    let team = test.manager.post("/api/v1/teams", team).await.is(201).json();
    let one = format!("/api/v1/teams/{}", team["id"].as_str().unwrap());
    test.manager.put(&format!("{one}/members/viewer@example.org"), json!({})).await.is(200);
    assert_eq!(get(&one).await["lead"], viewer);
    let member = get(&one).await["members"][0].clone();
    assert_eq!((&member["id"], &member["name"]), (&viewer["id"], &viewer["name"]));
    let core =
        |page: &Value| page["items"].as_array().unwrap().iter().find(|team| team["name"] == "Core").cloned();
    assert_eq!(core(&get("/api/v1/teams").await).unwrap()["lead"], viewer);
    // What an answer gives is taken back.
    test.manager.patch(&one, 1, json!({"lead": manager})).await.is(200);
    assert_eq!(get(&one).await["lead"], manager);

    raise(&test.manager, Kind::Risk, json!({"owner": viewer})).await;
    let risk = format!("{}/1", path(Kind::Risk));
    let said = test.manager.post(&format!("{risk}/comments"), json!({"body": "Seen."})).await.is(201).json();
    assert_eq!(said["author"], manager);
    assert_eq!(get(&format!("{risk}/comments")).await["items"][0]["author"], manager);
    test.manager.patch(&risk, 1, json!({"owner": test.manager.email})).await.is(200);
    let version = get(&format!("{risk}/history")).await["items"].as_array().unwrap().last().cloned().unwrap();
    assert_eq!(version["recorded_by"], manager);
    assert_eq!(version["changes"]["owner"], json!({"from": viewer, "to": manager}));
    let trail = get(&format!("{ATLAS}/history")).await;
    let handed = trail["items"].as_array().unwrap().iter().find(|event| event["name"] == "handed").unwrap();
    assert_eq!((&handed["actor"], &handed["data"]), (&manager, &json!({"from": viewer, "to": manager})));
    let members = get(&format!("{ATLAS}/members")).await;
    assert!(
        members["items"].as_array().unwrap().iter().any(|member| member["person"] == manager),
        "{members}"
    );
    let accounts = get("/api/v1/accounts").await;
    assert!(
        accounts["items"].as_array().unwrap().iter().any(|account| account["person"] == viewer),
        "{accounts}"
    );
    test.manager.patch(ATLAS, 1, json!({"sponsor": viewer})).await.is(200);
    let portfolio = get("/api/v1/portfolio").await;
    assert_eq!(portfolio["items"][0]["sponsor"], viewer);
    assert_eq!(get(ATLAS).await["sponsor"], viewer);
}
