//! An assumption that is false, or that nobody tested in time, becomes a risk or an issue.

use super::access::Entered;
use super::item::{blank, find, must_stand, write_new};
use super::{App, Ctx, Error, Result};
use crate::domain::draft::{Control, Field};
use crate::domain::event::Event;
use crate::domain::issue::Issue;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::risk::Risk;
use crate::store;

/// What it is asked.
pub const FIELDS: &[Field] =
    &[Field::new("kind", "What it becomes", Control::Choice(&[("risk", "A risk"), ("issue", "An issue")]))
        .required()];

/// The severity of an issue that nobody has weighed yet: serious, of 1 to 4.
const SEVERITY: i16 = 2;

/// Raises the risk or issue that an assumption becomes, linked to it, with what is known of it.
///
/// # Errors
/// Forbidden for viewers; refused for one that was validated, and where it became one already.
pub async fn becomes(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    kind: Option<Kind>,
) -> Result<Item> {
    entered.must_raise()?;
    let stored = find(app, entered, Kind::Assumption, number).await?.item;
    must_stand(&stored)?;
    let Some(kind) = kind.filter(|kind| matches!(kind, Kind::Risk | Kind::Issue)) else {
        return Err(Error::refused("kind", "An assumption becomes a risk or an issue."));
    };
    let Detail::Assumption(own) = &stored.detail else { return Err(Error::NotFound) };
    if stored.state == State::Validated {
        return Err(Error::refused("", "It was validated: there is nothing to become of it."));
    }
    let here = Reference { program: entered.key().to_owned(), kind: Kind::Assumption, number };
    let on = entered.today();
    let mut made = blank(stored.program, kind, ctx.now, on);
    made.title.clone_from(&stored.title);
    made.owner = stored.owner;
    made.project = stored.project;
    made.description = format!("Raised from the assumption {here}.");
    made.detail = if kind == Kind::Risk {
        Detail::Risk(Box::new(Risk {
            cause: format!("It was assumed that: {}", stored.title),
            event: "The assumption turns out to be false".into(),
            effect: own.impact_if_false.clone(),
            ..Risk::default()
        }))
    } else {
        if !own.impact_if_false.is_empty() {
            made.description = format!("{}\n\n{}", own.impact_if_false, made.description);
        }
        Detail::Issue(Issue { severity: SEVERITY, ..Issue::default() })
    };
    made.settle();
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    // Somebody may be doing the same at this moment: one raises it, and the other then finds it.
    store::hold::hold(&mut tx, stored.id).await?;
    if let Some(became) = store::link::caused(&mut tx, stored.id, kind).await? {
        return Err(Error::refused("", format!("It became {became} already.")));
    }
    made.number = store::item::take_numbers(&mut tx, stored.program, kind, 1).await?;
    write_new(&mut tx, kind, std::slice::from_ref(&made)).await?;
    store::link::insert(&mut tx, &[(stored.id, "causes".into(), made.id, on)]).await?;
    tx.record(Some(stored.program), Some(made.id), on, &Event::Raised {});
    let to = Reference { program: entered.key().to_owned(), kind, number: made.number }.to_string();
    let linked = Event::Linked { relation: "causes".into(), to };
    tx.record(Some(stored.program), Some(stored.id), on, &linked);
    tx.commit().await?;
    Ok(made)
}
