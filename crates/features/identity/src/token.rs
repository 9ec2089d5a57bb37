//! The signed token that a browser or a program shows to say who it is.
//!
//! A token alone proves nothing: it names a session, and the session's row decides. The signature keeps guesses away
//! from the database.

use crate::model::User;
use dashly_kernel::{Secret, SessionId, Timestamp, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const ISSUER: &str = "dashly";
const AUDIENCE: &str = "dashly";
/// The longest token with our claims has under 2,600 bytes, and browsers keep no cookie above 4,096.
const LONGEST_TOKEN_BYTES: usize = 4_096;

/// Makes and reads tokens with one key.
pub(crate) struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
}

/// What a token says. The first four are for callers of the first Dashly, and nothing here relies on them.
#[derive(Serialize, Deserialize)]
struct Claims {
    id: Uuid,
    username: String,
    email: String,
    role: String,
    /// When it was made, in seconds since 1970.
    iat: i64,
    /// The first second at which it is no longer good.
    exp: i64,
    iss: String,
    aud: String,
    /// The session.
    jti: Uuid,
}

/// Whom a token with a good signature names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenSubject {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
}

/// The token could not be signed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a token could not be signed")]
pub(crate) struct SigningError;

impl Tokens {
    pub(crate) fn new(secret: &Secret<String>) -> Self {
        let secret = secret.expose().as_bytes();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        // The library only knows the system's clock; `read` compares with ours.
        validation.validate_exp = false;
        validation.leeway = 0;
        Self {
            signing: EncodingKey::from_secret(secret),
            verifying: DecodingKey::from_secret(secret),
            validation,
        }
    }

    /// A token for `user` under `session`, good until `expires_at` (whole seconds).
    ///
    /// # Errors
    /// [`SigningError`], when the cryptographic library fails.
    pub(crate) fn sign(
        &self,
        user: &User,
        session: SessionId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Secret<String>, SigningError> {
        let claims = Claims {
            id: user.id.uuid(),
            username: user.username.clone(),
            email: user.email.clone(),
            role: user.role.as_str().to_owned(),
            iat: now.unix_seconds(),
            exp: expires_at.unix_seconds(),
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            jti: session.uuid(),
        };
        jsonwebtoken::encode(&header(), &claims, &self.signing).map(Secret::new).map_err(|_| SigningError)
    }

    /// Whom `token` names, if it is one of ours and not expired.
    pub(crate) fn read(&self, token: &str, now: Timestamp) -> Option<TokenSubject> {
        if token.len() > LONGEST_TOKEN_BYTES {
            return None;
        }
        let token = jsonwebtoken::decode::<Claims>(token, &self.verifying, &self.validation).ok()?;
        // Ours all have the same header: anything more in it is an attempt to steer the verifier.
        if token.header != header() || now.unix_seconds() >= token.claims.exp {
            return None;
        }
        Some(TokenSubject { user: UserId::new(token.claims.id), session: SessionId::new(token.claims.jti) })
    }
}

fn header() -> Header {
    Header::new(Algorithm::HS256)
}
