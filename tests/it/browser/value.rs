//! A benefit is measured, and a survey is answered through its link, by keyboard alone.

use super::look;
use crate::support::browser::Browser;
use thirtyfour::prelude::*;

pub async fn by_keyboard(browser: &Browser, base: &str, wrong: &mut Vec<String>) {
    measured(browser, base).await;
    answered(browser, base, wrong).await;
}

async fn measured(browser: &Browser, base: &str) {
    browser.open(&format!("{base}/programs/ATLAS/benefits/1")).await;
    assert!(browser.tab_to("#own .more > summary", 60).await, "the way to measure is reached by Tab");
    browser.enter().await;
    assert!(browser.tab_to("#m-value", 6).await, "the value is reached by Tab");
    browser.keys("4,25").await;
    assert!(browser.tab_to("#own form button", 8).await, "the button is reached by Tab");
    browser.enter().await;
    browser.arrives("location.search.includes('done=measured')").await;
    let row = browser.value("document.querySelector('#measurements tbody tr').textContent").await;
    assert!(row.contains("4.25"), "the measurement stands first: {row}");
}

async fn answered(browser: &Browser, base: &str, wrong: &mut Vec<String>) {
    browser.open(&format!("{base}/programs/ATLAS/surveys/2")).await;
    assert!(browser.tab_to("form[action$=invitations] button", 60).await, "links are made by keyboard");
    // All who were not asked yet are chosen; who was is, by the space bar.
    browser.run("document.querySelector('#ask-3').focus()").await;
    if !browser.truth("document.querySelector('#ask-3').checked").await {
        browser.keys(" ").await;
    }
    assert!(browser.tab_to("form[action$=invitations] button", 20).await, "the button is reached by Tab");
    browser.enter().await;
    browser.until("document.querySelector('code.link')").await;
    let link = browser.value("document.querySelector('code.link').textContent").await;
    assert!(link.starts_with(base), "it is whole: {link}");
    browser.open(&link).await;
    look(browser, "a survey", wrong).await;
    assert!(
        !browser.truth("document.body.textContent.includes('ATLAS-')").await,
        "nothing of the program but the question"
    );
    assert!(browser.tab_to("input[name=value]", 6).await, "the answers are reached by Tab");
    browser.keys(" ").await;
    browser.keys(Key::Down + "").await;
    browser.keys(Key::Down + "").await;
    browser.keys(Key::Down + "").await;
    assert!(browser.tab_to("textarea[name=comment]", 3).await, "the comment is reached by Tab");
    browser.keys("We know when it is our turn.").await;
    assert!(browser.tab_to("main form button", 4).await, "the button is reached by Tab");
    browser.enter().await;
    browser.arrives("location.search.includes('done=answered')").await;
    look(browser, "an answered survey", wrong).await;
    browser.open(&format!("{base}/programs/ATLAS/surveys/2")).await;
    let page = browser.value("document.querySelector('main').textContent").await;
    assert!(page.contains("We know when it is our turn."), "the answer stands among the results");
}
