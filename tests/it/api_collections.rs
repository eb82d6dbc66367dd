//! Collections of the JSON API: pages, cursors, filters and orders.

use crate::support::api::{ATLAS, atlas, path, raise, with};
use crate::support::app::{TestApp, TestUser};
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};

#[tokio::test]
async fn lists_are_paged_sorted_filtered_and_searched() {
    let test = atlas().await;
    for (title, probability, more) in [
        (
            "Vendor is late",
            Some(5),
            json!({"owner": test.manager.email, "tags": ["vendor"], "raised_on": "2026-05-01"}),
        ),
        ("Vendor goes broke", Some(1), json!({"owner": test.contributor.email, "tags": ["vendor", "money"]})),
        ("Strike", Some(3), json!({"project": "GL", "response": "accept"})),
        ("Flood", None, json!({})),
        ("Fire", Some(4), json!({"review_on": "2026-07-02"})),
        ("100% _wild_ card", Some(2), json!({})),
    ] {
        raise(
            &test.manager,
            Kind::Risk,
            with(json!({"title": title, "probability": probability, "impact": probability}), more),
        )
        .await;
    }
    raise(&test.manager, Kind::Issue, json!({"title": "Vendor sent the wrong file", "severity": 1})).await;
    test.manager.post(&format!("{}/4/transitions", path(Kind::Risk)), json!({"to": "closed"})).await.is(200);
    let list =
        async |query: &str| test.viewer.get(&format!("{}?{query}", path(Kind::Risk))).await.is(200).json();
    let numbers = |list: &Value| -> Vec<i64> {
        list["items"].as_array().unwrap().iter().map(|item| item["number"].as_i64().unwrap()).collect()
    };

    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = list(&format!("limit=2&sort=-score{cursor}")).await;
        assert_eq!(page["total"], 6);
        seen.extend(numbers(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [1, 5, 3, 6, 2, 4], "by score, the unscored last, each once");

    for (query, expected) in [
        ("state=closed", vec![4]),
        ("state=open,closed&limit=500&sort=number", vec![1, 2, 3, 4, 5, 6]),
        ("open=false", vec![4]),
        ("owner=none&sort=number", vec![3, 4, 5, 6]),
        ("owner=manager@example.org", vec![1]),
        ("project=GL", vec![3]),
        ("tag=vendor&sort=number", vec![1, 2]),
        ("tag=MONEY", vec![2]),
        ("probability=5", vec![1]),
        ("response=accept", vec![3]),
        ("score_from=9&sort=number", vec![1, 3, 5]),
        ("due_before=2026-07-03", vec![5]),
        ("q=vendor&sort=number", vec![1, 2]),
        ("q=broke", vec![2]),
        ("q=100%25", vec![6]),
        ("q=nothing-like-it", vec![]),
    ] {
        assert_eq!(numbers(&list(query).await), expected, "{query}");
    }
    for (query, field) in [
        ("colour=red", "colour"),
        ("sort=shoe_size", "sort"),
        ("state=asleep", "state"),
        ("probability=x", "probability"),
        ("owner=nobody@example.org", "owner"),
        ("project=NONE", "project"),
        ("due_before=soon", "due_before"),
    ] {
        test.viewer.get(&format!("{}?{query}", path(Kind::Risk))).await.refused(field);
    }
    test.viewer.get(&format!("{}?as_of=never", path(Kind::Risk))).await.problem(400);
    let raid = test.viewer.get(&format!("{ATLAS}/raid?q=vendor")).await.json();
    assert_eq!(raid["total"], 3, "all four kinds together");
    let issues = test.viewer.get(&format!("{ATLAS}/raid?type=issue")).await.json();
    assert_eq!((&issues["total"], &issues["items"][0]["ref"]), (&json!(1), &json!("ATLAS-I1")));
    assert_eq!(issues["items"][0]["severity"], 1, "with what the kind has of its own");
}

#[tokio::test]
async fn an_item_is_found_by_number_reference_and_id() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    manager.post("/api/v1/programs/ATLAS/milestones", json!({"title": "GA"})).await.is(201);
    let risk = json!({"title": "No way back", "threatens": ["ATLAS-M1"]});
    let made = manager.post("/api/v1/programs/ATLAS/risks", risk).await.is(201).json();
    assert_eq!(made["threatens"], json!(["ATLAS-M1"]));
    for name in ["1", "ATLAS-R1", "atlas-r1", made["id"].as_str().unwrap()] {
        let found = manager.get(&format!("/api/v1/programs/ATLAS/risks/{name}")).await.is(200).json();
        assert_eq!(found, made, "{name}");
    }
    for name in ["2", "ATLAS-M1", "OTHER-R1", "x", "00000000-0000-7000-8000-000000000000"] {
        manager.get(&format!("/api/v1/programs/ATLAS/risks/{name}")).await.problem(404);
    }
    let dependency =
        json!({"title": "API", "provider": {"external": "Taxwise"}, "consumer": {"external": "Auditor"}});
    let made = manager.post("/api/v1/programs/ATLAS/dependencies", dependency).await.is(201).json();
    assert_eq!(made["provider"], json!({"external": "Taxwise"}));
}

/// The numbers of a page of items.
fn numbers(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|item| item["number"].as_i64().unwrap()).collect()
}

/// All pages of a collection, three rows each: how many rows each says that there are, and what `name` gives of each row.
async fn walked(user: &TestUser, path: &str, query: &str, name: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    let mut next = String::new();
    loop {
        let page = user.get(&format!("{path}?limit=3&{query}{next}")).await.is(200).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|row| row[name].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert_eq!(page["total"], seen.len(), "{path}?{query}");
            return seen;
        };
        next = format!("&cursor={cursor}");
    }
}

#[tokio::test]
async fn every_collection_comes_in_pages_and_refuses_what_it_does_not_know() {
    let test = atlas().await;
    for kind in Kind::ALL {
        raise(&test.manager, kind, json!({})).await;
    }
    let mut collections: Vec<String> = [
        "/api/v1/portfolio",
        "/api/v1/me/work",
        "/api/v1/search?q=a",
        "/api/v1/people",
        "/api/v1/teams",
        "/api/v1/accounts",
        "/api/v1/tokens",
        "/api/v1/imports",
        "/api/v1/programs",
    ]
    .map(str::to_owned)
    .into();
    collections.extend(
        ["members", "projects", "metrics", "history", "baselines", "raid"]
            .map(|name| format!("{ATLAS}/{name}")),
    );
    for kind in Kind::ALL {
        collections.push(path(kind));
        collections.extend(["comments", "links", "history"].map(|name| format!("{}/1/{name}", path(kind))));
    }
    for collection in collections {
        let with =
            |query: &str| format!("{collection}{}{query}", if collection.contains('?') { '&' } else { '?' });
        let page = test.admin.get(&with("limit=1")).await.is(200).json();
        let (items, total) = (page["items"].as_array().unwrap().len(), page["total"].as_u64().unwrap());
        assert_eq!(items as u64, total.min(1), "{collection}: {page}");
        assert_eq!(page["next_cursor"].is_string(), total > 1, "{collection}: {page}");
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=501", "limit"),
            ("limit=many", "limit"),
            ("cursor=o50", "cursor"),
            ("cursor=zz", "cursor"),
            ("cursor=7b7d", "cursor"),
            ("colour=red", "colour"),
            ("sort=shoe_size", "sort"),
        ] {
            test.admin.get(&with(query)).await.refused(field);
        }
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_collection_and_its_order() {
    let test = atlas().await;
    for kind in [Kind::Risk, Kind::Issue] {
        for n in 0..3 {
            raise(&test.manager, kind, json!({"title": format!("{n}")})).await;
        }
    }
    let page = test.viewer.get(&format!("{}?limit=1&sort=-title", path(Kind::Risk))).await.json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let next =
        async |kind, query: &str| test.viewer.get(&format!("{}?cursor={cursor}{query}", path(kind))).await;
    assert_eq!(numbers(&next(Kind::Risk, "&sort=-title").await.is(200).json()), [2, 1]);
    for other in ["", "&sort=title", "&sort=-updated_at"] {
        assert!(next(Kind::Risk, other).await.refused("cursor").contains("another order"), "{other}");
    }
    next(Kind::Issue, "&sort=-title").await.refused("cursor");
}

#[tokio::test]
async fn rows_added_and_taken_away_before_a_page_move_nothing() {
    let test = atlas().await;
    for title in ["b", "c", "d", "e", "f"] {
        raise(&test.manager, Kind::Risk, json!({"title": title})).await;
    }
    let first = test.viewer.get(&format!("{}?limit=2&sort=title", path(Kind::Risk))).await.json();
    assert_eq!(numbers(&first), [1, 2]);
    raise(&test.manager, Kind::Risk, json!({"title": "a"})).await;
    test.manager.delete(&format!("{}/2", path(Kind::Risk))).await.is(204);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second =
        test.viewer.get(&format!("{}?limit=2&sort=title&cursor={cursor}", path(Kind::Risk))).await.json();
    assert_eq!((numbers(&second), &second["total"]), (vec![3, 4], &json!(5)));
    // Nothing is left behind the cursor: the page is empty and still says how many there are.
    for n in [3, 4, 5] {
        test.manager.delete(&format!("{}/{n}", path(Kind::Risk))).await.is(204);
    }
    let empty =
        test.viewer.get(&format!("{}?limit=2&sort=title&cursor={cursor}", path(Kind::Risk))).await.json();
    assert_eq!(
        (&empty["items"], &empty["total"], &empty["next_cursor"]),
        (&json!([]), &json!(2), &Value::Null)
    );
}

#[tokio::test]
async fn items_are_sorted_by_every_field_with_what_has_no_value_last() {
    let test = atlas().await;
    let by = |owner: &TestUser| json!(owner.email);
    for (title, probability, review_on, owner, cost) in [
        ("delta", Some(2), Some("2026-08-01"), by(&test.viewer), Some(12_500.5)),
        ("Alpha", None, None, Value::Null, None),
        ("charlie", Some(5), Some("2026-07-01"), by(&test.manager), Some(900.0)),
        ("Bravo", Some(5), None, by(&test.contributor), Some(-3.25)),
        ("echo", None, Some("2026-07-15"), Value::Null, Some(12_500.0)),
    ] {
        let more = json!({"title": title, "probability": probability, "review_on": review_on, "owner": owner, "cost_effect": cost});
        raise(&test.manager, Kind::Risk, more).await;
    }
    test.manager.post(&format!("{}/3/transitions", path(Kind::Risk)), json!({"to": "closed"})).await.is(200);
    for (sort, order) in [
        ("number", [1, 2, 3, 4, 5]),
        ("-number", [5, 4, 3, 2, 1]),
        ("title", [2, 4, 3, 1, 5]),
        ("-title", [5, 1, 3, 4, 2]),
        ("probability", [1, 3, 4, 2, 5]),
        ("-probability", [3, 4, 1, 2, 5]),
        ("review_on", [3, 5, 1, 2, 4]),
        ("-review_on", [1, 5, 3, 2, 4]),
        ("owner", [4, 3, 1, 2, 5]),
        ("-owner", [1, 3, 4, 2, 5]),
        ("cost_effect", [4, 3, 5, 1, 2]),
        ("-cost_effect", [1, 5, 3, 4, 2]),
        ("state", [1, 2, 4, 5, 3]),
        ("updated_at", [1, 2, 3, 4, 5]),
    ] {
        let seen = walked(&test.viewer, &path(Kind::Risk), &format!("sort={sort}"), "number").await;
        assert_eq!(seen, order.map(Value::from), "{sort}");
    }
    // Whatever can be described can be asked for, of every kind; across kinds each row comes once.
    let described = test.viewer.get("/api/openapi.json").await.json();
    for kind in Kind::ALL {
        raise(&test.manager, kind, json!({})).await;
        let operation = &described["paths"][format!("/api/v1/programs/{{key}}/{}", kind.plural())]["get"];
        let sort =
            operation["parameters"].as_array().unwrap().iter().find(|one| one["name"] == "sort").unwrap();
        for name in sort["schema"]["enum"].as_array().unwrap() {
            let answer = test.viewer.get(&format!("{}?sort={}", path(kind), name.as_str().unwrap())).await;
            assert_eq!(answer.status, 200, "{kind:?} {name}: {}", answer.text);
        }
    }
    for sort in ["", "number", "-title", "severity", "-needed_by", "provider"] {
        let mut seen = walked(&test.viewer, &format!("{ATLAS}/raid"), &format!("sort={sort}"), "ref").await;
        assert_eq!(seen.len(), 9, "{sort}");
        seen.sort_by_key(Value::to_string);
        seen.dedup();
        assert_eq!(seen.len(), 9, "{sort}");
    }
}

#[tokio::test]
async fn items_are_filtered_by_every_field() {
    let test = atlas().await;
    let risk = |n: i32| {
        json!({"title": format!("Risk {n}"), "probability": n, "impact": 2, "cause": "One Vendor", "opportunity": n == 2,
            "cost_effect": 10.5 * f64::from(n), "review_on": format!("2026-07-0{n}"), "tags": [format!("t{n}"), "all"]})
    };
    for n in 1..=3 {
        raise(&test.manager, Kind::Risk, risk(n)).await;
    }
    let owned = json!({"owner": test.viewer.email, "project": "GL", "category": "technical"});
    raise(&test.manager, Kind::Risk, with(json!({"title": "Owned"}), owned)).await;
    let viewer = test.viewer.person.to_string();
    let list = async |kind: Kind, query: &str| {
        numbers(&test.viewer.get(&format!("{}?{query}", path(kind))).await.is(200).json())
    };
    for (query, expected) in [
        ("title=rISK%202".to_owned(), vec![2]),
        ("title=Risk".to_owned(), vec![]),
        ("title=Risk%201&title=owned".to_owned(), vec![1, 4]),
        ("cause=one%20vendor".to_owned(), vec![1, 2, 3]),
        ("probability=1,3".to_owned(), vec![1, 3]),
        ("probability=none".to_owned(), vec![4]),
        ("probability=1&impact=2".to_owned(), vec![1]),
        ("opportunity=true".to_owned(), vec![2]),
        ("opportunity=false".to_owned(), vec![1, 3, 4]),
        ("cost_effect=21".to_owned(), vec![2]),
        ("cost_effect=10.50".to_owned(), vec![1]),
        ("review_on=2026-07-03".to_owned(), vec![3]),
        ("owner=viewer@example.org".to_owned(), vec![4]),
        (format!("owner={viewer}"), vec![4]),
        ("owner=none".to_owned(), vec![1, 2, 3]),
        ("project=gl".to_owned(), vec![4]),
        ("category=technical".to_owned(), vec![4]),
        ("tags=t1,t3".to_owned(), vec![1, 3]),
        ("tag=all&state=open".to_owned(), vec![1, 2, 3]),
        ("state=open&state=closed".to_owned(), vec![1, 2, 3, 4]),
        ("number=2".to_owned(), vec![2]),
        ("score=4".to_owned(), vec![2]),
        ("raised_on=2026-06-30".to_owned(), vec![1, 2, 3, 4]),
        ("q=ATLAS-R3".to_owned(), vec![3]),
        ("q=atlas-r3".to_owned(), vec![3]),
        ("q=R3".to_owned(), vec![3]),
        ("q=ATLAS-I3".to_owned(), vec![]),
    ] {
        assert_eq!(list(Kind::Risk, &query).await, expected, "{query}");
    }
    raise(
        &test.manager,
        Kind::Milestone,
        json!({"title": "GA", "kind": "release", "committed_on": "2026-09-01"}),
    )
    .await;
    raise(&test.manager, Kind::Milestone, json!({"title": "Beta"})).await;
    raise(
        &test.manager,
        Kind::Dependency,
        json!({"provider": {"team": "Ledger"}, "provider_milestone": "ATLAS-M1"}),
    )
    .await;
    raise(&test.manager, Kind::Dependency, json!({})).await;
    raise(&test.manager, Kind::Issue, json!({"blocking": true, "owing_team": "Payments"})).await;
    raise(&test.manager, Kind::Change, json!({"kinds": ["scope", "cost"], "adds": 2})).await;
    raise(&test.manager, Kind::Action, json!({"from": "ATLAS-R1"})).await;
    for (kind, query, expected) in [
        (Kind::Milestone, "kind=release", vec![1]),
        (Kind::Milestone, "committed_on=2026-09-01", vec![1]),
        (Kind::Milestone, "original_on=none", vec![2]),
        (Kind::Dependency, "provider=ledger", vec![1]),
        (Kind::Dependency, "provider=external:%20TAXWISE", vec![2]),
        (Kind::Dependency, "provider_milestone=ATLAS-M1", vec![1]),
        (Kind::Dependency, "needed_by=2026-08-01", vec![1, 2]),
        (Kind::Issue, "blocking=true&owing_team=payments", vec![1]),
        (Kind::Issue, "severity=3", vec![]),
        (Kind::Change, "kinds=cost", vec![1]),
        (Kind::Change, "kinds=quality", vec![]),
        (Kind::Change, "adds=2", vec![1]),
        (Kind::Action, "from=ATLAS-R1", vec![1]),
    ] {
        assert_eq!(list(kind, query).await, expected, "{kind:?} {query}");
    }
    for (kind, query, field) in [
        (Kind::Risk, "severity=1", "severity"),
        (Kind::Risk, "probability=6", "probability"),
        (Kind::Risk, "opportunity=maybe", "opportunity"),
        (Kind::Risk, "review_on=soon", "review_on"),
        (Kind::Risk, "category=weather", "category"),
        (Kind::Risk, "state=decided", "state"),
        (Kind::Risk, "owner=", "owner"),
        (Kind::Risk, "archived=perhaps", "archived"),
        (Kind::Risk, "threatens=ATLAS-M1", "threatens"),
        (Kind::Risk, "limit=5&type=risk", "type"),
        (Kind::Dependency, "provider=Nobody", "provider"),
        (Kind::Dependency, "sort=options", "sort"),
        (Kind::Action, "sort=due_on;drop", "sort"),
    ] {
        test.viewer.get(&format!("{}?{query}", path(kind))).await.refused(field);
    }
    // Of the past, what was true then: nothing was there.
    assert_eq!(list(Kind::Risk, "title=owned&as_of=2026-06-29").await, Vec::<i64>::new());
}

#[tokio::test]
async fn other_collections_are_filtered_and_sorted_by_their_fields() {
    let test = atlas().await;
    for (key, lead) in [("AA", Some(&test.viewer.email)), ("BB", None), ("CC", Some(&test.manager.email))] {
        let body = json!({"key": key, "name": format!("Project {key}"), "lead": lead});
        test.manager.post(&format!("{ATLAS}/projects"), body).await.is(201);
    }
    let projects = format!("{ATLAS}/projects");
    let keys = async |query: &str| walked(&test.viewer, &projects, query, "key").await;
    assert_eq!(keys("sort=-key").await, ["GL", "CC", "BB", "AA"]);
    assert_eq!(keys("sort=lead").await, ["CC", "AA", "GL", "BB"]);
    assert_eq!(keys("lead=viewer").await, ["AA"]);
    assert_eq!(keys("name=project%20bb").await, ["BB"]);
    let members = format!("{ATLAS}/members");
    assert_eq!(walked(&test.viewer, &members, "role=viewer", "email").await, ["viewer@example.org"]);
    assert_eq!(
        walked(&test.viewer, &members, "sort=-role", "role").await,
        ["viewer", "manager", "contributor"]
    );
    let metrics = format!("{ATLAS}/metrics");
    assert_eq!(walked(&test.viewer, &metrics, "name=freshness", "name").await, ["freshness"]);
    assert!(walked(&test.viewer, &metrics, "", "name").await.len() > 8);
    for n in 0..5 {
        test.manager.post("/api/v1/teams", json!({"name": format!("Team {n}")})).await.is(201);
    }
    let teams = walked(&test.viewer, "/api/v1/teams", "", "name").await;
    assert_eq!(teams, ["Ledger", "Payments", "Team 0", "Team 1", "Team 2", "Team 3", "Team 4"]);
    let down = walked(&test.viewer, "/api/v1/teams", "sort=-name", "name").await;
    assert_eq!(down, teams.into_iter().rev().collect::<Vec<_>>());
    let people = walked(&test.viewer, "/api/v1/people", "sort=-name", "name").await;
    assert_eq!(people, ["Viewer", "Stranger", "Manager", "Contributor", "Admin"]);
    let trail = walked(&test.viewer, &format!("{ATLAS}/history"), "", "id").await;
    let mut once = trail.clone();
    once.sort_by_key(Value::as_i64);
    once.dedup();
    assert!(trail.len() > 4 && once.len() == trail.len(), "each event once: {trail:?}");
}
