//! The peers of the gateway's benchmark, each a process of its own: a provider that answers at once (`upstream`), and the
//! least proxy that hyper makes (`proxy ADDRESS`), the yardstick. `upstream PORT` takes that port, else any free one. Prints its
//! port.
#![expect(clippy::print_stdout, reason = "the port is what whoever starts it waits for")]

mod proxy;
mod upstream;

use anyhow::{Context, bail};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (role, rest) = (arguments.next(), arguments.next());
    let port = match (role.as_deref(), rest.as_deref()) {
        (Some("upstream"), Some(port)) => port.parse()?,
        _ => 0,
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("{}", listener.local_addr()?.port());
    match role.as_deref() {
        Some("upstream") => upstream::serve(listener).await,
        Some("proxy") => proxy::serve(listener, rest.context("an address")?).await,
        other => bail!("upstream or proxy ADDRESS, not {other:?}"),
    }
}
