//! The portfolio: all programs that the reader may see, and where each stands.

use super::api::page::Asked as Query;
use super::api::shape;
use super::extract::{Api, Place, Web};
use super::figures;
use super::present::{ApiResult, PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::measure::{self, Standing};
use crate::app::{App, Ctx};
use crate::domain::agenda::Ahead;
use crate::domain::health::{Dimension, Rag};
use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

pub fn routes() -> Routes {
    Routes::new().get("/", portfolio).get("/api/v1/portfolio", api_portfolio)
}

#[derive(Template)]
#[template(path = "overview/portfolio.html")]
struct PortfolioPage {
    shell: Shell,
    programs: Vec<Standing>,
    may_make: bool,
}

impl PortfolioPage {
    fn new(shell: Shell, ctx: &Ctx, programs: Vec<Standing>) -> Self {
        let may_make = ctx.viewer.may_write && !shell.is_past();
        Self { shell, programs, may_make }
    }

    /// How many programs have each colour, the worst first: the colour's class, and the words.
    fn tally(&self) -> Vec<(&'static str, String)> {
        let all = [Rag::Red, Rag::Amber, Rag::Green, Rag::Grey];
        let many = |rag| self.programs.iter().filter(|standing| standing.summary.overall == rag).count();
        all.into_iter()
            .map(|rag| (rag, many(rag)))
            .filter(|(_, many)| *many > 0)
            .map(|(rag, many)| {
                (figures::rag(rag), format!("{many} {}", figures::rag_word(rag).to_lowercase()))
            })
            .collect()
    }

    fn short(on: NaiveDate, standing: &Standing) -> String {
        figures::short_day(on, standing.day)
    }

    /// The way to a first program, for who may make one.
    fn first_step(&self) -> &'static str {
        if self.may_make { "/programs/new" } else { "" }
    }

    fn href(&self, standing: &Standing, rest: &str) -> String {
        self.shell.href(&format!("/programs/{}{rest}", standing.program.program.key))
    }

    /// What the last published report declares, and where that report is.
    fn declared(&self, standing: &Standing) -> Option<(&'static str, &'static str, String)> {
        let declared = standing.summary.declared.as_ref()?;
        let overall = declared.overall();
        let href = self.href(standing, &format!("/reports/{}", declared.number));
        Some((figures::rag(overall), figures::rag_word(overall), href))
    }

    /// What it declares of a dimension, where that is better than the evidence is now.
    fn better(standing: &Standing, dimension: Dimension) -> Option<&'static str> {
        let declared = standing.summary.declared.as_ref()?;
        let better = declared.better_than(&standing.summary.dimensions);
        better.contains(&dimension).then(|| declared.colour(dimension).map(figures::rag_word))?
    }

    /// What became worse and better since the last report, in words, and since when; none without a report.
    fn trend(standing: &Standing) -> Option<(String, String, NaiveDate)> {
        let declared = standing.summary.declared.as_ref()?;
        let (worse, better) = declared.trend(&standing.summary.dimensions);
        Some((names(&worse), names(&better), declared.published_on))
    }

    /// How far the next milestone slipped, if it did.
    fn slip(next: &Ahead) -> Option<String> {
        next.slip.filter(|slip| *slip != 0).map(|slip| figures::slip(Some(slip)))
    }

    /// The worst reason of the program, where it is red or amber.
    fn why(standing: &Standing) -> &str {
        let worst = standing.summary.dimensions.iter().max_by_key(|(_, rag, _)| *rag);
        worst.filter(|(_, rag, _)| *rag >= Rag::Amber).map_or("", |(.., reason)| reason.as_str())
    }
}

/// `schedule, cost`.
fn names(dimensions: &[Dimension]) -> String {
    let names: Vec<String> = dimensions.iter().map(|dimension| dimension.label().to_lowercase()).collect();
    names.join(", ")
}

async fn portfolio(State(app): State<App>, Web(ctx): Web, place: Place) -> PageResult {
    let programs = measure::portfolio(&app, &ctx).await?;
    page(&PortfolioPage::new(place.shell(&ctx, "portfolio"), &ctx, programs))
}

/// What the portfolio is filtered and sorted by.
pub const FIELDS: [&str; 6] = ["key", "name", "state", "sponsor", "manager", "decisions_waiting"];

async fn api_portfolio(State(app): State<App>, Api(ctx): Api, query: Query) -> ApiResult {
    let programs = measure::portfolio(&app, &ctx).await?;
    let items: Vec<Value> = programs.iter().map(answer).collect();
    Ok(query.whole(items, &FIELDS)?.into_response())
}

fn answer(standing: &Standing) -> Value {
    let (program, summary) = (&standing.program.program, &standing.summary);
    let dimensions: Map<String, Value> =
        summary.dimensions.iter().map(|(dimension, rag, _)| (dimension.name().into(), json!(rag))).collect();
    let next = summary.next.as_ref().map(|next| {
        json!({
            "ref": next.name.reference(&program.key).to_string(), "title": next.name.title,
            "original_on": next.original_on, "committed_on": next.committed_on, "forecast_on": next.forecast_on,
            "slip_working_days": next.slip,
        })
    });
    let declared = summary.declared.as_ref().map(|declared| {
        json!({
            "ref": format!("{}-REP{}", program.key, declared.number), "published_on": declared.published_on,
            "overall": declared.overall(), "dimensions": declared.colours,
        })
    });
    let trend = summary.declared.as_ref().map(|declared| {
        let (worse, better) = declared.trend(&summary.dimensions);
        json!({"since": declared.published_on, "worse": worse, "better": better})
    });
    json!({
        "declared": declared, "trend": trend, "key": program.key, "name": program.name, "state": program.state, "as_of": standing.day,
        "health": {"overall": summary.overall, "softened": summary.softened, "dimensions": dimensions}, "next_milestone": next,
        "late_milestones": summary.counts.late, "decisions_waiting": summary.counts.decisions_waiting, "sponsor": shape::person(program.sponsor, standing.program.sponsor.as_deref()),
        "manager": shape::person(program.manager, standing.program.manager.as_deref()),
    })
}
