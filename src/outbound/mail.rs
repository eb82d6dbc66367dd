//! Mail over SMTP.

use super::tls::{Authorities, told};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::time::Duration;

/// How long a mail server may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A letter to one person, as plain text and as HTML.
#[derive(Clone, Debug)]
pub struct Letter {
    pub name: String,
    pub email: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Hands letters to a mail server.
#[derive(Clone)]
pub struct Mailer {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The server's address has a password in it.
        f.debug_struct("Mailer").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Mailer {
    /// A mailer for an address such as `smtps://user:password@mail.example.org`, or `smtp://…?tls=required` for STARTTLS. Letters
    /// come from `from`; left out, from the user's address or from plumbline@ the server's host.
    ///
    /// # Errors
    /// What is wrong with the addresses, without the password.
    pub fn new(url: &str, from: Option<&str>) -> Result<Self, String> {
        Self::trusting(url, from, &Authorities::default())
    }

    /// The same, which trusts more than the public certificates.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn trusting(url: &str, from: Option<&str>, authorities: &Authorities) -> Result<Self, String> {
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| {
                "SMTP_URL is to be like smtps://user:password@mail.example.org or smtp://mail.example.org:587?tls=required"
                    .to_owned()
            })?
            .timeout(Some(PATIENCE));
        let parsed = url::Url::parse(url).map_err(|error| format!("SMTP_URL can't be read: {error}"))?;
        let asks = parsed.query_pairs().find(|(name, _)| name == "tls").map(|(_, asks)| asks.into_owned());
        if let Some(pem) = authorities.pem() {
            let host = parsed.host_str().unwrap_or_default().to_owned();
            let trusted = Certificate::from_pem(pem).map_err(|error| error.to_string())?;
            let tls = TlsParameters::builder(host).add_root_certificate(trusted).build();
            let tls = tls.map_err(|error| error.to_string())?;
            server = match (parsed.scheme(), asks.as_deref()) {
                ("smtps", _) => server.tls(Tls::Wrapper(tls)),
                (_, Some("required")) => server.tls(Tls::Required(tls)),
                (_, Some("opportunistic")) => server.tls(Tls::Opportunistic(tls)),
                _ => server,
            };
        }
        let server = server.build();
        let usual = || {
            let user = parsed.username().replace("%40", "@");
            let host = parsed.host_str().unwrap_or("localhost");
            let host = if host.contains('.') && host.parse::<std::net::IpAddr>().is_err() {
                host
            } else {
                "plumbline.invalid"
            };
            if user.contains('@') { user } else { format!("plumbline@{host}") }
        };
        let from = from.map_or_else(usual, str::to_owned);
        let from = match from.parse::<Mailbox>() {
            Ok(from) if from.name.is_some() => from,
            Ok(from) => Mailbox::new(Some("Plumbline".to_owned()), from.email),
            Err(_) => return Err(format!("SMTP_FROM is to be an e-mail address, not “{from}”")),
        };
        Ok(Self { server, from })
    }

    /// Hands a letter over.
    ///
    /// # Errors
    /// In words, why the server didn't take it.
    pub async fn send(&self, letter: &Letter) -> Result<(), String> {
        let to: Address = letter.email.parse().map_err(|_| "the address can't be written to".to_owned())?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(letter.name.clone()), to))
            .subject(letter.subject.clone())
            // Nobody's absence answers a machine.
            .header(lettre::message::header::ContentDisposition::inline())
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|error| error.to_string())?;
        self.server.send(message).await.map(drop).map_err(|error| told(&error.to_string()))
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// In words, why it doesn't.
    pub async fn answers(&self) -> Result<(), String> {
        match self.server.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("it doesn't answer".to_owned()),
            Err(error) => Err(told(&error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_from_somebody() {
        let from =
            |url: &str, from: Option<&str>| Mailer::new(url, from).map(|mailer| mailer.from.to_string());
        assert_eq!(
            from("smtps://ann%40example.org:secret@mail.example.org", None).unwrap(),
            "Plumbline <ann@example.org>"
        );
        assert_eq!(
            from("smtp://mail.example.org:25", None).unwrap(),
            "Plumbline <plumbline@mail.example.org>"
        );
        let named = from("smtp://127.0.0.1:25", Some("Atlas <atlas@example.org>")).unwrap();
        assert_eq!(named, "Atlas <atlas@example.org>");
        assert!(from("https://mail.example.org", None).is_err());
        let wrong = from("smtp://mail.example.org", Some("nobody")).unwrap_err();
        assert!(wrong.contains("SMTP_FROM"), "{wrong}");
    }

    #[test]
    fn the_password_is_not_shown() {
        let mailer = Mailer::new("smtps://ann:secret@mail.example.org", None).unwrap();
        assert!(!format!("{mailer:?}").contains("secret"));
    }
}
