//! Items through their pages, as a browser without scripts meets them: raised, edited, moved, commented, linked, put away.

use crate::support::app::{Answer, TestApp, TestUser, at};
use scraper::{Html, Selector};
use serde_json::json;

const RISKS: &str = "/programs/ATLAS/risks";

fn all(answer: &Answer, selector: &str) -> Vec<String> {
    let page = Html::parse_document(&answer.text);
    let selector = Selector::parse(selector).expect("a selector");
    page.select(&selector).map(|found| found.text().collect::<String>().trim().to_owned()).collect()
}

/// The value of an attribute of the first thing that is selected.
fn attribute(answer: &Answer, selector: &str, name: &str) -> Option<String> {
    let page = Html::parse_document(&answer.text);
    let selector = Selector::parse(selector).expect("a selector");
    page.select(&selector).next()?.value().attr(name).map(str::to_owned)
}

/// Everything that a form of the page would send, as a browser collects it.
pub fn fields(answer: &Answer, form: &str) -> Vec<(String, String)> {
    let page = Html::parse_document(&answer.text);
    let controls = Selector::parse(&format!("{form} :is(input, textarea, select)")).expect("a selector");
    let chosen = Selector::parse("option[selected]").expect("a selector");
    let first = Selector::parse("option").expect("a selector");
    page.select(&controls)
        .filter_map(|control| {
            let element = control.value();
            let name = element.attr("name")?.to_owned();
            let value = match (element.name(), element.attr("type")) {
                ("input", Some("checkbox")) => {
                    element.attr("checked")?;
                    element.attr("value").unwrap_or("on").to_owned()
                }
                ("input", _) => element.attr("value").unwrap_or_default().to_owned(),
                ("select", _) => {
                    let option = control.select(&chosen).next().or_else(|| control.select(&first).next())?;
                    option.value().attr("value").unwrap_or_default().to_owned()
                }
                // HTML leaves out the line end that follows the tag.
                _ => control.text().collect::<String>().trim_start_matches('\n').to_owned(),
            };
            Some((name, value))
        })
        .collect()
}

/// Sends a form of a page as it stands, with some fields typed over; those of `off` are left out.
async fn send(user: &TestUser, page: &Answer, form: &str, typed: &[(&str, &str)], off: &[&str]) -> Answer {
    let action = attribute(page, form, "action").expect("the form says where it goes");
    let mut sent = fields(page, form);
    sent.retain(|(name, _)| !off.contains(&name.as_str()) && !typed.iter().any(|(typed, _)| typed == name));
    sent.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let sent: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    user.submit(&action, &sent).await
}

fn facts(page: &Answer) -> Vec<(String, String)> {
    all(page, ".facts dt").into_iter().zip(all(page, ".facts dd")).collect()
}

#[tokio::test]
async fn a_risk_is_raised_and_edited_with_a_form() {
    let test = TestApp::start().await;
    let form = test.manager.page(&format!("{RISKS}/new?title=Late+rules&review_on=2026-07-20")).await.is(200);
    assert_eq!(attribute(&form, "#f-title", "value").as_deref(), Some("Late rules"));
    let typed = [
        ("probability", "4"),
        ("impact", "5"),
        ("owner", "Contributor"),
        ("tags", "Tax, law"),
        ("cause", "They publish late.\r\nAlways."),
        ("opportunity", "true"),
    ];
    let raised = send(&test.manager, &form, "main form.form", &typed, &[]).await.is(303);
    assert_eq!(raised.header("location"), "/programs/ATLAS/risks/1?done=raised");

    let page = test.manager.page(raised.header("location")).await.is(200);
    assert_eq!(all(&page, "h1"), ["Late rules"]);
    assert_eq!(all(&page, ".score .rag"), ["High"]);
    assert!(facts(&page).contains(&("Owner".into(), "Contributor".into())), "{:?}", facts(&page));
    assert_eq!(all(&page, "a.tag"), ["law", "tax"]);

    // Nothing is lost by opening the form and saving it as it stands.
    let form = test.manager.page(&format!("{RISKS}/1/edit")).await.is(200);
    assert_eq!(attribute(&form, "#f-owner", "value").as_deref(), Some("Contributor"));
    send(&test.manager, &form, "main form.form", &[], &[]).await.is(303);
    let risk = test.manager.get("/api/v1/programs/ATLAS/risks/1").await.json();
    assert_eq!((&risk["version"], &risk["cause"]), (&json!(1), &json!("They publish late.\nAlways.")));
    assert_eq!(risk["opportunity"], true);

    test.clock.hold_at(at("2026-07-02T09:00:00Z"));
    // A box that is no longer ticked is not set; a text that was emptied is empty.
    let off = ["opportunity"];
    let typed = [("cause", ""), ("probability", "2"), ("reason", "The draft is out")];
    send(&test.manager, &form, "main form.form", &typed, &off).await.is(303);
    let risk = test.manager.get("/api/v1/programs/ATLAS/risks/1").await.json();
    assert_eq!(
        (&risk["opportunity"], &risk["cause"], &risk["score"]),
        (&json!(false), &json!(""), &json!(10))
    );
    let page = test.manager.page(&format!("{RISKS}/1")).await.is(200);
    let history = all(&page, ".timeline li").join(" ");
    for told in ["The draft is out", "Probability", "It is an opportunity", "Manager", "Raised"] {
        assert!(history.contains(told), "{told}: {history}");
    }
}

#[tokio::test]
async fn a_refused_form_comes_back_as_it_was_typed_with_the_errors_beside_the_fields() {
    let test = TestApp::start().await;
    let form = test.contributor.page(&format!("{RISKS}/new")).await.is(200);
    let typed = [
        ("title", ""),
        ("review_on", "soon"),
        ("owner", "Nobody Here"),
        ("effect", "A \"quoted\" <b>effect</b>"),
    ];
    let back = send(&test.contributor, &form, "main form.form", &typed, &[]).await.is(422);
    let wrong = all(&back, ".wrong");
    assert_eq!(wrong.len(), 3, "{wrong:?}");
    assert_eq!(all(&back, ".errors li a").len(), 3);
    assert_eq!(attribute(&back, "#f-review_on", "value").as_deref(), Some("soon"));
    assert_eq!(attribute(&back, "#f-owner", "value").as_deref(), Some("Nobody Here"));
    assert_eq!(all(&back, "#f-effect"), ["A \"quoted\" <b>effect</b>"]);
    for link in ["#f-title", "#f-review_on", "#f-owner"] {
        assert!(back.text.contains(&format!("<a href=\"{link}\">")), "{link}");
    }
}

#[tokio::test]
async fn a_day_that_is_none_hides_nothing_else_that_is_wrong() {
    let test = TestApp::start().await;
    let raised = test.manager.submit(RISKS, &[("title", "Vendor")]).await.is(303);
    let edit = format!("{}/edit", raised.header("location").split('?').next().unwrap());
    for (path, more) in [(RISKS, None), (edit.as_str(), Some(("version", "1")))] {
        let mut typed = vec![("title", ""), ("review_on", "soon"), ("effective_on", "some day")];
        typed.extend(more);
        let back = test.manager.submit(path, &typed).await.is(422);
        let told = all(&back, ".errors li");
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[2].starts_with("Holds from: “some day” is not a date"), "{told:?}");
        assert_eq!(attribute(&back, "#f-effective_on", "value").as_deref(), Some("some day"));
        assert_eq!(
            attribute(&back, "#f-effective_on", "type").as_deref(),
            Some("text"),
            "so that it is shown"
        );
        assert_eq!(attribute(&back, "#f-effective_on", "aria-invalid").as_deref(), Some("true"));
    }
    let ahead = test.manager.submit(RISKS, &[("title", ""), ("effective_on", "2026-07-09")]).await.is(422);
    assert_eq!(all(&ahead, ".errors li").len(), 2, "a day that has not come yet hides nothing either");
    assert_eq!(attribute(&ahead, "#f-effective_on", "type").as_deref(), Some("date"));
}

#[tokio::test]
async fn two_who_edit_at_once_see_both_and_choose() {
    let test = TestApp::start().await;
    test.manager
        .post("/api/v1/programs/ATLAS/risks", json!({"title": "First", "trigger": "A", "owner": "Manager"}))
        .await
        .is(201);
    let form = test.manager.page(&format!("{RISKS}/1/edit")).await.is(200);
    test.manager.patch("/api/v1/programs/ATLAS/risks/1", 1, json!({"title": "Second"})).await.is(200);
    let both = send(&test.manager, &form, "main form.form", &[("trigger", "B")], &[]).await.is(409);
    assert_eq!(attribute(&both, "#f-trigger", "value").as_deref(), Some("B"));
    let wrong = all(&both, ".wrong").join(" ");
    assert!(wrong.contains("It says “A” now.") && wrong.contains("It says “Second” now."), "{wrong}");
    let risk = test.manager.get("/api/v1/programs/ATLAS/risks/1").await.json();
    assert_eq!((&risk["title"], &risk["trigger"]), (&json!("Second"), &json!("A")));
    send(&test.manager, &both, "main form.form", &[("title", "Second")], &[]).await.is(303);
    let risk = test.manager.get("/api/v1/programs/ATLAS/risks/1").await.json();
    assert_eq!((&risk["title"], &risk["trigger"]), (&json!("Second"), &json!("B")));
}

#[tokio::test]
async fn an_item_changes_state_by_its_buttons() {
    let test = TestApp::start().await;
    test.manager.post("/api/v1/programs/ATLAS/risks", json!({"title": "Fire"})).await.is(201);
    let page = test.manager.page(&format!("{RISKS}/1")).await.is(200);
    assert_eq!(all(&page, ".step summary"), ["Start mitigating", "Accept the risk", "It happened", "Close"]);
    let to = format!("{RISKS}/1/transitions");
    let refused =
        test.manager.submit(&to, &[("version", "1"), ("to", "accepted"), ("reason", "Cheap")]).await.is(422);
    assert_eq!(all(&refused, ".step[open] summary"), ["Accept the risk"]);
    assert_eq!(all(&refused, ".step[open] textarea"), ["Cheap"]);
    let happened =
        test.manager.submit(&to, &[("version", "1"), ("to", "materialised"), ("reason", "")]).await.is(303);
    let page = test.manager.page(happened.header("location")).await.is(200);
    assert!(all(&page, "#links li").join(" ").contains("Materialised as"));
    let stale =
        test.manager.submit(&to, &[("version", "1"), ("to", "closed"), ("reason", "Over")]).await.is(409);
    assert!(all(&stale, ".notice.warn").join(" ").contains("Nothing was overwritten"));
    assert_eq!(all(&stale, ".step[open] textarea"), ["Over"]);
    // Who may only read has no buttons, and a past day has none for anyone.
    let read = test.viewer.page(&format!("{RISKS}/1")).await.is(200);
    assert_eq!(all(&read, "main form[method=post]").len(), 0);
    test.viewer.submit(&to, &[("version", "2"), ("to", "closed")]).await.is(403);
    test.stranger.page(&format!("{RISKS}/1")).await.is(404);
}

#[tokio::test]
async fn both_sides_of_a_dependency_agree_and_consent_to_a_changed_date() {
    let test = TestApp::start().await;
    let contract = json!({
        "title": "Rates", "provider": {"external": "Tax office"}, "consumer": {"external": "Us"},
        "needed_by": "2026-08-01", "promised_by": "2026-07-20", "owner": "Manager",
    });
    test.manager.post("/api/v1/programs/ATLAS/dependencies", contract).await.is(201);
    let path = "/programs/ATLAS/dependencies/1";
    for side in ["provider", "consumer"] {
        let page = test.manager.page(path).await.is(200);
        let form = ".step:first-of-type form";
        let version = attribute(&page, &format!("{form} [name=version]"), "value").unwrap_or_default();
        let step = [("version", version.as_str()), ("to", "agreed"), ("as", side)];
        test.manager.submit(&format!("{path}/transitions"), &step).await.is(303);
    }
    let form = test.manager.page(&format!("{path}/edit")).await.is(200);
    assert_eq!(attribute(&form, "#f-provider", "value").as_deref(), Some("external: Tax office"));
    send(&test.manager, &form, "main form.form", &[("promised_by", "2026-08-15")], &[]).await.is(303);
    // The date goes on waiting while something else is edited.
    let form = test.manager.page(&format!("{path}/edit")).await.is(200);
    assert_eq!(attribute(&form, "#f-promised_by", "value").as_deref(), Some("2026-08-15"));
    send(&test.manager, &form, "main form.form", &[("test_point", "Staging")], &[]).await.is(303);
    let page = test.manager.page(path).await.is(200);
    assert!(
        all(&page, ".contract").join(" ").contains("offers 15 Aug 2026"),
        "{:?}",
        all(&page, ".contract")
    );
    assert_eq!(all(&page, ".step:first-of-type summary"), ["Consent to the new date"]);
    send(&test.manager, &page, ".step:first-of-type form", &[], &[]).await.is(303);
    let now = test.manager.get("/api/v1/programs/ATLAS/dependencies/1").await.json();
    assert_eq!((&now["promised_by"], &now["proposed_promised_by"]), (&json!("2026-08-15"), &json!(null)));
}

#[tokio::test]
async fn an_item_is_commented_linked_and_put_away() {
    let test = TestApp::start().await;
    for title in ["One", "Two"] {
        test.manager.post("/api/v1/programs/ATLAS/risks", json!({"title": title})).await.is(201);
    }
    let one = format!("{RISKS}/1");
    let said = test
        .contributor
        .submit(&format!("{one}/comments"), &[("body", "As in ATLAS-R2, not ATLAS-R99.")])
        .await
        .is(303);
    assert!(said.header("location").contains("#comment-"));
    let page = test.contributor.page(&one).await.is(200);
    assert_eq!(all(&page, ".comment a"), ["ATLAS-R2"]);
    let empty = test.contributor.submit(&format!("{one}/comments"), &[("body", " ")]).await.is(422);
    assert_eq!(all(&empty, ".wrong").len(), 1);
    let two = test.contributor.page(&format!("{RISKS}/2")).await.is(200);
    assert!(all(&two, "#links li").join(" ").contains("Mentioned in"));

    let links = format!("{one}/links");
    test.contributor.submit(&links, &[("relation", "causes"), ("to", "ATLAS-R2")]).await.is(303);
    let wrong = test.contributor.submit(&links, &[("relation", "causes"), ("to", "ATLAS-R77")]).await.is(422);
    assert_eq!(attribute(&wrong, "#link-to", "value").as_deref(), Some("ATLAS-R77"));
    let two = test.contributor.page(&format!("{RISKS}/2")).await.is(200);
    assert!(all(&two, "#links li").join(" ").contains("Caused by"));
    // It is taken away from its other end.
    send(&test.contributor, &two, "#links li form", &[], &[]).await.is(303);
    let page = test.contributor.page(&one).await.is(200);
    assert!(!all(&page, "#links li").join(" ").contains("Causes"));

    let gone = test.manager.submit(&format!("{one}/archive"), &[("version", "1")]).await.is(303);
    let page = test.manager.page(gone.header("location")).await.is(200);
    assert!(all(&page, ".notice").join(" ").contains("Archived"));
    assert_eq!(all(&page, ".step").len(), 0);
    let late =
        test.manager.submit(&format!("{one}/edit"), &[("version", "2"), ("title", "Anew")]).await.is(409);
    assert!(late.text.contains("archived"), "what is archived is restored before it is changed");
    let log = test.manager.page("/programs/ATLAS/raid").await.is(200);
    assert_eq!(all(&log, "tbody th a"), ["Two"]);
    send(&test.manager, &page, ".notice form", &[], &[]).await.is(303);
    let log = test.manager.page("/programs/ATLAS/raid").await.is(200);
    assert_eq!(all(&log, "tbody th a").len(), 2);
}

#[tokio::test]
async fn nothing_that_is_typed_becomes_markup() {
    let test = TestApp::start().await;
    let bad = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'";
    let bodies = [
        ("milestones", json!({"forecast_reason": bad, "acceptance_criteria": bad})),
        ("risks", json!({"cause": bad, "event": bad, "effect": bad, "response_plan": bad, "trigger": bad})),
        ("assumptions", json!({"impact_if_false": bad, "method": bad})),
        ("issues", json!({"severity": 1, "resolution": bad, "root_cause": bad})),
        (
            "dependencies",
            json!({
                "provider": {"external": bad}, "consumer": {"external": "Us"}, "acceptance_criteria": bad, "test_point": bad,
            }),
        ),
        (
            "decisions",
            json!({
                "context": bad, "recommendation": bad, "if_undecided": bad, "forum": bad,
                "options": [{"title": bad, "benefits": bad, "costs": bad, "risks": bad}],
            }),
        ),
        ("changes", json!({"kinds": ["scope"], "reason": bad})),
        ("actions", json!({})),
    ];
    for (plural, mut body) in bodies {
        body["title"] = json!(bad);
        body["description"] = json!(bad);
        body["tags"] = json!(["<b>x"]);
        test.manager.post(&format!("/api/v1/programs/ATLAS/{plural}"), body).await.is(201);
        let path = format!("/programs/ATLAS/{plural}");
        test.manager.submit(&format!("{path}/1/comments"), &[("body", bad)]).await.is(303);
        for page in [path.clone(), format!("{path}/1"), format!("{path}/1/edit")] {
            let page = test.manager.page(&page).await;
            if page.status == 404 || page.status == 405 {
                continue;
            }
            let page = page.is(200);
            assert!(!page.text.contains("<script>alert") && !page.text.contains("<img src=x"), "{plural}");
            assert_eq!(all(&page, "img, main script, [onerror]").len(), 0, "{plural}");
        }
    }
}

#[tokio::test]
async fn a_log_is_filtered_sorted_and_paged_by_its_address() {
    let test = TestApp::start().await;
    for n in 1..=53 {
        let body = json!({"title": format!("Risk {n:02}"), "review_on": "2026-06-01", "tags": [if n % 2 == 0 { "even" } else { "odd" }]});
        test.manager.post("/api/v1/programs/ATLAS/risks", body).await.is(201);
    }
    test.manager
        .post("/api/v1/programs/ATLAS/issues", json!({"title": "An issue", "severity": 2}))
        .await
        .is(201);
    let log = |query: &'static str| test.viewer.page(query);
    let first = log("/programs/ATLAS/raid?sort=-title").await.is(200);
    assert_eq!(all(&first, "tbody tr").len(), 50);
    assert_eq!(all(&first, "tbody th a")[0], "Risk 53");
    assert_eq!(all(&first, ".tabs b"), ["54", "53", "0", "1", "0"]);
    assert!(all(&first, ".pager").join(" ").contains("1–50 of 54"));
    let last = log("/programs/ATLAS/raid?sort=-title&page=2").await.is(200);
    assert_eq!(all(&last, "tbody th a"), ["Risk 03", "Risk 02", "Risk 01", "An issue"]);
    let even = log("/programs/ATLAS/raid?tag=even&due=overdue&owner=none").await.is(200);
    assert_eq!(all(&even, "tbody tr").len(), 26);
    assert_eq!(all(&even, ".chips a").len(), 4, "{:?}", all(&even, ".chips a"));
    let odd = log("/programs/ATLAS/raid?state=flying&page=9").await.is(200);
    assert_eq!(all(&odd, "main .notice.warn").len(), 2);
    let none = log("/programs/ATLAS/raid?q=nothing+like+it").await.is(200);
    assert_eq!(all(&none, ".empty h2"), ["Nothing fits these filters"]);
    assert_eq!(all(&none, "[data-create]").len(), 0);
    let empty = test.manager.page("/programs/ATLAS/decisions").await.is(200);
    assert_eq!(all(&empty, ".empty .btn"), ["New decision"]);
    let before = log("/programs/ATLAS/raid?as_of=2026-06-01").await.is(200);
    assert_eq!(all(&before, "tbody tr").len(), 0);
}
