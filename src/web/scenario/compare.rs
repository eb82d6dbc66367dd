//! Two scenarios of a program side by side.

use super::result::{self, Chances, View};
use super::{apart, number};
use crate::app::App;
use crate::app::access::enter;
use crate::app::scenario::{self, Kept};
use crate::web::extract::{Place, Web};
use crate::web::listing::{slip_class, wd};
use crate::web::present::{PageResult, page};
use crate::web::shell::Shell;
use askama::Template;
use axum::extract::{Path, State};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Its date with a scenario, by how many working days it moves, what becomes of the commitment, and its chances.
type With = (NaiveDate, i64, (&'static str, &'static str), Option<Chances>);

/// A milestone that either of two scenarios moves: as it is, and with each.
struct Both {
    of: result::Named,
    from: NaiveDate,
    with: [Option<With>; 2],
}

#[derive(Template)]
#[template(path = "scenario/compare.html")]
struct ComparePage {
    shell: Shell,
    key: String,
    kept: [Kept; 2],
    views: [Option<View>; 2],
    /// Why a scenario has no result.
    wrong: [String; 2],
    milestones: Vec<Both>,
}

pub(super) async fn compare(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, one, other)): Path<(String, String, String)>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let shell = place.program_shell(&ctx, &entered, "scenarios");
    let base = scenario::base(&app, &ctx, &entered).await?;
    let kept = scenario::two(&app, &entered, number(&one)?, number(&other)?).await?;
    let (mut views, mut wrong) = ([None, None], [String::new(), String::new()]);
    for ((kept, view), wrong) in kept.iter().zip(&mut views).zip(&mut wrong) {
        let (outcome, errors) = apart(scenario::outcome(&app, &entered, &base, &kept.scenario.steps).await)?;
        if let Some(outcome) = outcome {
            *view = Some(super::view(&app, &entered, &outcome, &shell).await?);
        }
        *wrong = errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" ");
    }
    page(&ComparePage {
        milestones: side_by_side(&views),
        key: entered.key().to_owned(),
        shell,
        kept,
        views,
        wrong,
    })
}

fn side_by_side(views: &[Option<View>; 2]) -> Vec<Both> {
    let mut all: BTreeMap<String, Both> = BTreeMap::new();
    for (at, view) in views.iter().enumerate() {
        for line in view.iter().flat_map(|view| &view.milestones) {
            let fresh = || Both { of: line.of.clone(), from: line.from, with: [None, None] };
            let entry = all.entry(line.of.reference.clone()).or_insert_with(fresh);
            if let Some(slot) = entry.with.get_mut(at) {
                *slot = Some((line.to, line.working_days, line.effect, line.chances.clone()));
            }
        }
    }
    let mut all: Vec<Both> = all.into_values().collect();
    all.sort_by_key(|both| both.from);
    all
}

impl ComparePage {
    fn sides(&self) -> Vec<(&'static str, Option<&View>)> {
        ["A", "B"].into_iter().zip(self.views.iter().map(Option::as_ref)).collect()
    }

    fn amiss(&self) -> Vec<(&'static str, &str)> {
        ["A", "B"].into_iter().zip(self.wrong.iter().map(String::as_str)).collect()
    }

    fn href(&self, at: usize) -> String {
        let number = self.kept.get(at).map_or(0, |kept| kept.scenario.number);
        self.shell.program_href(&format!("/scenarios/{number}"))
    }
}
