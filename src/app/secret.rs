//! Secrets that stand for somebody: of sessions, tokens and the set-up link. The holder has the text; the database only its
//! SHA-256, so that who reads the database can't act as anybody.

use super::{Error, Result};
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A secret as its holder has it. It is not shown by `Debug`.
#[derive(Clone)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// 32 bytes of the operating system's randomness, as hexadecimal digits after `prefix`.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn new(prefix: &str) -> Result<Self> {
        let mut bytes = [0_u8; 32];
        SysRng.try_fill_bytes(&mut bytes).map_err(|error| Error::Internal(Box::new(error)))?;
        Ok(Self(format!("{prefix}{}", hex(&bytes))))
    }

    /// A one-time password that a person can type: 20 letters and digits that are not mistaken for each other, in groups of
    /// five (100 bits).
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn typed() -> Result<Self> {
        const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
        let mut bytes = [0_u8; 20];
        SysRng.try_fill_bytes(&mut bytes).map_err(|error| Error::Internal(Box::new(error)))?;
        let mut text = String::with_capacity(23);
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 && at % 5 == 0 {
                text.push('-');
            }
            text.push(char::from(LETTERS[usize::from(byte % 32)]));
        }
        Ok(Self(text))
    }

    /// The text, to be given to its holder once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        hash(&self.0)
    }
}

/// What is kept of a secret.
#[must_use]
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
