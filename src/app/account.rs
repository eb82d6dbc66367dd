//! Accounts: signing in and out, the first administrator, and what administrators do with the accounts of others.

use super::secret::{self, Secret};
use super::{App, Ctx, Error, Over, Result, Viewer, password};
use crate::domain::draft::{Control, Directory, Draft, Field};
use crate::domain::ids::{AccountId, PersonId};
use crate::domain::people::Person;
use crate::store::access::Holder;
pub use crate::store::account::Account;
use crate::store::account::NewAccount;
use crate::store::{self, Stamp, Tx, new_id};
use chrono::TimeDelta;
use serde_json::Value;

/// How long a session lasts from sign-in.
const SESSION: TimeDelta = TimeDelta::days(14);
/// How long a set-up link opens.
const SETUP: TimeDelta = TimeDelta::days(7);

/// The fields of an account that an administrator makes.
pub const FIELDS: &[Field] = &[
    Field::new("name", "Name", Control::Line(120)).required(),
    Field::new("email", "E-mail", Control::Line(254)).required(),
    Field::new("admin", "Administrator", Control::Flag),
];

impl From<Holder> for Viewer {
    fn from(holder: Holder) -> Self {
        let Holder { account, person, name, email, admin, may_write } = holder;
        Self { account, person, name, email, admin, may_write }
    }
}

/// Who holds this session, if it has not ended.
///
/// # Errors
/// When the database is away.
pub async fn by_session(app: &App, session: &str) -> Result<Option<Viewer>> {
    let holder = store::access::by_session(&app.db, &secret::hash(session), app.clock.now()).await?;
    Ok(holder.map(Viewer::from))
}

/// Who holds this token, if it is neither revoked nor expired.
///
/// # Errors
/// When the database is away.
pub async fn by_token(app: &App, token: &str) -> Result<Option<Viewer>> {
    let holder = store::access::by_token(&app.db, &secret::hash(token), app.clock.now()).await?;
    Ok(holder.map(Viewer::from))
}

/// Somebody who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The new session.
    pub session: Secret,
    /// The password was given by somebody else: it is to be changed.
    pub password_temporary: bool,
}

/// Signs in. The answer is the same for an unknown address, a wrong password and a locked account, and takes as long. The
/// session that the browser had before ends.
///
/// # Errors
/// Refused; or [`Error::Busy`] when too many sign in at once.
pub async fn sign_in(app: &App, email: &str, password: &str, before: Option<&str>) -> Result<SignedIn> {
    let wrong = || {
        Error::refused(
            "",
            "That address and password don't go together. Check both; after several wrong tries an account is locked for some minutes.",
        )
    };
    let now = app.clock.now();
    let email = email.trim().to_lowercase();
    let found =
        if email.contains('\0') { None } else { store::account::credentials(&app.db, &email).await? };
    let open = found.filter(|found| found.locked_until.is_none_or(|until| until <= now));
    let hash = open.as_ref().and_then(|open| open.password_hash.clone());
    let right = password::is_right(app, password, hash).await?;
    let Some(open) = open else { return Err(wrong()) };
    if !right {
        store::account::count_failure(&app.db, open.account, now).await?;
        return Err(wrong());
    }
    // Others may have tried meanwhile, and locked it.
    if !store::account::clear_failures(&app.db, open.account, now).await? {
        return Err(wrong());
    }
    if let Some(before) = before {
        store::account::end_session(&app.db, &secret::hash(before)).await?;
    }
    let session = open_session(app, open.account).await?;
    Ok(SignedIn { session, password_temporary: open.password_temporary })
}

/// Opens a session without a password: for whoever has just proved who they are.
pub(super) async fn open_session(app: &App, account: AccountId) -> Result<Secret> {
    let session = Secret::new("")?;
    let now = app.clock.now();
    store::account::open_session(&app.db, account, &session.hash(), now, now + SESSION).await?;
    Ok(session)
}

/// Ends a session.
///
/// # Errors
/// When the database is away.
pub async fn sign_out(app: &App, session: &str) -> Result<()> {
    Ok(store::account::end_session(&app.db, &secret::hash(session)).await?)
}

/// Changes the viewer's own password; every session ends, and a new one is opened.
///
/// # Errors
/// Refused for a wrong current password or an unfit new one; forbidden to tokens that may only read.
pub async fn change_password(app: &App, ctx: &Ctx, current: &str, new: &str) -> Result<Secret> {
    ctx.must_write()?;
    let hash = store::account::password_hash(&app.db, ctx.viewer.account).await?;
    if !password::is_right(app, current, hash).await? {
        store::account::count_failure(&app.db, ctx.viewer.account, ctx.now).await?;
        return Err(Error::refused("current_password", "This is not your password."));
    }
    password::fit(new, &ctx.viewer.email, "new_password")?;
    let hash = password::hash(app, new).await?;
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    store::account::set_password(&mut tx, ctx.viewer.account, &hash, false).await?;
    tx.commit().await?;
    open_session(app, ctx.viewer.account).await
}

/// The secret of a link that makes the first administrator, where there is no account yet.
///
/// # Errors
/// When the database is away.
pub async fn offer_setup(app: &App) -> Result<Option<Secret>> {
    if store::account::any(&app.db).await? {
        return Ok(None);
    }
    let secret = Secret::new("")?;
    let now = app.clock.now();
    store::account::keep_setup_link(&app.db, &secret.hash(), now, now - SETUP).await?;
    Ok(Some(secret))
}

/// Whether a set-up link would open.
///
/// # Errors
/// When the database is away.
pub async fn setup_opens(app: &App, link: &str) -> Result<bool> {
    let since = app.clock.now() - SETUP;
    Ok(store::account::setup_link_opens(&app.db, &secret::hash(link), since).await?)
}

/// Makes the first administrator by the set-up link, and signs them in. It works once.
///
/// # Errors
/// [`Error::NotFound`] for a link that opens nothing; refused for an unfit name, address or password.
pub async fn set_up(app: &App, link: &str, draft: &Draft) -> Result<Secret> {
    if !setup_opens(app, link).await? {
        return Err(Error::NotFound);
    }
    let mut fields = draft.clone();
    let password = fields.0.shift_remove("password");
    let password = password.as_ref().and_then(Value::as_str).unwrap_or_default();
    let shown = &fields;
    let asked = read(&fields).map_err(|error| error.with_draft(shown))?;
    password::fit(password, &asked.email, "password").map_err(|error| error.with_draft(shown))?;
    let hash = password::hash(app, password).await?;
    let stamp = Stamp { now: app.clock.now(), actor: None, reason: String::new() };
    let mut tx = app.db.begin(&stamp).await?;
    if store::account::lock_first(&mut tx).await? {
        return Err(Error::NotFound);
    }
    let asked = Asked { admin: true, ..asked };
    let account =
        insert(&mut tx, &asked, Some(hash), false).await.map_err(|error| error.with_draft(shown))?;
    store::account::use_setup_links(&mut tx).await?;
    tx.commit().await?;
    open_session(app, account).await
}

struct Asked {
    name: String,
    email: String,
    admin: bool,
}

fn read(draft: &Draft) -> Result<Asked> {
    let values = draft.check(FIELDS, &Directory::default())?;
    let text = |name: &str| values[name].as_str().unwrap_or_default().to_owned();
    let email = text("email").to_lowercase();
    if !crate::domain::people::is_email(&email) {
        return Err(Error::refused("email", "This is not an e-mail address."));
    }
    Ok(Asked { name: text("name"), email, admin: values["admin"] == true })
}

/// Makes an account, for the person who has this address or for a new one.
async fn insert(tx: &mut Tx, asked: &Asked, hash: Option<String>, temporary: bool) -> Result<AccountId> {
    let now = tx.stamp().now;
    let person = if let Some(person) = store::people::id_by_email(tx, &asked.email).await? {
        person
    } else {
        let id = PersonId(new_id(now));
        let (name, email) = (asked.name.clone(), Some(asked.email.clone()));
        let person = Person { name, email, ..Person::new(id, now.date_naive()) };
        store::people::insert_person(tx, &person).await?;
        id
    };
    let account = NewAccount {
        id: AccountId(new_id(now)),
        person,
        email: asked.email.clone(),
        password_hash: hash,
        password_temporary: temporary,
        admin: asked.admin,
    };
    store::account::insert(tx, &account).await?;
    tx.touch(None);
    Ok(account.id)
}

/// The accounts of the instance.
///
/// # Errors
/// Forbidden but for administrators.
pub async fn list(app: &App, ctx: &Ctx) -> Result<Vec<Account>> {
    must_see(ctx)?;
    Ok(store::account::list(&app.db).await?)
}

/// One account.
///
/// # Errors
/// Forbidden but for administrators; [`Error::NotFound`].
pub async fn find(app: &App, ctx: &Ctx, id: AccountId) -> Result<Account> {
    must_see(ctx)?;
    store::account::find(&app.db, id).await?.ok_or(Error::NotFound)
}

const fn must_see(ctx: &Ctx) -> Result<()> {
    if ctx.viewer.admin { Ok(()) } else { Err(Error::Forbidden("Only an administrator may see accounts.")) }
}

/// Makes an account with a first password, which is shown once and to be changed at the first sign-in.
///
/// # Errors
/// Forbidden but for administrators; refused with the draft's errors.
pub async fn make(app: &App, ctx: &Ctx, draft: &Draft) -> Result<(Account, Secret)> {
    ctx.must_administer()?;
    let asked = read(draft).map_err(|error| error.with_draft(draft))?;
    let first = Secret::typed()?;
    let hash = password::hash(app, first.reveal()).await?;
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let id = insert(&mut tx, &asked, Some(hash), true).await.map_err(|error| error.with_draft(draft))?;
    tx.commit().await?;
    Ok((find(app, ctx, id).await?, first))
}

/// Makes an account from the shell, where whoever may run it may do anything.
///
/// # Errors
/// Refused with the draft's errors, or for an unfit password.
pub async fn add(app: &App, draft: &Draft, password: Option<&str>) -> Result<(AccountId, Option<Secret>)> {
    let asked = read(draft)?;
    let first = if password.is_some() { None } else { Some(Secret::typed()?) };
    let chosen = first.as_ref().map(Secret::reveal).or(password).unwrap_or_default();
    password::fit(chosen, &asked.email, "password")?;
    let hash = password::hash(app, chosen).await?;
    let stamp = Stamp { now: app.clock.now(), actor: None, reason: String::new() };
    let mut tx = app.db.begin(&stamp).await?;
    let id = insert(&mut tx, &asked, Some(hash), first.is_some()).await?;
    tx.commit().await?;
    Ok((id, first))
}

/// Changes what an account may do: `admin` and `disabled`, each left as it is for none. The last administrator who can sign in
/// stays one.
///
/// # Errors
/// Forbidden but for administrators; stale; refused for the last administrator.
pub async fn change(
    app: &App,
    ctx: &Ctx,
    id: AccountId,
    version: Over,
    admin: Option<bool>,
    disabled: Option<bool>,
) -> Result<Account> {
    ctx.must_administer()?;
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let administrators = store::account::lock_administrators(&mut tx).await?;
    let stored = find(app, ctx, id).await?;
    version.must_be(stored.version)?;
    let admin = admin.unwrap_or(stored.admin);
    let disabled_at = match disabled {
        Some(true) => stored.disabled_at.or(Some(ctx.now)),
        Some(false) => None,
        None => stored.disabled_at,
    };
    if administrators == [id] && (!admin || disabled_at.is_some()) {
        let field = if admin { "disabled" } else { "admin" };
        return Err(Error::refused(
            field,
            "This is the last administrator: make somebody else administrator first.",
        ));
    }
    if !store::account::update(&mut tx, id, stored.version, admin, disabled_at).await? {
        return Err(Error::Stale { current: stored.version });
    }
    tx.commit().await?;
    find(app, ctx, id).await
}

/// Gives an account a new first password, shown once; its sessions end.
///
/// # Errors
/// Forbidden but for administrators; [`Error::NotFound`].
pub async fn reset_password(app: &App, ctx: &Ctx, id: AccountId) -> Result<(Account, Secret)> {
    ctx.must_administer()?;
    if id == ctx.viewer.account {
        return Err(Error::refused(
            "",
            "Change your own password under “Password”: this would sign you out for good.",
        ));
    }
    let first = Secret::typed()?;
    let hash = password::hash(app, first.reveal()).await?;
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    if !store::account::set_password(&mut tx, id, &hash, true).await? {
        return Err(Error::NotFound);
    }
    tx.commit().await?;
    Ok((find(app, ctx, id).await?, first))
}

/// The account that signs in with this address, for commands.
///
/// # Errors
/// When the database is away.
pub async fn by_email(app: &App, email: &str) -> Result<Option<AccountId>> {
    Ok(store::account::by_email(&app.db, &email.trim().to_lowercase()).await?)
}
