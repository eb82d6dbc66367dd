//! The reports of a program: drafts, and the archive of what was published, with what was declared beside what was computed.

use super::view::{Shade, span};
use crate::app::App;
use crate::app::access;
use crate::app::nudge;
use crate::app::report::{self, Drafted, Published};
use crate::domain::health::{Dimension, Rag};
use crate::domain::nudge::Nudge;
use crate::domain::report::colour;
use crate::web::extract::{Place, Web};
use crate::web::figures;
use crate::web::present::{PageResult, page};
use crate::web::shell::Shell;
use askama::Template;
use axum::extract::{Path, State};

#[derive(Template)]
#[template(path = "report/list.html")]
struct ListPage {
    shell: Shell,
    key: String,
    may_raise: bool,
    drafts: Vec<Draft>,
    lines: Vec<Line>,
    /// That the first one is due.
    due: Option<Nudge>,
}

struct Draft {
    href: String,
    reference: String,
    title: String,
    period: String,
    owner: Option<String>,
}

struct Line {
    href: String,
    reference: String,
    title: String,
    period: String,
    published: String,
    publisher: Option<String>,
    colours: Vec<Cell>,
    rating: String,
}

/// A dimension: what is declared, and the words for both.
struct Cell {
    declared: Shade,
    words: String,
    gap: bool,
}

impl ListPage {
    fn dimensions() -> impl Iterator<Item = &'static str> {
        Dimension::ALL.into_iter().map(Dimension::label)
    }

    /// The way to a first report, for who may draft one.
    fn first(&self) -> String {
        if self.may_raise { self.shell.program_href("/reports/new") } else { String::new() }
    }
}

impl Draft {
    fn new(shell: &Shell, key: &str, drafted: Drafted) -> Self {
        Self {
            href: shell.program_href(&format!("/reports/{}", drafted.number)),
            reference: format!("{key}-REP{}", drafted.number),
            title: drafted.title,
            period: span(drafted.period_from, drafted.period_to),
            owner: drafted.owner,
        }
    }
}

impl Line {
    fn new(shell: &Shell, key: &str, report: Published) -> Self {
        let cell = |dimension: Dimension| {
            let of = |colours: &std::collections::BTreeMap<String, String>| {
                colours.get(dimension.name()).and_then(|name| colour(name))
            };
            let computed = of(&report.computed).unwrap_or(Rag::Grey);
            let declared = of(&report.declared).unwrap_or(computed);
            let word = |rag| figures::rag_word(rag).to_lowercase();
            let words = if declared == computed {
                word(declared)
            } else {
                format!("declared {}, computed {}", word(declared), word(computed))
            };
            Cell { declared: declared.into(), words, gap: declared < computed }
        };
        Self {
            href: shell.program_href(&format!("/reports/{}", report.number)),
            reference: format!("{key}-REP{}", report.number),
            period: span(report.period_from, report.period_to),
            published: report.published_on.format("%-d %b %Y").to_string(),
            colours: Dimension::ALL.into_iter().map(cell).collect(),
            rating: report.rating.map_or("–".to_owned(), |mean| format!("{mean:.1} ({})", report.ratings)),
            publisher: report.published_by,
            title: report.title,
        }
    }
}

pub(super) async fn list(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let drafts = report::drafts(&app, &entered).await?;
    let published = report::published(&app, &entered).await?;
    let due = if drafts.is_empty() && published.is_empty() {
        nudge::of_reports(&app, &entered).await?
    } else {
        None
    };
    let shell = place.program_shell(&ctx, &entered, "reports");
    let key = entered.key().to_owned();
    page(&ListPage {
        may_raise: entered.may_raise(),
        drafts: drafts.into_iter().map(|drafted| Draft::new(&shell, &key, drafted)).collect(),
        lines: published.into_iter().rev().map(|report| Line::new(&shell, &key, report)).collect(),
        due,
        key,
        shell,
    })
}
