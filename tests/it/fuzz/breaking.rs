//! Requests that break the description, each in one way.

use super::described::Operation;
use super::there::filled;
use super::values::{TEXTS, is_raw, long, written};
use super::{Fuzzer, Sent, Wanted, encoded};
use rand::RngExt;
use reqwest::Method;
use serde_json::{Value, json};

impl Fuzzer<'_> {
    /// Breaks a request in one way.
    pub(super) fn broken(&mut self, operation: &Operation, sent: &mut Sent, body: &mut Value) {
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
        let schema = self.described.way(schema, body);
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
}
