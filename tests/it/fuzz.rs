//! The JSON API, fuzzed from its own description: for every operation requests that fit its schemas and requests that break
//! them, over the story of the demonstration. It never answers with a status or a body that the description doesn't name,
//! never with a failure of its own, and afterwards every item, every page and the whole of history can be read.
//!
//! `PLUMBLINE_FUZZ_ROUNDS` says how often each operation is called, `PLUMBLINE_FUZZ_SEED` from where chance begins.

mod described;
mod forms;
mod there;
mod values;
mod walk;

use crate::browser::Demo;
use crate::support::app::{Answer, TestUser, user};
use described::{Described, Operation};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::{Client, Method};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use there::{There, filled, fits};
use values::{Maker, TEXTS, is_raw, long, written};

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
        there.look(described, self.admin()).await;
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
}

impl Fuzzer<'_> {
    fn maker(&mut self, key: Option<String>) -> Maker<'_> {
        Maker { rng: &mut self.rng, described: self.described, there: &self.there, key }
    }

    /// A request that fits the description.
    async fn fitting(&mut self, operation: &Operation) -> (Sent, there::Bound, Value) {
        let at = self.there.fill(&mut self.rng, operation);
        let key = at.iter().find(|(name, _)| name == "key").map(|(_, key)| key.clone());
        let user = if self.rng.random_range(0..100) < 80 { 0 } else { self.rng.random_range(0..5) };
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
        let mut maker = self.maker(key);
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
            names
                .extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
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

    /// Breaks a request in one way.
    fn broken(&mut self, operation: &Operation, sent: &mut Sent, body: &mut Value) {
        match self.rng.random_range(0..12) {
            0 => self.break_path(operation, sent),
            1 if operation.method != Method::GET => self.break_version(sent),
            2 if operation.method == Method::POST => {
                let keys: [&[u8]; 4] = [b"", b"\xff\xfe", long(201).leak().as_bytes(), b"a key"];
                sent.headers.push(("idempotency-key", keys[self.rng.random_range(0..4)].to_vec()));
                sent.names.push("Idempotency-Key".into());
            }
            3 => {
                sent.signed_in = false;
                if operation.path != "/api/v1/inbound/{endpoint}" {
                    sent.wanted = Wanted::Status(401);
                }
            }
            4 | 5 => self.break_query(operation, sent),
            n => match &operation.body {
                Some(schema) => self.break_body(operation, schema, n, sent, body),
                None => self.break_query(operation, sent),
            },
        }
    }

    fn break_path(&mut self, operation: &Operation, sent: &mut Sent) {
        let mut at = self.there.fill(&mut self.rng, operation);
        if at.is_empty() {
            return;
        }
        let n = self.rng.random_range(0..at.len());
        for (place, (_, value)) in at.iter_mut().enumerate() {
            let odd = match self.rng.random_range(0..4) {
                0 => "%FF%FE".to_owned(),
                1 => "%00".to_owned(),
                2 => encoded(&long(5_000)),
                _ => encoded(TEXTS[self.rng.random_range(0..TEXTS.len())]),
            };
            *value = if place == n { odd } else { encoded(value) };
        }
        sent.path = filled(&operation.path, &at);
    }

    fn break_version(&mut self, sent: &mut Sent) {
        let needed = sent.headers.iter().any(|(name, _)| *name == "if-match");
        sent.headers.retain(|(name, _)| *name != "if-match");
        let odd: [&[u8]; 10] = [
            b"",
            b"\"0\"",
            b"\"-1\"",
            b"*",
            b"\"99999999999999999999\"",
            b"x",
            b"W/\"1\"",
            b"\"1\", \"2\"",
            b"\xff",
            b"\"2147483647\"",
        ];
        match self.rng.random_range(0..=odd.len()) {
            n if n < odd.len() => sent.headers.push(("if-match", odd[n].to_vec())),
            _ if needed => sent.wanted = Wanted::Status(428),
            _ => {}
        }
        sent.names.push("If-Match".into());
    }

    fn break_query(&mut self, operation: &Operation, sent: &mut Sent) {
        let mut names: Vec<String> = operation.parameters("query").map(|of| of.name.clone()).collect();
        names.extend(["as_of", "cursor", "limit", "no_such_parameter", "", "a[b]"].map(str::to_owned));
        for _ in 0..self.rng.random_range(1..3) {
            let name = names[self.rng.random_range(0..names.len())].clone();
            let value = match self.rng.random_range(0..6) {
                0 => "%FF".to_owned(),
                1 => "%".to_owned(),
                2 => encoded(&long(4_000)),
                3 => "7b226f66223a22227d".to_owned(),
                _ => encoded(TEXTS[self.rng.random_range(0..TEXTS.len())]),
            };
            let and = if sent.query.is_empty() { "" } else { "&" };
            sent.query = format!("{}{and}{}={value}", sent.query, encoded(&name));
            sent.names.push(name);
        }
    }

    fn break_body(
        &mut self,
        operation: &Operation,
        schema: &Value,
        n: u32,
        sent: &mut Sent,
        body: &mut Value,
    ) {
        let (_, schema) = self.described.resolved(schema);
        let signed = operation.path == "/api/v1/inbound/{endpoint}";
        let wanted = |wanted| if signed { Wanted::Anything } else { wanted };
        match n {
            6 => {
                let name =
                    ["colour", "id", "__proto__", "", "title\u{0}", "versión"][self.rng.random_range(0..6)];
                let known = schema["properties"].get(name).is_some();
                body[name] = self.maker(None).hostile();
                if !known && schema["additionalProperties"] == false && !is_raw(body) {
                    sent.wanted = wanted(Wanted::Refused);
                }
                sent.body = Some(written(body).into_bytes());
            }
            7 => {
                let needed: Vec<&str> =
                    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                if let (Some(fields), false) = (body.as_object_mut(), needed.is_empty()) {
                    fields.shift_remove(needed[self.rng.random_range(0..needed.len())]);
                    sent.wanted = wanted(Wanted::Refused);
                }
                sent.body = Some(written(body).into_bytes());
            }
            8 => {
                let whole = body.to_string();
                let texts: [Vec<u8>; 12] = [
                    Vec::new(),
                    b"{".to_vec(),
                    whole.as_bytes()[..whole.len() - 1].to_vec(),
                    b"null".to_vec(),
                    format!("[{whole}]").into_bytes(),
                    b"\"text\"".to_vec(),
                    b"5".to_vec(),
                    format!("\u{feff}{whole}").into_bytes(),
                    b"{\"title\":\"\xff\xfe\"}".to_vec(),
                    format!("{}5{}", "[".repeat(20_000), "]".repeat(20_000)).into_bytes(),
                    format!("{}5{}", "{\"title\":".repeat(500), "}".repeat(500)).into_bytes(),
                    b"{\"title\":\"\\ud800\"}".to_vec(),
                ];
                sent.body = Some(texts[self.rng.random_range(0..texts.len())].clone());
                sent.wanted = wanted(Wanted::Status(400));
            }
            9 => {
                let kinds: [&[u8]; 5] = [
                    b"",
                    b"text/plain",
                    b"application/x-www-form-urlencoded",
                    b"multipart/form-data; boundary=x",
                    b"\xff",
                ];
                sent.headers.retain(|(name, _)| *name != "content-type");
                sent.headers.push(("content-type", kinds[self.rng.random_range(0..5)].to_vec()));
                sent.wanted = wanted(Wanted::Status(415));
            }
            10 => {
                // Each field twice, the second time as something else.
                let mut text = written(body);
                if let Some(fields) = body.as_object().filter(|fields| !fields.is_empty()) {
                    let name = fields.keys().nth(self.rng.random_range(0..fields.len())).cloned();
                    let hostile = written(&self.maker(None).hostile());
                    text = format!("{},{}:{hostile}}}", &text[..text.len() - 1], json!(name));
                }
                sent.body = Some(text.into_bytes());
            }
            _ => {
                for _ in 0..self.rng.random_range(1..4) {
                    self.maker(None).spoiled(schema, body);
                }
                sent.body = Some(written(body).into_bytes());
            }
        }
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

    /// What is wrong with an answer.
    fn judge(&self, operation: &Operation, sent: &Sent, answer: &Answer) -> Option<String> {
        if answer.status >= 500 {
            return Some(format!("fails with {}", answer.status));
        }
        match sent.wanted {
            Wanted::Status(status) if answer.status != status => {
                return Some(format!("is not answered with {status}, but {}", answer.status));
            }
            Wanted::Refused if answer.status < 400 => {
                return Some("is taken, against the description".into());
            }
            _ => {}
        }
        let Some(described) = operation.responses.get(&answer.status.to_string()) else {
            return Some(format!("answers {}, which isn't described", answer.status));
        };
        let kinds = described["content"].as_object().cloned().unwrap_or_default();
        let kind = answer.header("content-type").split(';').next().unwrap_or_default().trim().to_owned();
        if kinds.is_empty() {
            return (!answer.text.is_empty()).then(|| format!("has a body with {}", answer.status));
        }
        let Some(schema) = kinds.get(&kind).map(|kind| &kind["schema"]) else {
            return Some(format!("answers {} as “{kind}”, which isn't described", answer.status));
        };
        if kind.ends_with("json") {
            let Ok(body) = serde_json::from_str::<Value>(&answer.text) else {
                return Some(format!("has no JSON with {}", answer.status));
            };
            if let Some(misfit) = self.described.misfit(schema, &body, "the answer") {
                return Some(format!("answers {}, and {misfit}", answer.status));
            }
            if answer.status >= 400 {
                return bad_problem(answer, &body, sent);
            }
        }
        (answer.status == 201 && answer.header("location").is_empty())
            .then(|| "has no Location with 201".into())
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
            if (second.status, &second.text) != (answer.status, &answer.text) {
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

fn bad_problem(answer: &Answer, body: &Value, sent: &Sent) -> Option<String> {
    let status = answer.status;
    if body["status"] != status || !["type", "title", "detail"].iter().all(|name| body[*name].is_string()) {
        return Some(format!("has problem details with {status} that lack something"));
    }
    for inner in ["sqlx", "error returned from database", "panicked", "src/"] {
        if answer.text.contains(inner) {
            return Some(format!("shows its inside with {status}"));
        }
    }
    if ![400, 422].contains(&status) {
        return None;
    }
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    if errors.is_empty()
        || errors
            .iter()
            .any(|error| !error["field"].is_string() || error["message"].as_str().is_none_or(str::is_empty))
    {
        return Some(format!("names no field with {status}"));
    }
    let written: Map<String, Value> =
        sent.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    let odd = errors.iter().filter_map(|error| error["field"].as_str()).find(|field| {
        let head = field.split(['.', '[']).next().unwrap_or_default();
        !field.is_empty()
            && !written.contains_key(*field)
            && !written.contains_key(head)
            && !sent.names.iter().any(|name| name == head || name == field)
    });
    odd.map(|field| {
        format!(
            "names a field “{}” with {status} that nobody knows",
            field.chars().take(60).collect::<String>()
        )
    })
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

/// Operations that chance alone seldom meets with success, and why.
const HARD: &[(&str, &str)] = &[
    ("POST /api/v1/inbound/{endpoint}", "a call is signed"),
    ("POST /api/v1/programs/{key}/changes/{number}/questions/{dependency}", "only whoever is asked answers"),
];

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
    };
    for round in 0..number("PLUMBLINE_FUZZ_ROUNDS", 8) {
        for operation in &described.operations {
            fuzzer.call(operation, round % 2 == 1).await;
        }
    }
    let Fuzzer { wrong, counts, refusals, .. } = fuzzer;
    assert!(wrong.is_empty(), "{}", said(&wrong));
    let requests: usize = counts.values().map(|(all, _)| all).sum();
    let taken: usize = counts.values().map(|(_, taken)| taken).sum();
    let mut never: Vec<String> = counts
        .iter()
        .filter(|(name, (_, taken))| *taken == 0 && !HARD.iter().any(|(hard, _)| hard == name))
        .map(|(name, _)| {
            format!(
                "{name}: {}",
                refusals.get(name).map_or("never asked for by the administrator", String::as_str)
            )
        })
        .collect();
    never.sort();
    println!("{requests} requests, {taken} taken; never taken:\n{}", never.join("\n"));
    // Mere refusals would show little.
    assert!(taken * 4 > requests, "only {taken} of {requests} requests were taken");
    assert!(never.len() * 5 < counts.len(), "never taken:\n{}", never.join("\n"));
    walk::everything_can_be_read(&house).await;
}
