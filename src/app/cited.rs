//! What texts refer to.

use super::access::Entered;
use super::{App, Ctx, Result};
use crate::domain::draft::Named;
use crate::domain::kind::Reference;
use crate::store;

/// The references in texts that lead somewhere for the viewer, each once. `here`: the program that they read, if it is one.
///
/// # Errors
/// When the database is away.
pub async fn seen<'t>(
    app: &App,
    ctx: &Ctx,
    here: Option<&Entered>,
    texts: impl IntoIterator<Item = &'t str>,
) -> Result<Vec<Reference>> {
    let mut found: Vec<Reference> = texts.into_iter().flat_map(Reference::find_all).collect();
    found.sort();
    found.dedup();
    let names: Vec<_> = found.iter().map(|reference| Named::Item(reference.to_string())).collect();
    let program = here.map(|entered| entered.program().id);
    let directory = store::lookup::directory(&app.db, program, ctx.reader(), &names).await?;
    found.retain(|reference| directory.items.contains_key(&reference.to_string().to_lowercase()));
    Ok(found)
}
