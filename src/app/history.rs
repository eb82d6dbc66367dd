//! The audit trail: who changed what, when and why.

use super::access::Entered;
use super::{App, Ctx, Result};
use crate::domain::event::Event;
use crate::store;
use crate::store::event::{Happened, Import, Span};
use crate::store::lookup::Names;

/// A page of the trail, newest first, with how many events there are in all and the people that they name.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    pub events: Vec<Happened>,
    pub total: i64,
    pub names: Names,
}

/// The imports into the programs that the viewer may see, the latest first.
///
/// # Errors
/// When the database is away.
pub async fn imports(app: &App, ctx: &Ctx) -> Result<Vec<Import>> {
    let programs: Vec<_> =
        super::program::visible(app, ctx).await?.iter().map(|visible| visible.program.id).collect();
    Ok(store::event::imports(&app.db, &programs, ctx.as_of).await?)
}

/// Reads a page of the audit trail, up to the day that is shown.
///
/// # Errors
/// When the database is away.
pub async fn list(app: &App, ctx: &Ctx, entered: &Entered, span: &Span) -> Result<Trail> {
    let shown = entered.as_of();
    let until = span.until.into_iter().chain(shown).min();
    let span = Span { until, ..span.clone() };
    let (events, total) = store::event::list(&app.db, entered.program().id, entered.key(), &span).await?;
    let mut people = Vec::new();
    for happened in &events {
        match &happened.event {
            Event::Handed { from, to } => people.extend(from.iter().chain(to)),
            Event::Escalated { to, .. } => people.push(*to),
            Event::MemberSet { person, .. } => people.extend(person.parse::<uuid::Uuid>()),
            _ => {}
        }
    }
    let names = store::lookup::names(&app.db, ctx.reader(), &people).await?;
    Ok(Trail { events, total, names })
}
