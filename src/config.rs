//! Configuration: flags, then environment variables, then the file named by `PLUMBLINE_CONFIG`.

use crate::outbound::mail::Mailer;
use crate::outbound::tls::Authorities;
use clap::Args;
use serde::Deserialize;
use std::path::PathBuf;

/// What can be configured; each may be left out.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// A TOML file with any of these settings, by the name of the flag with underscores
    #[arg(long, global = true, env = "PLUMBLINE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// The database; without it Plumbline runs a `PostgreSQL` of its own in the data directory
    #[arg(long, global = true, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Where the database of its own lives
    #[arg(long, global = true, env = "PLUMBLINE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where to listen; port 0 picks one [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "PLUMBLINE_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// The address that people use, such as <https://plumbline.example.org>
    #[arg(long, global = true, env = "PLUMBLINE_URL", value_name = "URL")]
    pub url: Option<String>,
    /// The mail server, such as <smtps://user:password@mail.example.org>; without it no mail is sent
    #[arg(long, global = true, env = "SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// Whom mail comes from, such as "Plumbline <plumbline@example.org>"
    #[arg(long, global = true, env = "SMTP_FROM", value_name = "ADDRESS")]
    pub smtp_from: Option<String>,
    /// A file of certificates (PEM) that are trusted beside the public ones, by mail and webhooks
    #[arg(long, global = true, env = "PLUMBLINE_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Hosts of a private network to which webhooks may go, parted by commas; to others of it they may not
    #[arg(long, global = true, env = "PLUMBLINE_WEBHOOK_HOSTS", value_name = "HOSTS")]
    pub webhook_hosts: Option<String>,
}

/// The configuration of a run.
#[derive(Clone, Debug)]
pub struct Config {
    /// `None`: the embedded database.
    pub database_url: Option<String>,
    /// `None`: the platform's data directory.
    pub data: Option<PathBuf>,
    pub listen: String,
    /// `None`: wherever it listens.
    pub url: Option<String>,
    /// `None`: no mail is sent.
    pub mail: Option<Mailer>,
    /// Trusted beside the public certificates.
    pub authorities: Authorities,
    /// Hosts of a private network to which webhooks may go.
    pub webhook_hosts: Vec<String>,
    /// The file that was read.
    pub file: Option<PathBuf>,
}

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the configuration file {path} can't be read: {why}")]
    File { path: String, why: String },
    #[error("PLUMBLINE_URL is to be an address such as https://plumbline.example.org, without a path: {0}")]
    Url(String),
    #[error("{0}")]
    Mail(String),
    #[error("PLUMBLINE_CA_FILE {path} can't be used: {why}")]
    Authorities { path: String, why: String },
    #[error("DATABASE_URL is to begin with postgres://")]
    DatabaseUrl,
}

impl Config {
    /// Lays flags and environment over the file that they name.
    ///
    /// # Errors
    /// A file that can't be read, or a value that can't be.
    pub fn load(options: Options) -> Result<Self, Error> {
        let file = options.config.clone();
        let beneath = match &file {
            None => Options::default(),
            Some(path) => {
                let unread = |why: String| Error::File { path: path.display().to_string(), why };
                let text = std::fs::read_to_string(path).map_err(|error| unread(error.to_string()))?;
                toml::from_str(&text).map_err(|error| unread(error.message().to_owned()))?
            }
        };
        // A variable that is set to nothing counts as not set.
        let text = |over: Option<String>, under: Option<String>| {
            over.filter(|value| !value.trim().is_empty()).or(under).map(|value| value.trim().to_owned())
        };
        let path = |over: Option<PathBuf>, under| over.filter(|p| !p.as_os_str().is_empty()).or(under);
        let from = text(options.smtp_from, beneath.smtp_from);
        let authorities = match path(options.ca_file, beneath.ca_file) {
            Some(file) => Authorities::load(&file)
                .map_err(|why| Error::Authorities { path: file.display().to_string(), why })?,
            None => Authorities::default(),
        };
        let hosts = text(options.webhook_hosts, beneath.webhook_hosts).unwrap_or_default();
        let mail = text(options.smtp_url, beneath.smtp_url)
            .map(|url| Mailer::trusting(&url, from.as_deref(), &authorities))
            .transpose()
            .map_err(Error::Mail)?;
        let config = Self {
            mail,
            authorities,
            webhook_hosts: hosts
                .split(',')
                .map(str::trim)
                .filter(|host| !host.is_empty())
                .map(str::to_owned)
                .collect(),
            database_url: text(options.database_url, beneath.database_url),
            data: path(options.data, beneath.data),
            listen: text(options.listen, beneath.listen).unwrap_or_else(|| "127.0.0.1:8080".into()),
            url: text(options.url, beneath.url).map(|url| url.trim_end_matches('/').to_owned()),
            file,
        };
        if let Some(url) = &config.url {
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            if host.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '#', ' '])) {
                return Err(Error::Url(url.clone()));
            }
        }
        let known = |url: &String| url.starts_with("postgres://") || url.starts_with("postgresql://");
        if config.database_url.as_ref().is_some_and(|url| !known(url)) {
            return Err(Error::DatabaseUrl);
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_lie_over_the_file() {
        let file = std::env::temp_dir().join(format!("plumbline-config-{}.toml", std::process::id()));
        std::fs::write(&file, "listen = \"127.0.0.1:1\"\nurl = \"https://plan.example.org/\"\n").unwrap();
        let options = Options {
            config: Some(file.clone()),
            listen: Some("127.0.0.1:2".into()),
            database_url: Some(String::new()),
            ..Options::default()
        };
        let config = Config::load(options.clone()).unwrap();
        assert_eq!(config.listen, "127.0.0.1:2");
        assert_eq!(config.url.as_deref(), Some("https://plan.example.org"));
        assert_eq!(config.database_url, None);
        std::fs::write(&file, "lisen = \"x\"\n").unwrap();
        let wrong = Config::load(options).unwrap_err().to_string();
        assert!(wrong.contains("lisen"), "{wrong}");
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_value_that_cant_be_is_refused() {
        let url = |url: &str| Config::load(Options { url: Some(url.into()), ..Options::default() });
        assert!(url("plan.example.org").is_err());
        assert!(url("https://example.org/plan").is_err());
        assert!(url("http://localhost:8080").is_ok());
        let missing = Options { ca_file: Some("/nowhere/at/all.pem".into()), ..Options::default() };
        assert!(Config::load(missing).unwrap_err().to_string().contains("PLUMBLINE_CA_FILE"));
        let hosts = Options { webhook_hosts: Some("chat.corp, 10.0.0.5,".into()), ..Options::default() };
        assert_eq!(Config::load(hosts).unwrap().webhook_hosts, ["chat.corp", "10.0.0.5"]);
        let database = Options { database_url: Some("mysql://x".into()), ..Options::default() };
        assert!(Config::load(database).is_err());
    }
}
