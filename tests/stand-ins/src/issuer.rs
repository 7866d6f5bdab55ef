//! A server of a CI that vouches for its jobs: it hands out a token that it signs, and publishes its keys as OpenID Connect
//! Discovery says.

use crate::quay_fake::http::{self, Received, Reply};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

/// What the runner shows to get a token.
pub const BEARER: &str = "runner-canary-0123456789";

/// The server. It lives as long as the process.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// Its address.
    pub address: String,
    given: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    /// Starts one that gives tokens with these claims, issuer and times added.
    ///
    /// # Errors
    /// When no port or key can be had.
    pub fn start(claims: &Value) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = format!("http://{}", listener.local_addr()?);
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| std::io::Error::other("no key"))?;
        let key = EncodingKey::from_ec_der(made.as_ref());
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(std::io::Error::other)?;
        jwk.common.key_id = Some("k1".to_owned());
        let keys = serde_json::to_value(JwkSet { keys: vec![jwk] })?;
        let issuer = format!("{address}/_services/token");
        let now = chrono::Utc::now().timestamp();
        let mut said = claims.clone();
        for (name, value) in
            [("iss", json!(issuer)), ("iat", json!(now)), ("nbf", json!(now)), ("exp", json!(now + 600))]
        {
            said[name] = value;
        }
        let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::ES256) };
        let token = encode(&header, &said, &key).map_err(std::io::Error::other)?;
        let given = Arc::<Mutex<Vec<String>>>::default();
        let (base, log) = (address.clone(), Arc::clone(&given));
        std::thread::spawn(move || {
            let answer = move |request: &Received| {
                let path = request.target.split('?').next().unwrap_or_default();
                let bearer = request.header("authorization") == Some(&format!("Bearer {BEARER}"));
                let (status, body) = match path {
                    "/runner" if bearer => {
                        log.lock().unwrap_or_else(PoisonError::into_inner).push(token.clone());
                        (200, json!({ "value": token }))
                    }
                    "/_services/token/.well-known/openid-configuration" => {
                        (200, json!({ "issuer": issuer, "jwks_uri": format!("{base}/keys") }))
                    }
                    "/keys" => (200, keys.clone()),
                    _ => (404, json!({})),
                };
                Reply { status, headers: Vec::new(), body: body.to_string().into_bytes() }
            };
            let answer = Arc::new(answer);
            for stream in listener.incoming().flatten() {
                let answer = Arc::clone(&answer);
                // A connection that breaks is its client's business.
                std::thread::spawn(move || http::serve(&stream, |request| answer(request)));
            }
        });
        Ok(Self { address, given })
    }

    /// The variables of a job of GitHub.
    pub fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("GITHUB_SERVER_URL", self.address.clone()),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{}/runner?api-version=2.0", self.address)),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", BEARER.to_owned()),
        ]
    }

    /// The tokens that were handed out.
    pub fn given(&self) -> Vec<String> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
