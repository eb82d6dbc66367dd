//! What a draft of a report says while the facts go on, until it is published: words that nobody touched are written anew, words that
//! somebody touched are marked where they no longer hold. And what is left of a report once it is published.
//!
//! The program is that of `reports.rs`, on Tuesday 30 June 2026.

use crate::item_pages::fields;
use crate::reports::{ALL, ATLAS, late, period, publish, with};
use crate::support::app::{Answer, TestApp, at};
use reqwest::Method;
use serde_json::{Value, json};

async fn decide(test: &TestApp) {
    let decided = json!({"to": "decided", "option": "Ledgerly"});
    test.manager.post(&format!("{ATLAS}/decisions/1/transitions"), decided).await.is(200);
}

fn words(report: &Value) -> String {
    format!("{} {} {}", report["headline"], report["decisions_needed"], report["narrative"]["decisions"])
}

#[tokio::test]
async fn words_that_nobody_touched_are_written_anew_when_a_draft_is_opened_saved_and_published() {
    let test = late().await;
    let drafted = test.manager.post(ALL, period()).await.is(201).json();
    assert!(words(&drafted).contains("Decide by 3 Jul 2026: Which vendor"), "{drafted}");
    decide(&test).await;
    for path in ["/programs/ATLAS/reports/1", "/programs/ATLAS/reports/1/edit"] {
        let page = test.manager.page(path).await.is(200).text;
        assert!(!page.contains("Decide by"), "{path}: it is decided");
        assert!(!page.contains("no longer"), "{path}: nothing was touched");
    }
    let text = test.viewer.get(&format!("{ALL}/1/markdown")).await.is(200).text;
    assert!(!text.contains("Decide by"), "{text}");
    let published = publish(&test, 1).await;
    assert!(!words(&published).contains("Decide by"), "{published}");
    assert!(!published["frozen"]["decisions_needed"].as_str().unwrap().contains("Decide by"));
    assert!(published["frozen"]["sections"].to_string().contains("Decided: Which vendor"), "{published}");

    // Saving another field of a draft writes the rest anew too, and the history doesn't say that somebody edited it.
    test.manager.post(ALL, period()).await.is(201);
    let worse = json!({"forecast_on": "2026-09-30"});
    test.manager.patch(&format!("{ATLAS}/milestones/1"), 2, worse).await.is(200);
    let told = with(json!({}), "title", json!("Weekly"));
    let saved = test.manager.patch(&format!("{ALL}/2"), 1, told).await.is(200).json();
    assert!(saved["headline"].as_str().unwrap().contains("30 Sep 2026"), "{saved}");
}

#[tokio::test]
async fn words_that_somebody_touched_are_marked_where_they_no_longer_hold_and_publishing_says_so_once() {
    let test = late().await;
    let drafted = test.manager.post(ALL, period()).await.is(201).json();
    let own = format!("{}\nThe team is well.", drafted["decisions_needed"].as_str().unwrap());
    test.manager.patch(&format!("{ALL}/1"), 1, json!({"decisions_needed": own})).await.is(200);
    let path = "/programs/ATLAS/reports/1";
    assert!(!test.manager.page(path).await.is(200).text.contains("no longer"), "it holds");
    decide(&test).await;

    // Marked on the draft and in its form.
    for path in [path.to_owned(), format!("{path}/edit")] {
        let page = test.manager.page(&path).await.is(200).text;
        assert!(
            page.contains("What we need from you: the facts no longer say “Decide by 3 Jul 2026"),
            "{path}"
        );
        assert!(page.contains("The team is well."), "{path}: their own words stay");
    }
    // Over the API it is refused and named, until it is said that they are kept.
    let publishing = format!("{ALL}/1/transitions");
    let told = test.manager.post(&publishing, json!({"to": "published"})).await.refused("decisions_needed");
    assert!(told.contains("Which vendor (ATLAS-DEC1)") && told.contains("“stale_words”: “keep”"), "{told}");
    assert_eq!(test.manager.get(&format!("{ALL}/1")).await.json()["state"], "draft");
    // From the page it is told once; pressed again, it is published as it stands.
    let once = test.manager.submit(&format!("{path}/transitions"), &[("to", "published")]).await;
    assert_eq!(once.status, 422);
    assert!(once.text.contains("publish again to keep it as it stands"), "{}", once.text);
    let told = "Decide by 3 Jul 2026: Which vendor (ATLAS-DEC1).";
    let hidden = ("told[0]".to_owned(), told.to_owned());
    assert!(
        fields(&once, "form.form[action$=edit]").contains(&hidden),
        "{:?}",
        fields(&once, "form.form[action$=edit]")
    );
    // Of another sentence nobody was told.
    let other = [("version", "2"), ("told[0]", "The team is well."), ("then", "publish")];
    test.manager.submit(&format!("{path}/edit"), &other).await.is(422);
    let kept = [("version", "3"), ("told[0]", told), ("then", "publish")];
    let answer = test.manager.submit(&format!("{path}/edit"), &kept).await.is(303);
    assert_eq!(answer.header("location"), format!("{path}?done=published"));
    let published = test.manager.get(&format!("{ALL}/1")).await.json();
    assert_eq!(published["frozen"]["decisions_needed"], json!(own));
    assert!(!published["headline"].as_str().unwrap().contains("ATLAS-DEC1"), "the rest is written anew");
}

/// The form that comes back because of one text has the others as the facts are now: sent again as it is, it touches none of them.
#[tokio::test]
async fn a_form_that_came_back_is_sent_again_without_touching_what_was_left_alone() {
    let test = late().await;
    let drafted = test.manager.post(ALL, period()).await.is(201).json();
    let own = format!("{} Hurry with ATLAS-DEC1.", drafted["headline"].as_str().unwrap());
    test.manager.patch(&format!("{ALL}/1"), 1, json!({"headline": own})).await.is(200);
    let edit = "/programs/ATLAS/reports/1/edit";
    let mut page = test.manager.page(edit).await.is(200);
    decide(&test).await;
    for _ in 0..2 {
        let mut sent = fields(&page, "form.form[action$=edit]");
        sent.push(("then".into(), "publish".into()));
        let sent: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        page = test.manager.submit(edit, &sent).await;
        let told = page.text.contains("Headline: the facts no longer say");
        assert!(page.status == 303 || (page.status == 422 && told), "told once: {}", page.text);
    }
    let published = test.manager.get(&format!("{ALL}/1")).await.json();
    assert_eq!(published["state"], "published");
    assert_eq!(published["frozen"]["headline"], json!(own), "their own words are kept");
    let needed = published["frozen"]["decisions_needed"].as_str().unwrap();
    assert!(!needed.contains("Decide by"), "nobody touched them: {needed}");
}

#[tokio::test]
async fn words_of_ones_own_in_a_new_draft_are_not_said_to_have_changed() {
    let test = late().await;
    test.manager.post(ALL, with(period(), "headline", json!("We watch ATLAS-R9."))).await.is(201);
    assert!(!test.manager.page("/programs/ATLAS/reports/1").await.is(200).text.contains("no longer"));
    publish(&test, 1).await;
}

/// Somebody has the form open while the facts go on: what they left as it was isn't theirs.
#[tokio::test]
async fn a_form_that_was_open_while_the_facts_went_on_touches_only_what_was_typed() {
    let test = late().await;
    let drafted = test.manager.post(ALL, period()).await.is(201).json();
    let needed = drafted["decisions_needed"].as_str().unwrap();
    decide(&test).await;
    // What the form showed before the decision, and came back with.
    let asked = [
        ("version", "1"),
        ("shown[decisions_needed]", needed),
        ("decisions_needed", needed),
        ("shown[next_steps]", drafted["next_steps"].as_str().unwrap()),
        ("next_steps", "Ship it."),
        ("then", "publish"),
    ];
    let answer = test.manager.submit("/programs/ATLAS/reports/1/edit", &asked).await.is(303);
    assert_eq!(answer.header("location"), "/programs/ATLAS/reports/1?done=published");
    let published = test.manager.get(&format!("{ALL}/1")).await.json();
    assert!(!words(&published).contains("Decide by"), "{published}");
    assert_eq!(published["next_steps"], "Ship it.");
}

#[tokio::test]
async fn a_published_report_is_not_archived_and_its_gap_stays() {
    let test = late().await;
    let rosy = with(period(), "declared", json!({"schedule": "green"}));
    test.manager.post(ALL, with(rosy, "reasons", json!({"schedule": "We trust them."}))).await.is(201);
    publish(&test, 1).await;
    let gap = async || test.manager.get(&format!("{ATLAS}/metrics/greenwash_gap")).await.is(200).json();
    assert_eq!(gap().await["value"], 1.0);
    let refused = test.manager.delete(&format!("{ALL}/1")).await.problem(422);
    assert!(refused.to_string().contains("A published report stays on the record"), "{refused}");
    let page = test.manager.submit("/programs/ATLAS/reports/1/archive", &[]).await;
    assert!(page.status == 422 && page.text.contains("stays on the record"), "{}", page.status);
    assert_eq!(gap().await["value"], 1.0);
    assert_eq!(test.manager.get(&format!("{ALL}/record")).await.json()["total"], 1);
    // A draft may be put away.
    test.manager.post(ALL, period()).await.is(201);
    test.manager.delete(&format!("{ALL}/2")).await.is(204);
}

/// The two days that a span is asked for, and the item, are taken or refused: nothing else is shown in their place.
#[tokio::test]
async fn what_changed_is_told_for_the_days_and_the_item_that_are_asked_for_or_refused() {
    let test = late().await;
    let (api, page) = (format!("{ATLAS}/changes-since"), "/programs/ATLAS/changed");
    for (query, field) in [
        ("from=2027-01-01&to=2027-02-01", "from"),
        ("from=2026-06-23&to=2027-02-01", "to"),
        ("from=2026-06-10&to=2026-06-01", "to"),
        ("from=2026-06-10&item=ATLAS-M99", "item"),
        ("from=2026-06-10&item=NOVA-M1", "item"),
        ("from=2026-06-10&item=what", "item"),
        ("from=soon", "from"),
    ] {
        test.viewer.get(&format!("{api}?{query}")).await.refused(field);
        let shown = test.viewer.page(&format!("{page}?{query}")).await;
        assert_eq!(shown.status, 422, "{query}");
        assert!(!shown.text.contains("slipped"), "{query}: nothing else is shown");
    }
    let shown = test.viewer.page(&format!("{page}?from=2027-01-01&to=2027-02-01")).await.text;
    assert!(shown.contains("value=\"2027-01-01\"") && shown.contains("href=\"#f-from\""), "as it was typed");
    assert!(shown.contains("Give a day by 30 Jun 2026"), "{shown}");

    let of = async |item: &str| {
        let path = format!("{api}?from=2026-06-23&to=2026-06-30&item={item}");
        let answer = test.viewer.get(&path).await.is(200).json();
        answer["items"].as_array().unwrap().iter().map(|one| one["item"].clone()).collect::<Vec<_>>()
    };
    let slipped = of("ATLAS-M1").await;
    assert!(!slipped.is_empty() && slipped.iter().all(|item| item == "ATLAS-M1"), "{slipped:?}");
    assert_eq!(of("R1").await, [json!("ATLAS-R1")]);
    let shown = test.viewer.page(&format!("{page}?from=2026-06-23&item=ATLAS-M1")).await.is(200).text;
    assert!(shown.contains("slipped 29 working days") && !shown.contains("Vendor fails"), "{shown}");
    let described = test.viewer.get("/api/openapi.json").await.json();
    let asked = &described["paths"]["/api/v1/programs/{key}/changes-since"]["get"]["parameters"];
    assert!(asked.as_array().unwrap().iter().any(|one| one["name"] == "item"), "{asked}");
}

/// Of the metric, the banner and the record: what the last report declares is held against what is computed today.
#[tokio::test]
async fn in_question_now_means_the_same_on_every_page() {
    let test = late().await;
    let rosy = with(period(), "declared", json!({"risk": "green"}));
    test.manager.post(ALL, with(rosy, "reasons", json!({"risk": "It won't happen."}))).await.is(201);
    publish(&test, 1).await;
    let standing = async || {
        let metric = test.viewer.get(&format!("{ATLAS}/metrics/greenwash_gap")).await.is(200).json();
        let overview = test.viewer.page("/programs/ATLAS").await.is(200).text;
        let record = test.viewer.page("/programs/ATLAS/reports/record").await.is(200).text;
        let gaps = test.viewer.get(&format!("{ALL}/record")).await.is(200).json();
        (metric["detail"]["now"].clone(), overview, record, gaps["items"][0]["now"].clone())
    };
    let (now, overview, record, lasts) = standing().await;
    assert_eq!((&now, &lasts), (&json!(["risk"]), &json!(true)));
    assert!(overview.contains("Risk: declared green, computed red now"));
    assert!(overview.contains("in question now: risk") && record.contains("In question now: Risk."));

    // The risk goes; what was declared as computed, of decisions, is better than they are now.
    test.manager.post(&format!("{ATLAS}/risks/1/transitions"), json!({"to": "closed"})).await.is(200);
    test.clock.hold_at(at("2026-07-06T09:00:00Z"));
    let (now, overview, record, lasts) = standing().await;
    let declared = test.viewer.get(&format!("{ALL}/1")).await.json()["declared"]["decisions"].clone();
    assert_eq!((&now, &lasts), (&json!(["decisions"]), &json!(false)), "declared {declared}");
    assert!(!overview.contains("Risk: declared green"));
    assert!(overview.contains("Decisions: declared green, computed red now"));
    assert!(
        overview.contains("in question now: decisions") && record.contains("In question now: Decisions.")
    );
}

#[tokio::test]
async fn who_wrote_a_report_does_not_rate_it_and_what_has_not_begun_is_not_published() {
    let test = late().await;
    let drafted = test.contributor.post(ALL, period()).await.is(201).json();
    assert_eq!(drafted["owner"]["name"], "Contributor", "{drafted}");
    publish(&test, 1).await;
    let ratings = format!("{ALL}/1/ratings");
    for author in [&test.contributor, &test.manager] {
        let told = author.post(&ratings, json!({"value": 5})).await.refused("value");
        assert!(told.contains("your own report"), "{told}");
        let page = author.page("/programs/ATLAS/reports/1").await.is(200).text;
        assert!(!page.contains("action=\"/programs/ATLAS/reports/1/ratings\""), "the form isn't offered");
    }
    test.viewer.post(&ratings, json!({"value": 3})).await.is(201);
    let gap = test.viewer.get(&format!("{ATLAS}/metrics/report_quality")).await.is(200).json();
    assert_eq!(gap["value"], 3.0);

    let ahead = json!({"period_from": "2026-07-01", "period_to": "2026-07-31"});
    test.manager.post(ALL, ahead).await.is(201);
    let told = test.manager.post(&format!("{ALL}/2/transitions"), json!({"to": "published"})).await;
    let told = told.refused("period_from");
    assert!(told.contains("begins on 1 Jul 2026, after today"), "{told}");
    test.clock.hold_at(at("2026-07-01T09:00:00Z"));
    publish(&test, 2).await;
}

#[tokio::test]
async fn a_link_is_told_as_a_whole_address() {
    let test = late().await;
    test.manager.post(ALL, period()).await.is(201);
    publish(&test, 1).await;
    let page =
        test.manager.submit("/programs/ATLAS/reports/1/shares", &[("label", "The board")]).await.is(200);
    let told = page.text.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next()).unwrap();
    let path = told.strip_prefix(&test.base).unwrap_or_else(|| panic!("“{told}” is no whole address"));
    Answer::of(test.anonymous(Method::GET, path)).await.is(200);
    let made = test.manager.post(&format!("{ALL}/1/shares"), json!({"label": "A mail"})).await.is(201).json();
    assert!(made["url"].as_str().unwrap().starts_with(&test.base), "{made}");
}
