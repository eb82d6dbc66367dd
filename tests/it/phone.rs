//! What only a drawn page can tell: that the line of a chart is whole, and that a log is read on a phone without pushing it about.

use crate::browser::{Demo, sign_in};
use crate::support::browser::{self, Browser};

/// How many elements of the page that is open fit.
async fn count(browser: &Browser, expression: &str) -> usize {
    browser.value(&format!("String({expression})")).await.parse().expect("it is a number")
}

#[tokio::test]
async fn a_line_is_drawn_whole_and_a_log_is_read_on_a_phone() {
    let Some(browser) = browser::open().await else { return };
    let demo = Demo::start().await;
    sign_in(&browser, &demo.base, "mira@example.com").await;
    let program = format!("{}/programs/ATLAS", demo.base);

    // Styles of a list of figures, which are called lines too, don't reach into drawings.
    let lines = "[...document.querySelectorAll('svg .line')]";
    for page in
        ["", "/milestones", "/risks", "/metrics", "/metrics/milestone_on_time_rate", "/metrics/risk_burndown"]
    {
        browser.open(&format!("{program}{page}")).await;
        assert!(count(&browser, &format!("{lines}.length")).await > 0, "{page} draws a line");
        let cut = "(line) => { const style = getComputedStyle(line); return style.clipPath !== 'none' || style.marginLeft !== '0px'; }";
        assert_eq!(count(&browser, &format!("{lines}.filter({cut}).length")).await, 0, "{page}");
    }

    browser.width(390).await;
    browser.until("innerWidth === 390").await;
    // The latest end of a drawing is shown first, and its axis beside it.
    for page in ["/milestones", "/metrics/milestone_on_time_rate", "/metrics/risk_burndown"] {
        browser.open(&format!("{program}{page}")).await;
        let scrolled = "document.querySelector('.scroll:has(> .pinned)').scrollLeft > 100";
        browser.until(scrolled).await;
        let label = "document.querySelector('.pinned > svg:first-child text.end').getBoundingClientRect()";
        assert!(browser.truth(&format!("{label}.left >= 0 && {label}.right < 100")).await, "{page}");
    }
    // Filters lie behind one button, and each row says all that it has.
    for log in ["/milestones", "/risks", "/dependencies", "/raid", "/actions"] {
        browser.open(&format!("{program}{log}")).await;
        assert!(!browser.truth("document.querySelector('.filters select').checkVisibility({ contentVisibilityAuto: true })").await, "{log}");
        let row = "document.querySelector('.stack tr[data-row]')";
        assert!(
            browser.truth(&format!("{row}.getBoundingClientRect().top < 844")).await,
            "{log}: the first row is on the first screen"
        );
        let over = format!(
            "[...{row}.querySelectorAll('th, td')].filter((cell) => cell.getBoundingClientRect().right > 390).length"
        );
        assert_eq!(count(&browser, &over).await, 0, "{log}");
        browser.run("document.querySelector('.fold > summary').focus()").await;
    }
    browser.width(1280).await;
    browser.until("innerWidth === 1280").await;
    browser.open(&format!("{program}/risks")).await;
    assert!(browser.truth("document.querySelector('.filters select').checkVisibility()").await);

    // Rows of these lists are selected as in every log.
    for (log, title) in [("/risks", "R"), ("/milestones", "M"), ("/dependencies", "D")] {
        browser.open(&format!("{program}{log}")).await;
        browser.strokes("j").await;
        browser.strokes("x").await;
        browser.until("document.querySelector('#selected output').textContent === '1 selected'").await;
        browser
            .run("document.querySelector('#selected [name=add]').value = 'launch'; document.querySelector('#selected').requestSubmit()")
            .await;
        browser.until("document.querySelector('h1').textContent === '1 item changed'").await;
        assert!(
            browser
                .truth(&format!(
                    "document.querySelector('.log .ref').textContent.startsWith('ATLAS-{title}')"
                ))
                .await
        );
    }
    browser.close().await;
}
