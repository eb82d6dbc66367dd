//! Readiness: the gates of a program and what keeps them from going, the page of a gate and the one for its go / no-go, releases
//! as they are launched, checklists, and the tools that call.

mod gate;
mod live;
mod release;
mod tools;

use super::extract::{Place, Web};
use super::log::{self, Log};
use super::present::{PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{self, Entered};
use crate::app::gate::{Board, GateView};
use crate::app::{self, App, Ctx};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::item::Detail;
use crate::domain::kind::Kind;
use crate::domain::readiness::{Standing, Tally, area_label};
use crate::store::gate::CheckRow;
use crate::store::item::Stored;
use crate::web::log::cells::state_class;
use askama::Template;
use axum::extract::{Path, State};
use chrono::NaiveDate;

/// The routes of the pages.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/gates", board)
        .merge(gate::routes())
        .merge(live::routes())
        .merge(release::routes())
        .merge(tools::routes())
}

/// What was tried in a form of a gate's or a release's own, and refused: the form's name, what was typed, what is wrong.
pub type Typed = (&'static str, Draft, Vec<FieldError>);

/// What the page of a gate or of a release has of its own, as safe HTML.
///
/// # Errors
/// When the database is away.
pub async fn part(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    stored: &Stored,
    shell: &Shell,
    typed: Option<&Typed>,
) -> Result<Option<String>, super::present::PageError> {
    match &stored.item.detail {
        Detail::Gate(own) => gate::part(app, ctx, entered, &stored.item, own, shell, typed).await.map(Some),
        Detail::Check(own) => {
            let standing = Standing::of(stored.item.state, own.waived_until, entered.day());
            let ended = own.waived_until.filter(|_| standing == Standing::Expired);
            ended.map(|ended| Ok(WaiverPart { ended }.render()?)).transpose()
        }
        Detail::Release(own) => release::part(app, entered, &stored.item, own, shell, typed).await.map(Some),
        _ => Ok(None),
    }
}

/// What the page of a check says once its waiver has ended.
#[derive(Template)]
#[template(path = "readiness/waiver.html")]
struct WaiverPart {
    ended: NaiveDate,
}

#[derive(Template)]
#[template(path = "readiness/board.html")]
struct BoardPage {
    shell: Shell,
    key: String,
    may_raise: bool,
    may_manage: bool,
    day: NaiveDate,
    board: Board,
    log: Log,
}

async fn board(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let shell = place.program_shell(&ctx, &entered, "gates");
    let board = app::gate::board(&app, &entered).await?;
    let log = log::load(&app, &ctx, &entered, &shell, &[Kind::Gate], &place.query).await?;
    page(&BoardPage {
        key: entered.key().to_owned(),
        may_raise: entered.may_raise(),
        may_manage: entered.may_manage(),
        day: entered.day(),
        board,
        log,
        shell,
    })
}

impl BoardPage {
    fn lists(&self) -> [(&'static str, &'static str, &[GateView]); 2] {
        [("ahead", "Gates ahead", &self.board.ahead), ("past", "Gates decided", &self.board.past)]
    }

    fn href(&self, gate: &GateView) -> String {
        self.shell.program_href(&format!("/gates/{}", gate.number))
    }

    fn check(&self, check: &CheckRow) -> String {
        self.shell.program_href(&format!("/checks/{}", check.number))
    }

    /// What keeps the gates ahead from going, the next gate's first.
    fn blocking(&self) -> impl Iterator<Item = (&GateView, &CheckRow)> {
        self.board.ahead.iter().flat_map(|gate| gate.blocking.iter().map(move |check| (gate, check)))
    }

    fn standing(&self, check: &CheckRow) -> Standing {
        Standing::of(check.state, check.waived_until, self.day)
    }

    /// Days past its due day; none, if that is ahead or not given.
    fn past(&self, check: &CheckRow) -> Option<i64> {
        let past = (self.day - check.due_on?).num_days();
        (past > 0).then_some(past)
    }

    fn in_the_way(&self) -> usize {
        self.board.ahead.iter().map(|gate| gate.blocking.len()).sum()
    }

    fn first_step(&self) -> String {
        if self.may_raise { format!("/programs/{}/gates/new", self.key) } else { String::new() }
    }

    fn ahead_of(&self, gate: &GateView) -> (String, &'static str) {
        days_to(gate.on, self.day, gate.decided_on.is_some())
    }
}

/// How far a day is, and whether that is bad.
fn days_to(on: NaiveDate, day: NaiveDate, decided: bool) -> (String, &'static str) {
    match (on - day).num_days() {
        _ if decided => (String::new(), ""),
        0 => ("today".to_owned(), "warn"),
        1 => ("tomorrow".to_owned(), "warn"),
        days if days < 0 => (format!("{} d past", -days), "bad"),
        days if days <= 7 => (format!("in {days} d"), "warn"),
        days => (format!("in {days} d"), "muted"),
    }
}

/// The class of a state.
fn class_of(kind: Kind, state: crate::domain::kind::State) -> &'static str {
    state_class(kind, state)
}

/// The colour of some checks together, and its word.
fn colour(tally: &Tally) -> (&'static str, &'static str) {
    if tally.failed + tally.expired > 0 {
        ("red", "failed")
    } else if tally.applicable == 0 {
        ("none", "nothing applies")
    } else if tally.passed == tally.applicable {
        ("green", "all passed")
    } else if tally.open == tally.applicable && tally.in_progress == 0 {
        ("none", "not begun")
    } else {
        ("amber", "under way")
    }
}

/// “7 of 10, 70 %”.
fn rate(tally: &Tally) -> String {
    match tally.percent() {
        Some(percent) => format!("{} of {}, {percent} %", tally.passed, tally.applicable),
        None => "no checks".to_owned(),
    }
}
