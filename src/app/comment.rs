//! Comments on items.

use super::access::Entered;
use super::item::{find, must_stand};
use super::{App, Ctx, Error, Result, mention};
use crate::domain::event::Event;
use crate::domain::ids::PersonId;
use crate::domain::item::Item;
use crate::domain::kind::{Kind, Reference};
use crate::store::{self, new_id};
use uuid::Uuid;

/// Comments on an item: any contributor may.
///
/// # Errors
/// Forbidden, or refused when it is empty or too long.
pub async fn add(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    number: i32,
    body: &str,
) -> Result<Uuid> {
    entered.must_raise()?;
    let item = find(app, entered, kind, number).await?.item;
    write(app, ctx, entered, &item, body, None).await
}

/// Asks about an item whoever owns it, else the program's manager: a comment that begins with their name, and a question in their work until
/// they answer. Any contributor may, and whom a decision waits for.
///
/// # Errors
/// Forbidden; refused when it is empty or too long, or when there is nobody to ask.
pub async fn ask(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    number: i32,
    question: &str,
) -> Result<Uuid> {
    let stored = find(app, entered, kind, number).await?;
    if !entered.is_asked(&stored.item) {
        entered.must_raise()?;
    }
    if question.trim().is_empty() {
        return Err(Error::refused("question", "Say what you want to know."));
    }
    let Some(person) = stored.item.owner.or(entered.program().manager) else {
        return Err(Error::refused("question", "Nobody owns it: there is nobody to ask."));
    };
    let name = store::people::person(&app.db, person, None).await?.map(|person| person.name);
    let body = format!("@{} {}", name.unwrap_or_default(), question.trim());
    write(app, ctx, entered, &stored.item, &body, Some(person)).await
}

async fn write(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    item: &Item,
    body: &str,
    asked: Option<PersonId>,
) -> Result<Uuid> {
    must_stand(item)?;
    let body = body.replace("\r\n", "\n").trim().to_owned();
    if body.is_empty() || body.chars().count() > 20_000 {
        return Err(Error::refused("body", "A comment has 1 to 20,000 characters."));
    }
    if body.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Error::refused(
            "body",
            "There is a control character in it that can't be kept; take it out.",
        ));
    }
    let id = new_id(ctx.now);
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    store::comment::insert(&mut tx, id, item.id, &body, entered.today()).await?;
    if let Some(person) = asked {
        store::waiting::ask(&mut tx, id, item.id, person).await?;
    }
    let references = Reference::find_all(&body);
    store::link::mention(&mut tx, &references.into_iter().map(|named| (item.id, named)).collect::<Vec<_>>())
        .await?;
    mention::keep(&mut tx, item.program, &[(item.id, body.as_str())], Some(id), asked).await?;
    tx.record(Some(item.program), Some(item.id), entered.today(), &Event::Commented {});
    tx.commit().await?;
    Ok(id)
}
