//! The page of an item.

use super::facts::{Fact, Headline, Prose, Said, Teller};
use super::history::{self, Version};
use super::network::{self, Section};
use super::own;
use super::standing::{self, Standing};
use super::{section, value, words};
use crate::app::access::Entered;
use crate::app::story::Story;
use crate::app::{self, App, Ctx};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::gate::is_decided;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::nudge::{Nudge, Rule};
use crate::domain::transition::{self, Side};
use crate::store::item::Stored;
use crate::store::link::Linked;
use crate::store::lookup::Offered;
use crate::web::extract::{Place, encode};
use crate::web::form::{self as fields, Input, Shown};
use crate::web::log::cells::state_class;
use crate::web::markdown::Links;
use crate::web::present::{PageResult, page_with};
use crate::web::shell::Shell;
use askama::Template;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use std::sync::Arc;

/// An update that is older than so many days is to be confirmed.
const CONFIRM_DAYS: i64 = 7;

/// What was tried on the page and refused: it comes back as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    pub moved: Option<(State, Draft, Vec<FieldError>)>,
    pub comment: Option<(String, Vec<FieldError>)>,
    /// Relation, the other item, what is wrong.
    pub linked: Option<(String, String, Vec<FieldError>)>,
    /// A link of the schedule.
    pub scheduled: Option<network::Typed>,
    /// A form of what the kind has of its own.
    pub readiness: Option<crate::web::readiness::Typed>,
    /// A form of the kind's own part.
    pub own: Option<Own>,
    /// Somebody else wrote in between.
    pub stale: bool,
    pub warning: Option<String>,
}

/// What was typed into a form that only items of this kind have, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Own {
    pub form: &'static str,
    pub typed: Draft,
    pub errors: Vec<FieldError>,
}

impl Tried {
    /// What is wrong, where it belongs to no form of the page.
    #[must_use]
    pub fn warned(mut self, errors: &[FieldError]) -> Self {
        self.moved = None;
        self.warning = errors.first().map(|error| error.message.clone());
        self
    }

    const fn status(&self) -> StatusCode {
        if self.stale {
            StatusCode::CONFLICT
        } else if self.moved.is_some()
            || self.comment.is_some()
            || self.linked.is_some()
            || self.scheduled.is_some()
            || self.own.is_some()
            || self.readiness.is_some()
            || self.warning.is_some()
        {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        }
    }
}

/// A change of state that the reader may make, with what it asks for.
#[derive(Clone, Debug)]
struct Step {
    to: &'static str,
    verb: String,
    class: &'static str,
    fields: Vec<Shown>,
    /// What to know before it is done; empty where nothing is.
    told: String,
    open: bool,
    errors: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct LinkLine {
    relation: &'static str,
    href: String,
    reference: String,
    title: Option<String>,
    state: &'static str,
    class: &'static str,
    /// The fields that take it away: relation, from, to; none where the reader may not.
    gone: Option<(String, String, String)>,
}

#[derive(Clone, Debug)]
struct CommentLine {
    id: String,
    author: String,
    /// The day it was written, where it was recorded later: it came with a table.
    on: Option<NaiveDate>,
    at: DateTime<Utc>,
    html: String,
}

#[derive(Template)]
#[template(path = "item/page.html")]
struct ItemPage {
    shell: Shell,
    title: String,
    kind: &'static str,
    owner: Option<String>,
    reference: String,
    state: (&'static str, &'static str),
    /// The page's own address, without a query.
    path: String,
    log: (String, String),
    version: i32,
    archived: Option<DateTime<Utc>>,
    may_edit: bool,
    may_raise: bool,
    may_restore: bool,
    may_archive: bool,
    warning: Option<String>,
    /// What is to be done about it.
    nudges: Vec<Nudge>,
    offers: Vec<(String, String)>,
    /// The reader is asked to confirm that it stands as it is.
    confirms: bool,
    steps: Vec<Step>,
    headline: Headline,
    facts: Vec<Fact>,
    silent: Vec<&'static str>,
    texts: Vec<Prose>,
    network: Section,
    /// What the kind has of its own: safe HTML.
    own: Option<String>,
    /// Where it stands in the schedule.
    standing: Option<Standing>,
    /// What its kind alone has, as safe HTML.
    more: String,
    links: Vec<LinkLine>,
    relations: Vec<(&'static str, &'static str, bool)>,
    link_to: String,
    link_errors: Vec<(String, String)>,
    comments: Vec<CommentLine>,
    comment: String,
    comment_error: Option<String>,
    versions: Vec<Version>,
    written: (String, String),
    offered: Arc<Offered>,
    options: Vec<String>,
}

/// Draws the page of an item, with what was tried on it.
///
/// # Errors
/// Not found, or the database is away.
pub async fn draw(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    at: (Kind, i32),
    tried: Tried,
) -> PageResult {
    let stored = app::item::find(app, entered, at.0, at.1).await?;
    let story = app::story::of(app, ctx, entered, &stored.item).await?;
    let links = links_in(app, ctx, entered, &stored.item, &story).await?;
    let app::transition::Open { to: moves, agrees } =
        app::transition::open_to(app, ctx, entered, &stored.item).await?;
    let wants_names = moves.contains(&State::Waiting) || tried.moved.is_some();
    let offered = if wants_names { app::item::offered(app, entered).await? } else { Arc::default() };
    let status = tried.status();
    let shell = place.program_shell(ctx, entered, section(at.0));
    let mut page = view(shell, entered, &stored, &story, &links, &moves, offered, &tried);
    if at.0 == Kind::Dependency && moves.contains(&State::Agreed) {
        only_own_sides(&mut page.steps, agrees);
    }
    // The other side of a dependency asks for another date, whoever owns it.
    page.may_edit = page.may_edit || app::dependency::voice::asks(app, ctx, entered, &stored.item).await?;
    if let Some(step) =
        page.steps.iter_mut().find(|step| at.0 == Kind::Change && step.to == State::Approved.name())
    {
        step.told = app::change::question::unanswered(app, entered, &stored.item).await?.unwrap_or_default();
    }
    if let (Detail::Change(own), Some(notice)) = (&stored.item.detail, &mut page.shell.notice)
        && let Some(too) = place.value("added").and_then(|added| own::kinds_added(own, &added))
    {
        *notice = format!("{notice} {too}");
    }
    if let Headline::Dependency { sides, warnings } = &mut page.headline {
        for (line, side) in sides.iter_mut().zip([Side::Provider, Side::Consumer]) {
            if !line.agreed.is_empty() && stood_in(&story, side) {
                line.agreed.push_str(", in their place");
            }
            if stored.item.state == State::Proposed && line.agreed.is_empty() && had_agreed(&story, side) {
                let side = side.name();
                warnings.push(format!("It was changed after the {side} had agreed: the {side} agrees anew."));
            }
        }
    }
    page.network =
        network::section(app, ctx, entered, &stored.item, &page.shell, tried.scheduled.as_ref()).await?;
    page.own = crate::web::readiness::part(app, ctx, entered, &stored, &page.shell, tried.readiness.as_ref())
        .await?;
    page.standing = standing::of(app, ctx, entered, &stored.item, &page.shell).await?;
    page.nudges = app::nudge::of_item(app, entered, &stored.item).await?;
    if let Headline::Dependency { warnings, .. } = &mut page.headline
        && page.nudges.iter().any(|nudge| nudge.rule == Rule::PromisedLate)
    {
        // It stands above, with what to do.
        warnings.retain(|warning| !warning.starts_with("Promised "));
    }
    page.more = own::of(app, ctx, entered, &stored.item, &story, tried.own.as_ref(), &page.shell).await?;
    page.more.push_str(&value::of(app, ctx, entered, &stored, tried.own.as_ref(), &page.shell).await?);
    page_with(status, &page)
}

/// The references in the item's texts and comments that lead somewhere for the reader.
async fn links_in(app: &App, ctx: &Ctx, entered: &Entered, item: &Item, story: &Story) -> app::Result<Links> {
    let own = item.detail.values();
    let texts = own.values().filter_map(Value::as_str).chain([item.description.as_str()]);
    let texts: Vec<&str> = texts.chain(story.comments.iter().map(|comment| comment.body.as_str())).collect();
    let people = app::mention::people(app, entered, texts.iter().copied()).await?;
    let there = app::cited::seen(app, ctx, Some(entered), texts).await?;
    Ok(Links::new(there, entered.as_of()).naming(people))
}

#[expect(clippy::too_many_arguments, reason = "the parts of the page, read one by one")]
fn view(
    shell: Shell,
    entered: &Entered,
    stored: &Stored,
    story: &Story,
    links: &Links,
    moves: &[State],
    offered: Arc<Offered>,
    tried: &Tried,
) -> ItemPage {
    let item = &stored.item;
    let program = entered.program();
    let reference = Reference { program: program.key.clone(), kind: item.kind, number: item.number };
    let teller =
        Teller { stored, program, names: &story.names, links, day: entered.day(), as_of: entered.as_of() };
    let (facts, silent) = teller.facts();
    // What is archived is restored before it is worked on.
    let may_raise = entered.may_raise() && item.archived_at.is_none();
    // A check counts for its gate, and a gate for its release, so they are for a manager to take away.
    let counts = matches!(item.kind, Kind::Check | Kind::Gate);
    let may_archive = entered.may_edit(item) && (!counts || entered.may_manage());
    let decided = item.kind == Kind::Gate && is_decided(item.state);
    let put_away = app::evidence::may_put_away(entered, item).is_ok();
    let (link_relation, link_to, link_wrong) = tried.linked.clone().unwrap_or_default();
    let (comment, comment_wrong) = tried.comment.clone().unwrap_or_default();
    let warning = if tried.stale {
        Some(format!("{} Look at it as it stands now, then choose again.", who_and_when(stored, entered)))
    } else {
        tried.warning.clone()
    };
    ItemPage {
        title: item.title.clone(),
        kind: item.kind.label(),
        owner: stored.owner_name.clone(),
        reference: reference.to_string(),
        state: (item.state.label(), state_class(item.kind, item.state)),
        path: reference.path(),
        log: (shell.program_href(&format!("/{}", item.kind.plural())), item.kind.heading().to_owned()),
        version: item.version,
        archived: item.archived_at,
        may_edit: entered.may_edit(item) && !frozen(item),
        may_raise,
        may_restore: may_archive && item.archived_at.is_some(),
        may_archive: may_archive && put_away && !decided && !frozen(item) && item.archived_at.is_none(),
        warning,
        nudges: Vec::new(),
        offers: around_meeting(item, &shell, &reference)
            .chain(if may_raise { offers(item, &reference) } else { Vec::new() })
            .collect(),
        confirms: confirms(entered, item),
        steps: steps(entered, item, moves, tried.moved.as_ref()),
        headline: teller.headline(),
        facts,
        // The agenda of a meeting stands on its page, as the points that it has.
        silent: silent.into_iter().filter(|label| item.kind != Kind::Meeting || *label != "Agenda").collect(),
        texts: teller.texts(),
        network: Section::default(),
        own: None,
        standing: None,
        more: String::new(),
        links: story.links.iter().map(|link| link_line(link, &shell, &reference, may_raise)).collect(),
        relations: app::link::RELATIONS
            .iter()
            .map(|name| {
                (
                    *name,
                    words::relation(name, true),
                    *name == link_relation || (link_relation.is_empty() && *name == "relates"),
                )
            })
            .collect(),
        link_to,
        link_errors: link_wrong.iter().map(|e| (format!("link-{}", e.field), e.message.clone())).collect(),
        comments: story
            .comments
            .iter()
            .map(|comment| CommentLine {
                id: comment.id.to_string(),
                author: comment.author.clone().unwrap_or_else(|| "Somebody".into()),
                // Days of places differ by one at most.
                on: Some(comment.effective_on)
                    .filter(|on| (comment.created_at.date_naive() - *on).num_days() > 1),
                at: comment.created_at,
                html: links.prose(&comment.body),
            })
            .collect(),
        comment,
        comment_error: comment_wrong.first().map(|error| error.message.clone()),
        versions: history::timeline(item.kind, &story.versions, &story.names, &program.currency),
        written: (
            said(stored.created_at, stored.created_by.as_deref()),
            said(stored.updated_at, stored.updated_by.as_deref()),
        ),
        offered,
        options: match &item.detail {
            Detail::Decision(own) => own.options.iter().map(|option| option.title.clone()).collect(),
            _ => Vec::new(),
        },
        shell,
    }
}

fn said(at: DateTime<Utc>, by: Option<&str>) -> String {
    let day = words::day(at.date_naive());
    by.map_or_else(|| day.clone(), |by| format!("{day} by {by}"))
}

/// Who wrote the version that is stored now, and when.
#[must_use]
pub fn who_and_when(stored: &Stored, entered: &Entered) -> String {
    let who = stored.updated_by.as_deref().unwrap_or("Somebody");
    let zone = entered.program().time_zone.parse::<chrono_tz::Tz>().unwrap_or(chrono_tz::UTC);
    let at = stored.updated_at.with_timezone(&zone).format("%-d %b %Y at %H:%M");
    format!("{who} changed this on {at}, after you opened it. Nothing was overwritten.")
}

/// Whether the reader may confirm an item as it stands and is asked to: what was updated this week is not asked about.
fn confirms(entered: &Entered, item: &Item) -> bool {
    let today = entered.today();
    let stated = match &item.detail {
        Detail::Milestone(own) => own.forecast_stated_on,
        _ => None,
    };
    let updated = stated.unwrap_or(item.effective_on).min(item.effective_on);
    (today - updated).num_days() > CONFIRM_DAYS
        && entered.may_edit(item)
        && item.archived_at.is_none()
        && item.clone().confirm(today).is_ok()
}

/// Whether an item is there to be read alone.
const fn frozen(item: &Item) -> bool {
    item.is_settled() || item.archived_at.is_some()
}

/// The pages of a meeting beside its own.
fn around_meeting(
    item: &Item,
    shell: &Shell,
    reference: &Reference,
) -> impl Iterator<Item = (String, String)> {
    let pages = [("agenda", "Agenda and outcomes"), ("present", "Present"), ("minutes", "Minutes")];
    let pages = pages.into_iter().take(if item.kind == Kind::Meeting { 3 } else { 0 });
    let page =
        |(end, label): (&str, &str)| (shell.href(&format!("{}/{end}", reference.path())), label.to_owned());
    pages.map(page).collect::<Vec<_>>().into_iter()
}

/// What may be made out of the item: (address, verb).
fn offers(item: &Item, reference: &Reference) -> Vec<(String, String)> {
    let base = format!("/programs/{}", reference.program);
    match (item.kind, item.state) {
        (Kind::Lesson, _) if item.is_open() => {
            let href = format!("{base}/actions/new?title={}&from={reference}", encode(&item.title));
            vec![(href, "Make it an action".to_owned())]
        }
        (Kind::Action | Kind::Stakeholder, _) => Vec::new(),
        (Kind::Activity, state) if state.is_open(Kind::Activity) => vec![
            slips(&base, reference),
            (format!("{base}/actions/new?from={reference}"), "Add an action".to_owned()),
        ],
        (Kind::Milestone, State::Planned) => vec![
            slips(&base, reference),
            (format!("{base}/risks/new?threatens={reference}"), "Raise a risk to it".to_owned()),
            (format!("{base}/actions/new?from={reference}"), "Add an action".to_owned()),
        ],
        _ if item.is_open() => {
            vec![(format!("{base}/actions/new?from={reference}"), "Add an action".to_owned())]
        }
        _ => Vec::new(),
    }
}

/// Opens a scenario in which the item comes a week later.
fn slips(base: &str, reference: &Reference) -> (String, String) {
    let slip = serde_json::json!([{"change": "slip", "item": reference.to_string(), "days": 5}]);
    let href = format!("{base}/scenarios/new?changes={}", encode(&slip.to_string()));
    (href, "What if this slips?".to_owned())
}

fn steps(
    entered: &Entered,
    item: &Item,
    moves: &[State],
    tried: Option<&(State, Draft, Vec<FieldError>)>,
) -> Vec<Step> {
    let none = Draft::default();
    moves
        .iter()
        .enumerate()
        .map(|(at, to)| {
            let (typed, errors) = match tried {
                Some((state, typed, errors)) if state == to => (typed, errors.as_slice()),
                _ => (&none, &[][..]),
            };
            let prefix = format!("to-{}-", to.name());
            let not_accepted = item.state == State::Delivered && *to == State::Agreed;
            let fields: Vec<_> = transition::fields(item.kind, *to)
                .iter()
                .filter(|field| !(field.name == "as" && not_accepted))
                .filter(|field| field.name != "on" || entered.may_manage())
                .map(|field| {
                    let mut typed = typed.clone();
                    if field.name == "as" && typed.text("as").is_empty() {
                        typed.0.insert("as".into(), Value::from(side_that_waits(item).name()));
                    }
                    let mut control = fields::control(field, &prefix, &typed, errors);
                    if field.name == "reason" {
                        let refuses = not_accepted || *to == State::Rejected;
                        control.required |= refuses;
                        match &item.detail {
                            Detail::Dependency(own)
                                if (not_accepted || *to == State::Accepted)
                                    && !own.acceptance_criteria.is_empty() =>
                            {
                                control.hint = format!("Against its criteria: {}", own.acceptance_criteria);
                            }
                            _ if refuses => "Say why.".clone_into(&mut control.hint),
                            _ => {}
                        }
                    }
                    match (&mut control.input, field.name) {
                        (Input::Line { list, .. }, "option") => *list = "options",
                        (Input::Choice(options), "as") => drop(options.remove(0)),
                        _ => {}
                    }
                    control
                })
                .collect();
            let errors = errors
                .iter()
                .map(|error| {
                    let known = fields.iter().find(|field| field.name == error.field).or(fields.first());
                    (known.map(|field| field.id.clone()).unwrap_or_default(), error.message.clone())
                })
                .collect();
            Step {
                to: to.name(),
                verb: verb(item, *to),
                class: match to {
                    State::Rejected | State::Withdrawn | State::Cancelled | State::Dropped => "quiet",
                    _ if not_accepted => "quiet",
                    _ if at == 0 => "main",
                    _ => "",
                },
                fields,
                told: String::new(),
                open: tried.is_some_and(|(state, ..)| state == to),
                errors,
            }
        })
        .collect()
}

/// Offers to agree only for the sides for which the reader may: (provider, consumer).
fn only_own_sides(steps: &mut [Step], speaks: [bool; 2]) {
    for field in steps.iter_mut().flat_map(|step| &mut step.fields).filter(|field| field.name == "as") {
        let Input::Choice(options) = &mut field.input else { continue };
        options.retain(|(name, ..)| speaks[usize::from(name == Side::Consumer.name())]);
        if let [(.., only)] = options.as_mut_slice() {
            *only = true;
        }
    }
}

/// Whether whoever agreed for a side last wasn't of it.
fn stood_in(story: &Story, side: Side) -> bool {
    let (on, by) = (format!("{}_agreed_on", side.name()), format!("{}_agreed_by", side.name()));
    let mut agreed = (&Value::Null, &Value::Null);
    let mut in_place = false;
    for version in story.versions.iter().filter(|version| version.part == "detail") {
        let none = &Value::Null;
        let now = (version.values.get(&on).unwrap_or(none), version.values.get(&by).unwrap_or(none));
        if now != agreed {
            in_place = version.reason.as_deref().is_some_and(|reason| reason.ends_with(side.in_place()));
            agreed = now;
        }
    }
    in_place
}

/// Whether a side had agreed in some version.
fn had_agreed(story: &Story, side: Side) -> bool {
    let on = format!("{}_agreed_on", side.name());
    let mut details = story.versions.iter().filter(|version| version.part == "detail");
    details.any(|version| version.values.get(&on).is_some_and(|on| !on.is_null()))
}

/// The side of a dependency that has yet to agree, or to consent to a changed date.
fn side_that_waits(item: &Item) -> Side {
    match &item.detail {
        Detail::Dependency(own) if own.waits_for(Side::Consumer) => Side::Consumer,
        Detail::Dependency(own) if own.provider_agreed_on.is_some() && !own.waits_for(Side::Provider) => {
            Side::Consumer
        }
        _ => Side::Provider,
    }
}

fn verb(item: &Item, to: State) -> String {
    match (item.kind, item.state, to) {
        (Kind::Dependency, State::Delivered, State::Agreed) => "Not accepted".into(),
        (Kind::Dependency, State::Agreed, State::Agreed) => "Consent to the new date".into(),
        (Kind::Risk, State::Mitigating | State::Accepted, State::Open) => "Back to open".into(),
        (Kind::Activity, State::Done, State::InProgress) => "Reopen".into(),
        (Kind::Activity, State::Cancelled, State::NotStarted) => "Plan again".into(),
        (Kind::Issue, State::InProgress, State::Open) => "Stop work".into(),
        (_, _, to) => to.verb(item.kind).into(),
    }
}

fn link_line(link: &Linked, shell: &Shell, here: &Reference, may: bool) -> LinkLine {
    let own_program = link.reference.program == here.program;
    let gone = may && link.relation != "mentions" && (link.outward || own_program);
    let (from, to) = if link.outward { (here, &link.reference) } else { (&link.reference, here) };
    LinkLine {
        relation: words::relation(&link.relation, link.outward),
        href: if link.title.is_some() { shell.href(&link.reference.path()) } else { String::new() },
        reference: link.reference.to_string(),
        title: link.title.clone(),
        state: link.state.map(State::label).unwrap_or_default(),
        class: link.state.map(|state| state_class(link.reference.kind, state)).unwrap_or_default(),
        gone: gone.then(|| (link.relation.clone(), from.to_string(), to.to_string())),
    }
}
