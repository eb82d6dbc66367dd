//! What leaves for other machines: mail over SMTP, messages to the incoming webhooks of chats.

pub mod chat;
pub mod mail;

use mail::Mailer;

/// The ways by which it leaves.
#[derive(Clone, Debug, Default)]
pub struct Outbound {
    /// None where no mail server is configured: then none is sent.
    pub mail: Option<Mailer>,
    /// Webhooks may be on this machine, without TLS: for tests.
    pub local: bool,
}
