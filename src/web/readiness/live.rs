//! The page of a go / no-go meeting: one screen for everybody in the room, that keeps itself current and never takes away what is
//! being typed.

use super::gate::{CheckLine, RoleLine, by_role};
use super::{days_to, rate};
use crate::app::access::{self, Entered};
use crate::app::check::of_gate;
use crate::app::item::find;
use crate::app::{self, App, Ctx, Error, Over, sign_off, transition};
use crate::domain::check::AREAS;
use crate::domain::draft::{Draft, FieldError};
use crate::domain::gate::Gate;
use crate::domain::item::Detail;
use crate::domain::kind::{Kind, State};
use crate::domain::readiness::{Quorum, Standing, Tally, VERDICTS};
use crate::domain::transition::fields;
use crate::web::extract::{Form, Place, Web, over};
use crate::web::present::{PageResult, page_with};
use crate::web::routes::Routes;
use crate::web::shell::Shell;
use askama::Template;
use axum::extract::{Path, State as Of};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde_json::Value;
use std::collections::HashMap;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/gates/{number}/live", show)
        .post("/programs/{key}/gates/{number}/live", act)
}

#[derive(Template)]
#[template(path = "readiness/live.html")]
struct LivePage {
    shell: Shell,
    key: String,
    number: i32,
    title: String,
    version: i32,
    own: Gate,
    state: State,
    far: (String, &'static str),
    tally: Tally,
    /// Checks that were changed since the verdict.
    since: usize,
    /// As the page may say go.
    quorum: Quorum,
    /// Nothing shows that it may go: no check has passed, and no role signs it off.
    bare: bool,
    areas: Vec<(&'static str, Tally)>,
    /// What is in the way, and what else is not settled.
    open: Vec<CheckLine>,
    blocking: usize,
    roles: Vec<RoleLine>,
    moves: Vec<State>,
    may_raise: bool,
    /// The role, or the check by its number, whose form is wrong; empty for the verdict's.
    wrong_at: String,
    wrong: Vec<FieldError>,
    typed: Draft,
}

async fn draw(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    number: i32,
    tried: Option<(String, Draft, Vec<FieldError>)>,
) -> PageResult {
    let item = find(app, entered, Kind::Gate, number).await?.item;
    let Detail::Gate(own) = &item.detail else { return Err(Error::NotFound.into()) };
    let shell = place.program_shell(ctx, entered, "gates");
    let checked = of_gate(app, entered, &item).await?;
    let said = sign_off::sign_offs(app, entered, &item).await?;
    let roles = sign_off::roles(app, ctx, entered, &item).await?;
    let moves = transition::open_to(app, ctx, entered, &item).await?.to;
    let areas = AREAS.iter().filter_map(|(name, label)| Some((*label, checked.area(name)?))).collect();
    let since: HashMap<i32, String> =
        checked.since().into_iter().map(|since| (since.number, since.words())).collect();
    let mut open: Vec<CheckLine> = checked
        .current()
        .into_iter()
        .filter(|(_, standing)| standing.blocks() || *standing == Standing::Waived)
        .map(|(row, standing)| CheckLine {
            href: shell.program_href(&format!("/checks/{}", row.number)),
            since: since.get(&row.number).cloned().unwrap_or_default(),
            row: row.clone(),
            standing,
        })
        .collect();
    // What keeps it from going stands first.
    open.sort_by_key(|line| {
        (!(line.row.mandatory && line.standing.blocks()), line.standing == Standing::Waived)
    });
    let verdicts: Vec<_> = said.iter().map(|said| (said.role.clone(), said.verdict)).collect();
    let status = if tried.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (wrong_at, typed, wrong) = tried.unwrap_or_default();
    page_with(
        status,
        &LivePage {
            key: entered.key().to_owned(),
            number,
            title: item.title.clone(),
            version: item.version,
            state: item.state,
            far: days_to(own.on, entered.day(), own.decided_on.is_some()),
            tally: checked.tally(),
            since: since.len(),
            quorum: Quorum::of(&own.sign_off_roles, own.quorum, &verdicts, State::Go),
            bare: own.sign_off_roles.is_empty()
                && !checked.current().iter().any(|(_, standing)| standing.shows()),
            areas,
            blocking: checked.blocking().len(),
            open,
            roles: by_role(roles, said),
            moves,
            may_raise: entered.may_raise() && item.archived_at.is_none(),
            wrong_at,
            wrong,
            typed,
            own: (**own).clone(),
            shell,
        },
    )
}

impl LivePage {
    fn path(&self) -> String {
        format!("/programs/{}/gates/{}", self.key, self.number)
    }

    /// What is wrong with the form of a role or of a check.
    fn wrong_of(&self, at: &str) -> Option<&str> {
        if self.wrong_at != at {
            return None;
        }
        self.wrong.first().map(|error| error.message.as_str())
    }

    fn typed_of(&self, at: &str, name: &str) -> String {
        if self.wrong_at == at { self.typed.text(name) } else { String::new() }
    }

    fn said(&self, line: &RoleLine) -> String {
        match &line.said {
            Some(said) if self.wrong_at != line.label => said.comment.clone(),
            _ => self.typed_of(&line.label, "comment"),
        }
    }

    fn check_at(line: &CheckLine) -> String {
        format!("CHK{}", line.row.number)
    }

    /// Whether nothing keeps it from going: else no word is put forward.
    fn goes(&self) -> bool {
        self.blocking == 0 && self.quorum.is_met() && !self.bare
    }

    fn may(&self, to: State) -> bool {
        self.moves.contains(&to)
    }
}

async fn show(
    Of(app): Of<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, number)): Path<(String, i32)>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    draw(&app, &ctx, &place, &entered, number, None).await
}

/// A role signs, a check is settled, or the gate says its word: `what` is `sign`, `check` or `move`.
async fn act(
    Of(app): Of<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, number)): Path<(String, i32)>,
    Form(typed): Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let mut draft = typed.clone();
    let what = draft.0.shift_remove("what").unwrap_or_default();
    // Whoever holds a role signs for it, whatever else they may do.
    if what.as_str() != Some("sign") {
        entered.must_raise()?;
    }
    let (at, acted) = match what.as_str() {
        Some("sign") => {
            let signed = sign_off::sign(&app, &ctx, &entered, number, &draft).await;
            (draft.text("role"), signed.map(drop))
        }
        Some("check") => {
            let check = draft.0.shift_remove("check").unwrap_or_default();
            let check: i32 = check.as_str().and_then(|n| n.parse().ok()).unwrap_or_default();
            let moved = transition::make(&app, &ctx, &entered, Kind::Check, check, Over::Any, &draft).await;
            (format!("CHK{check}"), moved.map(drop))
        }
        Some("move") => (String::new(), say(&app, &ctx, &entered, number, draft).await),
        _ => (String::new(), Err(Error::refused("what", "Choose what to do."))),
    };
    match acted {
        Ok(()) => {
            let to = format!("/programs/{}/gates/{number}/live", entered.key());
            Ok(Redirect::to(&to).into_response())
        }
        Err(Error::Refused(refused)) => {
            draw(&app, &ctx, &place, &entered, number, Some((at, typed, refused.errors))).await
        }
        Err(error @ Error::Stale { .. }) => {
            let wrong = vec![FieldError::new("", format!("{error} Look again, then choose."))];
            draw(&app, &ctx, &place, &entered, number, Some((at, typed, wrong))).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The gate says its word. What that word doesn't ask for must not have been typed.
async fn say(app: &App, ctx: &Ctx, entered: &Entered, number: i32, mut draft: Draft) -> app::Result<()> {
    let version = over(&mut draft)?;
    let to = State::from_name(&draft.text("to"));
    if let Some(to) = to {
        let known = fields(Kind::Gate, to);
        let typed = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
        if !known.iter().any(|field| field.name == "conditions")
            && draft.0.get("conditions").is_some_and(typed)
        {
            return Err(Error::refused(
                "conditions",
                "Conditions are typed: go on conditions, or take them out.",
            ));
        }
        draft.0.retain(|name, value| {
            name == "to" || typed(value) && known.iter().any(|field| field.name == name)
        });
    }
    transition::make(app, ctx, entered, Kind::Gate, number, version, &draft).await.map(drop)
}
