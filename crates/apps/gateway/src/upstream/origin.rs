//! Connections with one server, which are kept for the next request.

use super::connection::{Connection, NoReply, Stream};
use super::error::SendError;
use super::reply_body::ReplyBody;
use bytes::Bytes;
use dashly_telemetry::{ShutdownSignal, Tasks};
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tower::ServiceExt;

/// Idle connections are kept for so long; shorter than what load balancers usually allow.
const IDLE_CONNECTION: Duration = Duration::from_secs(50);
/// How often idle connections are looked after.
const TIDY_INTERVAL: Duration = Duration::from_secs(5);

/// A server, and the way to it.
///
/// hyper's connection is a future that somebody must poll. Usually that is a task of its own; here whoever waits for a reply,
/// and then reads its body, polls the connection that it comes over. A call is then one task and not two that wake each other,
/// and a caller who leaves closes the connection with the provider by doing so.
#[derive(Debug)]
pub(crate) struct Origin {
    connector: Connector,
    /// Scheme and authority.
    address: Uri,
    host: HeaderValue,
    idle: Arc<Idle>,
}

impl Origin {
    /// The server that `address` names; its path does not matter. Connecting takes `connect` at most.
    ///
    /// # Errors
    /// When the certificates of this machine cannot be used, or `address` names no server.
    pub(crate) fn new(address: &Uri, connect: Duration, tasks: &Tasks) -> anyhow::Result<Self> {
        let (Some(scheme), Some(authority)) = (address.scheme(), address.authority()) else {
            anyhow::bail!("{address} names no server");
        };
        let connector = Connector::new(scheme, connect)?;
        let host = HeaderValue::try_from(host_of(scheme, authority))?;
        let mut parts = Parts::default();
        parts.scheme = Some(scheme.clone());
        parts.authority = Some(authority.clone());
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        let idle = Arc::<Idle>::default();
        tasks.spawn("idle connections", tidy(Arc::clone(&idle), tasks.shutdown_signal()));
        Ok(Self { connector, address: Uri::from_parts(parts)?, host, idle })
    }

    /// Sends `request`, whose address is the path alone, and gives the head of the reply; that and the body must come before
    /// `until`, or whatever the body is told later. Dropping the future, or later the body, closes the connection, so that the
    /// server stops.
    ///
    /// # Errors
    /// [`SendError`].
    pub(crate) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
        until: Instant,
    ) -> Result<Response<ReplyBody>, SendError> {
        request.headers_mut().insert(header::HOST, self.host.clone());
        loop {
            let kept = self.idle.take();
            let is_kept = kept.is_some();
            let mut connection = match kept {
                Some(mut connection) => {
                    connection.wait_until(until);
                    connection
                }
                None => Box::pin(self.connect(until)).await?,
            };
            match connection.exchange(request).await {
                Ok(reply) => {
                    return Ok(reply.map(|body| ReplyBody::new(body, connection, Arc::clone(&self.idle))));
                }
                // The server had closed a kept connection.
                Err(NoReply::Unsent(unsent)) if is_kept => request = *unsent,
                Err(NoReply::Unsent(_)) => return Err(SendError::Broken),
                Err(NoReply::Failed(error)) => return Err(error),
            }
        }
    }

    async fn connect(&self, until: Instant) -> Result<Box<Connection>, SendError> {
        let opened = async {
            let stream = self.connector.connect(self.address.clone()).await?;
            Connection::open(stream, until).await.ok()
        };
        let opened = timeout_at(until, opened).await.map_err(|_| SendError::TooSlow)?;
        opened.map(Box::new).ok_or(SendError::Connect)
    }
}

/// Makes connections.
#[derive(Debug)]
enum Connector {
    Plain(HttpConnector),
    /// It holds all certificates of this machine.
    Tls(HttpsConnector<HttpConnector>),
}

impl Connector {
    fn new(scheme: &Scheme, connect: Duration) -> anyhow::Result<Self> {
        let mut http = HttpConnector::new();
        http.set_nodelay(true);
        http.set_connect_timeout(Some(connect));
        http.set_keepalive(Some(Duration::from_secs(30)));
        if *scheme != Scheme::HTTPS {
            return Ok(Self::Plain(http));
        }
        http.enforce_http(false);
        let tls = HttpsConnectorBuilder::new().try_with_platform_verifier()?.https_only();
        Ok(Self::Tls(tls.enable_http1().wrap_connector(http)))
    }

    /// A stream to the server of `address`; none when it cannot be reached.
    async fn connect(&self, address: Uri) -> Option<Box<dyn Stream>> {
        match self {
            Self::Plain(http) => Some(Box::new(http.clone().oneshot(address).await.ok()?)),
            Self::Tls(https) => match https.clone().oneshot(address).await.ok()? {
                MaybeHttpsStream::Https(stream) => Some(Box::new(stream)),
                MaybeHttpsStream::Http(stream) => Some(Box::new(stream)),
            },
        }
    }
}

/// As the `host` header has it: without the port that the scheme implies (RFC 9110, section 4.2.3).
fn host_of(scheme: &Scheme, authority: &Authority) -> String {
    let usual = if *scheme == Scheme::HTTPS { 443 } else { 80 };
    match authority.port_u16() {
        Some(port) if port != usual => format!("{}:{port}", authority.host()),
        _ => authority.host().to_owned(),
    }
}

/// Connections that nobody uses at present, the last one to become free at the end.
#[derive(Debug, Default)]
pub(super) struct Idle(Mutex<Vec<IdleConnection>>);

#[derive(Debug)]
struct IdleConnection {
    connection: Box<Connection>,
    since: Instant,
}

impl Idle {
    /// One that works; the one used last, so that those that are not needed become old.
    fn take(&self) -> Option<Box<Connection>> {
        loop {
            let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if idle.is_worth_keeping() {
                return Some(idle.connection);
            }
        }
    }

    /// Keeps `connection` if it can be used again.
    pub(super) fn put(&self, mut connection: Box<Connection>) {
        if connection.is_free() {
            let idle = IdleConnection { connection, since: Instant::now() };
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
        }
    }

    /// Closes what is old, and what the server has closed.
    fn tidy(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain_mut(IdleConnection::is_worth_keeping);
    }
}

impl IdleConnection {
    fn is_worth_keeping(&mut self) -> bool {
        self.since.elapsed() < IDLE_CONNECTION && self.connection.is_free()
    }
}

async fn tidy(idle: Arc<Idle>, stop: ShutdownSignal) {
    loop {
        tokio::select! {
            () = stop.wait() => return,
            () = tokio::time::sleep(TIDY_INTERVAL) => idle.tidy(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, ReplyBody};
    use crate::upstream::{BrokenBody, SendError};
    use bytes::Bytes;
    use dashly_telemetry::Tasks;
    use http::{Request, Response};
    use http_body_util::{BodyExt, Full};
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::Instant;

    const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

    struct Server {
        listener: TcpListener,
        origin: Origin,
        tasks: Tasks,
    }

    impl Server {
        async fn new() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = format!("http://{}/v1", listener.local_addr().unwrap()).parse().unwrap();
            let tasks = Tasks::default();
            let origin = Origin::new(&address, Duration::from_secs(5), &tasks).unwrap();
            Self { listener, origin, tasks }
        }

        async fn ask(&self) -> Result<Response<ReplyBody>, SendError> {
            self.ask_until(Instant::now() + Duration::from_mins(1)).await
        }

        async fn ask_until(&self, until: Instant) -> Result<Response<ReplyBody>, SendError> {
            let question = Request::post("/v1/messages").body(Full::from("question")).unwrap();
            self.origin.send(question, until).await
        }

        async fn accept(&self) -> TcpStream {
            self.listener.accept().await.unwrap().0
        }

        /// Answers one question over a connection of its own, and keeps that open.
        async fn answer_one(&self) -> TcpStream {
            let mut stream = self.accept().await;
            read_question(&mut stream).await;
            stream.write_all(REPLY).await.unwrap();
            stream
        }

        /// As [`Self::answer_one`], with a reply that does not end.
        async fn begin_one(&self) -> TcpStream {
            let mut stream = self.accept().await;
            read_question(&mut stream).await;
            let begun = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n";
            stream.write_all(begun).await.unwrap();
            stream
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            self.tasks.begin_shutdown();
        }
    }

    async fn read_question(stream: &mut TcpStream) -> String {
        let mut read = Vec::new();
        while !read.ends_with(b"question") {
            assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "the question is whole");
        }
        String::from_utf8(read).unwrap()
    }

    async fn text(reply: Result<Response<ReplyBody>, SendError>) -> Bytes {
        reply.unwrap().into_body().collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn a_connection_is_used_again() {
        let server = Server::new().await;
        let serve = async {
            let mut stream = server.accept().await;
            for _ in 0..3 {
                let question = read_question(&mut stream).await;
                let host = format!("host: {}\r\n", server.listener.local_addr().unwrap());
                assert!(question.starts_with("POST /v1/messages HTTP/1.1\r\n") && question.contains(&host));
                stream.write_all(REPLY).await.unwrap();
            }
        };
        let ask = async {
            for _ in 0..3 {
                assert_eq!(text(server.ask().await).await, "ok");
            }
        };
        tokio::join!(serve, ask);
    }

    #[tokio::test]
    async fn a_connection_that_the_server_closed_is_not_used() {
        let server = Server::new().await;
        let ask = async || text(server.ask().await).await;
        let (mut first, reply) = tokio::join!(server.answer_one(), ask());
        assert_eq!(reply, "ok");
        first.shutdown().await.unwrap();
        while !server.origin.idle.0.lock().unwrap().is_empty() {
            server.origin.idle.tidy();
            tokio::task::yield_now().await;
        }
        let (_second, reply) = tokio::join!(server.answer_one(), ask());
        assert_eq!(reply, "ok");
        assert_eq!(first.read(&mut [0; 9]).await.unwrap(), 0, "nothing was sent over the first any more");
    }

    #[tokio::test]
    async fn who_leaves_closes_the_connection() {
        let server = Server::new().await;
        let (mut stream, reply) = tokio::join!(server.begin_one(), server.ask());
        let mut body = reply.unwrap().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "ok");
        drop(body);
        assert_eq!(stream.read(&mut [0; 9]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn nobody_waits_for_longer_than_was_said() {
        let server = Server::new().await;
        let (mut stream, reply) = tokio::join!(server.answer_one(), server.ask());
        assert_eq!(text(reply).await, "ok");
        assert_eq!(server.ask_until(Instant::now()).await.unwrap_err(), SendError::TooSlow);
        read_question(&mut stream).await;
        assert_eq!(stream.read(&mut [0; 9]).await.unwrap(), 0, "the connection is closed");

        let (_stream, reply) = tokio::join!(server.begin_one(), server.ask());
        let mut body = reply.unwrap().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "ok");
        body.wait_until(Instant::now());
        assert_eq!(body.frame().await.unwrap().unwrap_err(), BrokenBody::Silent);
    }

    #[tokio::test]
    async fn nor_for_the_beginning_of_an_encrypted_connection() {
        let mut server = Server::new().await;
        let address = format!("https://{}", server.listener.local_addr().unwrap()).parse().unwrap();
        server.origin = Origin::new(&address, Duration::from_mins(1), &server.tasks).unwrap();
        let soon = Instant::now() + Duration::from_millis(20);
        let (_silent, asked) = tokio::join!(server.accept(), server.ask_until(soon));
        assert_eq!(asked.unwrap_err(), SendError::TooSlow);
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_no_answer() {
        let server = Server::new().await;
        let serve = async {
            let mut stream = server.accept().await;
            read_question(&mut stream).await;
        };
        let ((), reply) = tokio::join!(serve, server.ask());
        assert_eq!(reply.unwrap_err(), SendError::Broken);
        let closed = Server::new().await;
        let nobody = Origin::new(
            &format!("http://{}", closed.listener.local_addr().unwrap()).parse().unwrap(),
            Duration::from_secs(5),
            &closed.tasks,
        );
        drop(closed);
        let asked = nobody
            .unwrap()
            .send(Request::get("/").body(Full::default()).unwrap(), Instant::now() + Duration::from_mins(1))
            .await;
        assert_eq!(asked.unwrap_err(), SendError::Connect);
    }
}
