//! Typed links between items.

use super::access::Entered;
use super::item::{find, link_to_origin};
use super::{App, Ctx, Error, Result};
use crate::domain::draft::{FieldError, Named, Refused};
use crate::domain::event::Event;
use crate::domain::ids::ItemId;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::store::{self, Tx};

/// The relations that a link can have.
pub const RELATIONS: [&str; 10] = [
    "mitigates",
    "causes",
    "materialised_as",
    "threatens",
    "blocks",
    "resolves",
    "decides",
    "implements",
    "supersedes",
    "relates",
];

/// Links an item to another, or takes the link away.
///
/// # Errors
/// Forbidden; refused for an unknown relation or item.
pub async fn set(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    from: (Kind, i32),
    relation: &str,
    to: &str,
    linked: bool,
) -> Result<()> {
    entered.must_raise()?;
    let item = find(app, entered, from.0, from.1).await?.item;
    let mut errors = Vec::new();
    if !RELATIONS.contains(&relation) {
        errors.push(FieldError::new("relation", format!("Give one of: {}.", RELATIONS.join(", "))));
    }
    let named = Named::Item(to.to_owned());
    let directory =
        store::lookup::directory(&app.db, Some(item.program), ctx.reader(), std::slice::from_ref(&named))
            .await?;
    let target = directory.items.get(&to.trim().to_lowercase()).copied().map(ItemId);
    if target.is_none() {
        errors.push(FieldError::new("to", format!("There is no item “{to}”.")));
    }
    let (Some(target), true) = (target, errors.is_empty()) else {
        return Err(Refused { errors, ..Refused::default() }.into());
    };
    let on = entered.today();
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    may_say(&mut tx, entered, &item, relation, target, linked).await?;
    let (relation_name, to_name) = (relation.to_owned(), to.trim().to_uppercase());
    let changed = if linked {
        store::link::insert(&mut tx, &[(item.id, relation.to_owned(), target, on)]).await? > 0
    } else {
        store::link::delete(&mut tx, item.id, relation, &[target]).await?
    };
    if changed {
        let event = if linked {
            Event::Linked { relation: relation_name, to: to_name }
        } else {
            Event::Unlinked { relation: relation_name, to: to_name }
        };
        tx.record(Some(item.program), Some(item.id), on, &event);
    }
    Ok(tx.commit().await?)
}

/// Refuses to say for others what is done about what they answer for, and to take back what became of something.
async fn may_say(
    tx: &mut Tx,
    entered: &Entered,
    from: &Item,
    relation: &str,
    to: ItemId,
    linked: bool,
) -> Result<()> {
    if !["mitigates", "supersedes", "materialised_as"].contains(&relation) {
        return Ok(());
    }
    let found = store::item::by_ids(tx, &[to]).await?;
    let Some(target) = found.first() else { return Ok(()) };
    let became = match (relation, &target.detail) {
        ("supersedes", Detail::Decision(own)) => own.superseded_by == Some(from.id.0),
        ("materialised_as", _) => from.state == State::Materialised,
        _ => false,
    };
    if became && !linked {
        return Err(Error::refused("relation", "It says what became of it, and stays."));
    }
    // Health is softened by what is done about what is red: of another program nothing is.
    let theirs = relation == "mitigates" && target.program == from.program && !entered.may_edit(target);
    if theirs && (linked || !entered.may_edit(from)) {
        return Err(Error::Forbidden(
            "Whether it is mitigated is for whoever answers for it, or a manager of the program, to say: link it as related.",
        ));
    }
    Ok(())
}

/// Links a new action with what it comes from: it mitigates what whoever raises it answers for, and else relates to it.
///
/// # Errors
/// When the database refuses.
pub(super) async fn from_origin(tx: &mut Tx, entered: &Entered, made: &Item) -> Result<()> {
    let Detail::Action(own) = &made.detail else { return Ok(()) };
    let Some(from) = own.from_item.map(ItemId) else { return Ok(()) };
    let origin = store::item::by_ids(tx, &[from]).await?;
    if origin.first().is_some_and(|item| entered.may_edit(item)) {
        return link_to_origin(tx, std::slice::from_ref(made)).await;
    }
    store::link::insert(tx, &[(made.id, "relates".to_owned(), from, made.effective_on)]).await?;
    Ok(())
}

/// The references of the items that an item's links of this relation lead to.
///
/// # Errors
/// When the database is away.
pub async fn from(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    item: &Item,
    relation: &str,
) -> Result<Vec<String>> {
    let links = store::link::of(&app.db, item.id, ctx.reader(), entered.as_of()).await?;
    let out = links.iter().filter(|link| link.outward && link.relation == relation);
    Ok(out.map(|link| link.reference.to_string()).collect())
}
