//! Deciding and running a meeting, by keyboard alone, in a real browser.

use crate::browser::{Demo, sign_in, sign_out};
use crate::support::app::at;
use crate::support::browser::{self, Browser};
use thirtyfour::prelude::*;

/// Waits until the page that a key leads to is whole.
async fn led_to(browser: &Browser, done: &str) {
    browser.arrives(&format!("location.href.includes('{done}')")).await;
}

/// Presses a key on the page that is there now: the driver's own may come down on the one before.
async fn press(browser: &Browser, key: &str) {
    let event = format!("new KeyboardEvent('keydown', {{key: '{key}', bubbles: true, cancelable: true}})");
    browser.run(&format!("document.body.dispatchEvent({event})")).await;
}

#[tokio::test]
async fn an_executive_decides_and_a_meeting_is_run_without_a_mouse() {
    let Some(browser) = browser::open().await else { return };
    let demo = Demo::start().await;
    deciding(&browser, &demo.base).await;
    // The day of the meeting.
    demo.app.clock.hold_at(at("2026-07-02T12:00:00Z"));
    meeting(&browser, &demo.base).await;
    browser.close().await;
}

/// Escape closes what was opened, from its button and from a field in it, and the focus is on what opened it again.
#[tokio::test]
async fn a_panel_that_was_opened_closes_by_escape() {
    let Some(browser) = browser::open().await else { return };
    let demo = Demo::start().await;
    let base = &demo.base;
    sign_in(&browser, base, "mira@example.com").await;
    let closed = |summary: &str| {
        format!(
            "!document.querySelector('details.step[open]') && document.activeElement.textContent.startsWith('{summary}')"
        )
    };

    browser.open(&format!("{base}/programs/ATLAS/changes/6")).await;
    assert!(browser.tab_to(".steps summary", 40).await, "a change can be approved");
    let verb = browser.value("document.activeElement.textContent.trim()").await;
    browser.enter().await;
    browser.until("document.activeElement.parentElement.open").await;
    browser.keys(Key::Escape).await;
    browser.until(&closed(&verb)).await;
    browser.enter().await;
    browser.until("document.activeElement.parentElement.open").await;
    // In a field of dates a space would open its calendar, which Escape closes first.
    assert!(browser.tab_to(".step[open] textarea", 8).await, "the reason is reached by Tab");
    browser.keys("Not yet").await;
    browser.keys(Key::Escape).await;
    browser.until(&closed(&verb)).await;

    browser.open(&format!("{base}/programs/ATLAS/meetings/3/present")).await;
    for (key, field, verb) in [("a", "action-title", "Action"), ("d", "decision-title", "Decision")] {
        press(&browser, key).await;
        browser.until(&format!("document.activeElement.id === '{field}'")).await;
        browser.keys(Key::Escape).await;
        browser.until(&closed(verb)).await;
    }

    sign_out(&browser, base).await;
    sign_in(&browser, base, "helena@example.com").await;
    browser.open(&format!("{base}/me/decisions")).await;
    browser.strokes("j").await;
    browser.strokes("d").await;
    browser.until("document.activeElement.name === 'until'").await;
    browser.keys(Key::Escape).await;
    browser.until(&closed("Defer")).await;
    assert!(browser.truth("!!document.querySelector('.queue > li[aria-current]')").await, "it stays chosen");
    browser.close().await;
}

async fn deciding(browser: &Browser, base: &str) {
    sign_in(browser, base, "helena@example.com").await;
    browser.open(&format!("{base}/me/decisions")).await;
    let count = "String(document.querySelectorAll('.queue > li').length)";
    assert_eq!(browser.value(count).await, "2", "two were escalated to her");
    // A number takes no option while no decision is chosen: it chooses the first.
    browser.keys("1").await;
    browser.until("document.querySelector('.queue > li').hasAttribute('aria-current')").await;
    assert_eq!(browser.value(count).await, "2");
    let first = browser.value("document.querySelector('.queue > li').id").await;
    assert!(
        browser.truth("/float|late/.test(document.querySelector('.queue > li').textContent)").await,
        "it says how long what it holds up can wait"
    );
    // Asks first: the answer is on its way, and the decision stays.
    browser.strokes("a").await;
    browser.until("document.activeElement.name === 'question'").await;
    browser.keys("What does a third week cost?").await;
    browser.keys(Key::Tab).await;
    browser.enter().await;
    led_to(browser, "done=asked").await;
    assert!(browser.truth("document.body.textContent.includes('What does a third week cost?')").await);
    browser.strokes("j").await;
    browser.until("document.querySelector('.queue > li').hasAttribute('aria-current')").await;
    browser.keys("1").await;
    led_to(browser, "done=decided").await;
    assert_eq!(browser.value(count).await, "1");
    assert!(browser.truth(&format!("!document.getElementById('{first}')")).await, "it is decided");
    // The other is put off.
    browser.strokes("j").await;
    browser.until("document.querySelector('.queue > li').hasAttribute('aria-current')").await;
    browser.strokes("d").await;
    browser.until("document.activeElement.name === 'until'").await;
    // A date field takes its parts in the order of the browser's language.
    browser.keys("12312026").await;
    browser.enter().await;
    led_to(browser, "done=deferred").await;
    assert_eq!(browser.value(count).await, "0");
}

async fn meeting(browser: &Browser, base: &str) {
    sign_out(browser, base).await;
    sign_in(browser, base, "mira@example.com").await;
    browser.open(&format!("{base}/programs/ATLAS/meetings/3/present")).await;
    let place = "document.querySelector('.place').textContent.trim()";
    assert_eq!(browser.value(place).await, "1 of 3");
    // What is to be done is captured while it is spoken of.
    press(browser, "a").await;
    browser.until("document.activeElement.id === 'action-title'").await;
    browser.keys("Ask the vendor").await;
    browser.keys(Key::Tab).await;
    browser.keys("Jonas Weber").await;
    browser.enter().await;
    led_to(browser, "done=captured").await;
    assert!(browser.truth("document.querySelector('.present').textContent.includes('Ask the vendor')").await);
    assert_eq!(browser.value(place).await, "1 of 3", "the meeting is where it was");
    press(browser, "ArrowRight").await;
    led_to(browser, "at=2").await;
    assert_eq!(browser.value(place).await, "2 of 3");
    press(browser, "s").await;
    led_to(browser, "at=3").await;
    press(browser, "ArrowLeft").await;
    led_to(browser, "at=2").await;
    press(browser, "ArrowRight").await;
    led_to(browser, "at=3").await;
    press(browser, "s").await;
    led_to(browser, "at=4").await;
    assert!(
        browser
            .truth("document.querySelector('.present').textContent.includes('1 point was not reached')")
            .await
    );
    press(browser, "h").await;
    browser.arrives("location.pathname.endsWith('/meetings/3')").await;
    assert!(
        browser.truth("document.querySelector('.state').textContent.trim().toLowerCase() === 'held'").await
    );
    browser.open(&format!("{base}/programs/ATLAS/meetings/3/minutes")).await;
    let told = browser.value("document.querySelector('.minutes').textContent").await;
    assert!(told.contains("Ask the vendor") && told.contains("Jonas Weber"), "{told}");
    assert!(told.contains("Not reached"), "no meeting of the forum follows yet: {told}");
}
