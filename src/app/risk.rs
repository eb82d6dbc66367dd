//! The risks of a program: how likely, how bad, and whether they go down.

use super::access::Entered;
use super::list::{Common, FacetCount, Facets, Filter, natural, paged, sort_by};
use super::{App, Ctx, Result, measure};
use crate::domain::metrics::{Detail, Metric, RiskWeek, WINDOW_DAYS};
use crate::domain::risk::HIGH_SCORE;
use crate::store;
use crate::store::risk::Row;
use chrono::NaiveDate;

/// What the list of risks is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub filter: Filter,
    pub probability: Option<i16>,
    pub impact: Option<i16>,
    pub response: String,
    pub category: String,
    /// `high`, `medium`, `low` or `unscored`; empty for any.
    pub level: String,
}

/// A risk with its age.
#[derive(Clone, Debug)]
pub struct Line {
    pub row: Row,
    /// Calendar days since it was raised, to the day that it was closed.
    pub age: i64,
    /// Calendar days past its review date, while it is open.
    pub review_overdue: Option<i64>,
    /// `high`, `medium`, `low` or `unscored`.
    pub level: &'static str,
}

impl Line {
    fn new(row: Row, day: NaiveDate) -> Self {
        let age = (row.closed_on.filter(|_| !row.open).unwrap_or(day) - row.raised_on).num_days().max(0);
        let review_overdue =
            row.review_on.filter(|review| row.open && *review < day).map(|review| (day - review).num_days());
        let level = match row.score {
            None => "unscored",
            Some(score) if score >= HIGH_SCORE => "high",
            Some(score) if score >= MEDIUM_SCORE => "medium",
            Some(_) => "low",
        };
        Self { row, age, review_overdue, level }
    }
}

/// A score from here on is *medium*, as on the heat map.
pub const MEDIUM_SCORE: i16 = 6;

/// The list of risks, one page of it.
#[derive(Clone, Debug)]
pub struct List {
    pub lines: Vec<Line>,
    pub total: usize,
    /// Of what the other filters leave: open, closed, all.
    pub counts: [usize; 3],
    pub state: String,
    pub facets: Facets,
    pub categories: Vec<String>,
    pub responses: Vec<String>,
    /// Open risks by probability and impact, each counted from 0; of what the filters but these two leave.
    pub heat: [[u32; 5]; 5],
    /// Open risks that aren't assessed yet.
    pub unscored: u32,
    /// Open risks of the whole program; of these the high threats, and the sum of the threats' scores.
    pub open: usize,
    pub high: usize,
    pub exposure: i64,
    /// Open and past their review date.
    pub review_overdue: usize,
    /// The end of each of the last 26 weeks; the last is the day that is shown.
    pub weeks: Vec<RiskWeek>,
    /// Whether the program has risks at all on that day.
    pub any: bool,
}

/// Lists risks, with the heat map and the burndown.
///
/// # Errors
/// When the database is away.
pub async fn list(app: &App, ctx: &Ctx, entered: &Entered, asked: &Asked) -> Result<List> {
    let program = entered.program();
    let rows =
        store::risk::all(&app.db, program.id, asked.filter.words(entered.key()), entered.as_of()).await?;
    let day = entered.day();
    let measured = measure::one(app, entered, Metric::RiskBurndown, WINDOW_DAYS).await?;
    let weeks = match &measured.detail {
        Some(Detail::RiskBurndown(burndown)) => burndown.weeks.clone(),
        _ => Vec::new(),
    };
    let all: Vec<Line> = rows.into_iter().map(|row| Line::new(row, day)).collect();
    let mut facets = FacetCount::default();
    let (mut categories, mut responses) = (Vec::new(), Vec::new());
    for line in &all {
        let row = &line.row;
        facets.project(row.project, row.project_key.as_deref(), row.project_name.as_deref());
        facets.owner(row.owner, row.owner_name.as_deref());
        facets.tags(&row.tags);
        facets.state(row.state);
        categories.extend(row.category.clone());
        responses.extend(row.response.clone());
    }
    for words in [&mut categories, &mut responses] {
        words.sort();
        words.dedup();
    }
    let facets = facets.facets();
    let any = !all.is_empty();
    let open = || all.iter().filter(|line| line.row.open);
    let threats = || open().filter(|line| !line.row.opportunity);
    let totals = (
        open().count(),
        threats().filter(|line| line.level == "high").count(),
        threats().filter_map(|line| line.row.score).map(i64::from).sum(),
        open().filter(|line| line.review_overdue.is_some()).count(),
    );

    let mut left: Vec<Line> = all.into_iter().filter(|line| takes(asked, line, ctx)).collect();
    let mut heat = [[0; 5]; 5];
    let mut unscored = 0;
    // An opportunity is no threat: it stands on no heat map of threats.
    let threat = |line: &Line| !line.row.opportunity;
    for line in left.iter().filter(|line| line.row.open && threat(line)) {
        match (index(line.row.probability), index(line.row.impact)) {
            (Some(probability), Some(impact)) => heat[probability][impact] += 1,
            _ => unscored += 1,
        }
    }
    let of_the_map = asked.probability.is_some() || asked.impact.is_some();
    left.retain(|line| {
        (!of_the_map || threat(line))
            && asked.probability.is_none_or(|asked| line.row.probability == Some(asked))
            && asked.impact.is_none_or(|asked| line.row.impact == Some(asked))
            && (asked.level.is_empty() || line.level == asked.level)
    });
    let count = |state: &str| {
        left.iter().filter(|line| Filter::takes_state(state, line.row.state, line.row.open)).count()
    };
    let counts = [count("open"), count("closed"), left.len()];
    let state = match asked.filter.state.as_str() {
        "" if counts[0] > 0 => "open".to_owned(),
        "" => "all".to_owned(),
        other => other.to_owned(),
    };
    left.retain(|line| Filter::takes_state(&state, line.row.state, line.row.open));
    order(&mut left, &asked.filter);
    let total = left.len();
    let (open, high, exposure, review_overdue) = totals;
    Ok(List {
        lines: paged(left, asked.filter.page),
        total,
        counts,
        state,
        facets,
        categories,
        responses,
        heat,
        unscored,
        open,
        high,
        exposure,
        review_overdue,
        weeks,
        any,
    })
}

fn index(assessed: Option<i16>) -> Option<usize> {
    usize::try_from(assessed? - 1).ok().filter(|index| *index < 5)
}

fn takes(asked: &Asked, line: &Line, ctx: &Ctx) -> bool {
    let common = Common {
        hit: line.row.hit,
        owner: line.row.owner,
        project: line.row.project_key.as_deref(),
        tags: &line.row.tags,
    };
    let same = |asked: &str, has: &Option<String>| asked.is_empty() || has.as_deref() == Some(asked);
    asked.filter.takes(&common, ctx.viewer.person)
        && same(&asked.response, &line.row.response)
        && same(&asked.category, &line.row.category)
}

/// The fields that the list can be sorted by; the first, downwards, is the order of itself.
pub const SORTS: [&str; 9] =
    ["score", "title", "probability", "impact", "response", "review_on", "age", "owner", "state"];

fn order(lines: &mut [Line], filter: &Filter) {
    let (field, down) = filter.order();
    match field {
        "title" => lines.sort_by(|a, b| natural(&a.row.title, &b.row.title)),
        "probability" => sort_by(lines, down, |line| line.row.probability),
        "impact" => sort_by(lines, down, |line| line.row.impact),
        "response" => sort_by(lines, down, |line| line.row.response.clone()),
        "review_on" => sort_by(lines, down, |line| line.row.review_on),
        "age" => sort_by(lines, down, |line| Some(line.age)),
        "owner" => sort_by(lines, down, |line| line.row.owner_name.as_deref().map(str::to_lowercase)),
        "state" => sort_by(lines, down, |line| Some(line.row.state)),
        "score" => sort_by(lines, down, |line| line.row.score),
        _ => sort_by(lines, true, |line| line.row.score),
    }
    if field == "title" && down {
        lines.reverse();
    }
}
