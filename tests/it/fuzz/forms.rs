//! The forms of the pages: found on the pages of the table of routes, sent with values that have broken programs. What is
//! refused comes back as a form with what was typed, never as a bare page of an error.

use super::described::Described;
use super::there::{filled, fits};
use super::values::{TEXTS, long};
use super::{House, encoded, number, said};
use crate::access::rows;
use crate::support::app::{Answer, TestUser};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use scraper::{ElementRef, Html, Selector};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A control of a form: its name, what stands in it, and whether somebody types into it.
#[derive(Clone, Debug, PartialEq)]
struct Control {
    name: String,
    value: String,
    typed: bool,
}

#[derive(Clone, Debug)]
struct Form {
    page: String,
    action: String,
    controls: Vec<Control>,
}

impl Form {
    fn names(&self) -> BTreeSet<&str> {
        self.controls.iter().map(|control| control.name.as_str()).collect()
    }
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a selector")
}

fn control(element: ElementRef) -> Option<Control> {
    let name = element.attr("name")?.to_owned();
    let kind = element.attr("type").unwrap_or("text");
    let of = |value: String, typed: bool| Some(Control { name: name.clone(), value, typed });
    match element.value().name() {
        "textarea" => of(element.text().collect(), true),
        "select" => {
            let chosen = selector("option[selected]");
            let any = selector("option");
            let option = element.select(&chosen).next().or_else(|| element.select(&any).next())?;
            of(option.attr("value").map_or_else(|| option.text().collect(), str::to_owned), false)
        }
        "button" => of(element.attr("value").unwrap_or_default().to_owned(), false),
        _ if ["checkbox", "radio"].contains(&kind) => {
            element.attr("checked")?;
            of(element.attr("value").unwrap_or("on").to_owned(), false)
        }
        _ => of(
            element.attr("value").unwrap_or_default().to_owned(),
            !["hidden", "submit", "password"].contains(&kind),
        ),
    }
}

/// The forms of a page that are posted.
fn forms_of(page: &str, text: &str) -> Vec<Form> {
    let document = Html::parse_document(text);
    let controls = selector("input[name], textarea[name], select[name], button[name]");
    let mut forms = Vec::new();
    for form in document.select(&selector("form[method=post]")) {
        let action = form.attr("action").unwrap_or(page).to_owned();
        let mut buttons = 0;
        let controls = form.select(&controls).filter(|one| {
            buttons += usize::from(one.value().name() == "button");
            one.value().name() != "button" || buttons == 1
        });
        let controls = controls.filter_map(control).collect();
        forms.push(Form { page: page.to_owned(), action, controls });
    }
    forms
}

/// What can be typed on a page, and stands in it.
fn standing(text: &str) -> Vec<String> {
    let document = Html::parse_document(text);
    let any = selector("input, textarea");
    document
        .select(&any)
        .map(|one| match one.value().name() {
            "textarea" => plain(&one.text().collect::<String>()),
            _ => plain(one.attr("value").unwrap_or_default()),
        })
        .collect()
}

/// A text without what a form doesn't keep: controls, and how much space there is.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| *c != '\u{fffd}' && (!c.is_control() || c.is_whitespace()));
    kept.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The route that an address belongs to.
fn route_of<'r>(routes: &'r [String], path: &str) -> Option<&'r String> {
    let path = path.split('?').next().unwrap_or_default();
    routes.iter().filter(|route| fits(route, path)).min_by_key(|route| route.matches('{').count())
}

async fn posted(user: &TestUser, action: &str, pairs: &[(String, String)]) -> Answer {
    let body: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let request =
        user.web(reqwest::Method::POST, action).header("content-type", "application/x-www-form-urlencoded");
    Answer::of(request.body(body.join("&"))).await
}

/// What is wrong with the answer to a form, of which these texts were typed.
fn judge(answer: &Answer, typed: &[String]) -> Option<String> {
    match answer.status {
        500.. => Some(format!("fails with {}", answer.status)),
        400 => Some("is a bare 400".into()),
        // Turned away, or led to what was done.
        303 | 401 | 403 | 404 | 409 => None,
        200 | 422 => {
            if answer.status == 422 && forms_of("", &answer.text).is_empty() {
                return Some("is refused without a form".into());
            }
            let there = standing(&answer.text);
            let lost =
                typed.iter().find(|text| !text.is_empty() && !there.iter().any(|value| value == *text));
            lost.filter(|_| answer.status == 422)
                .map(|text| format!("loses what was typed: {:?}", text.chars().take(40).collect::<String>()))
        }
        other => Some(format!("answers {other}")),
    }
}

#[tokio::test]
async fn a_form_that_is_refused_comes_back_with_what_was_typed() {
    let house = House::start().await;
    let manager = &house.users[1];
    let described = Described::of(house.admin().get("/api/openapi.json").await.is(200).json());
    let there = house.look(&described).await;
    let routes: Vec<String> = rows()
        .into_iter()
        .filter(|(method, path, _)| *method == "POST" && !path.starts_with("/api/"))
        .map(|(_, path, _)| path)
        .collect();
    // Every form that is on some page, a few times at most.
    let mut found: BTreeMap<(String, Vec<String>), Vec<Form>> = BTreeMap::new();
    for (method, path, _) in rows() {
        if method != "GET" || path.starts_with("/api/") || path.contains("{*") || path == "/sign-in" {
            continue;
        }
        for at in there.ways(&format!("/api/v1{path}"), 4) {
            let page = filled(&path, &at);
            let answer = manager.page(&page).await;
            if answer.status != 200 {
                continue;
            }
            for form in forms_of(&page, &answer.text) {
                let Some(route) = route_of(&routes, &form.action) else {
                    panic!("{page} has a form for {}, which is no route", form.action)
                };
                let names = form.names().into_iter().map(str::to_owned).collect();
                let alike = found.entry((route.clone(), names)).or_default();
                if alike.len() < 2 {
                    alike.push(form);
                }
            }
        }
    }
    let mut rng = StdRng::seed_from_u64(number("PLUMBLINE_FUZZ_SEED", 7));
    let mut wrong = BTreeMap::new();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for ((route, _), alike) in &found {
        // Whoever signs out or changes the password ends the session of the test.
        if ["/sign-out", "/sign-in", "/me/password"].contains(&route.as_str()) {
            continue;
        }
        for _ in 0..number("PLUMBLINE_FUZZ_ROUNDS", 3).min(50) {
            let form = alike.choose(&mut rng).expect("there is one");
            // As it is now: another version, or no longer there.
            let now = manager.page(&form.page).await;
            let fresh = forms_of(&form.page, &now.text)
                .into_iter()
                .find(|now| now.action == form.action && now.names() == form.names());
            let Some(form) = fresh else { continue };
            let (pairs, typed) = spoiled(&mut rng, &form);
            let answer = posted(manager, &form.action, &pairs).await;
            *counts.entry(route).or_default() += 1;
            if let Some(kind) = judge(&answer, &typed) {
                let kind = format!("POST {route} {}", kind.split(':').next().unwrap_or_default());
                wrong.entry(kind).or_insert_with(|| {
                    let shown: Vec<_> = pairs
                        .iter()
                        .map(|(name, value)| (name, value.chars().take(80).collect::<String>()))
                        .collect();
                    let said = Html::parse_document(&answer.text);
                    let said: String = said
                        .select(&selector("h1, .wrong, .errors, .card p"))
                        .flat_map(|one| one.text())
                        .collect();
                    format!(
                        "    {shown:?}\n    → {} {}",
                        answer.status,
                        said.chars().take(300).collect::<String>()
                    )
                });
            }
        }
    }
    for route in routes.iter().filter(|route| !counts.contains_key(route.as_str())) {
        // No page that was seen has a form for it: it doesn't fail for all that.
        for at in there.ways(&format!("/api/v1{route}"), 1) {
            if ["/sign-out", "/me/password"].contains(&route.as_str()) {
                continue;
            }
            let names = [
                "version", "to", "title", "name", "on", "item", "value", "email", "role", "kind", "gone", "",
            ];
            let pairs: Vec<_> = names
                .map(|name| (name.to_owned(), (*TEXTS.choose(&mut rng).expect("there are")).to_owned()))
                .into();
            let answer = posted(manager, &filled(route, &at), &pairs).await;
            if answer.status >= 500 {
                wrong.insert(format!("POST {route} fails with {}", answer.status), format!("    {pairs:?}"));
            }
        }
    }
    let never: Vec<_> = routes.iter().filter(|route| !counts.contains_key(route.as_str())).collect();
    println!("no form was found for {never:?}");
    println!(
        "{} forms for {} of {} routes, {} sent",
        found.len(),
        counts.len(),
        routes.len(),
        counts.values().sum::<usize>()
    );
    assert!(wrong.is_empty(), "{}", said(&wrong));
    assert!(
        counts.len() * 2 > routes.len(),
        "only {} of {} routes have a form that was found",
        counts.len(),
        routes.len()
    );
    super::walk::everything_can_be_read(&house).await;
}

/// What is sent: the form as it stands, with something odd in some of its fields; and what of it was typed.
fn spoiled(rng: &mut StdRng, form: &Form) -> (Vec<(String, String)>, Vec<String>) {
    let mut controls = form.controls.clone();
    let typed: Vec<usize> = (0..controls.len()).filter(|n| controls[*n].typed).collect();
    for _ in 0..rng.random_range(1..4) {
        let Some(n) = typed.choose(rng) else { break };
        controls[*n].value = match rng.random_range(0..6) {
            0 => long(*[301, 5_001, 60_001].choose(rng).expect("there are")),
            _ => (*TEXTS.choose(rng).expect("there are")).to_owned(),
        };
    }
    if typed.is_empty() || rng.random_range(0..5) == 0 {
        let others: Vec<usize> = (0..controls.len()).filter(|n| !controls[*n].typed).collect();
        if let Some(n) = others.choose(rng) {
            (*TEXTS.choose(rng).expect("there are")).clone_into(&mut controls[*n].value);
            // Nobody types into these: which form comes back may hang on them.
            return (pairs(controls), Vec::new());
        }
    }
    let texts =
        controls.iter().filter(|control| control.typed).map(|control| plain(&control.value)).collect();
    (pairs(controls), texts)
}

fn pairs(controls: Vec<Control>) -> Vec<(String, String)> {
    controls.into_iter().map(|control| (control.name, control.value)).collect()
}
