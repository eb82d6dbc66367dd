//! The form of a report: the period of a new one, and the draft with what is declared beside what is computed.

use super::view::Shade;
use super::{control_of, path};
use crate::app::access::{self, Entered};
use crate::app::{App, Ctx, Error, report};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::health::Dimension;
use crate::domain::item;
use crate::domain::kind::{Kind, Reference};
use crate::domain::report::{COLOURS, Stale, Texts};
use crate::web::extract::{Place, Web};
use crate::web::form::{self as fields, Input, Shown, control};
use crate::web::present::{PageResult, page_with};
use crate::web::shell::Shell;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};

/// Plain fields of the report as controls.
fn controls(names: &[&str], typed: &Draft, errors: &[FieldError]) -> Vec<Shown> {
    let named = |name: &&str| item::fields(Kind::Report).find(|field| field.name == *name);
    names.iter().filter_map(named).map(|field| control(field, "f-", typed, errors)).collect()
}

#[derive(Template)]
#[template(path = "report/new.html")]
struct NewPage {
    shell: Shell,
    key: String,
    fields: Vec<Shown>,
    errors: Vec<(String, String)>,
}

pub(super) async fn new(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    entered.must_raise()?;
    let period = report::next_period(&app, &entered).await?;
    let typed = Draft(Map::from_iter([
        ("period_from".to_owned(), Value::from(period.from.to_string())),
        ("period_to".to_owned(), Value::from(period.to.to_string())),
    ]));
    first(&ctx, &place, &entered, &typed, &[])
}

/// The form of a new report: its period; all else is written from the facts.
pub(super) fn first(
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    typed: &Draft,
    errors: &[FieldError],
) -> PageResult {
    let fields = controls(&["period_from", "period_to"], typed, errors);
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = NewPage {
        shell: place.program_shell(ctx, entered, "reports"),
        key: entered.key().to_owned(),
        errors: fields::summary(&fields, errors),
        fields,
    };
    page_with(status, &page)
}

/// What was typed and not taken.
#[derive(Default)]
pub(super) struct Typed {
    draft: Draft,
    /// The texts as they were shown to whoever typed.
    shown: Map<String, Value>,
    errors: Vec<FieldError>,
    stale: bool,
}

/// A dimension in the form.
struct Part {
    name: &'static str,
    /// Of the field in which the reason is typed.
    id: String,
    label: &'static str,
    computed: Shade,
    why: Vec<String>,
    narrative: String,
    narrative_rows: usize,
    narrative_error: Option<String>,
    reason: String,
    choices: Vec<(&'static str, String, bool)>,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "report/form.html")]
struct EditPage {
    shell: Shell,
    title: String,
    reference: String,
    path: String,
    version: i32,
    may_publish: bool,
    stale: bool,
    errors: Vec<(String, String)>,
    head: Vec<Shown>,
    parts: Vec<Part>,
    rest: Vec<Shown>,
    rules_version: i32,
    /// The texts as they are shown, by name: whoever leaves one so hasn't touched it.
    shown: Vec<(String, String)>,
    marks: Vec<Stale>,
    /// The sentences of which it is told that they no longer hold: they are kept if it is published again.
    told: Vec<String>,
}

/// Lines that a text takes in its box.
fn rows(text: &str) -> usize {
    text.lines().map(|line| 1 + line.chars().count() / 100).sum::<usize>().clamp(2, 9)
}

/// The form again, with what is wrong: what was typed into it stands, what was left as it was shown is written anew.
pub(super) async fn again(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    number: i32,
    (draft, shown): (Draft, Map<String, Value>),
    error: Error,
) -> PageResult {
    let typed = match error {
        Error::Refused(refused) => Typed { draft, shown, errors: refused.errors, stale: false },
        Error::Stale { .. } => Typed { draft, shown, errors: Vec::new(), stale: true },
        error => return Err(error.into()),
    };
    self::draw(app, ctx, place, entered, number, typed).await
}

pub(super) async fn draw(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    number: i32,
    mut typed: Typed,
) -> PageResult {
    entered.must_raise()?;
    let shown = report::show(app, ctx, entered, number).await?;
    let item = &shown.stored.item;
    entered.must_edit(item)?;
    let Some(written) = &shown.written else {
        let frozen = "A published report stays as it was published; correct it by a new revision.";
        return Err(Error::refused("", frozen).into());
    };
    let texts = shown.report.texts();
    report::untyped(&texts, &mut typed.draft, &typed.shown);
    let now = item.draft().overlaid(&fresh(&texts)).overlaid(&typed.draft);
    // A sentence that no longer holds is told once: who publishes again keeps it.
    let (mut errors, mut told) = (typed.errors, Vec::new());
    for error in &mut errors {
        let mark = shown.stale.iter().find(|mark| error.message.starts_with(&mark.says()));
        if let Some(mark) = mark {
            told.extend(mark.sentences.clone());
            error.message = format!("{} Change it, or publish again to keep it as it stands.", mark.says());
        }
    }
    let errors = &errors;
    let named = |field: &str, dimension: Dimension| {
        let value = now.0.get(field).and_then(|values| values.get(dimension.name()));
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let part = |dimension: Dimension| {
        let computed: Shade = written.computed(dimension).into();
        let declared = named("declared", dimension);
        let as_computed = format!("As computed ({})", computed.word.to_lowercase());
        let choices = COLOURS.iter().map(|(name, label)| (*name, (*label).to_owned(), declared == *name));
        let judged = written.health.dimensions.iter().find(|judged| judged.dimension == dimension);
        let id = format!("f-reasons-{}", dimension.name());
        Part {
            name: dimension.name(),
            label: dimension.label(),
            computed,
            why: judged
                .map(|judged| judged.reasons.iter().map(|why| why.text.clone()).collect())
                .unwrap_or_default(),
            narrative_rows: rows(&named("narrative", dimension)),
            narrative: named("narrative", dimension),
            narrative_error: {
                let at = format!("f-narrative-{}", dimension.name());
                errors.iter().find(|error| control_of(error) == at).map(|error| error.message.clone())
            },
            reason: named("reasons", dimension),
            choices: std::iter::once(("", as_computed, declared.is_empty())).chain(choices).collect(),
            error: errors.iter().find(|error| control_of(error) == id).map(|error| error.message.clone()),
            id,
        }
    };
    let mut head = controls(&["title", "period_from", "period_to", "headline"], &now, errors);
    for field in &mut head {
        if let Input::Text { value, rows } = &mut field.input {
            *rows = self::rows(value);
        }
    }
    let mut rest = controls(&["decisions_needed", "next_steps"], &now, errors);
    for field in &mut rest {
        if let Input::Text { value, rows } = &mut field.input {
            *rows = self::rows(value);
        }
    }
    let status = match (typed.stale, errors.is_empty()) {
        (true, _) => StatusCode::CONFLICT,
        (false, false) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let page = EditPage {
        shell: place.program_shell(ctx, entered, "reports"),
        title: item.title.clone(),
        reference: Reference { program: entered.key().to_owned(), kind: Kind::Report, number }.to_string(),
        path: path(entered, number),
        version: item.version,
        may_publish: entered.may_manage(),
        stale: typed.stale,
        errors: errors.iter().map(|error| (control_of(error), error.message.clone())).collect(),
        head,
        parts: Dimension::ALL.into_iter().map(part).collect(),
        rest,
        rules_version: written.health.rules_version,
        shown: texts.into_iter().collect(),
        marks: shown.stale,
        told,
    };
    page_with(status, &page)
}

/// The texts of a draft as they are now, as fields.
fn fresh(texts: &Texts) -> Draft {
    let mut fields = Map::new();
    for (name, text) in texts {
        match name.split_once('.') {
            None => {
                fields.insert(name.clone(), Value::from(text.clone()));
            }
            Some((field, part)) => {
                let parts = fields.entry(field).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(parts) = parts {
                    parts.insert(part.to_owned(), Value::from(text.clone()));
                }
            }
        }
    }
    Draft(fields)
}
