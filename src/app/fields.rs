//! What is wrong with the fields of an item, told without writing it.

use super::access::Entered;
use super::item::lookup;
use super::{App, Ctx, Result};
use crate::domain::draft::{Control, Draft, Field, FieldError};
use crate::domain::item;
use crate::domain::kind::Kind;

/// What is wrong with the fields of a draft, each for itself. Of people nothing is said: who isn't known may be made.
///
/// # Errors
/// When the database is away.
pub async fn wrong(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    mut draft: Draft,
) -> Result<Vec<FieldError>> {
    let people =
        |field: &&Field| matches!(field.control, Control::Person | Control::People | Control::Holders);
    let fields: Vec<_> = item::fields(kind).filter(|field| !people(field)).collect();
    draft.0.retain(|name, _| fields.iter().any(|field| field.name == name));
    let names = draft.names(fields.iter().copied());
    let directory = lookup(app, ctx, entered, &names).await?;
    Ok(draft.check(fields, &directory).err().map(|refused| refused.errors).unwrap_or_default())
}
