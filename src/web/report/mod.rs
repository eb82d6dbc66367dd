//! Status reports: the page of one, drawn from what was frozen; its form, with what is declared beside what is computed; publishing,
//! correcting, rating, sharing; the greenwash record.

mod api;
mod form;
mod list;
mod page;
mod record;
mod shared;
mod view;

use super::extract::{Form, Place, Web, over};
use super::item;
use super::present::PageResult;
use super::routes::Routes;
use super::site::Site;
use crate::app::access::{self, Entered};
use crate::app::{App, Ctx, Error, Over, Result, WriteMeta, report, transition};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::item::Detail;
use crate::domain::kind::Kind;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use page::Tried;
use serde_json::Value;

pub use api::{GAP_FIELDS, RATING_FIELDS, SHARE_FIELDS};

pub fn routes() -> Routes {
    const ONE: &str = "/programs/{key}/reports/{number}";
    let at = |end: &str| format!("{ONE}{end}");
    Routes::new()
        .get("/programs/{key}/reports", list::list)
        .post("/programs/{key}/reports", create)
        .get("/programs/{key}/reports/new", form::new)
        .get("/programs/{key}/reports/record", record::record)
        .get(ONE, show)
        .get(at("/edit"), edit)
        .post(at("/edit"), save)
        .post(at("/transitions"), publish)
        .post(at("/redraft"), redraft)
        .post(at("/correct"), correct)
        .post(at("/ratings"), rate)
        .post(at("/shares"), share)
        .post(at("/shares/{id}/revoke"), revoke)
        .get(at("/markdown"), markdown)
        .get(at("/about"), item::show)
        .post(at("/comments"), item::comment)
        .post(at("/links"), item::link)
        .post(at("/archive"), item::archive)
        .post(at("/restore"), item::restore)
        .get("/shared/reports/{secret}", shared::show)
        .merge(api::routes())
}

/// A report of a program, by its number in the address.
type At = Path<(String, String)>;

fn number(text: &str) -> Result<i32> {
    text.parse().ok().filter(|number| *number > 0).ok_or(Error::NotFound)
}

fn path(entered: &Entered, number: i32) -> String {
    format!("/programs/{}/reports/{number}", entered.key())
}

fn back(entered: &Entered, number: i32, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", path(entered, number))).into_response()
}

async fn create(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    form: Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    entered.must_raise()?;
    let typed = form.0.clone();
    let raised =
        crate::app::item::raise(&app, &ctx, &entered, Kind::Report, &typed, &WriteMeta::default()).await;
    match raised {
        Ok(made) => {
            Ok(Redirect::to(&format!("{}/edit?done=drafted", path(&entered, made.number))).into_response())
        }
        Err(Error::Refused(refused)) => form::first(&ctx, &place, &entered, &typed, &refused.errors),
        Err(error) => Err(error.into()),
    }
}

async fn show(State(app): State<App>, Web(ctx): Web, place: Place, Path((key, n)): At) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    page::draw(&app, &ctx, &place, &entered, number(&n)?, Tried::default()).await
}

async fn edit(State(app): State<App>, Web(ctx): Web, place: Place, Path((key, n)): At) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    form::draw(&app, &ctx, &place, &entered, number(&n)?, form::Typed::default()).await
}

/// Saves a draft; `then` is `publish` to publish it at once.
async fn save(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, n)): At,
    form: Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let number = number(&n)?;
    let mut typed = form.0;
    let over = over(&mut typed)?;
    let then = typed.0.shift_remove("then");
    let told = parts(typed.0.shift_remove("told"));
    let shown = parts(typed.0.shift_remove("shown"));
    let before = typed.clone();
    if !shown.is_empty() {
        let stored = crate::app::item::find(&app, &entered, Kind::Report, number).await?.item;
        if let Detail::Report(own) = &stored.detail {
            report::untyped(&own.texts(), &mut typed, &shown);
        }
    }
    let meta = WriteMeta::default();
    let saved = crate::app::item::edit(&app, &ctx, &entered, Kind::Report, number, over, &typed, &meta).await;
    let done = match saved {
        Ok(saved) if then.as_ref().and_then(Value::as_str) == Some("publish") => {
            let mut to = Draft(serde_json::Map::from_iter([("to".to_owned(), Value::from("published"))]));
            if !told.is_empty() && report::is_told(&app, &ctx, &entered, number, &told).await? {
                to.0.insert("stale_words".to_owned(), Value::from("keep"));
            }
            let over = Over::Version(saved.version);
            transition::make(&app, &ctx, &entered, Kind::Report, number, over, &to).await.map(|_| "published")
        }
        Ok(_) => Ok("saved"),
        Err(error) => Err(error),
    };
    match done {
        Ok(done) => Ok(back(&entered, number, done)),
        Err(error) => form::again(&app, &ctx, &place, &entered, number, (before, shown), error).await,
    }
}

/// The parts of a field that has some.
fn parts(field: Option<Value>) -> serde_json::Map<String, Value> {
    match field {
        Some(Value::Object(parts)) => parts,
        _ => serde_json::Map::new(),
    }
}

async fn publish(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, n)): At,
    form: Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let number = number(&n)?;
    let mut draft = form.0;
    let over = over(&mut draft)?;
    match transition::make(&app, &ctx, &entered, Kind::Report, number, over, &draft).await {
        Ok(_) => Ok(back(&entered, number, "published")),
        Err(error @ (Error::Refused(_) | Error::Stale { .. }))
            if is_draft(&app, &ctx, &entered, number).await? =>
        {
            form::again(&app, &ctx, &place, &entered, number, Default::default(), error).await
        }
        Err(Error::Refused(refused)) => {
            let tried =
                Tried { warning: refused.errors.first().map(|e| e.message.clone()), ..Tried::default() };
            page::draw(&app, &ctx, &place, &entered, number, tried).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn is_draft(app: &App, ctx: &Ctx, entered: &Entered, number: i32) -> Result<bool> {
    Ok(!report::show(app, ctx, entered, number).await?.published)
}

async fn redraft(State(app): State<App>, Web(ctx): Web, Path((key, n)): At, form: Form) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let number = number(&n)?;
    let mut draft = form.0;
    let over = over(&mut draft)?;
    report::redraft(&app, &ctx, &entered, number, over).await?;
    Ok(Redirect::to(&format!("{}/edit?done=drafted", path(&entered, number))).into_response())
}

async fn correct(State(app): State<App>, Web(ctx): Web, Path((key, n)): At) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let made = report::correct(&app, &ctx, &entered, number(&n)?).await?;
    Ok(Redirect::to(&format!("{}/edit?done=correction", path(&entered, made.number))).into_response())
}

async fn rate(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, n)): At,
    form: Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let number = number(&n)?;
    match report::rate(&app, &ctx, &entered, number, &form.0).await {
        Ok(_) => Ok(back(&entered, number, "rated")),
        Err(Error::Refused(refused)) => {
            let tried = Tried { rating: Some((form.0, refused.errors)), ..Tried::default() };
            page::draw(&app, &ctx, &place, &entered, number, tried).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a link; its address is shown once, on the page that answers.
async fn share(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, n)): At,
    site: Site,
    form: Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let number = number(&n)?;
    match report::share(&app, &ctx, &entered, number, &form.0).await {
        Ok((_, secret)) => {
            let tried = Tried { shared: Some(shared_at(&site, secret.reveal())), ..Tried::default() };
            page::draw(&app, &ctx, &place, &entered, number, tried).await
        }
        Err(Error::Refused(refused)) => {
            let tried = match refused.errors.first() {
                Some(error) if error.field == "label" => {
                    Tried { label: Some((form.0.text("label"), error.message.clone())), ..Tried::default() }
                }
                first => Tried { warning: first.map(|error| error.message.clone()), ..Tried::default() },
            };
            page::draw(&app, &ctx, &place, &entered, number, tried).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Where a shared report is read by whoever has the link.
fn shared_at(site: &Site, secret: &str) -> String {
    site.at(&format!("/shared/reports/{secret}"))
}

async fn revoke(
    State(app): State<App>,
    Web(ctx): Web,
    Path((key, n, id)): Path<(String, String, String)>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let number = number(&n)?;
    let id = id.parse().map_err(|_| Error::NotFound)?;
    report::revoke(&app, &ctx, &entered, number, id).await?;
    Ok(back(&entered, number, "unshared"))
}

async fn markdown(State(app): State<App>, Web(ctx): Web, Path((key, n)): At) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    Ok(api::as_markdown(&report::show(&app, &ctx, &entered, number(&n)?).await?))
}

/// What is wrong with a field of the form, and the id of the control that it is typed into.
fn control_of(error: &FieldError) -> String {
    let dimension = crate::domain::health::Dimension::ALL
        .into_iter()
        .find(|dimension| error.message.starts_with(dimension.label()));
    match dimension.filter(|_| ["reasons", "narrative"].contains(&error.field.as_str())) {
        Some(dimension) => format!("f-{}-{}", error.field, dimension.name()),
        None => format!("f-{}", error.field),
    }
}
