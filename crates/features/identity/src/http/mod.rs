//! The routes under `/api/auth`, one file per operation.

mod account_document;
mod login;
mod logout;
mod me;
mod refusals;

use crate::Identity;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this slice with their description, to be merged into the program's.
///
/// They need the request extensions [`dashly_web::Authentication`] with this service in it, and
/// [`dashly_web::PeerAddress`] for the limits.
pub fn routes() -> OpenApiRouter<Identity> {
    OpenApiRouter::default()
        .routes(routes!(login::login))
        .routes(routes!(logout::logout))
        .routes(routes!(me::me))
}
