//! A published report behind a link, for readers without an account: the frozen report and nothing else.

use super::view::View;
use crate::app::App;
use crate::app::report::{self, Shared};
use crate::web::extract::Place;
use crate::web::markdown::Links;
use crate::web::present::{PageResult, page};
use crate::web::shell::Shell;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};

#[derive(Template)]
#[template(path = "report/shared.html")]
struct SharedPage {
    shell: Shell,
    program: String,
    title: String,
    /// When an import brought it.
    brought: Option<String>,
    view: View,
}

pub(super) async fn show(State(app): State<App>, place: Place, Path(secret): Path<String>) -> PageResult {
    let Shared { title, frozen, brought_on } = report::by_link(&app, &secret).await?;
    let brought = brought_on.map(|on| on.format("%-d %b %Y").to_string());
    // The secret stays out of the page.
    let shell = Shell { path: "/".to_owned(), ..place.bare_shell(frozen.as_of) };
    let view = View::new(&frozen, &Links::default(), None);
    let program = frozen.program_name.clone();
    let mut answer = page(&SharedPage { shell, program, title, brought, view })?;
    let headers = answer.headers_mut();
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}
