//! What leaves for other machines: mail over SMTP, messages to the incoming webhooks of chats.

pub mod chat;
pub mod mail;
pub mod tls;

use mail::Mailer;
use std::sync::Arc;
use tls::Authorities;

/// The ways by which it leaves.
#[derive(Clone, Debug, Default)]
pub struct Outbound {
    /// None where no mail server is configured: then none is sent.
    pub mail: Option<Mailer>,
    /// Hosts to which webhooks may go although they aren't public; to all others of a private network they may not.
    pub inside: Arc<[String]>,
    /// Whose certificates webhooks trust beside the public ones.
    pub authorities: Authorities,
    /// Webhooks may be on this machine, without TLS: for tests.
    pub local: bool,
}

impl Outbound {
    /// Whether webhooks may go to a host although it isn't public.
    #[must_use]
    pub fn allows(&self, host: &str) -> bool {
        self.local || self.inside.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}
