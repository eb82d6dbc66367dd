//! What can be asked of a single resource or view: what its description names, and nothing else. A parameter that was misspelt would
//! otherwise be answered with another number than was asked for. Collections check their own, which are filters by any field.

use super::openapi;
use crate::app::Error;
use crate::domain::draft::{FieldError, Refused};
use crate::web::extract::query_pairs;
use crate::web::present::ApiError;
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::sync::LazyLock;

/// By path, the parameters of what is read there; without collections.
static KNOWN: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
    let document = openapi::document();
    let paths = document["paths"].as_object().into_iter().flatten();
    let known = paths.map(|(path, described)| {
        let parameters = described["get"]["parameters"].as_array().into_iter().flatten();
        let asked = parameters.filter(|of| of["in"] == "query").filter_map(|of| of["name"].as_str());
        (path.clone(), asked.map(str::to_owned).collect::<Vec<_>>())
    });
    known.filter(|(_, asked)| !asked.iter().any(|name| name == "limit")).collect()
});

/// Refuses, by name, what is asked for and not described.
pub(in crate::web) async fn only_what_is_described(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().filter(|_| request.method() == Method::GET);
    let known = request.uri().query().and(path).and_then(|path| KNOWN.get(path.as_str()));
    if let Some(known) = known {
        let odd = query_pairs(request.uri().query()).into_iter().filter(|(name, _)| !known.contains(name));
        let errors: Vec<_> =
            odd.map(|(name, _)| FieldError::new(&name, "There is no such parameter here.")).collect();
        if !errors.is_empty() {
            return ApiError(Error::from(Refused { errors, ..Refused::default() })).into_response();
        }
    }
    next.run(request).await
}
