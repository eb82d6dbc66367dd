//! Typed links between items.

use super::access::Entered;
use super::item::find;
use super::{App, Ctx, Result};
use crate::domain::draft::{FieldError, Named, Refused};
use crate::domain::event::Event;
use crate::domain::ids::ItemId;
use crate::domain::item::Item;
use crate::domain::kind::Kind;
use crate::store::{self};

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
