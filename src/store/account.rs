//! Accounts, their sessions and tokens, and the set-up link. They are of this instance, not of a program: they have no
//! history, and what is counted here (failed sign-ins) is no event of anybody's program.

use super::{Db, Result, Tx};
use crate::domain::ids::{AccountId, PersonId, TokenId};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// An account as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    pub id: AccountId,
    pub person: PersonId,
    pub name: String,
    pub email: String,
    pub admin: bool,
    pub disabled_at: Option<DateTime<Utc>>,
    /// Wrong passwords since the last right one.
    pub failed_sign_ins: i32,
    pub locked_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub version: i32,
}

/// The accounts of the instance, by name.
///
/// # Errors
/// When the database refuses.
pub async fn list(db: &Db) -> Result<Vec<Account>> {
    sqlx::query_as!(
        Account,
        r#"select a.id as "id: AccountId", a.person as "person: PersonId", p.name, a.email, a.admin, a.disabled_at,
                  a.failed_sign_ins, a.locked_until, a.created_at, a.version
           from account a join person p on p.id = a.person order by p.name collate "und-x-icu", a.id"#
    )
    .fetch_all(db.pool())
    .await
}

/// One account.
///
/// # Errors
/// When the database refuses.
pub async fn find(db: &Db, id: AccountId) -> Result<Option<Account>> {
    sqlx::query_as!(
        Account,
        r#"select a.id as "id: AccountId", a.person as "person: PersonId", p.name, a.email, a.admin, a.disabled_at,
                  a.failed_sign_ins, a.locked_until, a.created_at, a.version
           from account a join person p on p.id = a.person where a.id = $1"#,
        id.0
    )
    .fetch_optional(db.pool())
    .await
}

/// The account that signs in with this e-mail address.
///
/// # Errors
/// When the database refuses.
pub async fn by_email(db: &Db, email: &str) -> Result<Option<AccountId>> {
    sqlx::query_scalar!(r#"select id as "id: AccountId" from account where email = $1"#, email)
        .fetch_optional(db.pool())
        .await
}

/// Whether there is any account.
///
/// # Errors
/// When the database refuses.
pub async fn any(db: &Db) -> Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from account) as "any!""#).fetch_one(db.pool()).await
}

/// What a sign-in is checked against.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub account: AccountId,
    pub password_hash: Option<String>,
    pub password_temporary: bool,
    pub locked_until: Option<DateTime<Utc>>,
}

/// The credentials of an account that may sign in, by e-mail address.
///
/// # Errors
/// When the database refuses.
pub async fn credentials(db: &Db, email: &str) -> Result<Option<Credentials>> {
    sqlx::query_as!(
        Credentials,
        r#"select id as "account: AccountId", password_hash, password_temporary, locked_until from account
           where email = $1 and disabled_at is null"#,
        email
    )
    .fetch_optional(db.pool())
    .await
}

/// The password hash of an account.
///
/// # Errors
/// When the database refuses.
pub async fn password_hash(db: &Db, account: AccountId) -> Result<Option<String>> {
    sqlx::query_scalar!("select password_hash from account where id = $1", account.0)
        .fetch_optional(db.pool())
        .await
        .map(Option::flatten)
}

/// Counts a wrong password; from the fifth on the account is locked, for one minute, then two, four … up to an hour.
///
/// # Errors
/// When the database refuses.
pub async fn count_failure(db: &Db, account: AccountId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update account set failed_sign_ins = failed_sign_ins + 1,
             locked_until = case when failed_sign_ins + 1 >= 5
                 then $2::timestamptz + least(60, power(2, least(failed_sign_ins + 1 - 5, 10))) * interval '1 minute' end
         where id = $1",
        account.0,
        now,
    )
    .execute(db.pool())
    .await
    .map(drop)
}

/// Forgets wrong passwords after a right one; whether the account was not locked meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn clear_failures(db: &Db, account: AccountId, now: DateTime<Utc>) -> Result<bool> {
    let cleared = sqlx::query!(
        "update account set failed_sign_ins = 0, locked_until = null
         where id = $1 and (locked_until is null or locked_until <= $2) and disabled_at is null",
        account.0,
        now,
    )
    .execute(db.pool())
    .await?;
    Ok(cleared.rows_affected() == 1)
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub id: AccountId,
    pub person: PersonId,
    pub email: String,
    pub password_hash: Option<String>,
    /// The password was given by somebody else.
    pub password_temporary: bool,
    pub admin: bool,
}

/// Makes an account.
///
/// # Errors
/// `account_email_unique` or `account_person_unique` when there is one already.
pub async fn insert(tx: &mut Tx, account: &NewAccount) -> Result<()> {
    let now = tx.stamp().now;
    sqlx::query!(
        "insert into account (id, person, email, password_hash, password_temporary, admin, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        account.id.0,
        account.person.0,
        account.email,
        account.password_hash,
        account.password_temporary,
        account.admin,
        now,
    )
    .execute(tx.conn())
    .await
    .map(drop)
}

/// Changes what an account may do; whether nobody else wrote in between. Disabling ends its sessions.
///
/// # Errors
/// When the database refuses.
pub async fn update(
    tx: &mut Tx,
    id: AccountId,
    version: i32,
    admin: bool,
    disabled_at: Option<DateTime<Utc>>,
) -> Result<bool> {
    let written = sqlx::query!(
        "with written as (
             update account set admin = $3, disabled_at = $4, version = version + 1 where id = $1 and version = $2
             returning id, disabled_at
         ), ended as (
             delete from session using written where session.account = written.id and written.disabled_at is not null
         )
         select id from written",
        id.0,
        version,
        admin,
        disabled_at,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(written.is_some())
}

/// The administrators that can sign in; they stay so until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock_administrators(tx: &mut Tx) -> Result<Vec<AccountId>> {
    sqlx::query_scalar!(
        r#"select id as "id: AccountId" from account where admin and disabled_at is null order by id for update"#
    )
    .fetch_all(tx.conn())
    .await
}

/// Keeps others from making the first account until the transaction ends; whether there is one already.
///
/// # Errors
/// When the database refuses.
pub async fn lock_first(tx: &mut Tx) -> Result<bool> {
    sqlx::query!("lock table account in share row exclusive mode").execute(tx.conn()).await?;
    sqlx::query_scalar!(r#"select exists (select from account) as "any!""#).fetch_one(tx.conn()).await
}

/// Sets a password and ends the account's sessions.
///
/// # Errors
/// When the database refuses.
pub async fn set_password(tx: &mut Tx, id: AccountId, hash: &str, temporary: bool) -> Result<bool> {
    let written = sqlx::query!(
        "with written as (
             update account set password_hash = $2, password_temporary = $3, failed_sign_ins = 0, locked_until = null,
                 version = version + 1
             where id = $1 returning id
         ), ended as (
             delete from session using written where session.account = written.id
         )
         select id from written",
        id.0,
        hash,
        temporary,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(written.is_some())
}

/// Opens a session, and clears away those that have ended.
///
/// # Errors
/// When the database refuses.
pub async fn open_session(
    db: &Db,
    account: AccountId,
    secret_hash: &[u8],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with ended as (delete from session where expires_at <= $3)
         insert into session (token_hash, account, created_at, expires_at) values ($1, $2, $3, $4)",
        secret_hash,
        account.0,
        now,
        expires_at,
    )
    .execute(db.pool())
    .await
    .map(drop)
}

/// Ends a session.
///
/// # Errors
/// When the database refuses.
pub async fn end_session(db: &Db, secret_hash: &[u8]) -> Result<()> {
    sqlx::query!("delete from session where token_hash = $1", secret_hash).execute(db.pool()).await.map(drop)
}

/// Keeps a set-up link; those made before `since` open nothing any more and are cleared away.
///
/// # Errors
/// When the database refuses.
pub async fn keep_setup_link(
    db: &Db,
    secret_hash: &[u8],
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with stale as (delete from setup_link where created_at < $3)
         insert into setup_link (token_hash, created_at) values ($1, $2)",
        secret_hash,
        now,
        since,
    )
    .execute(db.pool())
    .await
    .map(drop)
}

/// Whether a set-up link, made no earlier than `since`, would open: there is no account yet.
///
/// # Errors
/// When the database refuses.
pub async fn setup_link_opens(db: &Db, secret_hash: &[u8], since: DateTime<Utc>) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from setup_link where token_hash = $1 and created_at >= $2)
                  and not exists (select from account) as "opens!""#,
        secret_hash,
        since,
    )
    .fetch_one(db.pool())
    .await
}

/// Uses up the set-up links.
///
/// # Errors
/// When the database refuses.
pub async fn use_setup_links(tx: &mut Tx) -> Result<()> {
    sqlx::query!("delete from setup_link").execute(tx.conn()).await.map(drop)
}

/// A token as its holder sees it: never its secret.
#[derive(Clone, Debug, Serialize)]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    pub scopes: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The tokens of an account that were not revoked, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn tokens(db: &Db, account: AccountId) -> Result<Vec<Token>> {
    sqlx::query_as!(
        Token,
        r#"select id as "id: TokenId", name, scopes, created_at, expires_at, last_used_at from api_token
           where account = $1 and revoked_at is null order by created_at desc, id desc"#,
        account.0
    )
    .fetch_all(db.pool())
    .await
}

/// Keeps a token.
///
/// # Errors
/// A named constraint that refuses its name or scopes.
pub async fn insert_token(tx: &mut Tx, account: AccountId, token: &Token, secret_hash: &[u8]) -> Result<()> {
    sqlx::query!(
        "insert into api_token (id, account, name, token_hash, scopes, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        token.id.0,
        account.0,
        token.name,
        secret_hash,
        &token.scopes,
        token.created_at,
        token.expires_at,
    )
    .execute(tx.conn())
    .await
    .map(drop)
}

/// Revokes a token of an account; whether there was one.
///
/// # Errors
/// When the database refuses.
pub async fn revoke_token(db: &Db, account: AccountId, token: TokenId, now: DateTime<Utc>) -> Result<bool> {
    let revoked = sqlx::query!(
        "update api_token set revoked_at = $3 where id = $2 and account = $1 and revoked_at is null",
        account.0,
        token.0,
        now,
    )
    .execute(db.pool())
    .await?;
    Ok(revoked.rows_affected() == 1)
}
