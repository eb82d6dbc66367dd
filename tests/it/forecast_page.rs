//! The page of a forecast: what is typed wrong comes back with its reason, and what takes long shows how far it is, can be
//! stopped, and stops when nobody waits for it.

use crate::forecasts::one_activity;
use crate::support::app::{TestApp, day};
use plumbline::app::forecast;
use plumbline::app::import::import;
use plumbline::exchange::mspdi::{Limits, intake::intake, read};
use reqwest::Method;
use scraper::{Html, Selector};
use std::time::Duration;

const PAGE: &str = "/programs/ATLAS/forecast";

/// The attribute of the one element.
#[track_caller]
fn attribute(page: &Html, selector: &str, name: &str) -> String {
    let found = page.select(&Selector::parse(selector).unwrap()).next();
    let found = found.unwrap_or_else(|| panic!("there is no {selector}"));
    found.attr(name).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn what_cant_be_taken_comes_back_as_it_was_typed_with_the_reason_beside_it() {
    let test = one_activity([5.0, 10.0, 20.0], "2026-07-13").await;
    let query =
        "iterations=many&seed=-1&correlation=1.5&distribution=normal&spread=wide&to=ATLAS-M9&as_of=soon";
    let answer = test.viewer.page(&format!("{PAGE}?{query}")).await.is(422);
    let page = Html::parse_document(&answer.text);
    for (field, typed) in [("iterations", "many"), ("seed", "-1"), ("correlation", "1.5"), ("as_of", "soon")]
    {
        let input = format!("form.filters input[name={field}]");
        assert_eq!(attribute(&page, &input, "value"), typed);
        assert_eq!(attribute(&page, &input, "type"), "text", "a field for numbers would drop it");
        let why = attribute(&page, &input, "aria-describedby");
        assert!(!attribute(&page, &format!("#{why}"), "class").is_empty(), "{field}: {why}");
        assert_eq!(attribute(&page, &format!(".errors a[href='#{field}']"), "href"), format!("#{field}"));
    }
    for (field, typed) in [("distribution", "normal"), ("spread", "wide"), ("to", "ATLAS-M9")] {
        let option = format!("form.filters select[name={field}] option[selected]");
        assert_eq!(attribute(&page, &option, "value"), typed);
        assert_eq!(
            attribute(&page, &format!("select[name={field}]"), "aria-describedby"),
            format!("{field}-wrong")
        );
    }
    // One wrong field leaves the others as they were typed.
    let answer = test.viewer.page(&format!("{PAGE}?iterations=0&seed=77")).await.is(422);
    let page = Html::parse_document(&answer.text);
    assert_eq!(attribute(&page, "form.filters input[name=seed]", "value"), "77");
    assert!(answer.text.contains("Give a whole number from 1 to 100000."), "{}", answer.text);
    // Elsewhere, and for the API, an address with such a day is a bad request.
    test.viewer.page("/programs/ATLAS/milestones?as_of=soon").await.is(400);
    test.viewer.get("/api/v1/programs/ATLAS/forecast?as_of=soon").await.problem(400);
    test.viewer.get("/api/v1/programs/ATLAS/forecast?iterations=many").await.refused("iterations");
    test.viewer.page(&format!("{PAGE}?as_of=2026-06-20")).await.is(200);
}

/// Waits until so many simulations are watched and so many turns are taken.
async fn until(test: &TestApp, expected: (usize, usize)) {
    let come = async {
        while forecast::at_work(&test.app) != expected {
            tokio::task::yield_now().await;
        }
    };
    let come = tokio::time::timeout(Duration::from_secs(20), come).await;
    assert!(come.is_ok(), "{:?} never became {expected:?}", forecast::at_work(&test.app));
}

#[tokio::test]
async fn what_takes_long_shows_how_far_it_is_and_then_its_result() {
    let test = one_activity([5.0, 10.0, 20.0], "2026-07-13").await;
    forecast::long_from(&test.app, 0);
    let turns = forecast::hold(&test.app).await.expect("there are turns");
    let path = format!("{PAGE}?iterations=777");
    let answer = test.viewer.page(&path).await.is(200);
    let page = Html::parse_document(&answer.text);
    assert_eq!(attribute(&page, "progress", "value"), "0");
    assert_eq!(
        attribute(&page, "[data-progress]", "data-progress"),
        "/programs/ATLAS/forecast/progress?iterations=777"
    );
    assert_eq!(attribute(&page, "input[name=iterations]", "value"), "777");
    assert!(answer.text.contains("Look how far it is"));
    assert!(
        test.viewer.page(&path).await.is(200).text.contains("<progress"),
        "looked at again, it still runs"
    );
    assert_eq!(forecast::at_work(&test.app).0, 1, "once");
    // Another reader has their own, which ends when they cancel; this one goes on.
    test.manager.page(&path).await.is(200);
    until(&test, (2, 2)).await;
    test.manager.submit(&format!("{PAGE}/cancel?iterations=777"), &[]).await.is(303);
    until(&test, (1, 2)).await;

    drop(turns);
    let mut events = test
        .viewer
        .web(Method::GET, "/programs/ATLAS/forecast/progress?iterations=777")
        .send()
        .await
        .unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let mut heard = String::new();
    while let Some(chunk) = events.chunk().await.unwrap() {
        heard.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(heard.ends_with("event: ended\ndata: -\n\n"), "{heard:?}");
    let result = test.viewer.page(&path).await.is(200).text;
    assert!(!result.contains("<progress") && result.contains("777, seed 1"), "{result}");
    until(&test, (0, 0)).await;
}

#[tokio::test]
async fn cancelled_it_stops_and_doesnt_start_again_by_itself() {
    let test = one_activity([5.0, 10.0, 20.0], "2026-07-13").await;
    forecast::long_from(&test.app, 0);
    let turns = forecast::hold(&test.app).await.expect("there are turns");
    test.viewer.page(&format!("{PAGE}?iterations=500&seed=5")).await.is(200);
    assert_eq!(forecast::at_work(&test.app).0, 1);
    let led = test.viewer.submit(&format!("{PAGE}/cancel?iterations=500&seed=5"), &[]).await.is(303);
    assert_eq!(forecast::at_work(&test.app).0, 0);
    drop(turns);
    let page = test.viewer.page(led.header("location")).await.is(200).text;
    assert!(page.contains("The simulation was stopped") && page.contains("value=\"500\""), "{page}");
    assert!(
        page.contains(&format!("href=\"{PAGE}?iterations=500&#38;seed=5\""))
            || page.contains(&format!("href=\"{PAGE}?iterations=500&amp;seed=5\"")),
        "{page}"
    );
    until(&test, (0, 0)).await;
    test.stranger.submit(&format!("{PAGE}/cancel"), &[]).await.is(404);
}

/// Enough to keep two cores busy for many seconds: the most iterations that may be asked for, of 600 activities in a chain.
async fn busy() -> TestApp {
    let test = one_activity([5.0, 10.0, 20.0], "2026-07-13").await;
    let task = |task: u32| {
        let link = match task {
            1 => String::new(),
            _ => format!(
                "<PredecessorLink><PredecessorUID>{}</PredecessorUID><Type>1</Type></PredecessorLink>",
                task - 1
            ),
        };
        let (milestone, hours) = if task == 600 { (1, 0) } else { (0, 16) };
        format!(
            "<Task><UID>{task}</UID><ID>{task}</ID><Name>Part {task}</Name><Milestone>{milestone}</Milestone>\
             <Duration>PT{hours}H0M0S</Duration>{link}</Task>"
        )
    };
    let xml = format!(
        "<Project xmlns=\"http://schemas.microsoft.com/project\"><Name>Long</Name>\
         <StartDate>2026-06-30T08:00:00</StartDate><Tasks>{}</Tasks></Project>",
        (1..=600).map(task).collect::<Vec<_>>().concat()
    );
    let stamp = test.manager.ctx(&test.clock).stamp("");
    let reading = read("plan.xml", xml.as_bytes(), &Limits::default()).expect("it is read");
    let plan = intake("plan.xml", &reading, day("2026-06-30"));
    import(&test.app, &stamp, &plan, Some("ATLAS"), false).await.expect("it is imported");
    test
}

#[tokio::test]
async fn who_goes_away_stops_it_in_the_middle() {
    let test = busy().await;
    forecast::long_from(&test.app, 0);
    let query = "iterations=100000";
    // A page that is closed: its stream ends.
    test.viewer.page(&format!("{PAGE}?{query}")).await.is(200);
    let stream = format!("{PAGE}/progress?{query}");
    let mut events = test.viewer.web(Method::GET, &stream).send().await.unwrap();
    events.chunk().await.unwrap().expect("it says how far it is");
    assert_eq!(forecast::at_work(&test.app).0, 1);
    drop(events);
    until(&test, (0, 0)).await;
    // A call of the API that is given up.
    let caller = test.viewer.clone();
    let call = tokio::spawn(async move {
        caller.get("/api/v1/programs/ATLAS/forecast?iterations=100000&seed=2").await;
    });
    until(&test, (0, 1)).await;
    call.abort();
    until(&test, (0, 0)).await;
}
