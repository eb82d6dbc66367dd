//! What the fields of an item may name: a check is of a gate, a gate of a milestone or release, each of the same program.

use super::access::Entered;
use super::{App, Ctx, Result, item};
use crate::domain::draft::{FieldError, Refused};
use crate::domain::item::Item;
use crate::domain::kind::Kind;
use uuid::Uuid;

/// The fields that name an item of one kind, of the same program.
const fn fields(kind: Kind) -> &'static [(&'static str, Kind)] {
    match kind {
        Kind::Check => &[("gate", Kind::Gate)],
        Kind::Gate => &[("milestone", Kind::Milestone), ("release", Kind::Release)],
        Kind::Release => &[("milestone", Kind::Milestone)],
        _ => &[],
    }
}

/// Sees that an item names what it may.
///
/// # Errors
/// Refused, beside each field that names something else.
pub(super) async fn check(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<()> {
    let fields = fields(item.kind);
    if fields.is_empty() {
        return Ok(());
    }
    let own = item.detail.values();
    let names = item::names_in(app, ctx, [&own]).await?;
    let odd = fields.iter().filter_map(|(field, wanted)| {
        let id: Uuid = own.get(*field)?.as_str()?.parse().ok()?;
        let found = names.items.get(&id).map(|(reference, _)| reference);
        if found.is_some_and(|found| found.kind == *wanted && found.program == entered.key()) {
            return None;
        }
        let what = found.map_or_else(|| "This".to_owned(), ToString::to_string);
        Some(FieldError::new(
            *field,
            format!("{what} is no {} of this program.", wanted.label().to_lowercase()),
        ))
    });
    let errors: Vec<_> = odd.collect();
    if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }.into()) }
}
