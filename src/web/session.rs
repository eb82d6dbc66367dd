//! The session cookie.

use crate::app::App;
use crate::app::secret::Secret;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

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

/// The address that a request comes from. A proxy on the same machine says it in the last entry of `X-Forwarded-For`; from
/// elsewhere the header is not believed. `None` where the server doesn't tell.
#[derive(Clone, Copy, Debug)]
pub struct Caller(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let forwarded = || {
            let said = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
            said.rsplit(',').next()?.trim().parse().ok()
        };
        let local = peer.is_some_and(|peer| peer.to_canonical().is_loopback());
        Ok(Self(if local { forwarded().or(peer) } else { peer }))
    }
}
