//! `plumbline serve`: applies the migrations and serves until it is told to stop; then lets requests in flight end.

use super::{Failure, Opened, migrate};
use crate::app::{App, account};
use crate::config::Config;
use crate::postgres::Ownership;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How long requests in flight may take when it is told to stop: the longest that a request may take, and a little.
const DRAIN: Duration = Duration::from_secs(35);

pub(super) fn run(config: &Config) -> Result<(), Failure> {
    run_after(config, async |_| Ok(()))
}

/// The same, with something to be done once the migrations are applied and before anybody is let in.
pub(super) fn run_after(
    config: &Config,
    before: impl AsyncFnOnce(&App) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let listen = config.listen.clone();
    Opened::new(config, Ownership::Serve)?.run(async move |app| {
        let (mut interrupted, mut terminated) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let stop = async move {
            tokio::select! { _ = interrupted.recv() => {} _ = terminated.recv() => {} }
        };
        let mut stop = std::pin::pin!(stop);
        tokio::select! {
            done = migrate(app, None) => done?,
            () = &mut stop => return Ok(()),
        }
        before(app).await?;
        let listener = TcpListener::bind(&listen)
            .await
            .map_err(|error| Failure(format!("can't listen on {listen}: {error}")))?;
        let address = listener.local_addr()?;
        println!("listening on http://{address}");
        offer_setup(app, address).await?;
        serve(app, listener, stop).await
    })
}

/// Prints the one-time link that makes the first administrator, while there is no account.
async fn offer_setup(app: &App, address: SocketAddr) -> Result<(), Failure> {
    if let Some(secret) = account::offer_setup(app).await? {
        let base = app.public_url.as_deref().map_or_else(|| reachable(address), str::to_owned);
        println!("set up the first administrator at {base}/setup?token={}", secret.reveal());
    }
    Ok(())
}

/// An address that a browser on this machine can open, where the server listens on all.
fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

/// Serves until `stop`, then lets requests in flight end.
async fn serve(app: &App, listener: TcpListener, stop: impl Future<Output = ()>) -> Result<(), Failure> {
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    let router = crate::web::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move { drop(told.await) });
    let mut serving = std::pin::pin!(serving.into_future());
    let beside = crate::jobs::start(app);
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        () = stop => {}
    }
    tracing::info!("stopping: no new requests, and those in flight may end");
    drop(beside);
    drop(tell);
    if let Ok(ended) = tokio::time::timeout(DRAIN, serving).await {
        return Ok(ended?);
    }
    tracing::warn!("some requests did not end in time and were broken off");
    Ok(())
}
