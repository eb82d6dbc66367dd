//! A mail server that keeps what it is handed, in the clear, with STARTTLS or with TLS from the first byte; and certificates.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A certificate that nobody signed but itself, for a host: what a server shows, and what a client trusts (PEM).
pub fn certificate(host: &str) -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), made.cert.pem())
}

/// How a server speaks.
#[derive(Clone)]
pub enum Speaks {
    Plain,
    StartTls(TlsAcceptor),
    Tls(TlsAcceptor),
}

/// What a server was handed.
#[derive(Clone, Default)]
pub struct Letters {
    got: Arc<Mutex<Vec<(String, String)>>>,
    refuses: Arc<AtomicBool>,
    clients: Arc<AtomicUsize>,
    /// Letters that came over TLS.
    sealed: Arc<AtomicUsize>,
}

impl Letters {
    /// The letters since this was asked last, as (receiver, letter).
    pub fn take(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.got.lock().unwrap())
    }

    /// Whether the server takes nothing from now on.
    pub fn refuse(&self, refuses: bool) {
        self.refuses.store(refuses, Ordering::SeqCst);
    }

    /// How often somebody came.
    pub fn clients(&self) -> usize {
        self.clients.load(Ordering::SeqCst)
    }

    /// How many letters came over TLS.
    pub fn sealed(&self) -> usize {
        self.sealed.load(Ordering::SeqCst)
    }
}

/// Starts a mail server: its port, and what it is handed.
pub async fn mail_server(speaks: Speaks) -> (u16, Letters) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let letters = Letters::default();
    let kept = letters.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            kept.clients.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(one_client(stream, speaks.clone(), kept.clone()));
        }
    });
    (port, letters)
}

async fn one_client(stream: TcpStream, speaks: Speaks, kept: Letters) {
    match speaks {
        Speaks::Plain => drop(converse(stream, &kept, true, false, false).await),
        Speaks::Tls(acceptor) => {
            // Who doesn't trust the certificate goes.
            if let Ok(stream) = acceptor.accept(stream).await {
                converse(stream, &kept, true, false, true).await;
            }
        }
        Speaks::StartTls(acceptor) => {
            if let Some(stream) = converse(stream, &kept, true, true, false).await
                && let Ok(stream) = acceptor.accept(stream).await
            {
                converse(stream, &kept, false, false, true).await;
            }
        }
    }
}

/// Speaks SMTP (RFC 5321, and RFC 3207 where it offers TLS) with one client; gives the stream back where TLS is to begin on it.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    kept: &Letters,
    greets: bool,
    offers: bool,
    sealed: bool,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    let mut to = String::new();
    if greets {
        stream.write_all(b"220 here\r\n").await.ok()?;
    }
    loop {
        let line = read(&mut stream).await?;
        let answer = match line.get(..4).unwrap_or(&line).to_ascii_uppercase().as_str() {
            "EHLO" if offers => "250-here\r\n250 STARTTLS\r\n",
            "STAR" if offers => {
                stream.write_all(b"220 go on\r\n").await.ok()?;
                stream.flush().await.ok()?;
                return Some(stream.into_inner());
            }
            "RCPT" => {
                to = line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).unwrap().0.to_owned();
                if kept.refuses.load(Ordering::SeqCst) { "451 not now\r\n" } else { "250 ok\r\n" }
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                stream.flush().await.ok()?;
                let mut letter = String::new();
                loop {
                    let line = read(&mut stream).await?;
                    if line == "." {
                        break;
                    }
                    letter.push_str(&line);
                    letter.push('\n');
                }
                kept.got.lock().unwrap().push((to.clone(), letter));
                kept.sealed.fetch_add(usize::from(sealed), Ordering::SeqCst);
                "250 kept\r\n"
            }
            "QUIT" => {
                let _ = stream.write_all(b"221 bye\r\n").await;
                let _ = stream.flush().await;
                return None;
            }
            _ => "250 ok\r\n",
        };
        stream.write_all(answer.as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The letter without the line breaks of its encoding.
pub fn unfolded(letter: &str) -> String {
    letter.replace("=\n", "").replace("=3D", "=").replace("=20", " ")
}
