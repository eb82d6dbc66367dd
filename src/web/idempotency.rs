//! `Idempotency-Key`: a POST of the API that is sent again is answered again, not done again.

use super::extract::caller;
use super::present::{ApiError, Failure};
use crate::app::{App, MAX_BODY, idempotency};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// What stands for the answer where that isn't kept. Of others only those are that went well.
const TOLD: StatusCode = StatusCode::CONFLICT;
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Says of an answer that something in it is told this once: it is not kept.
#[derive(Clone, Copy)]
struct ToldOnce;

/// An answer with a secret in it.
pub(super) fn told_once(mut answer: Response) -> Response {
    answer.extensions_mut().insert(ToldOnce);
    answer
}

/// Does a request with a key once, and keeps its answer for a day.
pub(super) async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = request.method() == Method::POST && request.uri().path().starts_with("/api/");
    let Some(key) = request.headers().get(KEY).filter(|_| asked).cloned() else {
        return next.run(request).await;
    };
    let key = match key.to_str() {
        Ok(key) if (1..=200).contains(&key.len()) => key.to_owned(),
        _ => {
            let detail = "“Idempotency-Key” is a text of 1 to 200 plain characters.";
            return Failure::new(StatusCode::BAD_REQUEST, detail).in_field("Idempotency-Key").into_response();
        }
    };
    let viewer = match caller(&app, request.headers()).await {
        Ok(viewer) => viewer,
        Err(refusal) => return refusal,
    };
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_BODY).await else {
        return Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.").into_response();
    };
    // What a token that only reads sends is another request: it is not given what one was given that writes.
    let scope = if viewer.may_write { "" } else { "read " };
    let asked = format!("{scope}{} {} {}", parts.method, parts.uri, String::from_utf8_lossy(&bytes));
    let request_hash = crate::app::secret::hash(&asked);
    match idempotency::begin(&app, viewer.account, &key, &request_hash).await {
        Err(error) => return ApiError(error).into_response(),
        Ok(idempotency::Begun::Answered(kept)) => return replay(&kept),
        Ok(idempotency::Begun::Other) => {
            let detail = "This “Idempotency-Key” was used for another request.";
            let failure = Failure::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
            return failure.in_field("Idempotency-Key").into_response();
        }
        Ok(idempotency::Begun::Running) => {
            let detail =
                "The same request is being done, or its end isn't known: look before you use another key.";
            return Failure::new(StatusCode::CONFLICT, detail)
                .with_header(RETRY_AFTER, HeaderValue::from_static("1"))
                .into_response();
        }
        Ok(idempotency::Begun::New) => {}
    }
    // It runs to its end even if the caller goes away: otherwise nobody would know how it ended.
    let work = async move {
        let answer = next.run(Request::from_parts(parts, Body::from(bytes))).await;
        keep(&app, viewer.account, &key, answer).await
    };
    match tokio::spawn(work.in_current_span()).await {
        Ok(answer) => answer,
        Err(error) => ApiError(crate::app::Error::Internal(Box::new(error))).into_response(),
    }
}

async fn keep(app: &App, account: crate::domain::ids::AccountId, key: &str, answer: Response) -> Response {
    if !answer.status().is_success() {
        // Nothing was done: the same key may be used when the request is mended.
        if let Err(error) = idempotency::forget(app, account, key).await {
            tracing::warn!(%error, "an idempotency key could not be given free");
        }
        return answer;
    }
    let (parts, body) = answer.into_parts();
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return ApiError(crate::app::Error::Internal(Box::new(error))).into_response(),
    };
    let told_once = parts.extensions.get::<ToldOnce>().is_some();
    let kept = idempotency::Kept {
        status: if told_once { TOLD } else { parts.status }.as_u16(),
        headers: [CONTENT_TYPE, LOCATION, ETAG]
            .iter()
            .filter_map(|name| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned())))
            .collect(),
        body: if told_once { Vec::new() } else { bytes.to_vec() },
    };
    if let Err(error) = idempotency::keep(app, account, key, &kept).await {
        tracing::warn!(%error, "the answer to an idempotency key could not be kept");
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn replay(kept: &idempotency::Kept) -> Response {
    let told = kept.status == TOLD.as_u16();
    let mut answer = if told {
        let detail = "This was done. Its answer held a secret, which is told once and not kept: \
            if it didn't arrive, take away what was made, and make another.";
        let failure = Failure::new(TOLD, detail);
        Failure { kind: "told-once", title: "Done already", ..failure }.into_response()
    } else {
        let mut answer = Response::new(Body::from(kept.body.clone()));
        *answer.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
        answer
    };
    for (name, value) in kept.headers.iter().filter(|(name, _)| !told || LOCATION == name.as_str()) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    answer
}
