//! Search over all programs that the reader may see. What they may not see is not found, not counted and not hinted at.

use super::{App, Ctx, Result};
use crate::domain::kind::{Kind, Reference};
use crate::store;
use crate::store::search::{Hit, Named, Question};

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The item that the text refers to by itself: `#ATLAS-R12`.
    pub exact: Option<Reference>,
    pub items: Vec<Hit>,
    /// How many items there are in all.
    pub total: i64,
    /// Programs, projects, people and teams by name; on the first page only.
    pub named: Vec<Named>,
}

/// Finds an item by its reference, items by their words, and programs, projects, people and teams by their names.
///
/// # Errors
/// When the database is away.
pub async fn search(
    app: &App,
    ctx: &Ctx,
    text: &str,
    kind: Option<Kind>,
    limit: i64,
    offset: i64,
) -> Result<Found> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Found::default());
    }
    let exact = match Reference::parse(text) {
        Some(reference) if store::search::is_there(&app.db, ctx.reader(), &reference).await? => {
            Some(reference)
        }
        _ => None,
    };
    let as_of = ctx.as_of.filter(|day| *day < ctx.today());
    let question = Question { reader: ctx.reader(), text, kind, as_of, limit, offset };
    let items = store::search::items(&app.db, &question).await?;
    let total = items.first().map_or(0, |hit| hit.total);
    let named = if offset == 0 && kind.is_none() {
        store::search::named(&app.db, ctx.reader(), text, as_of).await?
    } else {
        Vec::new()
    };
    Ok(Found { exact, items, total, named })
}
