//! Which caller this is.

use crate::config::{GatewayFile, VirtualKey};
use dashly_kernel::Secret;
use http::{HeaderMap, HeaderName, header};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A caller who may be served.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Showed `GATEWAY_TOKEN`: the main API.
    Service,
    /// Showed a named key.
    Key(Arc<VirtualKey>),
    /// Calls from this machine, and no token is configured.
    Local(IpAddr),
}

impl Caller {
    /// Its name in counters and the audit.
    pub(crate) fn name(&self) -> Arc<str> {
        match self {
            Self::Service => Arc::from("service"),
            Self::Key(key) => Arc::clone(&key.name),
            Self::Local(_) => Arc::from("local"),
        }
    }

    /// Whether it may call `model`, which it may have named by `alias`.
    pub(crate) fn may_call(&self, model: &str, alias: Option<&str>) -> bool {
        match self {
            Self::Service | Self::Local(_) => true,
            Self::Key(key) => {
                key.models.is_empty()
                    || key.models.iter().any(|allowed| **allowed == *model || alias == Some(&**allowed))
            }
        }
    }
}

/// Why a caller is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unauthenticated {
    #[error("show a gateway token, as x-api-key or as authorization: Bearer")]
    NoToken,
    #[error("the gateway token is not valid")]
    WrongToken,
    #[error(
        "no token is configured, so that only callers on the gateway's own machine are served; set GATEWAY_TOKEN"
    )]
    NotLocal,
}

/// Knows the callers.
#[derive(Debug)]
pub(crate) struct Callers {
    service: Option<[u8; 32]>,
}

impl Callers {
    pub(crate) fn new(token: Option<&Secret<String>>) -> Self {
        Self { service: token.map(|token| hash(token.expose().as_bytes())) }
    }

    /// Whether any caller could show a token.
    pub(crate) fn want_tokens(&self, file: &GatewayFile) -> bool {
        self.service.is_some() || !file.keys.is_empty()
    }

    /// Who calls from `address` with `headers`.
    pub(crate) fn authenticate(
        &self,
        file: &GatewayFile,
        headers: &HeaderMap,
        address: IpAddr,
    ) -> Result<Caller, Unauthenticated> {
        if !self.want_tokens(file) {
            return if address.is_loopback() {
                Ok(Caller::Local(address))
            } else {
                Err(Unauthenticated::NotLocal)
            };
        }
        let shown = hash(token_of(headers).ok_or(Unauthenticated::NoToken)?);
        // Every comparison is made, so that the time tells nothing of which one fits.
        let mut found = None;
        for key in &file.keys {
            if bool::from(key.hash.ct_eq(&shown)) {
                found = Some(Caller::Key(Arc::clone(key)));
            }
        }
        if self.service.is_some_and(|service| bool::from(service.ct_eq(&shown))) {
            found = Some(Caller::Service);
        }
        found.ok_or(Unauthenticated::WrongToken)
    }
}

fn hash(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

fn token_of(headers: &HeaderMap) -> Option<&[u8]> {
    if let Some(key) = headers.get(API_KEY) {
        return Some(key.as_bytes());
    }
    let bearer = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = bearer.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::{Caller, Callers, Unauthenticated};
    use crate::config::GatewayFile;
    use dashly_kernel::Secret;
    use http::{HeaderMap, HeaderValue};
    use std::net::{IpAddr, Ipv4Addr};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn without_any_token_only_this_machine_is_served() {
        let (callers, file) = (Callers::new(None), GatewayFile::default());
        let nothing = HeaderMap::new();
        assert!(matches!(callers.authenticate(&file, &nothing, HERE), Ok(Caller::Local(_))));
        let refused = callers.authenticate(&file, &headers("x-api-key", "dummy"), THERE);
        assert_eq!(refused.unwrap_err(), Unauthenticated::NotLocal);
    }

    #[test]
    fn with_a_token_this_machine_must_show_it_too() {
        let token = Secret::new("a token of the main API".to_owned());
        let (callers, file) = (Callers::new(Some(&token)), GatewayFile::default());
        let ask = |headers: &HeaderMap| callers.authenticate(&file, headers, HERE);
        assert!(matches!(ask(&headers("x-api-key", "a token of the main API")), Ok(Caller::Service)));
        assert!(matches!(
            ask(&headers("authorization", "bearer a token of the main API")),
            Ok(Caller::Service)
        ));
        assert_eq!(ask(&HeaderMap::new()).unwrap_err(), Unauthenticated::NoToken);
        assert_eq!(ask(&headers("x-api-key", "another")).unwrap_err(), Unauthenticated::WrongToken);
    }

    #[test]
    fn a_named_key_may_call_its_models_only() {
        // SHA-256 of "test".
        let text = "[[keys]]\nname = \"analytics\"\nmodels = [\"haiku\"]\n\
            hash = \"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"";
        let (callers, file) = (Callers::new(None), GatewayFile::parse(text).unwrap());
        let caller = callers.authenticate(&file, &headers("x-api-key", "test"), THERE).unwrap();
        assert_eq!(&*caller.name(), "analytics");
        assert!(caller.may_call("claude-haiku-5-5", Some("haiku")));
        assert!(!caller.may_call("claude-sonnet-5-5", Some("sonnet")));
        assert!(!caller.may_call("claude-haiku-5-5", None));
    }
}
