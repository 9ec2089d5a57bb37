//! A network between the server and its database that can be cut, held and slowed.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the network does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    Works,
    /// Connections break, and new ones are refused.
    Cut,
    /// Nothing arrives, and nobody is told.
    Silent,
    /// Everything arrives this much later.
    Slow(Duration),
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    network: watch::Sender<Network>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// Listens on a port of its own and passes everything on to `target`.
    pub(crate) async fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (network, state) = watch::channel(Network::Works);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (inward, _) = listener.accept().await.unwrap();
                connections.spawn(connect(inward, target, state.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, network, _tasks: tasks }
    }

    pub(crate) fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

/// Ends, and closes both sides, when either side closes or the network is cut.
async fn connect(inward: TcpStream, target: SocketAddr, mut state: watch::Receiver<Network>) {
    if *state.borrow() == Network::Cut {
        return;
    }
    let Ok(outward) = TcpStream::connect(target).await else { return };
    let (from_server, to_server) = outward.into_split();
    let (from_client, to_client) = inward.into_split();
    tokio::select! {
        () = pass(from_client, to_server, state.clone()) => {}
        () = pass(from_server, to_client, state.clone()) => {}
        _ = state.wait_for(|network| *network == Network::Cut) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<Network>) {
    let mut buffer = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let Ok(network) = state.wait_for(|network| *network != Network::Silent).await.map(|network| *network)
        else {
            return;
        };
        if let Network::Slow(delay) = network {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
