//! `POST /api/auth/logout`: the end of a session.

use super::refusals::SignedInRefusal;
use crate::Identity;
use crate::problems::store_problem;
use crate::sessions::TOKEN_COOKIE;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use dashly_web::{ClientAddress, Failure, SetCookie, SignedIn};
use serde::Serialize;
use utoipa::ToSchema;

/// The session has ended.
#[derive(Serialize, ToSchema)]
struct LogoutResponse {
    /// Always true.
    success: bool,
    message: &'static str,
}

/// Sign out.
///
/// Ends the session of the token that was sent, on every replica at once, and clears the cookie. Other sign-ins of the
/// same account go on.
#[utoipa::path(
    post,
    path = "/api/auth/logout",
    tag = "auth",
    responses(
        (status = 200, description = "Signed out", body = LogoutResponse,
            headers(("Set-Cookie" = String, description = "Removes `token`"))),
        SignedInRefusal,
    )
)]
pub(crate) async fn logout(
    State(identity): State<Identity>,
    SignedIn(caller): SignedIn,
    ClientAddress(address): ClientAddress,
) -> Result<Response, Failure> {
    identity.sign_out(&caller, address).await.map_err(store_problem)?;
    let mut response = Json(LogoutResponse { success: true, message: "Signed out" }).into_response();
    let cookie =
        SetCookie { name: TOKEN_COOKIE, value: "", max_age_seconds: 0, secure: identity.secure_cookies() };
    cookie.append_to(response.headers_mut());
    Ok(response)
}
