//! The pages in a real browser: nothing for axe to complain of in light and dark, no page that scrolls sideways on a phone, and
//! all of it by keyboard. One browser for all, since starting it takes longest.

mod value;

use crate::support::app::{at, serve};
use crate::support::browser::{self, Browser};
use crate::support::{TestDatabase, database};
use plumbline::app::{App, demo, forecast};
use plumbline::clock::Clock;
use plumbline::domain::kind::Kind;
use plumbline::store::Db;
use thirtyfour::prelude::*;

const PASSWORD: &str = "correct horse battery";

/// The invented program, served.
pub(crate) struct Demo {
    pub(crate) app: App,
    pub(crate) base: String,
    server: tokio::task::JoinHandle<()>,
    database: TestDatabase,
}

impl Demo {
    /// Connections to its database.
    pub(crate) fn pool(&self) -> sqlx::PgPool {
        self.database.pool.clone()
    }

    pub(crate) async fn start() -> Self {
        let database = database().await;
        let options = database.url.parse().expect("the address of the database is one");
        let app = App::new(Db::new(options, 5), Clock::held_at(at("2026-06-30T12:00:00Z")));
        demo::tell(&app, demo::ATLAS).await.expect("the story is told");
        demo::accounts(&app, PASSWORD).await.expect("accounts are made");
        let (base, server) = serve(&app).await;
        Self { app, base, server, database }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A slip by four weeks of an activity on the critical path.
pub(crate) const WHAT_IF: &str = "/programs/ATLAS/scenarios/new?changes=%5B%7B%22change%22:%22slip%22,%22item%22:%22ATLAS-T30%22,%22days%22:20%7D%5D";

/// A forecast that waits for its turn for as long as the turns are held.
const WAITING: &str = "/programs/ATLAS/forecast?iterations=100000";

/// Keeps two scenarios, as the forms would.
async fn two_scenarios(browser: &Browser) {
    for (title, item) in [("Wave 2 is late", "ATLAS-T30"), ("Another way", "ATLAS-T29")] {
        let changes = format!("[{{\"change\":\"slip\",\"item\":\"{item}\",\"days\":10}}]");
        browser
            .run(&format!(
                "return fetch('/programs/ATLAS/scenarios', {{ method: 'POST', body: new URLSearchParams({{ title: '{title}', changes: '{changes}' }}) }}).then((answer) => {{ if (!answer.ok) throw new Error(answer.status); }});"
            ))
            .await;
    }
}

/// The pages that everyone's work goes through.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> = [
        "/",
        "/programs/ATLAS",
        "/programs/ATLAS?as_of=2026-05-15",
        "/programs/ATLAS/milestones",
        "/programs/ATLAS/raid",
        "/programs/ATLAS/raid?q=nothing-like-it",
        "/programs/ATLAS/risks",
        "/programs/ATLAS/assumptions",
        "/programs/ATLAS/issues",
        "/programs/ATLAS/dependencies",
        "/programs/ATLAS/dependencies/map",
        "/programs/ATLAS/dependencies/map?focus=ATLAS-D7",
        "/programs/ATLAS/dependencies/map?focus=ATLAS-M37&rest=shown",
        "/programs/ATLAS/roadmap",
        "/programs/ATLAS/roadmap?state=all&zoom=week&as_of=2026-06-01",
        "/programs/ATLAS/decisions",
        "/programs/ATLAS/decisions/queue",
        "/programs/ATLAS/nudges",
        "/programs/ATLAS/meetings/2/agenda",
        "/programs/ATLAS/meetings/3/agenda",
        "/programs/ATLAS/meetings/3/present",
        "/programs/ATLAS/meetings/3/present?at=2",
        "/programs/ATLAS/meetings/3/present?at=99",
        "/programs/ATLAS/meetings/1/minutes",
        "/me/decisions",
        "/me/questions",
        "/admin/undelivered",
        "/me/digest",
        "/programs/ATLAS/changes",
        "/programs/ATLAS/actions",
        "/programs/ATLAS/activities",
        "/programs/ATLAS/schedule",
        "/programs/ATLAS/schedule?as_of=2026-05-15",
        "/programs/BEACON/schedule",
        "/programs/ATLAS/metrics",
        "/programs/ATLAS/metrics/milestone_on_time_rate",
        "/programs/ATLAS/metrics/schedule_variance",
        "/programs/ATLAS/metrics/risk_burndown",
        "/programs/ATLAS/health",
        "/programs/ATLAS/forecast",
        "/programs/BEACON/forecast",
        "/programs/ATLAS/forecast?iterations=many&distribution=normal&as_of=soon",
        "/programs/ATLAS/forecast?iterations=501&stopped=true",
        WAITING,
        "/programs/ATLAS/history",
        "/programs/ATLAS/changed",
        "/programs/ATLAS/changed?from=2026-01-01",
        "/programs/ATLAS/reports",
        "/programs/ATLAS/reports?as_of=2026-05-15",
        "/programs/ATLAS/reports/7",
        "/programs/ATLAS/reports/13/about",
        "/programs/ATLAS/reports/14/edit",
        "/programs/ATLAS/reports/record",
        "/programs/ATLAS/charter",
        "/programs/ATLAS/edit",
        "/programs/ATLAS/projects",
        "/programs/ATLAS/projects?as_of=2026-05-15",
        "/programs/ATLAS/projects/LED/health",
        "/programs/ATLAS/projects/new",
        "/programs/ATLAS/baselines",
        "/programs/ATLAS/baselines/compare?a=0&b=1",
        "/programs/ATLAS/members",
        "/programs/ATLAS/gates",
        "/programs/ATLAS/gates?as_of=2026-06-01",
        "/programs/ATLAS/gates/2",
        "/programs/ATLAS/gates/2/live",
        "/programs/ATLAS/gates/1/live",
        "/programs/ATLAS/releases/2",
        "/programs/ATLAS/checklists",
        "/programs/ATLAS/inbound",
        "/programs/ATLAS/scenarios",
        "/programs/ATLAS/benefits",
        "/programs/ATLAS/stakeholders",
        "/programs/ATLAS/raci",
        "/programs/ATLAS/raci/new",
        "/programs/ATLAS/surveys",
        "/programs/ATLAS/surveys/new",
        "/programs/ATLAS/surveys/2",
        "/programs/ATLAS/budget",
        "/programs/ATLAS/budget/new",
        "/programs/ATLAS/capacity",
        "/programs/ATLAS/allocations/new",
        "/programs/ATLAS/lessons",
        "/programs/ATLAS/rework/new",
        WHAT_IF,
        "/programs/ATLAS/scenarios/new",
        "/programs/ATLAS/scenarios/1",
        "/programs/ATLAS/scenarios/1/compare/2",
        "/programs/ATLAS/calendars",
        "/programs/ATLAS/calendars/new",
        "/programs/new",
        "/me/work",
        "/me/tokens",
        "/me/password",
        "/search?q=vendor",
        "/people",
        "/people/new",
        "/teams",
        "/teams/new",
        "/admin/accounts",
        "/nothing-here",
    ]
    .map(str::to_owned)
    .to_vec();
    for kind in Kind::ALL {
        for end in ["1", "1/edit", "new"] {
            pages.push(format!("/programs/ATLAS/{}/{end}", kind.plural()));
        }
    }
    pages
}

pub(crate) async fn sign_in(browser: &Browser, base: &str, email: &str) {
    browser.open(&format!("{base}/sign-in")).await;
    // The first field has the focus.
    browser.keys(email).await;
    browser.keys(Key::Tab).await;
    browser.keys(PASSWORD).await;
    browser.enter().await;
    browser.arrives("location.pathname === '/'").await;
}

/// Leaves the seat to somebody else.
pub(crate) async fn sign_out(browser: &Browser, base: &str) {
    browser.open(&format!("{base}/me/work")).await;
    browser.run("document.querySelector('form[action=\"/sign-out\"]').requestSubmit()").await;
    browser.arrives("location.pathname === '/sign-in'").await;
}

#[tokio::test]
async fn pages_are_whole_for_everybody_and_by_keyboard() {
    let Some(browser) = browser::open().await else { return };
    let demo = Demo::start().await;
    let mut wrong = Vec::new();
    for theme in ["light", "dark"] {
        browser.open(&format!("{}/sign-in", demo.base)).await;
        browser.theme(theme).await;
        look(&browser, &format!("{theme} /sign-in"), &mut wrong).await;
    }
    // What finds nothing must be able to find something.
    browser.run("document.querySelector('main').append(new Image())").await;
    assert!(
        browser.axe().await.iter().any(|found| found.starts_with("image-alt")),
        "axe sees a picture without words"
    );
    sign_in(&browser, &demo.base, demo::ACCOUNTS[0].0).await;
    two_scenarios(&browser).await;
    // What is simulated meanwhile: all but the one that waits.
    let mut pages = pages();
    for page in pages.iter().filter(|page| page.contains("/forecast")) {
        if page != WAITING {
            browser.open(&format!("{}{page}", demo.base)).await;
        }
    }
    forecast::long_from(&demo.app, 0);
    let turns = forecast::hold(&demo.app).await.expect("there are turns");
    for list in ["/people", "/teams"] {
        browser.open(&format!("{}{list}", demo.base)).await;
        pages.push(browser.value("document.querySelector('[data-row] a').pathname").await);
    }
    for theme in ["light", "dark"] {
        browser.theme(theme).await;
        for page in &pages {
            browser.open(&format!("{}{page}", demo.base)).await;
            look(&browser, &format!("{theme} {page}"), &mut wrong).await;
        }
        // A form that comes back with its errors.
        browser.open(&format!("{}/programs/ATLAS/risks/new", demo.base)).await;
        browser.run("const form = document.querySelector('main form[method=post]'); form.noValidate = true; form.requestSubmit();").await;
        browser.until("document.querySelector('.errors[role=alert]')").await;
        look(&browser, &format!("{theme} a refused form"), &mut wrong).await;
    }

    // On a phone nothing is wider than the screen.
    browser.width(390).await;
    browser.until("innerWidth === 390").await;
    for page in pages.iter().map(String::as_str).chain(["/sign-in"]) {
        browser.open(&format!("{}{page}", demo.base)).await;
        let over = browser
            .value("String(document.documentElement.scrollWidth - document.documentElement.clientWidth)")
            .await;
        if over != "0" {
            wrong.push(format!("390 px {page}: {over} px wider than the screen"));
        }
    }
    drop(turns);
    browser.width(1280).await;
    by_keyboard(&browser, &demo.base, &mut wrong).await;
    a_report_by_keyboard(&browser, &demo.base).await;
    value::by_keyboard(&browser, &demo.base, &mut wrong).await;
    without_scripts(&browser, &demo.base).await;
    browser.close().await;
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
}

async fn look(browser: &Browser, page: &str, wrong: &mut Vec<String>) {
    wrong.extend(browser.axe().await.into_iter().map(|found| format!("{page}: {found}")));
}

/// What is done often is done without a mouse.
async fn by_keyboard(browser: &Browser, base: &str, wrong: &mut Vec<String>) {
    browser.open(&format!("{base}/programs/ATLAS")).await;
    browser.keys("/").await;
    browser.until("document.activeElement.matches('[data-find]')").await;
    browser.keys(Key::Escape).await;
    browser.strokes("g").await;
    browser.strokes("m").await;
    browser.arrives("location.pathname === '/programs/ATLAS/milestones'").await;
    browser.strokes("j").await;
    browser.strokes("j").await;
    browser.until("document.querySelectorAll('[data-row]')[1].hasAttribute('aria-current')").await;
    browser.strokes("k").await;
    let first = browser.value("document.querySelector('[data-row] a[href]').pathname").await;
    browser.enter().await;
    browser.arrives(&format!("location.pathname === '{first}'")).await;
    browser.keys("?").await;
    browser.until("document.querySelector('#keys').open").await;
    browser.keys(Key::Escape).await;

    // The first Tab leads past the navigation, and the way to the main action is short.
    browser.open(&format!("{base}/programs/ATLAS/risks")).await;
    browser.keys(Key::Tab).await;
    browser.until("document.activeElement.matches('a.skip')").await;
    browser.enter().await;
    browser.until("document.activeElement.id === 'main'").await;
    if !browser.tab_to("[data-create]", 12).await {
        wrong.push("the main action of the risks isn't reached by Tab soon after the navigation".into());
    }

    // A risk, from the log to its page.
    browser.strokes("c").await;
    browser.arrives("location.pathname.endsWith('/risks/new')").await;
    if !browser.truth("document.activeElement.name === 'title'").await
        && !browser.tab_to("[name=title]", 30).await
    {
        wrong.push("the title of a new risk isn't reached by Tab".into());
    }
    browser.keys("The vendor may be late").await;
    if !browser.tab_to("main form button:not([type=button])", 60).await {
        wrong.push("the button of the form isn't reached by Tab".into());
    }
    browser.enter().await;
    browser.arrives("/\\/risks\\/\\d+$/.test(location.pathname)").await;
    assert!(
        browser.truth("document.querySelector('h1').textContent.includes('The vendor may be late')").await
    );
}

/// A report from its draft to its publication: declared better than the evidence, refused, given a reason, published; rated by who reads it.
async fn a_report_by_keyboard(browser: &Browser, base: &str) {
    let there = |end: &str| format!("location.href.includes('{end}')");
    browser.open(&format!("{base}/programs/ATLAS")).await;
    browser.strokes("g").await;
    browser.strokes("s").await;
    browser.arrives("location.pathname.endsWith('/reports')").await;
    browser.strokes("c").await;
    browser.arrives(&there("/reports/new")).await;
    assert!(browser.tab_to("main form[method=post] button", 60).await, "the draft is asked for");
    browser.enter().await;
    browser.arrives(&there("/edit?done=drafted")).await;
    assert!(browser.truth("document.querySelector('#f-headline').value.includes('ATLAS-')").await);
    assert!(browser.tab_to("#f-declared-schedule", 80).await, "the schedule can be declared");
    browser.keys(Key::Down).await;
    assert!(browser.truth("document.activeElement.value === 'green'").await, "green is declared");
    assert!(browser.tab_to("[name=then]", 80).await, "it can be published");
    browser.enter().await;
    browser.until("document.activeElement.matches('.errors[role=alert]')").await;
    browser.keys(Key::Tab).await;
    browser.enter().await;
    browser
        .until(
            "document.activeElement.id === 'f-reasons-schedule' || location.hash === '#f-reasons-schedule'",
        )
        .await;
    if !browser.truth("document.activeElement.id === 'f-reasons-schedule'").await {
        assert!(browser.tab_to("#f-reasons-schedule", 80).await);
    }
    browser.keys("The parallel run is shortened by two weeks").await;
    assert!(browser.tab_to("[name=then]", 80).await);
    browser.enter().await;
    browser.arrives(&there("done=published")).await;
    assert!(
        browser
            .truth("document.querySelector('.gap').textContent.includes('declared green, computed')")
            .await
    );
    let report = browser.value("location.pathname").await;
    assert!(!browser.truth("document.querySelector('#f-value')").await, "nobody rates what they wrote");
    sign_out(browser, base).await;
    sign_in(browser, base, "helena@example.com").await;
    browser.open(&format!("{base}{report}")).await;
    assert!(browser.tab_to("#f-value", 120).await, "its readers rate it");
    browser.keys("4").await;
    assert!(browser.tab_to("#ratings button", 20).await);
    browser.enter().await;
    browser.arrives(&there("done=rated")).await;
    assert!(browser.truth("document.querySelector('#ratings').textContent.includes('4 of 5')").await);
    sign_out(browser, base).await;
    sign_in(browser, base, demo::ACCOUNTS[0].0).await;
}

/// Everything works without scripts; here, a comment.
async fn without_scripts(browser: &Browser, base: &str) {
    browser.cdp("Emulation.setScriptExecutionDisabled", serde_json::json!({"value": true})).await;
    // Without scripts a page can't say when it has been drawn.
    browser.driver.goto(format!("{base}/programs/ATLAS/risks/1")).await.expect("the page opens");
    let field =
        browser.driver.find(By::Css("textarea[name=body]")).await.expect("an item can be commented on");
    field.send_keys("Typed without scripts").await.expect("it takes text");
    let button =
        browser.driver.find(By::Css("form[action$=comments] button")).await.expect("the form has a button");
    button.click().await.expect("it is pressed");
    browser.until("location.search.includes('done=commented')").await;
    let page = browser.driver.source().await.expect("the page is there");
    assert!(page.contains("Typed without scripts"));
}

/// A go / no-go as it is held: one keeps the page on the screen, others sign meanwhile; without a mouse.
#[tokio::test]
async fn a_gate_goes_by_keyboard_and_nothing_typed_is_swept_away() {
    let Some(browser) = browser::open().await else { return };
    let demo = Demo::start().await;
    sign_in(&browser, &demo.base, demo::ACCOUNTS[1].0).await;
    browser.open(&format!("{}/programs/ATLAS/gates/2/live", demo.base)).await;
    let blocking = "Number.parseInt(document.querySelectorAll('#live-verdict dd')[2].textContent)";
    let before: i32 =
        browser.value(&format!("String({blocking})")).await.parse().expect("a number is in the way");
    assert!(before > 1, "the story has checks in the way");

    // The first row is in the way; its first button says that it passed.
    browser.strokes("j").await;
    browser.until("document.querySelector('#live-open > [aria-current]')").await;
    let row = browser.value("document.querySelector('#live-open > [aria-current]').id").await;
    browser.keys("1").await;
    browser.until(&format!("!document.getElementById('{row}')")).await;
    browser.until(&format!("{blocking} === {}", before - 1)).await;

    // While a comment is being typed, somebody else signs: their row changes, the comment stays.
    let role = "#live-roles > li:last-child";
    for _ in 0..20 {
        if browser.truth(&format!("document.querySelector('{role}').hasAttribute('aria-current')")).await {
            break;
        }
        browser.strokes("j").await;
    }
    browser.run(&format!("document.querySelector('{role} summary').click()")).await;
    browser.run(&format!("document.querySelector('{role} input[name=comment]').focus()")).await;
    browser.keys("Half a sentence").await;
    let other = "#live-roles > li:nth-child(4)";
    browser
        .run(&format!(
            "fetch(location.pathname, {{ method: 'POST', body: new URLSearchParams({{ what: 'sign', \
             role: document.querySelector('{other} input[name=role]').value, verdict: 'go', comment: 'From elsewhere', reason: 'Said on the phone' }}) }}).then(() => document.dispatchEvent(new Event('visibilitychange')))"
        ))
        .await;
    browser.until(&format!("document.querySelector('{other} .when').textContent === 'go'")).await;
    browser
        .until(&format!(
            "document.activeElement === document.querySelector('{role} input[name=comment]') && \
             document.activeElement.value === 'Half a sentence'"
        ))
        .await;
    browser.keys(" more").await;
    // Nobody is named for the role: who signs for it says why.
    assert!(browser.tab_to(&format!("{role} input[name=reason]"), 1).await);
    browser.keys("The team is new").await;
    assert!(
        browser.tab_to(&format!("{role} button[value=go]"), 3).await,
        "the role's button is next to what is said"
    );
    browser.enter().await;
    browser.until(&format!("document.querySelector('{role} .when').textContent === 'go'")).await;
    browser
        .until(&format!(
            "document.querySelector('{role} input[name=comment]').value === 'Half a sentence more'"
        ))
        .await;

    // Go is refused with what is in the way; on conditions it goes, and they are actions.
    assert!(browser.tab_to("#live-conditions", 12).await, "the conditions follow the roles");
    assert!(browser.tab_to("#live-say button[value=go]", 6).await);
    browser.enter().await;
    browser
        .until("document.querySelector('#live-say [role=alert]')?.textContent.includes('Mandatory checks')")
        .await;
    browser.run("document.querySelector('#live-conditions').focus()").await;
    browser.keys("The address defect is closed | 2026-07-10").await;
    assert!(browser.tab_to("#live-say button[value=conditional_go]", 6).await);
    browser.enter().await;
    browser.until("document.querySelector('#live-verdict dd').textContent === 'conditional go'").await;
    browser.open(&format!("{}/programs/ATLAS/gates/2", demo.base)).await;
    assert!(browser.truth("document.body.textContent.includes('The address defect is closed')").await);
    browser.close().await;
}
