//! Messages to the incoming webhooks of chats: one POST of JSON. The address is somebody's to choose, so the server is not sent to its neighbours: a
//! name is looked up once, and what it stands for must be public, but for the hosts that the configuration allows.

use super::Outbound;
use super::tls::told;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, crypto};

/// How long a chat may take to take a message.
const PATIENCE: Duration = Duration::from_secs(10);

/// Posts a message.
///
/// # Errors
/// In words, why it wasn't taken. The address, which is a secret, is not among them.
pub async fn post(address: &str, message: &Value, by: &Outbound) -> Result<(), String> {
    match tokio::time::timeout(PATIENCE, send(address, message, by)).await {
        Ok(sent) => sent,
        Err(_) => Err("it took longer than 10 seconds".to_owned()),
    }
}

async fn send(address: &str, message: &Value, by: &Outbound) -> Result<(), String> {
    let url = url::Url::parse(address).map_err(|_| "the address can't be read".to_owned())?;
    let host = url.host_str().ok_or_else(|| "the address has no host".to_owned())?.to_owned();
    let tls = url.scheme() == "https";
    if !(tls || by.local && url.scheme() == "http") {
        return Err("the address doesn't begin with https://".to_owned());
    }
    let port = url.port_or_known_default().unwrap_or(443);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found: Vec<SocketAddr> = tokio::net::lookup_host((bare, port))
        .await
        .map_err(|_| format!("there is no host {host}"))?
        .collect();
    let inside = by.allows(&host);
    let allowed = found.iter().find(|found| inside || is_public(found.ip()));
    let Some(at) = allowed else { return Err(format!("{host} is not a public host")) };
    let stream = TcpStream::connect(at).await.map_err(|error| format!("{host} doesn't answer: {error}"))?;
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let request = Request::post(path)
        .header(HOST, url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("plumbline/", env!("CARGO_PKG_VERSION")))
        .body(Full::new(Bytes::from(message.to_string())))
        .map_err(|_| "the address can't be asked".to_owned())?;
    if !tls {
        return exchange(stream, request).await;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(by.authorities.roots())
        .with_no_client_auth();
    let name = ServerName::try_from(bare.to_owned()).map_err(|_| format!("{host} has no certificate"))?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| format!("{host}: {}", told(&error.to_string())))?;
    exchange(stream, request).await
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<(), String> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let answer = async move {
        let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(format!("it was answered with {}", answer.status()))
        }
    };
    let mut connection = std::pin::pin!(connection);
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        answered = &mut answer => answered,
        closed = &mut connection => match closed {
            Ok(()) => answer.await,
            Err(error) => Err(error.to_string()),
        },
    }
}

/// Whether an address is one that anybody can reach: not of this machine, of its network, or set aside.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or_else(|| is_public_v6(ip), is_public_v4),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        // Shared by carriers (RFC 6598), set aside for protocols and for benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // Only what is given out to the public: 2000::/3, without 6to4, Teredo and documentation.
    let [a, b, ..] = ip.segments();
    (a & 0xe000) == 0x2000 && a != 0x2002 && !(a == 0x2001 && (b == 0 || b == 0x0db8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_written_to() {
        for public in ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
    }
}
