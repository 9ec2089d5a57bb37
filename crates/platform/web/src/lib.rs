//! HTTP mechanisms without a domain word: problems, bodies, cookies, client addresses, limits, static files, serving.
//!
//! Start with [`Failure`] (how a handler refuses) and [`Observe`] (what every request passes through).

mod assets;
mod authorize;
mod body;
mod body_budget;
mod client_address;
mod cookies;
mod failure;
mod observe;
mod overload;
mod security_headers;
mod serve;

pub use assets::StaticFiles;
pub use authorize::{Administrator, Authenticate, AuthenticateFuture, Authentication, Caller, SignedIn};
pub use body::{Body, BodyFault, FORM, JSON, content_type_is, parse_form, parse_json, read_body};
pub use body_budget::{BodyBudget, share_body_budget};
pub use client_address::{ClientAddress, TrustedProxies, network_of};
pub use cookies::{SetCookie, find_cookie};
pub use failure::{
    Failure, FieldErrorDocument, KeepBody, ProblemDocument, method_not_allowed, route_not_found,
};
pub use observe::{Observe, Recorded, RequestId, observe};
pub use overload::{Overload, refuse_overload};
pub use security_headers::SecurityHeaders;
pub use serve::{PeerAddress, Routes, ServeOptions, serve};
