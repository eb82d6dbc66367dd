//! Style sheets, scripts and icons: they travel inside the program, and are cached for a year under a version that changes
//! whenever one of them does.

use super::present::Failure;
use super::routes::Routes;
use crate::app::secret::hex;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Static;

/// Of all files together: relative imports between scripts and style sheets stay right.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Static::iter().collect();
    names.sort();
    let mut all = Sha256::new();
    for file in names.iter().filter_map(|name| Static::get(name)) {
        all.update(file.metadata.sha256_hash());
    }
    hex(&all.finalize()[..6])
});

/// Changes whenever a file does.
#[must_use]
pub fn version() -> &'static str {
    &VERSION
}

pub(super) fn routes() -> Routes {
    Routes::new().get("/static/{*path}", file)
}

async fn file(Path(path): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(file) = Static::get(&path) else {
        return Failure::new(StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..8]));
    let versioned = uri.query().and_then(|query| query.strip_prefix("v=")) == Some(version());
    let caching = if versioned { "public, max-age=31536000, immutable" } else { "public, no-cache" };
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag), (CACHE_CONTROL, caching.to_owned())])
            .into_response();
    }
    let kind = match file.metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    let headers = [(CONTENT_TYPE, kind), (ETAG, tag), (CACHE_CONTROL, caching.to_owned())];
    (headers, Body::from(file.data)).into_response()
}
