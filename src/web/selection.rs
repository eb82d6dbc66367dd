//! Rows of a log that were selected, changed together, and the step that takes it back.

use super::extract::{Form, Place, Web};
use super::present::{PageResult, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{Entered, enter};
use crate::app::selection::{self, Changed, Chosen};
use crate::app::{App, Ctx, Error};
use crate::domain::draft::{self, Directory, Draft, FieldError};
use crate::domain::ids::{ItemId, PersonId};
use crate::domain::item;
use crate::domain::kind::{Kind, Reference};
use crate::domain::selection::{Given, Part};
use crate::store::lookup::Offered;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};

pub(super) fn routes() -> Routes {
    Routes::new().post("/programs/{key}/selected", change).post("/programs/{key}/selected/undo", undo)
}

/// What the rows that are selected can be given: a form beside a list, whose boxes are its own.
#[derive(Clone, Debug, Template)]
#[template(path = "log/selected.html")]
pub struct Selecting {
    action: String,
    /// Who is offered, as (value, name).
    owners: Vec<(String, String)>,
    /// The list, as it is asked for.
    back: String,
}

impl Selecting {
    /// None where no row can be changed.
    #[must_use]
    pub fn new(entered: &Entered, offered: &Offered, back: &str, any: bool) -> Option<Self> {
        let fixed = [("me", "Me"), ("none", "No owner")];
        let fixed = fixed.map(|(value, name)| (value.to_owned(), name.to_owned()));
        let people = offered.people.iter().map(|(person, name, ..)| (person.0.to_string(), name.clone()));
        any.then(|| Self {
            action: format!("/programs/{}/selected", entered.key()),
            owners: fixed.into_iter().chain(people).collect(),
            back: back.to_owned(),
        })
    }

    /// The same for a list whose rows have these boxes.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn of(
        app: &App,
        entered: &Entered,
        place: &Place,
        picks: &[Option<String>],
    ) -> Result<Option<Self>, Error> {
        let any = picks.iter().any(Option::is_some);
        let offered = crate::app::item::offered(app, entered).await?;
        Ok(Self::new(entered, &offered, &place.with(&[("done", None)]), any))
    }
}

/// What the box beside a row says of its item; none for who may not change it.
#[must_use]
pub fn pick(
    entered: &Entered,
    open: bool,
    owner: Option<PersonId>,
    item: ItemId,
    version: i32,
) -> Option<String> {
    (open && entered.may_edit_what(owner)).then(|| Chosen { item, version }.written())
}

#[derive(Template)]
#[template(path = "log/changed.html")]
struct ChangedPage {
    shell: Shell,
    key: String,
    /// The log that this was done from.
    back: String,
    changed: Vec<Changed>,
    /// It was taken back, and can't be taken back again.
    undone: bool,
    wrong: Vec<FieldError>,
    /// What was asked for and refused; nothing of what can't be taken back.
    typed: Option<Typed>,
}

/// What was asked for, to be asked for again.
struct Typed {
    items: Vec<String>,
    /// What is selected, by reference and title.
    chosen: Vec<(Reference, String)>,
    owner: String,
    /// Who is offered, as (value, name).
    owners: Vec<(String, String)>,
    due: String,
    add: String,
    remove: String,
}

impl Typed {
    async fn of(app: &App, entered: &Entered, form: &Form) -> Result<Self, Error> {
        let offered = crate::app::item::offered(app, entered).await?;
        let fixed = [("", "Unchanged"), ("me", "Me"), ("none", "Nobody")];
        let fixed = fixed.map(|(value, name)| (value.to_owned(), name.to_owned()));
        let people = offered.people.iter().map(|(person, name, ..)| (person.0.to_string(), name.clone()));
        let text = |name| form.text(name).to_owned();
        let owner = text("owner");
        let mut owners: Vec<(String, String)> = fixed.into_iter().chain(people).collect();
        if !owners.iter().any(|(value, _)| *value == owner) {
            owners.push((owner.clone(), "Somebody who can't be chosen".into()));
        }
        let chosen = each(form, Chosen::read).unwrap_or_default();
        Ok(Self {
            items: each(form, |item| Some(item.to_owned())).unwrap_or_default(),
            chosen: selection::named(app, entered, &chosen).await?,
            owner,
            owners,
            due: text("due"),
            add: text("add"),
            remove: text("remove"),
        })
    }
}

impl Chosen {
    /// As the box beside a row says it.
    #[must_use]
    pub fn written(self) -> String {
        format!("{}.{}", self.item.0, self.version)
    }

    fn read(text: &str) -> Option<Self> {
        let (item, version) = text.split_once('.')?;
        Some(Self { item: ItemId(item.parse().ok()?), version: version.parse().ok()? })
    }
}

impl ChangedPage {
    /// What is wrong with a field of the form.
    fn error(&self, field: &str) -> Option<&str> {
        self.wrong.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }

    /// Where what is wrong can be mended.
    fn place(error: &FieldError) -> &str {
        match error.field.as_str() {
            field @ ("owner" | "due" | "add" | "remove") => field,
            "given" => "owner",
            _ => "chosen",
        }
    }
}

/// What takes a change of one item back: it as it is now, and what it had.
fn taken_back(one: &Changed) -> String {
    let owner = one.was.owner.map(|owner| owner.0.to_string()).unwrap_or_default();
    let due = one.was.due.map(|due| due.to_string()).unwrap_or_default();
    format!("{}|{owner}|{due}|{}", one.now.written(), one.was.tags.join(","))
}

fn had(text: &str) -> Option<(Chosen, Part)> {
    let mut parts = text.splitn(4, '|');
    let chosen = Chosen::read(parts.next()?)?;
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let owner = some(parts.next()?).map(|id| id.parse().map(PersonId)).transpose().ok()?;
    let due = some(parts.next()?).map(|day| day.parse()).transpose().ok()?;
    let tags = parts.next()?.split(',').filter_map(some).collect();
    Some((chosen, Part { owner, due, tags }))
}

/// What a list of the form says; nothing where any of it can't be read.
fn each<T>(form: &Form, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let listed = form.0.0.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    listed.iter().map(|one| read(one.as_str()?)).collect()
}

fn unread() -> Error {
    Error::refused("items", "Select the items in their log.")
}

/// What the form gives to each.
async fn given(app: &App, ctx: &Ctx, entered: &Entered, form: &Form) -> Result<Given, Error> {
    let owner = match form.text("owner") {
        "" => None,
        "none" => Some(None),
        "me" => Some(Some(ctx.viewer.person)),
        id => {
            let offered = crate::app::item::offered(app, entered).await?;
            let person = offered.people.iter().find(|(person, ..)| person.0.to_string() == id);
            let (person, ..) = person.ok_or_else(|| Error::refused("owner", "Choose one of the people."))?;
            Some(Some(*person))
        }
    };
    let due = draft::date(&Value::from(form.text("due"))).map_err(|why| Error::refused("due", why))?;
    let (add, remove) = (tags(form, "add")?, tags(form, "remove")?);
    Ok(Given { owner, due, add, remove })
}

/// The tags of a field, as an item's own field reads them.
fn tags(form: &Form, name: &str) -> Result<Vec<String>, Error> {
    let field = item::fields(Kind::Action).filter(|field| field.name == "tags");
    let said = Draft(Map::from_iter([("tags".to_owned(), Value::from(form.text(name)))]));
    let mut clean = said.check(field, &Directory::default()).map_err(|mut refused| {
        refused.errors.iter_mut().for_each(|error| name.clone_into(&mut error.field));
        refused
    })?;
    Ok(clean.remove("tags").and_then(|tags| serde_json::from_value(tags).ok()).unwrap_or_default())
}

fn shown(
    place: &Place,
    ctx: &Ctx,
    entered: &Entered,
    form: &Form,
    typed: Option<Typed>,
    done: Result<Vec<Changed>, Error>,
) -> PageResult {
    let own = format!("/programs/{}/", entered.key());
    let back = Some(form.text("back")).filter(|back| back.starts_with(&own));
    let back = back.map_or_else(|| format!("{own}raid"), str::to_owned);
    // What is shown has no address of its own: another day is that of the log.
    let place = Place { path: format!("{own}raid"), ..place.clone() };
    let (status, changed, wrong) = match done {
        Ok(changed) => (StatusCode::OK, changed, Vec::new()),
        Err(Error::Refused(refused)) => (StatusCode::UNPROCESSABLE_ENTITY, Vec::new(), refused.errors),
        Err(error) => return Err(error.into()),
    };
    let shell = place.program_shell(ctx, entered, "");
    let (key, undone) = (entered.key().to_owned(), typed.is_none());
    page_with(status, &ChangedPage { shell, key, back, changed, undone, wrong, typed })
}

async fn change(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    form: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_raise()?;
    let done = async {
        let chosen = each(&form, Chosen::read).ok_or_else(unread)?;
        let given = given(&app, &ctx, &entered, &form).await?;
        selection::change(&app, &ctx, &entered, &chosen, &given).await
    };
    let done = done.await;
    let typed = Typed::of(&app, &entered, &form).await?;
    shown(&place, &ctx, &entered, &form, Some(typed), done)
}

async fn undo(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    form: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_raise()?;
    let done = match each(&form, had) {
        Some(was) => selection::undo(&app, &ctx, &entered, &was).await,
        None => Err(unread()),
    };
    shown(&place, &ctx, &entered, &form, None, done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::kind::Reference;
    use uuid::Uuid;

    #[test]
    fn what_takes_a_change_back_is_read_as_it_was_written() {
        for (owner, due, tags) in [
            (
                Some(PersonId(Uuid::from_u128(7))),
                "2026-07-01".parse().ok(),
                vec!["a|b".to_owned(), "gl".to_owned()],
            ),
            (None, None, Vec::new()),
        ] {
            let one = Changed {
                reference: Reference { program: "ATLAS".into(), kind: Kind::Risk, number: 1 },
                title: "Vendor".into(),
                now: Chosen { item: ItemId(Uuid::from_u128(3)), version: 4 },
                was: Part { owner, due, tags },
            };
            assert_eq!(had(&taken_back(&one)), Some((one.now, one.was)));
        }
        assert_eq!(had("3.x|||"), None);
    }
}
