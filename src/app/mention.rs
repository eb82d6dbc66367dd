//! Mentions of people: found among those who may see the program, and told to them until they have seen it or answered.

use super::access::Entered;
use super::{App, Ctx, Error, Result};
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::kind::Reference;
use crate::domain::mention::{Known, Mentioned, spoken};
pub use crate::store::mention::Mention;
use crate::store::{self, Tx};
use uuid::Uuid;

/// Who is meant by the names in texts of a program, so that they can be shown as links.
///
/// # Errors
/// When the database is away.
pub async fn people<'t>(
    app: &App,
    entered: &Entered,
    texts: impl IntoIterator<Item = &'t str>,
) -> Result<Mentioned> {
    let names = spoken(texts);
    if names.is_empty() {
        return Ok(Mentioned::default());
    }
    Ok(Mentioned::new(&store::mention::known(&app.db, entered.program().id, &names).await?))
}

/// Keeps who is mentioned in texts of items of one program. `comment` is where it stands, if not in the item itself; `but` is somebody
/// who is told of it already.
///
/// # Errors
/// When the database is away.
pub(super) async fn keep(
    tx: &mut Tx,
    program: ProgramId,
    texts: &[(ItemId, &str)],
    comment: Option<Uuid>,
    but: Option<PersonId>,
) -> Result<()> {
    let names = spoken(texts.iter().map(|(_, text)| *text));
    if names.is_empty() {
        return Ok(());
    }
    let people = Mentioned::new(&store::mention::known_in(tx, program, &names).await?);
    let mut found: Vec<(ItemId, PersonId)> = texts
        .iter()
        .flat_map(|(item, text)| people.of(text).into_iter().map(|person| (*item, person)))
        .filter(|(_, person)| Some(*person) != but)
        .collect();
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        return Ok(());
    }
    Ok(store::mention::keep(tx, &found, comment).await?)
}

/// Who can be mentioned in a program by what begins so: the name, and what stands for them alone, which is the name, or the handle
/// of who shares it.
///
/// # Errors
/// When the database is away.
pub async fn beginning(app: &App, entered: &Entered, text: &str) -> Result<Vec<(String, String)>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let found = store::mention::beginning(&app.db, entered.program().id, text).await?;
    let meant = Mentioned::new(&found);
    let says = |one: &Known| {
        let alone = meant.of(&format!("@{}", one.name)) == [one.person];
        let handle = || one.handle.as_ref().map(|handle| handle.trim_start_matches('@').to_owned());
        if alone { Some(one.name.clone()) } else { handle() }
    };
    Ok(found.iter().filter_map(|one| Some((one.name.clone(), says(one)?))).collect())
}

/// Where the viewer is mentioned and hasn't seen it yet. Nothing is told in the past.
///
/// # Errors
/// When the database is away.
pub async fn mine(app: &App, ctx: &Ctx) -> Result<Vec<Mention>> {
    if ctx.as_of.is_some_and(|day| day < ctx.today()) {
        return Ok(Vec::new());
    }
    Ok(store::mention::mine(&app.db, ctx.reader()).await?)
}

/// Keeps that the viewer has seen where they are mentioned.
///
/// # Errors
/// Not found where they are not; forbidden to a token that only reads.
pub async fn see(app: &App, ctx: &Ctx, reference: &str) -> Result<()> {
    let reference = Reference::parse(reference).ok_or(Error::NotFound)?;
    // Of what they may not see any more it is not said that they were named there.
    if !mine(app, ctx).await?.iter().any(|one| one.reference == reference) {
        return Err(Error::NotFound);
    }
    ctx.must_write()?;
    store::mention::see(&app.db, ctx.viewer.person, &reference, ctx.now).await?;
    Ok(())
}
