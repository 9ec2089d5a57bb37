//! `GET /api/auth/me`: who is signed in.

use super::account_document::{RoleDocument, StatusDocument};
use super::refusals::SignedInRefusal;
use crate::Identity;
use crate::model::User;
use axum::Json;
use axum::extract::State;
use dashly_kernel::{Problem, UserId};
use dashly_web::{Failure, SignedIn};
use serde::Serialize;
use utoipa::ToSchema;

/// The account of the caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeResponse {
    /// Always true.
    success: bool,
    user: MeUser,
}

/// The account of the caller, as it is now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MeUser {
    #[schema(value_type = String, format = "uuid")]
    id: UserId,
    username: String,
    email: String,
    role: RoleDocument,
    company_name: Option<String>,
    status: StatusDocument,
}

impl From<User> for MeUser {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            username: user.username,
            email: user.email,
            role: user.role.into(),
            company_name: user.company_name,
            status: user.status.into(),
        }
    }
}

/// Who is signed in.
#[utoipa::path(
    get,
    path = "/api/auth/me",
    tag = "auth",
    responses(
        (status = 200, description = "The caller's account", body = MeResponse),
        SignedInRefusal,
    )
)]
pub(crate) async fn me(
    State(identity): State<Identity>,
    SignedIn(caller): SignedIn,
) -> Result<Json<MeResponse>, Failure> {
    let user = identity.get_own_account(&caller).await.map_err(Problem::from)?;
    Ok(Json(MeResponse { success: true, user: user.into() }))
}
