//! A network path to PostgreSQL that a test can break.

use dashly_telemetry::Tasks;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Cut,
    Stalled,
}

/// A relay in front of a server, in one of three states: open, cut (connections break, new ones are dropped) or
/// stalled (connections stay and nothing passes).
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    state: watch::Sender<State>,
}

impl Link {
    /// An open path to the server in `url`.
    pub async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = watch::Sender::new(State::Open);
        let (target, seen) = (host_and_port(url).to_owned(), state.subscribe());
        let tasks = Tasks::default();
        tasks.clone().spawn("link", async move {
            while let Ok((near, _)) = listener.accept().await {
                let (target, seen) = (target.clone(), seen.clone());
                tasks.spawn("link connection", async move {
                    if *seen.borrow() != State::Cut
                        && let Ok(far) = TcpStream::connect(target).await
                    {
                        relay(near, far, seen).await;
                    }
                });
            }
        });
        Self { address, state }
    }

    /// `url` with this relay as its server.
    pub fn reroute(&self, url: &str) -> String {
        url.replacen(host_and_port(url), &self.address.to_string(), 1)
    }

    /// Breaks all connections and lets no new one through.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Keeps connections open and passes nothing on.
    pub fn stall(&self) {
        self.state.send_replace(State::Stalled);
    }

    /// Works again; what was held back passes now.
    pub fn restore(&self) {
        self.state.send_replace(State::Open);
    }
}

fn host_and_port(url: &str) -> &str {
    let after_scheme = url.split_once("://").expect("an address with a scheme").1;
    let host = after_scheme.rsplit_once('@').map_or(after_scheme, |(_, host)| host);
    host.split(['/', '?']).next().unwrap_or(host)
}

async fn relay(near: TcpStream, far: TcpStream, mut state: watch::Receiver<State>) {
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    tokio::select! {
        () = pass(near_read, far_write, state.clone()) => {}
        () = pass(far_read, near_write, state.clone()) => {}
        _ = state.wait_for(|state| *state == State::Cut) => {}
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut state: watch::Receiver<State>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(bytes @ 1..) = from.read(&mut buffer).await else { return };
        if state.wait_for(|state| *state != State::Stalled).await.is_err()
            || to.write_all(buffer.get(..bytes).unwrap_or_default()).await.is_err()
        {
            return;
        }
    }
}
