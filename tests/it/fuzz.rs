//! The JSON API, fuzzed from its own description: for every operation requests that fit its schemas and requests that break
//! them, over the story of the demonstration. It never answers with a status or a body that the description doesn't name,
//! never with a failure of its own, and afterwards every item, every page and the whole of history can be read.
//!
//! `PLUMBLINE_FUZZ_ROUNDS` says how often each operation is called, `PLUMBLINE_FUZZ_SEED` from where chance begins.

mod breaking;
mod described;
mod forms;
mod judged;
mod there;
mod values;
mod walk;

use crate::browser::Demo;
use crate::support::app::{Answer, TestUser, user};
use described::{Described, Operation};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use there::{Bound, There, filled, fits};
use values::Maker;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The application with the story told, and somebody for each role in its programs.
struct House {
    demo: Demo,
    /// Administrator, manager, contributor, viewer, and somebody in no program.
    users: Vec<TestUser>,
}

const PROGRAMS: [&str; 2] = ["ATLAS", "BEACON"];

impl House {
    async fn start() -> Self {
        let demo = Demo::start().await;
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client is made");
        let mut users = Vec::new();
        for (name, admin) in [
            ("Admin", true),
            ("Manager", false),
            ("Contributor", false),
            ("Viewer", false),
            ("Stranger", false),
        ] {
            users.push(user(&demo.app, &demo.base, &client, name, admin).await);
        }
        for key in PROGRAMS {
            for (role, member) in [("manager", 1), ("contributor", 2), ("viewer", 3)] {
                let path = format!("/api/v1/programs/{key}/members/{}", users[member].person);
                users[0].put(&path, json!({"role": role})).await.is(200);
            }
        }
        Self { demo, users }
    }

    fn admin(&self) -> &TestUser {
        &self.users[0]
    }

    /// What is there of everything, but for what the fuzzer itself lives by.
    async fn look(&self, described: &Described) -> There {
        let mut there = There::keeping(&PROGRAMS);
        there.protect(self.users.iter().flat_map(|user| [user.account.to_string(), user.person.to_string()]));
        for user in &self.users {
            let tokens = user.get("/api/v1/tokens").await.is(200).json();
            let ids = tokens["items"].as_array().into_iter().flatten();
            there.protect(ids.filter_map(|token| token["id"].as_str().map(str::to_owned)));
        }
        there.look(described, self.admin(), None).await;
        there
    }
}

/// What a request has to be answered with, beside what every one has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Anything,
    /// This status and no other.
    Status(u16),
    /// Anything but success: the description says that it can't be taken.
    Refused,
}

/// A request, as it is sent.
struct Sent {
    path: String,
    query: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Option<Vec<u8>>,
    /// Names that an error may speak of.
    names: Vec<String>,
    wanted: Wanted,
    user: usize,
    signed_in: bool,
}

struct Fuzzer<'f> {
    house: &'f House,
    described: &'f Described,
    there: There,
    rng: StdRng,
    /// What was wrong, once for each operation and kind of wrong.
    wrong: BTreeMap<String, String>,
    /// Requests and successes.
    counts: HashMap<String, (usize, usize)>,
    /// Why a request that fits the description was refused, the last time.
    refusals: HashMap<String, String>,
    /// What isn't taken is asked for again: by the administrator, who may.
    again: bool,
}

impl<'f> Fuzzer<'f> {
    /// The operations that no request was taken for.
    fn never(&self) -> Vec<&'f Operation> {
        let taken = |of: &&Operation| self.counts.get(&of.name()).is_some_and(|(_, taken)| *taken > 0);
        self.described.operations.iter().filter(|of| !taken(of)).collect()
    }

    /// Asks again for what was never taken, with what has come to be there meanwhile.
    async fn ask_again(&mut self) {
        self.again = true;
        for _ in 0..PASSES {
            let hard = |of: &&Operation| HARD.iter().any(|(hard, _)| *hard == of.name());
            let never: Vec<_> = self.never().into_iter().filter(|of| !hard(of)).collect();
            self.there.look(self.described, self.house.admin(), Some(never.as_slice())).await;
            for operation in never {
                // What it is done to may have been taken away: first one is made, if that can be asked for.
                let makes = self.described.operations.iter().filter(|of| {
                    of.method == Method::POST && operation.path.starts_with(&format!("{}/{{", of.path))
                });
                let makes = makes.max_by_key(|of| of.path.len());
                for n in 0..TRIES {
                    if let Some(makes) = makes.filter(|_| n % 4 == 0) {
                        self.call(makes, false).await;
                    }
                    self.call(operation, false).await;
                    if self.counts.get(&operation.name()).is_some_and(|(_, taken)| *taken > 0) {
                        break;
                    }
                }
            }
        }
    }
}

impl Fuzzer<'_> {
    fn maker(&mut self, key: Option<String>) -> Maker<'_> {
        Maker {
            rng: &mut self.rng,
            described: self.described,
            there: &self.there,
            key,
            found: HashMap::new(),
            state: None,
        }
    }

    /// What the item is that a path leads to or by: of the longest part of the path that answers with one.
    async fn standing(&self, operation: &Operation, at: &Bound) -> Value {
        let at = at.iter().map(|(name, value)| (name.clone(), encoded(value))).collect();
        let reads = self.described.operations.iter().filter(|read| {
            read.method == Method::GET && !read.is_collection() && operation.is_below(&read.path)
        });
        let Some(read) = reads.max_by_key(|read| read.path.len()) else { return Value::Null };
        let answer = self.house.admin().get(&filled(&read.path, &at)).await;
        serde_json::from_str(&answer.text).unwrap_or_default()
    }

    /// Where an operation is called, and the state of what stands there: mostly one in which it can be.
    async fn place(&mut self, operation: &Operation) -> (Bound, Option<String>) {
        let from = operation.body.as_ref().map(|body| self.described.states(body)).unwrap_or_default();
        let mut at = self.there.fill(&mut self.rng, operation);
        let tries = if from.is_empty() { 0 } else { 8 };
        for _ in 0..tries {
            let item = self.standing(operation, &at).await;
            let state = item["state"].as_str().filter(|_| item["archived_at"].is_null());
            if let Some(state) = state.filter(|state| from.contains(*state)) {
                return (at, Some(state.to_owned()));
            }
            at = self.there.fill(&mut self.rng, operation);
        }
        (at, None)
    }

    /// The values that the description says are found elsewhere, by where that is.
    async fn found(&self, body: &Value, at: &Bound) -> HashMap<String, Vec<Value>> {
        let mut found = HashMap::new();
        for source in self.described.sources(body) {
            let (path, pointer) = source.split_once('#').expect("it says where in the answer");
            let at = at.iter().map(|(name, value)| (name.clone(), encoded(value))).collect();
            let answer = self.house.admin().get(&filled(path, &at)).await;
            let answer: Value = serde_json::from_str(&answer.text).unwrap_or_default();
            found.insert(source.clone(), described::pointed(&answer, pointer));
        }
        found
    }

    /// A request that fits the description.
    async fn fitting(&mut self, operation: &Operation) -> (Sent, Bound, Value) {
        let (mut at, mut state) = self.place(operation).await;
        let mut found = HashMap::new();
        if let Some(body) = &operation.body {
            found = self.found(body, &at).await;
            // Rather somewhere where there is what can be named.
            for _ in 0..8 {
                if found.values().all(|values| !values.is_empty()) {
                    break;
                }
                (at, state) = self.place(operation).await;
                found = self.found(body, &at).await;
            }
        }
        let key = at.iter().find(|(name, _)| name == "key").map(|(_, key)| key.clone());
        let first = self.again || self.rng.random_range(0..100) < 80;
        let user = if first { 0 } else { self.rng.random_range(0..5) };
        let path =
            filled(&operation.path, &at.iter().map(|(name, value)| (name.clone(), encoded(value))).collect());
        let mut names: Vec<String> = operation.parameters.iter().map(|of| of.name.clone()).collect();
        if operation.method == Method::DELETE {
            // What is taken away changes its state.
            names.push("to".into());
        }
        let mut headers: Vec<(&'static str, Vec<u8>)> = Vec::new();
        if operation.parameters("header").any(|of| of.name == "If-Match") {
            let now = self.house.admin().get(&path).await;
            let version = now.header("etag").as_bytes().to_vec();
            headers.push(("if-match", if version.is_empty() { b"\"1\"".to_vec() } else { version }));
        }
        let described = self.described;
        let mut maker = Maker { found, state, ..self.maker(key) };
        let mut pairs = Vec::new();
        for of in operation.parameters("query") {
            if of.required || (of.name != "cursor" && pairs.len() < 2 && maker.chance(5)) {
                let value = maker.valid(&of.name, &of.schema);
                pairs.push(format!("{}={}", of.name, encoded(value.as_str().unwrap_or(&value.to_string()))));
            }
        }
        let mut body = Value::Null;
        if let Some(schema) = &operation.body {
            let (_, schema) = described.resolved(schema);
            body = Value::Object(maker.fields(schema));
            names.extend(described.ways(schema).into_iter().flat_map(described::names));
            let misfit = described.misfit(schema, &body, "body");
            assert!(
                misfit.is_none(),
                "{} was made as the description says, and doesn't fit it: {misfit:?}",
                operation.name()
            );
            headers.push(("content-type", b"application/json".to_vec()));
        }
        let sent = Sent {
            path,
            query: pairs.join("&"),
            headers,
            body: Some(body.to_string().into_bytes()).filter(|_| operation.body.is_some()),
            names,
            wanted: Wanted::Anything,
            user,
            signed_in: true,
        };
        (sent, at, body)
    }

    async fn send(&self, operation: &Operation, sent: &Sent) -> Answer {
        let and = if sent.query.is_empty() { "" } else { "?" };
        let path = format!("{}{and}{}", sent.path, sent.query);
        let user = &self.house.users[sent.user];
        let mut request = if sent.signed_in {
            user.api(operation.method.clone(), &path)
        } else {
            let odd = ["", "Bearer", "Bearer plb_nothing", "Basic eDp5", "Bearer \u{e9}"];
            let odd = odd[path.len() % odd.len()];
            user.unsigned(operation.method.clone(), &path).header("authorization", odd)
        };
        for (name, value) in &sent.headers {
            request =
                request.header(*name, reqwest::header::HeaderValue::from_bytes(value).expect("a header"));
        }
        if let Some(body) = &sent.body {
            request = request.body(body.clone());
        }
        Answer::of(request).await
    }

    fn note(&mut self, operation: &Operation, kind: &str, sent: &Sent, answer: &Answer) {
        let body = sent.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        let shown = |text: &str| text.chars().take(600).collect::<String>();
        let who = self.house.users[sent.user].name;
        let headers: Vec<_> = sent
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
            .collect();
        self.wrong.entry(format!("{}: {kind}", operation.name())).or_insert_with(|| {
            format!(
                "    {who} {}?{} {headers:?} {}\n    → {} {}",
                shown(&sent.path),
                shown(&sent.query),
                shown(&body),
                answer.status,
                shown(&answer.text)
            )
        });
    }

    /// One request, and what is to be said of its answer.
    async fn call(&mut self, operation: &Operation, breaking: bool) {
        let (mut sent, at, mut body) = self.fitting(operation).await;
        if breaking {
            self.broken(operation, &mut sent, &mut body);
        }
        let again = !breaking && operation.method == Method::POST && self.rng.random_range(0..10) == 0;
        if again {
            let key = format!("key {}", self.rng.random::<u64>());
            sent.headers.push(("idempotency-key", key.into_bytes()));
            sent.names.push("Idempotency-Key".into());
        }
        let answer = self.send(operation, &sent).await;
        let success = answer.status < 300;
        let count = self.counts.entry(operation.name()).or_default();
        *count = (count.0 + 1, count.1 + usize::from(success));
        if !breaking && !success && sent.user == 0 {
            let errors =
                serde_json::from_str::<Value>(&answer.text).unwrap_or_default()["errors"].to_string();
            let body = sent.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            let why = format!("{} {errors} for {}?{} {body}", answer.status, sent.path, sent.query);
            self.refusals.insert(operation.name(), why.chars().take(500).collect());
        }
        if let Some(kind) = self.judge(operation, &sent, &answer) {
            self.note(operation, &kind, &sent, &answer);
        }
        if again && success {
            let second = self.send(operation, &sent).await;
            // What holds a secret is told once; otherwise the same is said again.
            let told_once = second.status == 409 && second.text.contains("urn:plumbline:problem:told-once");
            if !told_once && (second.status, &second.text) != (answer.status, &answer.text) {
                self.note(operation, "is not answered alike by one Idempotency-Key", &sent, &second);
            }
        }
        if answer.status == 201 {
            let location = answer.header("location").to_owned();
            let found = self.house.users[sent.user].get(&location).await;
            // Some are only taken away again.
            let described = self.described.operations.iter().any(|of| fits(&of.path, &location));
            if found.status != 200 && !(found.status == 405 && described) {
                self.note(
                    operation,
                    &format!("leads to {location}, which answers {}", found.status),
                    &sent,
                    &found,
                );
            }
            if let Ok(made) = serde_json::from_str::<Value>(&answer.text) {
                self.there.add(&operation.path, &at, made);
            }
        }
        if success && operation.is_collection() {
            let page: Value = serde_json::from_str(&answer.text).unwrap_or_default();
            if let Some(cursor) = page["next_cursor"].as_str() {
                let rest = sent.query.split('&').filter(|pair| !pair.starts_with("cursor="));
                sent.query = rest
                    .chain([format!("cursor={cursor}").as_str()])
                    .filter(|pair| !pair.is_empty())
                    .collect::<Vec<_>>()
                    .join("&");
                let next = self.send(operation, &sent).await;
                if next.status != 200 {
                    self.note(
                        operation,
                        &format!("has a next page that answers {}", next.status),
                        &sent,
                        &next,
                    );
                }
            }
        }
    }
}

fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn said(wrong: &BTreeMap<String, String>) -> String {
    let lines: Vec<_> = wrong.iter().map(|(kind, request)| format!("{kind}\n{request}")).collect();
    format!("{} kinds of wrong:\n{}", wrong.len(), lines.join("\n"))
}

/// Operations that no request from the description alone is taken for, and why.
const HARD: &[(&str, &str)] = &[
    ("POST /api/v1/inbound/{endpoint}", "a call is signed, with a secret that is told once"),
    ("DELETE /api/v1/me/mentions/{reference}", "nobody has mentioned the caller"),
    (
        "POST /api/v1/me/questions/{change}/{dependency}",
        "only whoever stands for the other side of a dependency is asked",
    ),
    (
        "POST /api/v1/programs/{key}/changes/{number}/questions/{dependency}",
        "only while a change that breaks a needed-by date waits for its approval, and other calls decide it",
    ),
];

/// How often what was never taken is asked for again, each time with what is there by then.
const PASSES: usize = 4;
const TRIES: usize = 12;

#[tokio::test]
async fn the_api_takes_what_it_describes_and_refuses_the_rest_in_words() {
    if std::env::var("RUST_LOG").is_ok() {
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_test_writer()
            .try_init();
    }
    let house = House::start().await;
    let answer = house.admin().get("/api/openapi.json").await.is(200);
    let described = Described::of(answer.json());
    let there = house.look(&described).await;
    let rng = StdRng::seed_from_u64(number("PLUMBLINE_FUZZ_SEED", 7));
    let mut fuzzer = Fuzzer {
        house: &house,
        described: &described,
        there,
        rng,
        wrong: BTreeMap::new(),
        counts: HashMap::new(),
        refusals: HashMap::new(),
        again: false,
    };
    for round in 0..number("PLUMBLINE_FUZZ_ROUNDS", 8) {
        for operation in &described.operations {
            fuzzer.call(operation, round % 2 == 1).await;
        }
    }
    fuzzer.ask_again().await;
    let never = fuzzer.never();
    let Fuzzer { wrong, counts, refusals, .. } = fuzzer;
    let requests: usize = counts.values().map(|(all, _)| all).sum();
    let taken: usize = counts.values().map(|(_, taken)| taken).sum();
    let why =
        |name: &String| refusals.get(name).map_or("never asked for by the administrator", String::as_str);
    let never: Vec<String> = never
        .into_iter()
        .map(Operation::name)
        .filter(|name| !HARD.iter().any(|(hard, _)| hard == name))
        .map(|name| format!("{name}: {}", why(&name)))
        .collect();
    println!("{requests} requests, {taken} taken; never taken:\n{}", never.join("\n"));
    assert!(wrong.is_empty(), "{}", said(&wrong));
    // Mere refusals would show little.
    assert!(taken * 4 > requests, "only {taken} of {requests} requests were taken");
    assert!(never.is_empty(), "never taken:\n{}", never.join("\n"));
    walk::everything_can_be_read(&house).await;
}
