//! Lessons, and beside them the work that had to be done again.

use super::extract::{Place, Web};
use super::form::Fields;
use super::log::{self, Log};
use super::present::{PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::enter;
use crate::app::{App, record};
use crate::domain::draft::Draft;
use crate::domain::kind::Kind;
use crate::domain::rework::{FIELDS, Rework};
use crate::store::lookup::Names;
use crate::web::chart;
use askama::Template;
use axum::extract::{Path, State};

pub(super) fn routes() -> Routes {
    Routes::new().get("/programs/{key}/lessons", list)
}

#[derive(Template)]
#[template(path = "lesson/list.html")]
struct ListPage {
    shell: Shell,
    key: String,
    log: Log,
    rework: Vec<Rework>,
    names: Names,
    /// The form that writes rework down, for who may.
    form: Option<Fields>,
}

async fn list(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let shell = place.program_shell(&ctx, &entered, "lessons");
    let log = log::load(&app, &ctx, &entered, &shell, &[Kind::Lesson], &place.query).await?;
    let mut rework = record::list::<Rework>(&app, &entered).await?;
    rework.reverse();
    let names = super::record::names_of(&app, &ctx, &rework).await?;
    let form = entered.may_raise().then(|| Fields::new(FIELDS, &Draft::default(), &[], |_| None));
    page(&ListPage { key: entered.key().to_owned(), log, rework, names, form, shell })
}

impl ListPage {
    /// Where the item is that was worked on again, and its reference; none where there is none, or it may not be seen.
    fn of(&self, one: &Rework) -> Option<(String, String)> {
        let (reference, title) = self.names.item(one.item)?;
        title.as_ref().map(|_| (self.shell.href(&reference.path()), reference.to_string()))
    }

    fn days(one: &Rework) -> String {
        one.days.map_or_else(|| "–".to_owned(), |days| chart::number(days, 2))
    }
}
