//! Predecessors and successors on the page of an item: shown, added and taken away.

use super::At;
use super::page::{self, Tried};
use crate::app::access::{self, Entered};
use crate::app::{self, App, Ctx, Error, WriteMeta};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::ids::{ItemId, ScheduleLinkId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::Reference;
use crate::domain::schedule_link::{FIELDS, KINDS};
use crate::store::item::Selection;
use crate::store::schedule_link::Shown;
use crate::web::extract::{Form, Place, Web};
use crate::web::form;
use crate::web::log::cells::state_class;
use crate::web::present::PageResult;
use crate::web::routes::Routes;
use crate::web::shell::Shell;
use axum::extract::State as Of;
use serde_json::Value;

/// The routes of the kinds that the schedule links.
pub fn routes() -> Routes {
    KINDS.iter().fold(Routes::new(), |routes, kind| {
        routes.post(format!("/programs/{{key}}/{}/{{number}}/schedule-links", kind.plural()), change)
    })
}

/// A link as seen from one of its ends.
#[derive(Clone, Debug)]
pub struct Line {
    /// The other end comes before this one.
    pub before: bool,
    pub href: String,
    pub reference: String,
    /// None where the reader may not see the item.
    pub title: Option<String>,
    pub state: &'static str,
    pub class: &'static str,
    /// Type and lag in short, and the type in words.
    pub terms: String,
    pub type_words: &'static str,
    /// The link's id, where the reader may take it away.
    pub gone: Option<String>,
}

/// What the page of an item says of its place in the network.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Whether items of the kind are linked at all.
    pub shown: bool,
    /// The dependency map with its focus on the item.
    pub map: String,
    pub lines: Vec<Line>,
    /// What is said where there are none.
    pub unlinked: &'static str,
    /// Where the reader may add links: the fields that say what.
    pub fields: Vec<form::Shown>,
    pub other: String,
    pub leads: bool,
    pub errors: Vec<(String, String)>,
    /// References and titles that can be linked.
    pub offered: Vec<(String, String)>,
}

/// What was typed, and what is wrong with it.
pub type Typed = (Draft, Vec<FieldError>);

/// Reads what the page of an item says of its place in the network.
///
/// # Errors
/// When the database is away.
pub async fn section(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    item: &Item,
    shell: &Shell,
    tried: Option<&Typed>,
) -> app::Result<Section> {
    if !KINDS.contains(&item.kind) {
        return Ok(Section::default());
    }
    let links = app::schedule_link::of(app, ctx, entered, item).await?;
    let may = entered.may_raise() && item.archived_at.is_none();
    let lines = links.iter().map(|link| line(link, item.id, entered, shell)).collect();
    let unlinked = unlinked(&item.detail);
    let here = Reference { program: entered.key().to_owned(), kind: item.kind, number: item.number };
    let map = shell.program_href(&format!("/dependencies/map?focus={here}"));
    if !may {
        return Ok(Section { shown: true, map, lines, unlinked, ..Section::default() });
    }
    let selection = Selection { kinds: KINDS.to_vec(), open: Some(true), limit: 500, ..Selection::default() };
    let (rows, _) = app::item::list(app, entered, &selection).await?;
    let offered = rows
        .into_iter()
        .filter(|row| row.id != item.id)
        .map(|row| {
            let reference =
                Reference { program: entered.key().to_owned(), kind: row.kind, number: row.number };
            (reference.to_string(), row.title)
        })
        .collect();
    let none = (Draft::default(), Vec::new());
    let (typed, wrong) = tried.unwrap_or(&none);
    let fields = FIELDS
        .iter()
        .filter(|field| !["predecessor", "successor"].contains(&field.name))
        .map(|field| {
            let mut control = form::control(field, "schedule-", typed, wrong);
            if let form::Input::Choice(options) = &mut control.input {
                // Something always holds: the first, if nothing is said.
                if options.remove(0).2
                    && let Some(first) = options.first_mut()
                {
                    first.2 = true;
                }
            }
            control
        })
        .collect();
    let errors = wrong.iter().map(|error| {
        let known = FIELDS
            .iter()
            .any(|field| field.name == error.field && !["predecessor", "successor"].contains(&field.name));
        let id = if known { format!("schedule-{}", error.field) } else { "schedule-other".to_owned() };
        (id, error.message.clone())
    });
    Ok(Section {
        shown: true,
        map,
        lines,
        unlinked,
        fields,
        other: typed.text("other"),
        leads: typed.text("direction") == "leads",
        errors: errors.collect(),
        offered,
    })
}

/// What is said where an item has no links: a dependency hangs on the milestones that its contract names all the same.
const fn unlinked(detail: &Detail) -> &'static str {
    let Detail::Dependency(own) = detail else { return "No links of its own in the schedule." };
    match (own.provider_milestone.is_some(), own.consumer_milestone.is_some()) {
        (true, true) => {
            "No links beside its milestones: it waits for the provider’s, and the consumer’s waits for it."
        }
        (true, false) => "No links beside the provider’s milestone, for which it waits.",
        (false, true) => "No links beside the consumer’s milestone, which waits for it.",
        (false, false) => "Not linked in the schedule: it waits for nothing, and nothing waits for it.",
    }
}

fn line(shown: &Shown, item: ItemId, entered: &Entered, shell: &Shell) -> Line {
    let before = shown.link.successor == item;
    let other = if before { &shown.predecessor } else { &shown.successor };
    let may = entered.may_raise() && shown.link.program == entered.program().id;
    Line {
        before,
        href: if other.title.is_some() { shell.href(&other.reference.path()) } else { String::new() },
        reference: other.reference.to_string(),
        title: other.title.clone(),
        state: other.state.map(crate::domain::kind::State::label).unwrap_or_default(),
        class: other.state.map(|state| state_class(other.reference.kind, state)).unwrap_or_default(),
        terms: shown.link.terms(),
        type_words: shown.link.link_type.label(),
        gone: may.then(|| shown.link.id.to_string()),
    }
}

/// Adds a link between the item and another, or (`gone`, its id) takes one away. A link is made in the program of its
/// successor.
async fn change(Of(app): Of<App>, Web(ctx): Web, place: Place, at: At, form: Form) -> PageResult {
    let entered = access::enter(&app, &ctx, &at.key).await?;
    entered.must_raise()?;
    if !form.text("gone").is_empty() {
        let id = form.text("gone").parse().map(ScheduleLinkId).map_err(|_| Error::NotFound)?;
        app::schedule_link::remove(&app, &ctx, &entered, id, app::Over::Any).await?;
        return Ok(at.back(&entered, "unlinked"));
    }
    let here = Reference { program: entered.key().to_owned(), kind: at.kind, number: at.number };
    match add(&app, &ctx, &entered, &here, &form).await {
        Ok(()) => Ok(at.back(&entered, "linked")),
        Err(Error::Refused(refused)) => {
            let tried = Tried { scheduled: Some((form.0, refused.errors)), ..Tried::default() };
            page::draw(&app, &ctx, &place, &entered, (at.kind, at.number), tried).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn add(app: &App, ctx: &Ctx, entered: &Entered, here: &Reference, form: &Form) -> app::Result<()> {
    let other = form.text("other").trim().to_owned();
    let leads = form.text("direction") == "leads";
    let unknown = || Error::refused("other", format!("There is no item “{other}”."));
    if other.is_empty() {
        return Err(Error::refused("other", "Say which item, by its reference."));
    }
    let there = Reference::parse(&other).ok_or_else(unknown)?;
    let (predecessor, successor) = if leads { (here, &there) } else { (&there, here) };
    let mut draft = Draft::default();
    draft.0.insert("predecessor".into(), Value::from(predecessor.to_string()));
    draft.0.insert("successor".into(), Value::from(successor.to_string()));
    for name in ["type", "lag_days", "lag_unit"] {
        draft.0.insert(name.into(), Value::from(form.text(name)));
    }
    let meta = WriteMeta::default();
    if successor.program == entered.key() {
        app::schedule_link::make(app, ctx, entered, &draft, &meta).await?;
    } else {
        let theirs = match access::enter(app, ctx, &successor.program).await {
            Err(Error::NotFound) => return Err(unknown()),
            theirs => theirs?,
        };
        app::schedule_link::make(app, ctx, &theirs, &draft, &meta).await?;
    }
    Ok(())
}
