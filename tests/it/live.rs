//! What the plan's pages do in a browser beside showing: the answer of a what-if while it is typed, a simulation that takes its
//! time, and each control reached by Tab, in order, with its focus in sight.

use crate::browser::{Demo, WHAT_IF, sign_in};
use crate::support::browser::{self, Browser};
use plumbline::app::{demo, forecast};
use thirtyfour::prelude::*;

#[tokio::test]
async fn the_plans_pages_answer_in_place_and_by_keyboard() {
    let Some(browser) = browser::open().await else { return };
    let demo = Demo::start().await;
    sign_in(&browser, &demo.base, demo::ACCOUNTS[0].0).await;
    what_if(&browser, &demo.base).await;
    let wrong = walked(&browser, &demo.base).await;
    simulated(&browser, &demo).await;
    browser.close().await;
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
}

async fn text(browser: &Browser, selector: &str) -> String {
    browser.value(&format!("document.querySelector('{selector}').textContent")).await
}

/// What is typed is answered before it is sent, with the focus where it was.
async fn what_if(browser: &Browser, base: &str) {
    browser.open(&format!("{base}/programs/ATLAS/scenarios/new")).await;
    browser.run("window.same = true; document.querySelector('#step-slip > summary').focus();").await;
    browser.enter().await;
    browser.until("document.querySelector('#step-slip').open").await;
    browser.keys(Key::Tab).await;
    browser.keys("ATLAS-T30").await;
    browser.keys(Key::Tab).await;
    browser.keys("20").await;
    browser.until("document.querySelector('#result').textContent.includes('Milestones that move')").await;
    assert!(
        browser.truth("!document.querySelector('#with').hidden").await,
        "it says that it isn't in the list"
    );
    assert!(
        browser
            .truth("document.activeElement.name === 'days' && document.activeElement.value === '20'")
            .await
    );
    let said = text(browser, "#said").await;
    assert!(said.contains("move"), "the answer is announced: “{said}”");
    let far = text(browser, "#result table").await;
    browser.run("window.far = document.querySelector('#result table').textContent").await;
    browser.keys(Key::Backspace).await;
    browser.keys(Key::Backspace).await;
    browser.keys("5").await;
    browser
        .until("document.querySelector('#result table') && document.querySelector('#result table').textContent !== window.far")
        .await;
    browser.keys(Key::Backspace).await;
    browser.keys("x").await;
    browser.until("document.querySelector('#with').hidden").await;
    assert!(
        !browser.truth("document.querySelector('#result table')").await,
        "what can't be taken answers nothing"
    );
    browser.keys(Key::Backspace).await;
    browser.keys("20").await;
    browser.until("document.querySelector('#result table')").await;
    assert_eq!(text(browser, "#result table").await, far);
    // Sent, it is a change of the list; the page is the same, and the focus stays at the step.
    browser.enter().await;
    browser.until("document.querySelector('[data-preview] ol.log')").await;
    browser.until("location.search.includes('changes=')").await;
    assert!(browser.truth("window.same && document.activeElement.matches('#step-slip > summary')").await);
    assert_eq!(text(browser, "#result table").await, far);
    // The address alone shows the same.
    let address = browser.value("location.href").await;
    browser.open(&address).await;
    assert_eq!(text(browser, "#result table").await, far);
    browser.run("window.same = true; document.querySelector('a[href*=\"remove=0\"]').focus();").await;
    browser.enter().await;
    browser.until("!document.querySelector('[data-preview] ol.log')").await;
    assert!(browser.truth("window.same && document.activeElement.matches('summary')").await);
    browser.driver.back().await.expect("there is a page before");
    browser.arrives("document.querySelector('[data-preview] ol.log')").await;
}

/// What Tab should stop at, in order: what can be operated and is shown.
const MARK: &str = "const shown = (e) => e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !e.matches(':disabled');
    const stops = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\"0\"]')];
    let nth = 0;
    for (const stop of stops) if (shown(stop) && stop.tabIndex >= 0 && !(stop.matches('summary') && stop !== stop.parentElement.querySelector('summary'))) stop.dataset.nth = nth++;
    window.stops = nth; document.activeElement.blur();";

/// The stop that has the focus, whether the focus is drawn, and whether it has a name.
const AT: &str = "(() => { const at = document.activeElement; if (!at || at === document.body) return 'end';
    if (at.dataset.nth === undefined) return 'other';
    const style = getComputedStyle(at); const box = at.getBoundingClientRect();
    const drawn = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    const seen = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const name = at.getAttribute('aria-label') || at.getAttribute('title') || at.getAttribute('aria-labelledby') || at.labels?.[0]?.textContent || at.textContent || at.value || '';
    return [at.dataset.nth, drawn, seen, Boolean(name.trim()), at.tagName + ' ' + (at.getAttribute('class') ?? '') + ' ' + name.trim().slice(0, 40)].join('|'); })()";

/// Walks each page by Tab.
async fn walked(browser: &Browser, base: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for page in [
        "/programs/ATLAS/roadmap",
        "/programs/ATLAS/schedule",
        "/programs/ATLAS/forecast",
        WHAT_IF,
        "/programs/ATLAS/scenarios",
        "/programs/ATLAS/dependencies/map",
        "/programs/ATLAS/calendars",
        "/programs/ATLAS/calendars/new",
    ] {
        browser.open(&format!("{base}{page}")).await;
        browser.run(MARK).await;
        let stops: usize = browser.value("String(window.stops)").await.parse().unwrap();
        assert!(stops > 15, "{page}: there is something to walk");
        let mut reached = vec![false; stops];
        let mut last = None;
        // A form begins in its first field: the walk begins at the head of the page all the same.
        browser.run("document.querySelector('[data-nth=\"0\"]').focus()").await;
        reached[0] = true;
        let mut idle = 0;
        // A date is three stops in one field.
        for _ in 0..stops * 2 + 60 {
            browser.keys(Key::Tab).await;
            let at = browser.value(AT).await;
            if at == "end" {
                break;
            }
            let mut parts = at.splitn(5, '|');
            let Some(nth) = parts.next().and_then(|nth| nth.parse::<usize>().ok()) else {
                idle += 1;
                if idle > 20 {
                    break;
                }
                continue;
            };
            if last == Some(nth) {
                continue;
            }
            let what = at.rsplit('|').next().unwrap_or_default();
            if last.is_some_and(|last| nth < last) {
                if nth == 0 {
                    break;
                }
                wrong.push(format!("{page}: {what} comes after what stands behind it"));
            }
            for fact in ["a drawn focus", "itself in sight", "a name"] {
                if parts.next() != Some("true") {
                    wrong.push(format!("{page}: {what} hasn't {fact}"));
                }
            }
            reached[nth] = true;
            last = Some(nth);
        }
        for (nth, _) in reached.iter().enumerate().filter(|(_, reached)| !**reached) {
            let what = browser
                .value(&format!("document.querySelector('[data-nth=\"{nth}\"]').outerHTML.slice(0, 120)"))
                .await;
            wrong.push(format!("{page}: Tab doesn't reach {what}"));
        }
    }
    wrong
}

/// A simulation shows how far it is, is cancelled, and its result takes the place of its progress.
async fn simulated(browser: &Browser, demo: &Demo) {
    forecast::long_from(&demo.app, 0);
    let turns = forecast::hold(&demo.app).await.expect("there are turns");
    let page = format!("{}/programs/ATLAS/forecast?iterations=700", demo.base);
    browser.open(&page).await;
    browser.until("document.querySelector('progress')").await;
    browser.run("document.querySelector('[data-progress] button').focus()").await;
    browser.enter().await;
    browser.arrives("location.search.includes('stopped=true')").await;
    assert_eq!(forecast::at_work(&demo.app).0, 0);
    browser.open(&page).await;
    browser.until("document.querySelector('progress')").await;
    // Left, it is stopped.
    browser.until("document.querySelector('[data-live]')").await;
    browser.open(&format!("{}/programs/ATLAS", demo.base)).await;
    let gone = async {
        while forecast::at_work(&demo.app).0 > 0 {
            tokio::task::yield_now().await;
        }
    };
    assert!(
        tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.is_ok(),
        "left, it is stopped"
    );
    browser.open(&page).await;
    browser.until("document.querySelector('progress')").await;
    browser.run("window.same = true").await;
    drop(turns);
    browser.until("document.querySelector('.confidence')").await;
    assert!(browser.truth("window.same && !document.querySelector('progress')").await, "in place");
    assert_eq!(text(browser, "#said").await, "The forecast is ready.");
}
