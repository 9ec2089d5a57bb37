//! `dashly healthcheck`, as a container runs it beside the server.

use crate::installation::Installation;
use crate::process::{Dashly, Ended};
use std::net::TcpListener;

async fn healthcheck(port: &str) -> Ended {
    Dashly::new(&["healthcheck"]).env("PORT", port).run().await
}

#[tokio::test]
async fn a_server_is_live_until_it_has_stopped() {
    let installation = Installation::on_sqlite();
    let server = installation.serve().await;
    let port = server.address.port().to_string();
    assert_eq!(healthcheck(&port).await.succeeded(), "");
    server.stop().await;
    let down = healthcheck(&port).await;
    assert!(down.refusal().contains(&format!("nothing answers on 127.0.0.1 port {port}")), "{down:?}");
}

#[tokio::test]
async fn a_server_that_hangs_is_not_live() {
    // Connections are taken by the system and answered by nobody.
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = hanging.local_addr().unwrap().port().to_string();
    let ended = healthcheck(&port).await;
    assert!(ended.refusal().contains("within 2000 ms"), "{ended:?}");
    let wrong = healthcheck("web").await;
    assert!(wrong.refusal().contains("PORT: found `web`"), "{wrong:?}");
}
