//! Passwords, by Argon2id with the parameters that OWASP asks for (19 MiB, two passes, one lane).

use super::{App, Error, Result};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::time::Duration;

/// Characters at least; nothing else is asked of a password, as NIST SP 800-63B advises.
pub const LEAST: usize = 12;
/// Characters at most: hashing takes no longer for more, but somebody would try.
pub const MOST: usize = 200;

/// What an account that isn't there is checked against, so that it takes as long as one that is.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn argon() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// A turn to hash: only so many at once.
async fn turn(app: &App) -> Result<tokio::sync::OwnedSemaphorePermit> {
    let wait = tokio::time::timeout(Duration::from_secs(5), app.hashing.clone().acquire_owned());
    match wait.await {
        Ok(Ok(turn)) => Ok(turn),
        _ => Err(Error::Busy),
    }
}

/// Refuses a password that is too short, too long, or the address itself.
///
/// # Errors
/// A refusal for `field`.
pub fn fit(password: &str, email: &str, field: &str) -> Result<()> {
    let length = password.chars().count();
    let why = if length < LEAST {
        format!("A password has at least {LEAST} characters. Several words do well.")
    } else if length > MOST {
        format!("A password has at most {MOST} characters.")
    } else if password.eq_ignore_ascii_case(email) {
        "A password is not the e-mail address.".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::refused(field, why))
}

/// Hashes a password, as a PHC string.
///
/// # Errors
/// [`Error::Busy`] when too many wait for it.
pub async fn hash(app: &App, password: &str) -> Result<String> {
    let _turn = turn(app).await?;
    let password = password.to_owned();
    let hashed = tokio::task::spawn_blocking(move || {
        argon().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    });
    let hashed = hashed.await.map_err(|error| Error::Internal(Box::new(error)))?;
    hashed.map_err(|error| Error::Internal(error.to_string().into()))
}

/// Whether a password is the one that was hashed; for `None` it takes as long, and isn't.
///
/// # Errors
/// [`Error::Busy`] when too many wait for it.
pub async fn is_right(app: &App, password: &str, hash: Option<String>) -> Result<bool> {
    if password.chars().count() > MOST {
        return Ok(false);
    }
    let _turn = turn(app).await?;
    let password = password.to_owned();
    let known = hash.is_some();
    let checked = tokio::task::spawn_blocking(move || {
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        PasswordHash::new(&hash).is_ok_and(|hash| argon().verify_password(password.as_bytes(), &hash).is_ok())
    });
    let right = checked.await.map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(right && known)
}
