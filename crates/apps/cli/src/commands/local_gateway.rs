//! The gateway that `dashly up` runs beside the server.

use crate::environment::{self, LOCAL_HOST};
use anyhow::Context;
use dashly_api::Config;
use dashly_gateway::{GatewayConfig, StartedGateway, start_on};
use dashly_process::{ConfigError, Settings};
use std::io::ErrorKind;
use std::net::IpAddr;
use tokio::net::TcpListener;

const PORT: &str = "GATEWAY_PORT";

/// Starts a gateway on this machine and tells `config` where it is; none when `config` names another one.
///
/// Its settings are the gateway's own, with `GATEWAY_PORT` for the port. Without one it takes 4000, or any free port when
/// that is taken.
pub(crate) async fn start_beside(config: &mut Config) -> anyhow::Result<Option<LocalGateway>> {
    if config.gateway_url.is_some() {
        return Ok(None);
    }
    let gateway = read(config)?;
    let has_key = !gateway.provider_keys.is_empty();
    let listener = listen(gateway.host, gateway.port).await?;
    let started = start_on(listener, &gateway).await.context("starting the AI gateway")?;
    let url = format!("http://{}", started.address());
    config.gateway_url = Some(url.parse().with_context(|| format!("the gateway's address {url}"))?);
    Ok(Some(LocalGateway { started, url, has_key }))
}

/// A gateway beside the server.
pub(crate) struct LocalGateway {
    pub(crate) started: StartedGateway,
    pub(crate) url: String,
    /// Whether it has a key of the model provider.
    pub(crate) has_key: bool,
}

async fn listen(host: IpAddr, port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind((host, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse && environment::variable(PORT).is_none() => {
            Ok(TcpListener::bind((host, 0)).await?)
        }
        Err(error) => Err(error).with_context(|| {
            format!(
                "the AI gateway cannot listen on {host} port {port}; set {PORT} to another one if it is taken"
            )
        }),
    }
}

fn read(config: &Config) -> Result<GatewayConfig, ConfigError> {
    let budgets = config.data_folder.join("gateway-budgets.json").display().to_string();
    let lookup = |name: &str| match name {
        "PORT" => environment::variable(PORT),
        // Whatever the server listens on, its gateway is for this machine.
        "HOST" | "GATEWAY_TOKEN_FILE" => None,
        "GATEWAY_TOKEN" => config.gateway_token.as_ref().map(|token| token.expose().clone()),
        "GATEWAY_BUDGETS" => environment::variable(name).or_else(|| Some(budgets.clone())),
        other => environment::variable(other),
    };
    GatewayConfig::read(&mut Settings::new(&lookup), LOCAL_HOST).map_err(|error| {
        match error.variable.as_str() {
            "PORT" => ConfigError { variable: PORT.to_owned(), ..error },
            _ => error,
        }
    })
}
