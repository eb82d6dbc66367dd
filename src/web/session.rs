//! The session cookie.

use crate::app::App;
use crate::app::secret::Secret;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// How long a session lasts from sign-in, in days.
pub const DAYS: i64 = 14;

/// A name that begins with `__Host-` binds the cookie to this host over TLS; browsers refuse it without.
#[must_use]
pub fn cookie_name(app: &App) -> &'static str {
    if app.is_https() { "__Host-plumbline" } else { "plumbline" }
}

/// The session's secret of a request.
#[must_use]
pub fn secret_of<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    let name = cookie_name(app);
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(cookie, secret)| (cookie == name && !secret.is_empty()).then_some(secret))
}

/// The header that hands a session to the browser.
#[must_use]
pub fn hand_out(app: &App, secret: &Secret) -> HeaderValue {
    cookie(app, secret.reveal(), DAYS * 86_400)
}

/// The header that takes it back.
#[must_use]
pub fn take_back(app: &App) -> HeaderValue {
    cookie(app, "", 0)
}

fn cookie(app: &App, value: &str, seconds: i64) -> HeaderValue {
    let secure = if app.is_https() { "; Secure" } else { "" };
    let text =
        format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", cookie_name(app));
    let mut header = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    header.set_sensitive(true);
    header
}
