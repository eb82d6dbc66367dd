//! The greenwash record of a program.

use super::view::Shade;
use crate::app::{App, access, cited, report};
use crate::domain::report::Gap;
use crate::web::extract::{Place, Web};
use crate::web::figures;
use crate::web::markdown::Links;
use crate::web::present::{PageResult, page};
use crate::web::shell::Shell;
use askama::Template;
use axum::extract::{Path, State};

#[derive(Template)]
#[template(path = "report/record.html")]
struct RecordPage {
    shell: Shell,
    key: String,
    reports: usize,
    summary: String,
    lines: Vec<Line>,
}

struct Line {
    label: &'static str,
    declared: Shade,
    computed: Shade,
    span: String,
    lasted: String,
    open: bool,
    reports: String,
    reason: String,
    after: Vec<String>,
}

impl RecordPage {
    const fn why_none(&self) -> &'static str {
        if self.reports == 0 {
            "No report is published yet. Each gap between a declared and a computed colour will stand here."
        } else {
            "No published report declared a dimension better than the evidence."
        }
    }
}

impl Line {
    fn new(gap: &Gap, links: &Links) -> Self {
        let day = |on: chrono::NaiveDate| on.format("%-d %b %Y").to_string();
        Self {
            label: gap.dimension.label(),
            declared: gap.declared.into(),
            computed: gap.computed.into(),
            span: match gap.until {
                Some(until) => format!("{} to {}", day(gap.from), day(until)),
                None => format!("since {}", day(gap.from)),
            },
            lasted: figures::count(usize::try_from(gap.days).unwrap_or_default(), "day", "days"),
            open: gap.now,
            reports: links.line(&gap.reports.join(", ")),
            reason: links.line(&gap.reason),
            after: gap.after.iter().map(|sentence| links.line(sentence)).collect(),
        }
    }
}

pub(super) async fn record(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let (gaps, questioned) = report::record(&app, &entered).await?;
    let reports = report::published(&app, &entered).await?.len();
    let texts = gaps.iter().flat_map(|gap| gap.after.iter().chain(&gap.reports).chain([&gap.reason]));
    let texts: Vec<&str> = texts.map(String::as_str).collect();
    let there = cited::seen(&app, &ctx, Some(&entered), texts).await?;
    let links = Links::new(there, entered.as_of());
    let days: i64 = gaps.iter().map(|gap| gap.days).sum();
    let now: Vec<&str> = questioned.iter().map(|dimension| dimension.label()).collect();
    let now = if now.is_empty() {
        "None is in question now.".to_owned()
    } else {
        format!("In question now: {}.", now.join(", "))
    };
    let summary = match (gaps.is_empty(), questioned.is_empty()) {
        (true, true) => String::new(),
        (true, false) => now,
        _ => format!(
            "{} in {}, {} in all. {now}",
            figures::count(gaps.len(), "gap", "gaps"),
            figures::count(reports, "published report", "published reports"),
            figures::count(usize::try_from(days).unwrap_or_default(), "day", "days"),
        ),
    };
    page(&RecordPage {
        shell: place.program_shell(&ctx, &entered, "record"),
        key: entered.key().to_owned(),
        reports,
        summary,
        lines: gaps.iter().map(|gap| Line::new(gap, &links)).collect(),
    })
}
