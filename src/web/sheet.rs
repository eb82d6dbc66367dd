//! Tables that are downloaded, as CSV: what a list shows, with its filters, its order and the day that is shown, but all of it and
//! under the names that the API has.

use super::extract::{Place, Web};
use super::present::PageResult;
use super::routes::Routes;
use super::{dependency, log, milestone, risk};
use crate::app::access::{Entered, enter};
use crate::app::export::{self, Leaving, What};
use crate::app::{App, Ctx, Error};
use crate::domain::ids::ItemId;
use crate::domain::kind::Kind;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use std::convert::Infallible;

pub(super) fn routes() -> Routes {
    Routes::new().get("/programs/{key}/csv/{what}", download)
}

/// What a CSV file is, to a browser.
const CSV: &str = "text/csv; charset=utf-8; header=present";

/// A file of this name (letters, digits, `-` and `_`; without its ending) that a browser saves.
#[must_use]
pub fn csv(name: &str, body: impl Into<Body>) -> Response {
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    let headers =
        [(CONTENT_TYPE, CSV.to_owned()), (CONTENT_DISPOSITION, disposition), (VARY, "accept".to_owned())];
    (headers, body.into()).into_response()
}

impl Place {
    /// Where what this page lists is as CSV: by the same query, from the first row to the last.
    #[must_use]
    pub fn csv(&self, key: &str, what: &str) -> String {
        let file = Self { path: path(key, what), query: self.query.clone() };
        file.with(&[("page", None), ("rows", None), ("done", None)])
    }
}

/// Whether a request would rather have a table than JSON: `text/csv` stands among what it accepts, and not behind JSON.
pub struct WantsTable(pub bool);

impl<S: Sync> FromRequestParts<S> for WantsTable {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let accepted = parts.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        Ok(Self(table_before_json(&accepted.collect::<Vec<_>>().join(","))))
    }
}

/// Whether `text/csv` is named in what is accepted, and weighs at least as much as JSON.
fn table_before_json(accepted: &str) -> bool {
    let weight = |wanted: &str| {
        let kinds = accepted.split(',').map(|kind| kind.split(';').map(str::trim));
        let found = kinds.filter_map(|mut parts| {
            let named = parts.next()?.eq_ignore_ascii_case(wanted);
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
            named.then(|| weight.unwrap_or(1.0))
        });
        found.fold(0.0_f32, f32::max)
    };
    let table = weight("text/csv");
    table > 0.0 && table >= weight("application/json")
}

/// Where the table of this name is.
#[must_use]
pub fn path(key: &str, what: &str) -> String {
    format!("/programs/{key}/csv/{what}")
}

async fn download(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, what)): Path<(String, String)>,
) -> PageResult {
    let of = What::named(&what).ok_or(Error::NotFound)?;
    let app = app.at_one_moment().await?;
    let entered = enter(&app, &ctx, &key).await?;
    let leaving = match of {
        What::Items(kinds) => {
            let ids = listed(&app, &ctx, &entered, &place, kinds).await?;
            export::of_items(&ctx, &entered, kinds, ids)
        }
        of => export::of(&app, &ctx, &entered, of).await?,
    };
    let file = format!("{}-{what}-{}", entered.key(), entered.day());
    Ok(csv(&file, streamed(app, leaving)))
}

/// The items that the page of these kinds lists, in its order.
async fn listed(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    place: &Place,
    kinds: &'static [Kind],
) -> Result<Vec<ItemId>, Error> {
    match kinds {
        [Kind::Milestone] => milestone::listed(app, ctx, entered, place).await,
        [Kind::Risk] => risk::listed(app, ctx, entered, place).await,
        [Kind::Dependency] => dependency::listed(app, ctx, entered, place).await,
        kinds => log::listed(app, ctx, entered, kinds, &place.query).await,
    }
}

/// The file, sent while it is read. What goes wrong on the way breaks it off, so that nobody takes a part for the whole.
pub(super) fn streamed(app: App, leaving: Leaving) -> Body {
    let pieces = stream::try_unfold((app, leaving), async |(app, mut leaving)| {
        let piece = leaving.next(&app.db).await?;
        Ok::<_, Error>(piece.map(|piece| (piece, (app, leaving))))
    });
    Body::from_stream(pieces)
}

#[cfg(test)]
mod tests {
    use super::table_before_json;

    #[test]
    fn a_table_is_sent_to_who_asks_for_one() {
        for (accepted, table) in [
            ("text/csv", true),
            ("text/csv; header=present, application/json;q=0.5", true),
            ("application/json, text/csv;q=0.9", false),
            ("application/json", false),
            ("*/*", false),
            ("text/csv;q=0", false),
            ("", false),
        ] {
            assert_eq!(table_before_json(accepted), table, "{accepted}");
        }
    }
}
