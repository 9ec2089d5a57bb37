//! The least proxy: every request goes to one address, and its answer back, with nothing looked at.

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpListener;

/// Serves until the process is ended.
pub(crate) async fn serve(listener: TcpListener, address: String) -> anyhow::Result<()> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Incoming> =
        Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (client, address) = (client.clone(), address.clone());
        #[expect(clippy::disallowed_methods, reason = "ends with the process")]
        tokio::spawn(async move {
            let pass = service_fn(move |mut request: Request<Incoming>| {
                let client = client.clone();
                let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
                let uri = format!("http://{address}{path}").parse::<Uri>();
                async move {
                    *request.uri_mut() = uri.map_err(anyhow::Error::from)?;
                    anyhow::Ok(client.request(request).await?)
                }
            });
            // A peer that leaves is the end of its connection, and no fault.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), pass).await;
        });
    }
}
