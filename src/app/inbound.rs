//! Calls of other tools, in the form of Standard Webhooks: signed, timestamped, and done once. An endpoint belongs to a program;
//! what it may do is what is written here, and nothing else.

use super::access::Entered;
use super::item::{must_stand, write_next};
use super::{App, Ctx, Error, Result, plan, release};
use crate::domain::draft::{Control, Directory, Draft, Field, FieldError, Refused};
use crate::domain::event::{self, Event};
use crate::domain::ids::{PersonId, ProgramId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::release::EventKind;
use crate::domain::transition::{self, Move};
pub use crate::store::inbound::Endpoint;
use crate::store::{self, Stamp, Tx, new_id};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use rand::TryRng;
use rand::rngs::SysRng;
use serde_json::{Map, Value, json};
use sha2::Sha256;
use uuid::Uuid;

/// How far the timestamp of a call may be from the clock here, in seconds.
pub const TOLERANCE: i64 = 300;
/// How long it is kept how a call was answered, in days: a tool that sends the same again is told it again.
pub const ANSWER_DAYS: i64 = 30;
/// How long it is kept that a call came, in days: so long the same again does nothing. A call that is older is refused by its timestamp,
/// unless a tool signs it anew; no tool goes on trying for a year.
pub const ID_DAYS: i64 = 400;
/// So many of each are forgotten at once, that no pass holds up what else is done.
const BATCH: i64 = 10_000;
/// What stands before a secret, by Standard Webhooks.
const PREFIX: &str = "whsec_";

/// What is said of a tool that is to call.
pub const FIELDS: &[Field] = &[Field::new("name", "Name", Control::Line(120))
    .required()
    .hint("The tool that calls: CI, PagerDuty, Jira")];

/// The tools that may call a program.
///
/// # Errors
/// Forbidden but to managers.
pub async fn list(app: &App, entered: &Entered) -> Result<Vec<Endpoint>> {
    entered.must_manage()?;
    Ok(store::inbound::list(&app.db, entered.program().id).await?)
}

/// A secret as its holder has it, to be given once.
pub struct Secret([u8; 32]);

impl Secret {
    /// The text that a tool is given.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }
}

/// Lets a tool call; its secret is shown this once.
///
/// # Errors
/// Forbidden but to managers; refused without a name, or for one that another has.
pub async fn make(app: &App, ctx: &Ctx, entered: &Entered, draft: &Draft) -> Result<(Endpoint, Secret)> {
    entered.must_manage()?;
    let values = draft.check(FIELDS, &Directory::default())?;
    let name = values["name"].as_str().unwrap_or_default().to_owned();
    let mut secret = [0_u8; 32];
    SysRng.try_fill_bytes(&mut secret).map_err(|error| Error::Internal(Box::new(error)))?;
    let (id, program) = (new_id(ctx.now), entered.program().id);
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    store::inbound::insert(&mut tx, program, id, &name, &secret)
        .await
        .map_err(|error| Error::from(error).with_draft(draft))?;
    tx.record(
        Some(program),
        None,
        entered.today(),
        &Event::EndpointSet { endpoint: name.clone(), open: true },
    );
    tx.commit().await?;
    let endpoint = Endpoint {
        id,
        name,
        made_at: ctx.now,
        made_by: Some(ctx.viewer.person),
        made_by_name: Some(ctx.viewer.name.clone()),
        last_used_at: None,
        revoked_at: None,
    };
    Ok((endpoint, Secret(secret)))
}

/// Lets a tool call no more, if it may.
///
/// # Errors
/// Forbidden but to managers.
pub async fn revoke(app: &App, ctx: &Ctx, entered: &Entered, id: Uuid) -> Result<()> {
    entered.must_manage()?;
    let program = entered.program().id;
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let Some(endpoint) = store::inbound::revoke(&mut tx, program, id).await? else { return Ok(()) };
    tx.record(Some(program), None, entered.today(), &Event::EndpointSet { endpoint, open: false });
    Ok(tx.commit().await?)
}

/// A call as it came.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub id: &'a str,
    /// Seconds since 1970, as it is written.
    pub timestamp: &'a str,
    /// Signatures parted by spaces: `v1,…`.
    pub signature: &'a str,
    pub body: &'a [u8],
}

impl Call<'_> {
    /// Whether one of its signatures is made with this secret. The comparison takes the same time whatever they are.
    fn is_signed_with(&self, secret: &[u8]) -> bool {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
        let mac = mac
            .chain_update(self.id.as_bytes())
            .chain_update(b".")
            .chain_update(self.timestamp.as_bytes())
            .chain_update(b".")
            .chain_update(self.body);
        self.signature
            .split_ascii_whitespace()
            .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
            .any(|signature| mac.clone().verify_slice(&signature).is_ok())
    }
}

/// Takes a call in, and does what it says: all or nothing, and once.
///
/// # Errors
/// [`Error::NotFound`] for an endpoint that isn't open; [`Error::Unsigned`] for a signature or a timestamp that doesn't hold;
/// refused for what can't be done.
pub async fn receive(app: &App, endpoint: &str, call: Call<'_>) -> Result<Value> {
    let id: Uuid = endpoint.parse().map_err(|_| Error::NotFound)?;
    let open = store::inbound::open(&app.db, id).await?.ok_or(Error::NotFound)?;
    let now = app.clock.now();
    let sent: i64 = call
        .timestamp
        .parse()
        .map_err(|_| Error::Unsigned("“webhook-timestamp” is the time of the call in seconds since 1970."))?;
    if now.timestamp().checked_sub(sent).is_none_or(|away| away.abs() > TOLERANCE) {
        return Err(Error::Unsigned(
            "“webhook-timestamp” is more than five minutes away from the clock here.",
        ));
    }
    if !call.is_signed_with(&open.secret) {
        return Err(Error::Unsigned("“webhook-signature” is not the signature of this call."));
    }
    if call.id.is_empty() || call.id.chars().count() > 200 {
        return Err(Error::refused("webhook-id", "“webhook-id” has 1 to 200 characters."));
    }
    let (what, data) = read(call.body)?;
    let program =
        store::access::door(&app.db, &open.key, PersonId(Uuid::nil())).await?.ok_or(Error::NotFound)?;
    let program = program.program;
    if program.archived_at.is_some() {
        return Err(Error::ArchivedProgram);
    }
    let at = At { app, key: &open.key, program: program.id, today: program.today(now), source: &open.name };
    let stamp = Stamp { now, actor: None, reason: format!("Signed call of {}", open.name) };
    let mut tx = app.db.begin(&stamp).await?;
    if let Some(mut answer) = store::inbound::take(&mut tx, id, call.id).await? {
        // How it was answered is forgotten sooner than that it came.
        if answer.get("id").is_none() {
            answer = json!({"id": call.id, "type": what, "ref": null});
        }
        answer["replayed"] = Value::Bool(true);
        return Ok(answer);
    }
    let item = at.act(&mut tx, &what, &data).await?;
    let answer = json!({"id": call.id, "type": what, "ref": item, "replayed": false});
    store::inbound::answer(&mut tx, id, call.id, &answer).await?;
    tx.commit().await?;
    if what == "milestone.achieved" {
        plan::after(app, now, None, &[program.id]).await;
    }
    Ok(answer)
}

/// What was forgotten of the calls of other tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Calls of which the answer was.
    pub answers: u64,
    /// Calls that are not known any more.
    pub calls: u64,
}

/// Forgets of the calls of other tools what is kept no longer. It may be called at any time, any number of times.
///
/// # Errors
/// When the database is away.
pub async fn forget(app: &App, now: DateTime<Utc>) -> Result<Forgotten> {
    let (answered, came) = (now - TimeDelta::days(ANSWER_DAYS), now - TimeDelta::days(ID_DAYS));
    let (answers, calls) = store::inbound::forget(&app.db, answered, came, BATCH).await?;
    Ok(Forgotten { answers, calls })
}

fn read(body: &[u8]) -> Result<(String, Draft)> {
    let told = |field: &str, why: &str| Error::refused(field, why);
    let Ok(Value::Object(mut body)) = serde_json::from_slice(body) else {
        return Err(told("", "Send a JSON object: {\"type\": …, \"data\": {…}}."));
    };
    let Some(Value::String(what)) = body.shift_remove("type") else {
        return Err(told(
            "type",
            "Say what happened: one of check.evidence, release.incident, release.defect, milestone.achieved.",
        ));
    };
    match body.shift_remove("data") {
        Some(Value::Object(data)) => Ok((what, Draft(data))),
        _ => Err(told("data", "Give an object.")),
    }
}

const REF: Field = Field::new("ref", "Reference", Control::Line(60)).required();
const EVIDENCE: &[Field] = &[
    REF,
    Field::new("passed", "Passed", Control::Flag),
    Field::new("title", "Title", Control::Line(300)),
    Field::new("url", "Link", Control::Link(2_000)),
];
const ACHIEVED: &[Field] = &[REF, Field::new("on", "On", Control::Date)];

/// A program that is called, and by whom.
struct At<'a> {
    app: &'a App,
    key: &'a str,
    program: ProgramId,
    today: NaiveDate,
    source: &'a str,
}

impl At<'_> {
    /// Does what a call says; the reference of what it was done to.
    async fn act(&self, tx: &mut Tx, what: &str, data: &Draft) -> Result<String> {
        match what {
            "check.evidence" => self.evidence(tx, data).await,
            "release.incident" => self.went_wrong(tx, data, EventKind::Incident).await,
            "release.defect" => self.went_wrong(tx, data, EventKind::Defect).await,
            "milestone.achieved" => self.achieved(tx, data).await,
            _ => Err(Error::refused(
                "type",
                "There is no such event here: send check.evidence, release.incident, release.defect or milestone.achieved.",
            )),
        }
    }

    /// The item of this program that a reference names.
    async fn find(&self, reference: &str, kind: Kind) -> Result<Item> {
        let named =
            Reference::parse(reference).filter(|named| named.program == self.key && named.kind == kind);
        let found = match named {
            Some(named) => store::item::find(&self.app.db, self.program, kind, named.number, None).await?,
            None => None,
        };
        let Some(stored) = found else {
            let what = kind.label().to_lowercase();
            return Err(Error::refused(
                "data.ref",
                format!("There is no {what} “{reference}” in {}.", self.key),
            ));
        };
        must_stand(&stored.item)?;
        Ok(stored.item)
    }

    fn name(&self, item: &Item) -> String {
        Reference { program: self.key.to_owned(), kind: item.kind, number: item.number }.to_string()
    }

    async fn evidence(&self, tx: &mut Tx, data: &Draft) -> Result<String> {
        let values = checked(data, EVIDENCE)?;
        // A form's words for it, or nothing, are no verdict: a check must not fail because a tool said something else.
        let passed = match data.0.get("passed") {
            None => None,
            Some(Value::Bool(passed)) => Some(*passed),
            Some(_) => {
                return Err(Error::refused("data.passed", "Say whether it passed: true or false."));
            }
        };
        let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if passed.is_none() && text("title").is_empty() && text("url").is_empty() {
            let why = "Say whether it passed, true or false, or give the evidence alone: title, url.";
            return Err(Error::refused("data.passed", why));
        }
        let stored = self.find(&text("ref"), Kind::Check).await?;
        let to = passed.map_or(stored.state, |passed| if passed { State::Passed } else { State::Failed });
        let on = self.today.max(stored.effective_on);
        let mut next = stored.clone();
        if stored.state != to {
            let reason = format!("Signed call of {}", self.source);
            let step = Move { reason, ..Move::new(to, on) };
            transition::apply(&mut next, &step).map_err(|refused| beside(refused.into()))?;
        }
        let Detail::Check(own) = &mut next.detail else { return Err(Error::NotFound) };
        (own.evidence_title, own.evidence_url) = (text("title"), text("url"));
        self.source.clone_into(&mut own.evidence_source);
        own.evidence_on = Some(on);
        if passed.is_some() {
            own.settled_on = Some(on);
        }
        next.effective_on = on;
        let events = event::between(&stored, &next);
        write_next(tx, &stored, &mut next, &events).await?;
        Ok(self.name(&next))
    }

    async fn went_wrong(&self, tx: &mut Tx, data: &Draft, kind: EventKind) -> Result<String> {
        let mut draft = data.clone();
        if let Some(odd) = draft.0.get("kind") {
            return Err(Error::refused("data.kind", format!("There is no field “kind” here ({odd}).")));
        }
        let reference = draft.0.shift_remove("ref").unwrap_or_default();
        draft.0.insert("kind".into(), Value::from(kind.name()));
        let mut counted = release::read(&draft, self.today).map_err(beside)?;
        let stored = self.find(reference.as_str().unwrap_or_default(), Kind::Release).await?;
        counted.id = new_id(tx.stamp().now);
        self.source.clone_into(&mut counted.source);
        // What is counted already under its name is not counted again.
        release::write(tx, &stored, &counted, self.today).await?;
        Ok(self.name(&stored))
    }

    async fn achieved(&self, tx: &mut Tx, data: &Draft) -> Result<String> {
        let values = checked(data, ACHIEVED)?;
        let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
        let stored = self.find(text("ref"), Kind::Milestone).await?;
        if stored.state == State::Achieved {
            return Ok(self.name(&stored));
        }
        let given: Option<NaiveDate> = text("on").parse().ok();
        if given.is_some_and(|on| on > self.today) {
            return Err(Error::refused("data.on", "That day has not come yet."));
        }
        let on = given.unwrap_or_else(|| self.today.max(stored.effective_on));
        transition::not_before_latest(&stored, on).map_err(|mut refused| {
            refused.errors.iter_mut().for_each(|error| "data.on".clone_into(&mut error.field));
            Error::from(refused)
        })?;
        let mut next = stored.clone();
        transition::apply(&mut next, &Move::new(State::Achieved, on))
            .map_err(|wrong| beside(wrong.into()))?;
        next.effective_on = on;
        let events = event::between(&stored, &next);
        write_next(tx, &stored, &mut next, &events).await?;
        Ok(self.name(&next))
    }
}

fn checked(data: &Draft, fields: &[Field]) -> Result<Map<String, Value>> {
    data.check(fields, &Directory::default()).map_err(|refused| beside(refused.into()))
}

/// Names the fields of a refusal as they stand in the body of a call.
fn beside(error: Error) -> Error {
    match error {
        Error::Refused(refused) => {
            let named = |error: FieldError| {
                let field =
                    if error.field.is_empty() { "data".into() } else { format!("data.{}", error.field) };
                FieldError::new(field, error.message)
            };
            Refused { draft: refused.draft, errors: refused.errors.into_iter().map(named).collect() }.into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification of Standard Webhooks, made with its secret by another implementation.
    #[test]
    fn a_signature_is_what_the_specification_says() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let call = Call {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: "1614265330",
            signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            body: br#"{"test": 2432232314}"#,
        };
        assert!(call.is_signed_with(&secret));
        assert!(
            Call { signature: "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", ..call }
                .is_signed_with(&secret)
        );
        for wrong in [
            Call { body: br#"{"test": 2432232315}"#, ..call },
            Call { timestamp: "1614265331", ..call },
            Call { id: "msg_p5jXN8AQM9LWM0D4loKWxJel", ..call },
            Call { signature: "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", ..call },
            Call { signature: "v1,", ..call },
            Call { signature: "", ..call },
        ] {
            assert!(!wrong.is_signed_with(&secret), "{wrong:?}");
        }
        assert!(!call.is_signed_with(b"another secret"));
    }
}
