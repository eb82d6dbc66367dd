//! History in the JSON API: everything as it stood on a day, who wrote what and why, and from when a change may hold.

use crate::support::api::{ATLAS, needed, post};
use crate::support::app::TestApp;
use plumbline::domain::kind::Kind;
use serde_json::json;

/// A risk with a life: raised in May, scored up in the middle of it, closed in June.
async fn with_a_past() -> TestApp {
    let test = TestApp::start().await;
    let body = json!({"title": "Vendor may be late", "probability": 2, "impact": 3, "effective_on": "2026-05-04", "raised_on": "2026-05-04"});
    post(&test.manager, "risks", body).await;
    let worse = json!({"probability": 5, "impact": 5, "title": "Vendor is late", "effective_on": "2026-05-18", "reason": "They said so"});
    test.manager.patch(&format!("{ATLAS}/risks/1"), 1, worse).await.is(200);
    let closed = json!({"to": "closed", "on": "2026-06-10", "reason": "Delivered after all"});
    test.manager.post(&format!("{ATLAS}/risks/1/transitions"), closed).await.is(200);
    test
}

#[tokio::test]
async fn an_item_and_every_list_of_it_are_read_as_of_a_day() {
    let test = with_a_past().await;
    let item = async |day: &str| test.viewer.get(&format!("{ATLAS}/risks/1?as_of={day}")).await;
    item("2026-05-03").await.problem(404);
    for (day, title, score, state) in [
        ("2026-05-04", "Vendor may be late", 6, "open"),
        ("2026-05-17", "Vendor may be late", 6, "open"),
        ("2026-05-18", "Vendor is late", 25, "open"),
        ("2026-06-09", "Vendor is late", 25, "open"),
        ("2026-06-10", "Vendor is late", 25, "closed"),
        ("2026-06-30", "Vendor is late", 25, "closed"),
        // A day that has not come shows what is known today.
        ("2030-01-01", "Vendor is late", 25, "closed"),
    ] {
        let shown = item(day).await.is(200).json();
        assert_eq!(
            (&shown["title"], &shown["score"], &shown["state"]),
            (&json!(title), &json!(score), &json!(state)),
            "{day}"
        );
        for list in ["risks", "raid"] {
            let listed = test.viewer.get(&format!("{ATLAS}/{list}?as_of={day}")).await.is(200).json();
            assert_eq!(listed["items"][0]["title"], title, "{list} on {day}");
            assert_eq!(listed["items"][0]["score"], score, "{list} on {day}");
        }
        let open = test.viewer.get(&format!("{ATLAS}/risks?open=true&as_of={day}")).await.json();
        assert_eq!(open["total"] == 1, state == "open", "{day}");
    }
    assert_eq!(test.viewer.get(&format!("{ATLAS}/risks?as_of=2026-05-03")).await.json()["total"], 0);
    // Pages say the same.
    assert!(
        test.viewer
            .page("/programs/ATLAS/risks/1?as_of=2026-05-10")
            .await
            .is(200)
            .text
            .contains("Vendor may be late")
    );
    test.viewer.page("/programs/ATLAS/risks/1?as_of=2026-05-03").await.is(404);
    // Before the program there was nothing.
    for kind in Kind::ALL {
        let list =
            test.viewer.get(&format!("{ATLAS}/{}?as_of=2020-01-01", kind.plural())).await.is(200).json();
        assert_eq!(list["total"], 0);
    }
    for path in [
        "health",
        "metrics",
        "metrics/risk_burndown",
        "baselines",
        "projects",
        "history",
        "members",
        "changes-since",
    ] {
        test.viewer.get(&format!("{ATLAS}/{path}?as_of=2020-01-01")).await.is(200);
        test.viewer.get(&format!("{ATLAS}/{path}?as_of=2026-05-20")).await.is(200);
        test.viewer.get(&format!("{ATLAS}/{path}?as_of=later")).await.problem(400);
    }
    for path in [
        "/api/v1/portfolio",
        "/api/v1/me/work",
        "/api/v1/search?q=vendor",
        "/api/v1/programs",
        "/api/v1/people",
        "/api/v1/teams",
    ] {
        let and = if path.contains('?') { '&' } else { '?' };
        test.viewer.get(&format!("{path}{and}as_of=2026-05-20")).await.is(200);
        test.viewer.get(&format!("{path}{and}as_of=2026-02-30")).await.problem(400);
    }
}

#[tokio::test]
async fn an_items_history_says_who_changed_what_when_and_why() {
    let test = with_a_past().await;
    let history = test.viewer.get(&format!("{ATLAS}/risks/1/history")).await.is(200).json();
    let versions = history["items"].as_array().unwrap();
    assert_eq!((versions.len(), &history["ref"]), (3, &json!("ATLAS-R1")));
    assert_eq!(versions[1]["effective_on"], "2026-05-18");
    assert_eq!(versions[1]["recorded_at"], "2026-06-30T12:00:00Z");
    assert_eq!(versions[1]["recorded_by"], json!({"id": test.manager.person, "name": "Manager"}));
    assert_eq!(versions[1]["reason"], "They said so");
    assert_eq!(versions[1]["changes"]["probability"], json!({"from": 2, "to": 5}));
    assert_eq!(
        versions[1]["changes"]["title"],
        json!({"from": "Vendor may be late", "to": "Vendor is late"})
    );
    assert_eq!(
        (&versions[2]["changes"]["state"]["to"], &versions[2]["reason"]),
        (&json!("closed"), &json!("Delivered after all"))
    );
    let earlier = test.viewer.get(&format!("{ATLAS}/risks/1/history?as_of=2026-05-20")).await.is(200).json();
    assert_eq!(earlier["total"], 2);

    let trail = test.viewer.get(&format!("{ATLAS}/history")).await.is(200).json();
    let of =
        |name: &str| trail["items"].as_array().unwrap().iter().find(|event| event["name"] == name).cloned();
    let moved = of("moved").unwrap_or_else(|| panic!("a change of state is told: {trail}"));
    assert_eq!(
        (&moved["item"], &moved["effective_on"], &moved["reason"]),
        (&json!("ATLAS-R1"), &json!("2026-06-10"), &json!("Delivered after all"))
    );
    assert_eq!(moved["data"], json!({"from": "open", "to": "closed"}));
    assert!(of("raised").is_some() && of("scored").is_some() && of("program_made").is_some(), "{trail}");
    let total = trail["total"].as_i64().unwrap();
    let first = test.viewer.get(&format!("{ATLAS}/history?limit=1")).await.json();
    assert_eq!((&first["total"], first["items"].as_array().unwrap().len()), (&json!(total), 1));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = test.viewer.get(&format!("{ATLAS}/history?limit=1&cursor={cursor}")).await.json();
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    let states = test.viewer.get(&format!("{ATLAS}/history?topic=states")).await.json();
    assert_eq!((&states["total"], &states["items"][0]["name"]), (&json!(1), &json!("moved")));
    test.viewer.get(&format!("{ATLAS}/history?topic=weather")).await.refused("topic");
    let until = test.viewer.get(&format!("{ATLAS}/history?as_of=2026-05-20")).await.json();
    assert!(until["items"].as_array().unwrap().iter().all(|event| event["name"] != "moved"), "{until}");

    let since = test.viewer.get(&format!("{ATLAS}/changes-since?from=2026-06-01")).await.is(200).json();
    let told = since["items"].as_array().unwrap();
    assert!(told.iter().any(|change| change["item"] == "ATLAS-R1"), "{since}");
    let quiet = test.viewer.get(&format!("{ATLAS}/changes-since?from=2026-05-20&to=2026-06-09")).await.json();
    assert!(quiet["items"].as_array().unwrap().iter().all(|change| change["item"] != "ATLAS-R1"), "{quiet}");
    test.viewer.get(&format!("{ATLAS}/changes-since?from=2026-06-01&to=2026-05-01")).await.refused("to");
}

#[tokio::test]
async fn an_earlier_effective_date_is_a_managers_right_and_never_rewrites_history() {
    let test = with_a_past().await;
    for kind in Kind::ALL {
        let own = match kind {
            Kind::Activity => json!({"likely_days": 5}),
            Kind::Issue => json!({"severity": 2}),
            Kind::Dependency => {
                json!({"provider": {"external": "A"}, "consumer": {"external": "B"}, "needed_by": "2026-08-01"})
            }
            Kind::Change => json!({"kinds": ["scope"], "reason": "y"}),
            kind => needed(kind),
        };
        let mut body = json!({"title": "x", "owner": test.contributor.email, "effective_on": "2026-05-04"});
        body.as_object_mut().unwrap().extend(own.as_object().cloned().unwrap());
        test.contributor.post(&format!("{ATLAS}/{}", kind.plural()), body.clone()).await.problem(403);
        let made = post(&test.manager, kind.plural(), body.clone()).await;
        assert_eq!(made["effective_on"], "2026-05-04");
        let one = format!("{ATLAS}/{}/{}", kind.plural(), made["number"]);
        test.contributor
            .patch(&one, 1, json!({"title": "y", "effective_on": "2026-06-01"}))
            .await
            .problem(403);
        let early = test.manager.patch(&one, 1, json!({"title": "y", "effective_on": "2026-05-03"})).await;
        assert!(early.refused("effective_on").contains("2026-05-04"), "the date is named: {}", early.text);
        test.manager
            .patch(&one, 1, json!({"title": "y", "effective_on": "2026-07-01"}))
            .await
            .refused("effective_on");
        // The day of the latest version itself is taken, and the later write of that day counts.
        test.manager.patch(&one, 1, json!({"title": "y", "effective_on": "2026-05-04"})).await.is(200);
        assert_eq!(test.viewer.get(&format!("{one}?as_of=2026-05-04")).await.json()["title"], "y");
        test.manager.patch(&one, 2, json!({"title": "z", "effective_on": "2026-06-01"})).await.is(200);
        assert_eq!(test.viewer.get(&format!("{one}?as_of=2026-05-31")).await.json()["title"], "y");
        let to = kind.next_states(kind.first_state())[0].name();
        let mut early = json!({"to": to, "on": "2026-05-31"});
        if kind == Kind::Dependency {
            early["as"] = json!("provider");
        }
        let answer = test.manager.post(&format!("{one}/transitions"), early).await;
        assert!(answer.refused("on").contains("2026-06-01"), "{}", answer.text);
        let history = test.viewer.get(&format!("{one}/history")).await.json();
        let days: Vec<_> = history["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|version| version["effective_on"].clone())
            .collect();
        assert!(days.is_sorted_by(|a, b| a.as_str() <= b.as_str()), "{days:?}");
    }
}

#[tokio::test]
async fn what_was_known_is_shown_whatever_is_written_later() {
    let test = with_a_past().await;
    let then = async || {
        let mut seen = Vec::new();
        for path in ["risks", "raid", "milestones", "health", "metrics", "baselines"] {
            seen.push(test.viewer.get(&format!("{ATLAS}/{path}?as_of=2026-05-20")).await.is(200).json());
        }
        seen
    };
    let before = then().await;
    post(&test.manager, "risks", json!({"title": "New", "probability": 5, "impact": 5})).await;
    post(&test.manager, "milestones", json!({"title": "New", "committed_on": "2026-06-01"})).await;
    test.manager.post(&format!("{ATLAS}/risks/1/transitions"), json!({"to": "open"})).await.is(200);
    test.clock.hold_at(test.clock.now() + chrono::TimeDelta::days(3));
    test.manager.delete(&format!("{ATLAS}/risks/1")).await.is(204);
    assert_eq!(then().await, before);
    let gone = test.viewer.get(&format!("{ATLAS}/risks")).await.json();
    assert_eq!(gone["total"], 1, "archived today, and shown as of before");
}
