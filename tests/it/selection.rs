//! Several rows of a log changed together: all of them or none, and taken back in one step.

use crate::browser::{Demo, sign_in};
use crate::support::api::{ATLAS, atlas, raise};
use crate::support::app::{TestApp, TestUser};
use crate::support::browser;
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

const SELECTED: &str = "/programs/ATLAS/selected";

/// What the boxes beside these rows of the log say.
async fn boxes(user: &TestUser, references: &[&str]) -> Vec<String> {
    let page = user.page("/programs/ATLAS/raid").await.is(200).text;
    references
        .iter()
        .filter_map(|reference| {
            let named = format!("\" aria-label=\"Select {reference}\"");
            let before = page.split(&named).next().filter(|before| before.len() < page.len())?;
            before.rsplit("value=\"").next().map(str::to_owned)
        })
        .collect()
}

async fn submit(
    user: &TestUser,
    path: &str,
    items: &[String],
    given: &[(&str, &str)],
) -> crate::support::app::Answer {
    let items = items.iter().map(|item| ("items[]", item.as_str()));
    let form: Vec<(&str, &str)> = items.chain(given.iter().copied()).collect();
    user.submit(path, &form).await
}

/// Owner, tags and next date of an item, and its version.
async fn part(test: &TestApp, item: &str) -> Value {
    let item = test.manager.get(&format!("{ATLAS}/{item}")).await.is(200).json();
    json!([item["owner"]["name"], item["tags"], item["next_on"], item["version"]])
}

async fn three(test: &TestApp) {
    let own = json!({"title": "Vendor", "tags": ["gl"], "review_on": "2026-07-10", "owner": test.contributor.email});
    raise(&test.manager, Kind::Risk, own).await;
    raise(&test.manager, Kind::Issue, json!({"title": "Feed", "severity": 2})).await;
    raise(&test.manager, Kind::Assumption, json!({"title": "Load"})).await;
}

#[tokio::test]
async fn rows_of_several_kinds_are_given_an_owner_a_date_and_tags_and_have_all_of_it_back() {
    let test = atlas().await;
    three(&test).await;
    let before = [part(&test, "risks/1").await, part(&test, "issues/1").await];
    let chosen = boxes(&test.manager, &["ATLAS-R1", "ATLAS-I1"]).await;
    assert_eq!(chosen.len(), 2);
    let given = [
        ("owner", "me"),
        ("due", "2026-08-03"),
        ("add", "Audit, tax"),
        ("remove", "GL"),
        ("back", "/programs/ATLAS/raid?q=e"),
    ];
    let page = submit(&test.manager, SELECTED, &chosen, &given).await.is(200).text;
    assert!(
        page.contains("<h1>2 items changed</h1>") && page.contains("href=\"/programs/ATLAS/raid?q=e\""),
        "{page}"
    );
    for item in ["risks/1", "issues/1"] {
        assert_eq!(part(&test, item).await, json!(["Manager", ["audit", "tax"], "2026-08-03", 2]), "{item}");
    }
    assert_eq!(part(&test, "assumptions/1").await[3], 1, "what was not selected stays");
    let told = test.manager.get(&format!("{ATLAS}/history?limit=50")).await.json();
    assert!(told.to_string().contains("ATLAS-I1"), "it is told");

    // Taken back: what they had, as a version of its own. A second time, somebody changed them since.
    let back: Vec<String> = page
        .split("name=\"items[]\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next().map(str::to_owned))
        .collect();
    assert_eq!(back.len(), 2);
    let undo = format!("{SELECTED}/undo");
    submit(&test.manager, &undo, &back, &[]).await.is(200);
    for (item, before) in ["risks/1", "issues/1"].into_iter().zip(before) {
        let now = part(&test, item).await;
        assert_eq!(
            (&now[0], &now[1], &now[2], &now[3]),
            (&before[0], &before[1], &before[2], &json!(3)),
            "{item}"
        );
    }
    let twice = submit(&test.manager, &undo, &back, &[]).await.is(422).text;
    assert!(twice.contains("ATLAS-R1: somebody else changed it in the meantime."), "{twice}");
}

#[tokio::test]
async fn where_one_of_them_cannot_be_changed_none_is() {
    let test = atlas().await;
    three(&test).await;
    // Whose item it isn't has no box, and is refused without one.
    assert_eq!(boxes(&test.contributor, &["ATLAS-R1", "ATLAS-I1"]).await.len(), 1);
    assert_eq!(boxes(&test.viewer, &["ATLAS-R1"]).await.len(), 0);
    let both = boxes(&test.manager, &["ATLAS-R1", "ATLAS-I1"]).await;
    let tagged = [("add", "tax")];
    let refused = submit(&test.contributor, SELECTED, &both, &tagged).await.is(422).text;
    assert!(
        refused.contains("ATLAS-I1: only its owner or a manager of the program may change it."),
        "{refused}"
    );
    assert_eq!(part(&test, "risks/1").await[3], 1, "all or none");
    // Nor what was changed since it was seen.
    test.manager.patch(&format!("{ATLAS}/issues/1"), 1, json!({"title": "Feeds"})).await.is(200);
    let refused = submit(&test.manager, SELECTED, &both, &tagged).await.is(422).text;
    assert!(refused.contains("ATLAS-I1: somebody else changed it in the meantime."), "{refused}");
    assert_eq!(part(&test, "risks/1").await[3], 1);
    // What is said wrongly is refused, and what is of another program isn't there.
    let both = boxes(&test.manager, &["ATLAS-R1", "ATLAS-I1"]).await;
    for given in [("due", "soon"), ("owner", "00000000-0000-0000-0000-000000000000"), ("add", "")] {
        submit(&test.manager, SELECTED, &both, &[given]).await.is(422);
    }
    // It is said at its field, with what was typed and what is selected.
    let typed = [("owner", "00000000-0000-0000-0000-000000000000"), ("add", "tax")];
    let refused = submit(&test.manager, SELECTED, &both, &typed).await.is(422).text;
    for part in [
        "<a href=\"#owner\">Choose one of the people.</a>",
        "id=\"owner-wrong\"",
        "value=\"00000000-0000-0000-0000-000000000000\" selected",
        "value=\"tax\"",
        "2 selected",
        ">ATLAS-R1<",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    submit(&test.manager, SELECTED, &[], &tagged).await.is(422);
    submit(&test.manager, SELECTED, &["1.x".to_owned()], &tagged).await.is(422);
    test.stranger.post("/api/v1/programs", json!({"key": "OTHER", "name": "Other"})).await.is(201);
    submit(&test.stranger, "/programs/OTHER/selected", &both, &tagged).await.is(404);
    assert_eq!(part(&test, "risks/1").await[3], 1);
}

#[tokio::test]
async fn rows_are_selected_by_x_and_up_to_a_row_with_shift() {
    let Some(browser) = browser::open().await else { return };
    let demo = Demo::start().await;
    sign_in(&browser, &demo.base, "mira@example.com").await;
    browser.open(&format!("{}/programs/ATLAS/actions", demo.base)).await;
    let shown = "document.querySelector('.pick').offsetParent !== null";
    assert!(!browser.truth(shown).await, "boxes are not in the way");
    browser.strokes("j").await;
    browser.strokes("x").await;
    browser.until("document.querySelector('#selected output').textContent === '1 selected'").await;
    browser.strokes("j").await;
    browser.strokes("j").await;
    browser.chord(Key::Shift, 'X').await;
    browser.until("document.querySelector('#selected output').textContent === '3 selected'").await;
    let wrong = browser.axe().await;
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(browser.tab_to("#selected select[name=owner]", 200).await, "the form is reached by Tab");
    assert!(browser.tab_to("#selected input[name=add]", 10).await);
    browser.keys("launch").await;
    browser.enter().await;
    browser.until("document.querySelector('h1').textContent === '3 items changed'").await;
    browser.until("document.activeElement.matches('[data-done]')").await;
    browser.keys(Key::Tab).await;
    browser.enter().await;
    browser.until("document.querySelector('h1').textContent === 'Taken back'").await;
    // Escape leaves it as it was.
    browser.open(&format!("{}/programs/ATLAS/actions", demo.base)).await;
    browser.strokes("j").await;
    browser.strokes("x").await;
    browser.until(shown).await;
    browser.keys(Key::Escape).await;
    browser.until(&format!("!({shown}) && !document.querySelector('.pick:checked')")).await;
    browser.close().await;
}
