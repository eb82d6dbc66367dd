//! Items in the JSON API: `/api/v1/programs/KEY/risks` and its like for every kind, and `/raid` for the four of the log.

use super::page::Asked;
use super::schedule::Forecasts;
use super::{made, query, shape, versioned};
use crate::app::access::{Entered, enter};
use crate::app::{App, Ctx, Error, Over, comment, confirm, export, item, link, story, transition};
use crate::domain::draft::Draft;
use crate::domain::ids::PersonId;
use crate::domain::kind::{Kind, Reference};
use crate::store::comment::Comment;
use crate::web::extract::{Api, Body, IfMatch, MaybeMatch};
use crate::web::present::ApiResult;
use crate::web::routes::Routes;
use crate::web::sheet::{self, WantsTable};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// The routes of every kind of item.
pub fn routes() -> Routes {
    let mut routes = Routes::new().get("/api/v1/programs/{key}/raid", raid);
    for kind in Kind::ALL {
        let all = format!("/api/v1/programs/{{key}}/{}", kind.plural());
        let one = format!("{all}/{{number}}");
        routes = routes
            .get(all.clone(), move |s, a, p, q, t| list(s, a, p, q, t, kind.alone()))
            .post(all, move |s, a, p, b| raise(s, a, p, b, kind))
            .get(one.clone(), move |s, a, p| show(s, a, p, kind))
            .patch(one.clone(), move |s, a, p, m, b| edit(s, a, p, m, b, kind))
            .delete(one.clone(), move |s, a, p, m| archive(s, a, p, m, kind))
            .post(format!("{one}/restore"), move |s, a, p| restore(s, a, p, kind))
            .post(format!("{one}/transitions"), move |s, a, p, m, b| transition(s, a, p, m, b, kind))
            .get(format!("{one}/comments"), move |s, a, p, q| comments(s, a, p, q, kind))
            .post(format!("{one}/comments"), move |s, a, p, b| comment(s, a, p, b, kind))
            .get(format!("{one}/links"), move |s, a, p, q| links(s, a, p, q, kind))
            .post(format!("{one}/links"), move |s, a, p, b| link(s, a, p, b, kind))
            .delete(format!("{one}/links/{{relation}}/{{to}}"), move |s, a, p| unlink(s, a, p, kind))
            .get(format!("{one}/history"), move |s, a, p, q| history(s, a, p, q, kind));
        // A report is published, not confirmed.
        if kind != Kind::Report {
            routes = routes.post(format!("{one}/confirm"), move |s, a, p, m| confirm(s, a, p, m, kind));
        }
    }
    routes
}

/// Which item of a kind a path names: by its number, its reference or its id.
pub(in crate::web) async fn number(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    text: &str,
) -> Result<i32, Error> {
    if let Ok(number) = text.parse() {
        return Some(number).filter(|number| *number > 0).ok_or(Error::NotFound);
    }
    let reference = match text.parse() {
        Ok(id) => item::reference(app, ctx, id).await?,
        Err(_) => Reference::parse(text),
    };
    let here = |found: &Reference| found.program == entered.key() && found.kind == kind;
    reference.filter(here).map(|found| found.number).ok_or(Error::NotFound)
}

async fn raid(app: State<App>, api: Api, key: Path<String>, query: Asked, wants: WantsTable) -> ApiResult {
    list(app, api, key, query, wants, &Kind::RAID).await
}

/// The collection as a table: all that the filters leave, in the same order, whatever the size of a page.
async fn table(
    app: &App,
    ctx: &Ctx,
    key: &str,
    mut query: Asked,
    kinds: &'static [Kind],
) -> Result<Response, Error> {
    let app = app.at_one_moment().await?;
    let entered = enter(&app, ctx, key).await?;
    query.limit = usize::MAX;
    let page = item::collection(&app, ctx, &entered, query::read(kinds, &query)?).await?;
    let ids = page.rows.iter().map(|(row, _)| row.id).collect();
    let leaving = export::of_items(ctx, &entered, kinds, ids);
    let name = if let [kind] = kinds { kind.plural() } else { "raid" };
    let file = format!("{}-{name}-{}", entered.key(), entered.day());
    Ok(sheet::csv(&file, sheet::streamed(app, leaving)))
}

async fn list(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    query: Asked,
    WantsTable(as_table): WantsTable,
    kinds: &'static [Kind],
) -> ApiResult {
    if as_table {
        return Ok(table(&app, &ctx, &key, query, kinds).await?);
    }
    let entered = enter(&app, &ctx, &key).await?;
    let page = item::collection(&app, &ctx, &entered, query::read(kinds, &query)?).await?;
    let owns: Vec<Map<String, Value>> =
        page.rows.iter().filter_map(|(row, _)| row.detail.as_ref()?.as_object().cloned()).collect();
    let names = item::names_in(&app, &ctx, &owns).await?;
    let forecasts = Forecasts::of(&app, &entered, kinds).await?;
    let body = query.page(
        page.rows,
        page.total,
        |(_, after)| after.clone(),
        |(row, _)| {
            let mut body = shape::row(entered.key(), row, &names);
            forecasts.tell(&mut body, row.kind, row.id);
            body
        },
    );
    Ok(Json(body).into_response())
}

pub(super) async fn body_of(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    number: i32,
) -> Result<(i32, Value), Error> {
    let stored = item::find(app, entered, kind, number).await?;
    let names = item::names_in(app, ctx, [&shape::own(&stored.item)]).await?;
    let mut body = shape::stored(entered.key(), &stored, &names);
    Forecasts::of(app, entered, &[kind]).await?.tell(&mut body, kind, stored.item.id);
    if kind == Kind::Risk {
        body["threatens"] = json!(link::from(app, ctx, entered, &stored.item, "threatens").await?);
    }
    if kind == Kind::Gate {
        body["readiness"] = json!(crate::app::gate::standing(app, entered, &stored.item).await?);
    }
    Ok((stored.item.version, body))
}

async fn show(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (version, body) =
        body_of(&app, &ctx, &entered, kind, number(&app, &ctx, &entered, kind, &n).await?).await?;
    Ok(versioned(StatusCode::OK, version, body))
}

async fn raise(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    body: Body,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(kind == Kind::Change)?;
    let raised = item::raise(&app, &ctx, &entered, kind, &draft, &meta).await?;
    let (version, body) = body_of(&app, &ctx, &entered, kind, raised.number).await?;
    made(&format!("/api/v1/programs/{}/{}/{}", entered.key(), kind.plural(), raised.number), version, body)
}

async fn edit(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    IfMatch(version): IfMatch,
    body: Body,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(kind == Kind::Change)?;
    let number = number(&app, &ctx, &entered, kind, &n).await?;
    item::edit(&app, &ctx, &entered, kind, number, version, &draft, &meta).await?;
    let (version, body) = body_of(&app, &ctx, &entered, kind, number).await?;
    Ok(versioned(StatusCode::OK, version, body))
}

async fn archive(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    MaybeMatch(version): MaybeMatch,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    item::archive(&app, &ctx, &entered, kind, number(&app, &ctx, &entered, kind, &n).await?, version, true)
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn restore(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&app, &ctx, &entered, kind, &n).await?;
    item::archive(&app, &ctx, &entered, kind, number, Over::Any, false).await?;
    let (version, body) = body_of(&app, &ctx, &entered, kind, number).await?;
    Ok(versioned(StatusCode::OK, version, body))
}

async fn transition(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    MaybeMatch(version): MaybeMatch,
    body: Body,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&app, &ctx, &entered, kind, &n).await?;
    transition::make(&app, &ctx, &entered, kind, number, version, &body.0).await?;
    let (version, body) = body_of(&app, &ctx, &entered, kind, number).await?;
    Ok(versioned(StatusCode::OK, version, body))
}

async fn confirm(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    MaybeMatch(version): MaybeMatch,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&app, &ctx, &entered, kind, &n).await?;
    confirm::confirm(&app, &ctx, &entered, kind, number, version).await?;
    let (version, body) = body_of(&app, &ctx, &entered, kind, number).await?;
    Ok(versioned(StatusCode::OK, version, body))
}

/// What comments are filtered and sorted by.
pub const COMMENT_FIELDS: [&str; 4] = ["id", "author", "effective_on", "created_at"];
/// What links are filtered and sorted by.
pub const LINK_FIELDS: [&str; 5] = ["ref", "relation", "direction", "title", "state"];
/// What the versions of an item are filtered and sorted by.
pub const VERSION_FIELDS: [&str; 4] = ["recorded_at", "effective_on", "recorded_by", "reason"];

fn said(comment: &Comment) -> Value {
    json!({
        "id": comment.id, "author": shape::person(comment.author_id, comment.author.as_deref()), "body": comment.body,
        "effective_on": comment.effective_on, "created_at": comment.created_at,
    })
}

async fn comments(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    query: Asked,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let stored = item::find(&app, &entered, kind, number(&app, &ctx, &entered, kind, &n).await?).await?;
    let around = item::around(&app, &ctx, &entered, &stored.item).await?;
    let rows = around.comments.iter().map(said).collect();
    Ok(query.whole(rows, &COMMENT_FIELDS)?.into_response())
}

/// What a body of one or two texts holds; anything else in it is refused by name.
fn texts<const N: usize>(draft: &Draft, names: [&str; N]) -> Result<[String; N], Error> {
    use crate::domain::draft::{Control, Field};
    const FIELDS: [Field; 4] = [
        Field::new("body", "Comment", Control::Text(20_000)),
        Field::new("relation", "Relation", Control::Line(40)),
        Field::new("to", "To", Control::Line(60)),
        Field::new("name", "Name", Control::Line(200)),
    ];
    let fields = FIELDS.iter().filter(|field| names.contains(&field.name));
    let values = draft.check(fields, &crate::domain::draft::Directory::default())?;
    Ok(names.map(|name| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()))
}

async fn comment(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    body: Body,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&app, &ctx, &entered, kind, &n).await?;
    let [text] = texts(&body.0, ["body"])?;
    let id = comment::add(&app, &ctx, &entered, kind, number, &text).await?;
    let location = format!("/api/v1/programs/{}/{}/{number}/comments", entered.key(), kind.plural());
    let author = shape::person(Some(ctx.viewer.person), Some(&ctx.viewer.name));
    made(&location, 1, json!({"id": id, "body": text, "author": author, "created_at": ctx.now}))
}

async fn links(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    query: Asked,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let stored = item::find(&app, &entered, kind, number(&app, &ctx, &entered, kind, &n).await?).await?;
    let around = item::around(&app, &ctx, &entered, &stored.item).await?;
    let items: Vec<_> = around
        .links
        .iter()
        .map(|link| {
            json!({
                "relation": link.relation, "direction": if link.outward { "to" } else { "from" },
                "ref": link.reference.to_string(), "title": link.title, "state": link.state,
            })
        })
        .collect();
    Ok(query.whole_by(items, &LINK_FIELDS, &["relation", "direction", "ref"])?.into_response())
}

async fn link(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    body: Body,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&app, &ctx, &entered, kind, &n).await?;
    let [relation, to] = texts(&body.0, ["relation", "to"])?;
    link::set(&app, &ctx, &entered, (kind, number), &relation, &to, true).await?;
    let location = format!("/api/v1/programs/{}/{}/{number}/links", entered.key(), kind.plural());
    made(&location, 1, json!({"relation": relation, "direction": "to", "ref": to.to_uppercase()}))
}

async fn unlink(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n, relation, to)): Path<(String, String, String, String)>,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    link::set(
        &app,
        &ctx,
        &entered,
        (kind, number(&app, &ctx, &entered, kind, &n).await?),
        &relation,
        &to,
        false,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn history(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    query: Asked,
    kind: Kind,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let stored = item::find(&app, &entered, kind, number(&app, &ctx, &entered, kind, &n).await?).await?;
    let versions = story::versions(&app, &entered, &stored.item).await?;
    let writers = versions.iter().enumerate();
    let writers = writers.map(|(at, version)| (at.to_string(), json!(version.recorded_by))).collect();
    let changes = versions.iter().map(|version| &version.changes).chain([&writers]);
    let names = item::names_in(&app, &ctx, changes).await?;
    let reference = Reference { program: entered.key().to_owned(), kind, number: stored.item.number };
    let items: Vec<_> = versions
        .into_iter()
        .map(|version| {
            let by = version.recorded_by.map(PersonId);
            json!({
                "effective_on": version.effective_on, "recorded_at": version.recorded_at,
                "recorded_by": shape::person(by, names.person(by)), "reason": version.reason,
                "changes": shape::named(Value::Object(version.changes), &names),
            })
        })
        .collect();
    let Json(mut body) = query.whole_by(items, &VERSION_FIELDS, &["recorded_at", "effective_on"])?;
    body["ref"] = json!(reference.to_string());
    Ok(Json(body).into_response())
}
