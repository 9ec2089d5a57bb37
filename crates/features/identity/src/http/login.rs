//! `POST /api/auth/login`: a password for a session.

use super::account_document::RoleDocument;
use crate::model::{AccountStatus, Login, User};
use crate::problems::store_problem;
use crate::sessions::TOKEN_COOKIE;
use crate::sign_in::SignInError;
use crate::{AfterSignIn, Identity};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use dashly_kernel::{FieldError, Problem, Secret, UserId};
use dashly_web::{Body, ClientAddress, Failure, ProblemDocument, SetCookie};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// Names and a password need far less.
const BODY_LIMIT_BYTES: usize = 16 * 1024;
/// When a turn to check a password is likely to be free, in seconds.
const BUSY_RETRY_SECONDS: u64 = 2;

/// Who wants to sign in. One of the two names is enough, and either may hold either.
#[derive(Deserialize, ToSchema)]
pub(crate) struct LoginRequest {
    /// User name or e-mail address, in any case.
    #[schema(example = "admin")]
    username: Option<String>,
    /// E-mail address or user name, in any case; looked at when `username` is missing or empty.
    #[schema(example = "admin@example.org")]
    email: Option<String>,
    /// The password, exactly as it was set.
    #[schema(format = Password)]
    password: Option<String>,
}

/// A good sign-in. The token is also set as cookie `token`.
#[derive(Serialize, ToSchema)]
struct LoginResponse {
    /// Always true.
    success: bool,
    message: &'static str,
    /// To be sent as `Authorization: Bearer <token>` by callers without cookies.
    token: String,
    user: LoginUser,
}

/// The account that was signed in to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LoginUser {
    #[schema(value_type = String, format = "uuid")]
    id: UserId,
    username: String,
    email: String,
    role: RoleDocument,
    company_name: Option<String>,
}

impl From<User> for LoginUser {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            username: user.username,
            email: user.email,
            role: user.role.into(),
            company_name: user.company_name,
        }
    }
}

/// Sign in.
///
/// Gives a session token, in the answer and as an HttpOnly cookie. Unknown accounts and wrong passwords get the same
/// answer. After 10 failures in 15 minutes for one account from one address, 50 from one address, or 100 in an hour
/// for one account, further attempts are refused until `Retry-After`.
#[utoipa::path(
    post,
    path = "/api/auth/login",
    tag = "auth",
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Signed in", body = LoginResponse,
            headers(("Set-Cookie" = String, description = "`token`: HttpOnly, SameSite=Lax, Path=/"))),
        (status = 400, description = "A field is missing, or the body is not JSON of this shape",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No such account, or not its password",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The password is right, and the account may not be used",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "The body is larger than 16 kB",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "The name is too long or has control characters",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many failed attempts",
            body = ProblemDocument, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
        (status = 503, description = "The database is away, or too many are signing in at once",
            body = ProblemDocument, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
    )
)]
pub(crate) async fn login(
    State(identity): State<Identity>,
    ClientAddress(address): ClientAddress,
    after: Option<Extension<AfterSignIn>>,
    headers: HeaderMap,
    Body(request): Body<LoginRequest, BODY_LIMIT_BYTES>,
) -> Result<Response, Failure> {
    let (login, password) = request.parse()?;
    let signed_in = identity.sign_in(&login, password, address).await.map_err(Problem::from)?;
    let token = signed_in.token.expose();
    let user = signed_in.user.id;
    let mut response = Json(LoginResponse {
        success: true,
        message: "Signed in",
        token: token.clone(),
        user: signed_in.user.into(),
    })
    .into_response();
    let cookie = SetCookie {
        name: TOKEN_COOKIE,
        value: token,
        max_age_seconds: u64::from(identity.token_lifetime_seconds()),
        secure: identity.secure_cookies(),
    };
    cookie.append_to(response.headers_mut());
    if let Some(Extension(AfterSignIn(observer))) = after {
        observer.signed_in(user, &headers, response.headers_mut()).await;
    }
    Ok(response)
}

impl LoginRequest {
    /// # Errors
    /// 400 with each field that is missing; 422 when the name cannot be one.
    fn parse(self) -> Result<(Login, Secret<String>), Problem> {
        let filled = |field: Option<String>| field.filter(|text| !text.trim().is_empty());
        let (pointer, name) = match filled(self.username) {
            Some(name) => ("/username", Some(name)),
            None => ("/email", filled(self.email)),
        };
        let password = self.password.filter(|text| !text.is_empty());
        match (name, password) {
            (Some(name), Some(password)) => {
                let login = Login::parse(&name).map_err(|fault| invalid_name(pointer, &fault.to_string()))?;
                Ok((login, Secret::new(password)))
            }
            (name, password) => Err(missing_fields(name.is_none(), password.is_none())),
        }
    }
}

fn missing_fields(name: bool, password: bool) -> Problem {
    let detail = match (name, password) {
        (true, true) => "username (or email) and password are required",
        (true, false) => "username (or email) is required",
        _ => "password is required",
    };
    let mut problem = Problem::bad_request("missing-fields", detail);
    if name {
        let expected = "a user name or an e-mail address is required, in `username` or `email`";
        problem = problem.with_error(FieldError::new("/username", "required", expected));
    }
    if password {
        problem = problem.with_error(FieldError::new("/password", "required", "a password is required"));
    }
    problem
}

fn invalid_name(pointer: &str, fault: &str) -> Problem {
    Problem::unprocessable("invalid-name", format!("the user name or e-mail address {fault}"))
        .with_error(FieldError::new(pointer, "invalid", fault))
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::WrongCredentials => Self::unauthorized(
                "wrong-credentials",
                "the user name, e-mail address or password is wrong; passwords are case-sensitive",
            ),
            SignInError::NotApproved(status) => Self::forbidden("account-not-approved", not_approved(status)),
            SignInError::Limited { wait } => too_many_attempts(wait),
            SignInError::Busy => Self::unavailable(
                "sign-in-busy",
                "too many people are signing in at once; try again shortly",
                BUSY_RETRY_SECONDS,
            ),
            SignInError::Store(error) => store_problem(error),
            SignInError::Hashing(_) | SignInError::Signing(_) => {
                tracing::error!(%error, "signing in failed");
                Self::internal()
            }
        }
    }
}

fn not_approved(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Approved => "this account may not be used",
        AccountStatus::Pending => "this account waits for an administrator to approve it",
        AccountStatus::Rejected => "an administrator has closed this account",
        AccountStatus::Unverified => "the e-mail address of this account has not been confirmed yet",
    }
}

fn too_many_attempts(wait: Duration) -> Problem {
    // Rounded up: a retry after this time must not be refused again.
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    let detail = format!("too many failed attempts to sign in; try again in {seconds} seconds");
    Problem::too_many("too-many-attempts", detail, seconds)
}
