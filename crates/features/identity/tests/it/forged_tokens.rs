//! Tokens that nobody here signed, or that say more than ours.

use crate::fixture::{LIFETIME_SECONDS, SECRET, TestApp};
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header, crypto};
use serde_json::{Value, json};

/// base64url without padding (RFC 4648, 5).
fn encode(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..=chunk.len() {
            let index = usize::try_from((word >> (18 - 6 * position)) & 63).unwrap();
            text.push(char::from(ALPHABET[index]));
        }
    }
    text
}

fn decode(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0_u32, 0);
    for character in text.chars() {
        word = (word << 6) | u32::try_from(ALPHABET.find(character).unwrap()).unwrap();
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((word >> bits) & 255).unwrap());
        }
    }
    bytes
}

fn claims_of(token: &str) -> Value {
    serde_json::from_slice(&decode(token.split('.').nth(1).unwrap())).unwrap()
}

fn header_of(token: &str) -> Value {
    serde_json::from_slice(&decode(token.split('.').next().unwrap())).unwrap()
}

/// A token with a signature by `key`, whatever its header says.
fn forge(header: &Value, claims: &Value, key: &[u8], algorithm: Algorithm) -> String {
    let message =
        format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
    let signature = crypto::sign(message.as_bytes(), &EncodingKey::from_secret(key), algorithm).unwrap();
    format!("{message}.{signature}")
}

fn sign(header: &Value, claims: &Value) -> String {
    forge(header, claims, SECRET.as_bytes(), Algorithm::HS256)
}

fn with(value: &Value, key: &str, replacement: Value) -> Value {
    let mut changed = value.clone();
    changed[key] = replacement;
    changed
}

fn without(value: &Value, key: &str) -> Value {
    let mut changed = value.clone();
    changed.as_object_mut().unwrap().remove(key);
    changed
}

async fn refuse(app: &TestApp, name: &str, token: &str) {
    let answer = app.me(token).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}: {}", answer.body);
}

both_databases! {
    async fn a_token_says_what_it_always_said_and_names_its_session(app: TestApp) {
        let token = app.token().await;
        let claims = claims_of(&token);
        assert_eq!(header_of(&token), json!({ "typ": "JWT", "alg": "HS256" }));
        let expected = json!({
            "id": claims["id"], "username": "Admin", "email": "Ada@Example.org", "role": "admin",
            "iat": 1_795_374_000, "exp": 1_795_374_000 + i64::from(LIFETIME_SECONDS),
            "iss": "dashly", "aud": "dashly", "jti": claims["jti"]
        });
        assert_eq!(claims, expected);
        // The forging below is good enough to be believed when nothing is wrong.
        let again = sign(&header_of(&token), &claims);
        assert_eq!(app.me(&again).await.status, StatusCode::OK);
    }

    async fn tokens_with_another_signature_are_refused(app: TestApp) {
        let token = app.token().await;
        let (header, claims) = (header_of(&token), claims_of(&token));
        for key in ["", "secret", "your-secret-key", "dashly", SECRET.strip_suffix('f').unwrap(), &SECRET.to_uppercase()] {
            refuse(app, key, &forge(&header, &claims, key.as_bytes(), Algorithm::HS256)).await;
        }
        for (name, algorithm) in [("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
            let header = with(&header, "alg", json!(name));
            refuse(app, name, &forge(&header, &claims, SECRET.as_bytes(), algorithm)).await;
            refuse(app, name, &sign(&header, &claims)).await;
        }
        let library = Header::new(Algorithm::HS512);
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        refuse(app, "HS512", &jsonwebtoken::encode(&library, &claims, &key).unwrap()).await;
    }

    async fn a_header_cannot_choose_how_it_is_verified(app: TestApp) {
        let token = app.token().await;
        let (header, claims) = (header_of(&token), claims_of(&token));
        for name in ["none", "None", "NONE", "nOnE", "", "RS256", "ES256", "PS256", "EdDSA", "hs256", "HS255"] {
            let header = with(&header, "alg", json!(name));
            refuse(app, name, &sign(&header, &claims)).await;
            let unsigned = format!("{}.{}.", encode(header.to_string().as_bytes()), token.split('.').nth(1).unwrap());
            refuse(app, name, &unsigned).await;
        }
        refuse(app, "no alg", &sign(&without(&header, "alg"), &claims)).await;
        refuse(app, "no typ", &sign(&without(&header, "typ"), &claims)).await;
        for (key, value) in [
            ("typ", json!("at+jwt")),
            ("kid", json!("../../dev/null")),
            ("kid", json!("' union select 'x")),
            ("jku", json!("https://evil.example/keys.json")),
            ("jwk", json!({ "kty": "oct", "k": "AA" })),
            ("x5u", json!("https://evil.example/cert.pem")),
            ("crit", json!(["exp"])),
            ("zip", json!("DEF")),
            ("b64", json!(false)),
        ] {
            refuse(app, key, &sign(&with(&header, key, value), &claims)).await;
        }
    }

    async fn a_signature_does_not_cover_wrong_claims(app: TestApp) {
        let token = app.token().await;
        let (header, claims) = (header_of(&token), claims_of(&token));
        let now = 1_795_374_000;
        let other = "019aad3e-0000-7000-8000-000000000000";
        for (key, value) in [
            ("exp", json!(now)),
            ("exp", json!(now - 1)),
            ("exp", json!(0)),
            ("exp", json!(-1)),
            ("exp", json!("9999999999")),
            ("exp", json!(1e300)),
            ("exp", Value::Null),
            ("iss", json!("elsewhere")),
            ("iss", json!(["dashly"])),
            ("aud", json!("elsewhere")),
            ("aud", json!(["dashly", "elsewhere"])),
            ("jti", json!(other)),
            ("jti", json!("' or '1'='1")),
            ("id", json!(other)),
            ("id", json!("1 or 1=1")),
        ] {
            let changed = with(&claims, key, value.clone());
            refuse(app, &format!("{key} {value}"), &sign(&header, &changed)).await;
        }
        for key in ["exp", "iss", "aud", "jti", "id"] {
            refuse(app, key, &sign(&header, &without(&claims, key))).await;
        }
    }

    async fn what_a_token_says_of_the_role_is_not_believed(app: TestApp) {
        app.add_account("mara", "mara@example.org", "user", "approved").await;
        let token = app.sign_in("mara", crate::fixture::PASSWORD).await.token();
        let admin = sign(&header_of(&token), &with(&claims_of(&token), "role", json!("admin")));
        let request = crate::fixture::with_cookie(http::Method::GET, "/for-administrators", &admin);
        assert_eq!(app.send(request).await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.me(&admin).await.body["user"]["role"], "user");
    }

    async fn damaged_tokens_are_refused(app: TestApp) {
        let token = app.token().await;
        let (message, signature) = token.rsplit_once('.').unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        for position in (0..token.len()).step_by(7) {
            let mut bytes = token.clone().into_bytes();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            refuse(app, &format!("byte {position}"), &String::from_utf8(bytes).unwrap()).await;
        }
        for (name, damaged) in [
            ("no signature", format!("{message}.")),
            ("short signature", format!("{message}.{}", signature.split_at(20).0)),
            ("long signature", format!("{token}AAAA")),
            ("two parts", message.to_owned()),
            ("four parts", format!("{token}.{signature}")),
            ("swapped", format!("{}.{}.{signature}", parts[1], parts[0])),
            ("dots", "..".to_owned()),
            ("padding", format!("{token}==")),
            ("nothing", String::new()),
            ("words", "null".to_owned()),
            ("huge", "A".repeat(60_000)),
            ("huge claims", sign(
                &header_of(&token),
                &with(&claims_of(&token), "username", json!("x".repeat(8_000))),
            )),
        ] {
            refuse(app, name, &damaged).await;
        }
        assert_eq!(app.me(&token).await.status, StatusCode::OK);
    }
}
