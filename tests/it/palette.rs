//! The palette and the names that are offered while one is typed, by keyboard alone, in a real browser.

use crate::browser::{Demo, sign_in};
use crate::support::api::atlas;
use crate::support::browser::{self, Browser};
use serde_json::Value;
use thirtyfour::prelude::*;

const CHOSEN: &str = "(document.querySelector('#palette [aria-selected=true]')?.textContent.replace(/\\s+/g, ' ').trim() ?? '')";

/// Opens the palette where the reader is, and types into it.
async fn ask(browser: &Browser, words: &str) {
    browser.settled().await;
    browser.chord(Key::Control, 'k').await;
    browser
        .until("document.querySelector('#palette').open && document.activeElement.closest('#palette')")
        .await;
    browser.keys(words).await;
}

/// Takes what is chosen in it; the page that it leads to is there.
async fn take(browser: &Browser, leads_to: &str) {
    browser.enter().await;
    browser.arrives(&format!("location.pathname === '{leads_to}'")).await;
}

#[tokio::test]
async fn a_few_letters_lead_to_a_page_a_form_an_item_and_a_button() {
    let Some(browser) = browser::open().await else { return };
    let demo = Demo::start().await;
    sign_in(&browser, &demo.base, "mira@example.com").await;
    browser.open(&format!("{}/programs/ATLAS", demo.base)).await;
    ask(&browser, "gat").await;
    browser.until(&format!("{CHOSEN} === 'Gates Readiness'")).await;
    let wrong = browser.axe().await;
    assert!(wrong.is_empty(), "{wrong:?}");
    take(&browser, "/programs/ATLAS/gates").await;

    ask(&browser, "new ris").await;
    browser.until(&format!("{CHOSEN} === 'New risk'")).await;
    take(&browser, "/programs/ATLAS/risks/new").await;

    // From a field, too; and an item by a word of its title.
    let of_one = "select i.title, i.number from item i join program g on g.id = i.program where g.key = 'ATLAS' and i.kind = 'issue' and i.open order by i.number limit 1";
    let (title, number): (String, i32) = sqlx::query_as(of_one).fetch_one(&demo.pool()).await.unwrap();
    ask(&browser, &title).await;
    let named = format!("{title} ATLAS-I{number}");
    browser.until(&format!("{CHOSEN} === {}", Value::from(named))).await;
    take(&browser, &format!("/programs/ATLAS/issues/{number}")).await;

    // What the page does itself is offered by the name of its button, and its form begins.
    let verb = browser.value("document.querySelector('.steps summary').textContent.trim()").await;
    ask(&browser, &verb).await;
    browser.until(&format!("{CHOSEN}.startsWith({})", Value::from(verb))).await;
    browser.enter().await;
    browser
        .until("!document.querySelector('#palette').open && document.querySelector('.steps details[open]')")
        .await;

    // Escape gives the focus back to where the work was.
    browser.open(&format!("{}/programs/ATLAS/risks/new", demo.base)).await;
    browser.until("document.activeElement.matches('input')").await;
    let before = browser.value("document.activeElement.id").await;
    ask(&browser, "x").await;
    browser.keys(Key::Escape).await;
    browser.until(&format!("document.activeElement.id === '{before}'")).await;
    assert_eq!(browser.value("document.activeElement.value").await, "", "nothing came into the form");
    browser.close().await;
}

#[tokio::test]
async fn a_name_that_is_begun_after_an_at_sign_is_finished_by_enter() {
    let Some(browser) = browser::open().await else { return };
    let demo = Demo::start().await;
    sign_in(&browser, &demo.base, "mira@example.com").await;
    browser.open(&format!("{}/programs/ATLAS/risks/4", demo.base)).await;
    browser.run("document.querySelector('#f-body').focus()").await;
    let shown = "!document.querySelector('.offers').hidden && document.querySelector('.offers').textContent";
    browser.keys("Mail ada@example.org, or @jon").await;
    browser.until(&format!("({shown} || '') === 'Jonas Weber'")).await;
    let wrong = browser.axe().await;
    assert!(wrong.is_empty(), "{wrong:?}");
    browser.enter().await;
    browser.until("document.querySelector('.offers').hidden").await;
    browser.keys("and @web").await;
    browser.until(&format!("({shown} || '') === 'Jonas Weber'")).await;
    browser.keys(Key::Escape).await;
    browser.until("document.querySelector('.offers').hidden").await;
    assert!(
        browser.truth("document.activeElement.id === 'f-body'").await,
        "Escape leaves the list, not the field"
    );
    let said = browser.value("document.activeElement.value").await;
    assert_eq!(said, "Mail ada@example.org, or @Jonas Weber and @web");
    browser.close().await;
}

#[tokio::test]
async fn who_only_reads_is_offered_nothing_to_make() {
    let test = atlas().await;
    for (user, makes) in [(&test.manager, true), (&test.contributor, true), (&test.viewer, false)] {
        let page = user.page("/programs/ATLAS").await.is(200).text;
        assert_eq!(page.contains(">New risk"), makes, "{}", user.email);
        assert!(page.contains(">Forecast <small>Plan</small>"), "{}", user.email);
    }
    let past = test.manager.page("/programs/ATLAS?as_of=2026-06-01").await.is(200).text;
    assert!(!past.contains(">New risk"), "nothing is made in the past");
    assert!(past.contains("data-href=\"/programs/ATLAS/forecast?as_of=2026-06-01\""), "and one stays there");
}
