//! Where Plumbline is for whoever asks, for the addresses that are handed on.

use crate::app::App;
use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use std::convert::Infallible;

/// Its public address, else the one that whoever asks used.
pub struct Site(String);

impl FromRequestParts<App> for Site {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Self::Rejection> {
        if let Some(url) = app.public_url.as_deref() {
            return Ok(Self(url.to_owned()));
        }
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| parts.uri.authority().map(Authority::as_str));
        Ok(Self(host.map_or(String::new(), |host| format!("http://{host}"))))
    }
}

impl Site {
    /// The whole address of a path, to paste.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}
