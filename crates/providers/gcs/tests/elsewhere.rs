//! A store that sends its client to another host: no token, and no content, follows it there.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

use promote_gcs::{GcsBucket, Limits};
use promote_port::location::Key;
use promote_port::port::StoreSettings;
use promote_port::port::{Body, Bucket as _, BucketReader as _, Condition, Headers, Metadata};
use promote_stand_ins::stand_in::{Heard, StandIn};
use serde_json::json;

const TOKEN: &str = "canary-token";

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// The bucket, signed in to with a token of a person.
fn bucket(folder: &std::path::Path, store: &StandIn, tokens: &StandIn) -> GcsBucket {
    let file = folder.join("credentials.json");
    let credentials = json!({
        "type": "authorized_user", "client_id": "x", "client_secret": "geheim", "refresh_token": "geheim",
        "token_uri": format!("http://{}/oauth", tokens.host),
    });
    std::fs::write(&file, credentials.to_string()).unwrap();
    let settings = StoreSettings {
        endpoint: Some(format!("http://{}", store.host)),
        credentials: Some(file.display().to_string()),
        ..StoreSettings::default()
    };
    // Small enough that an upload goes on at the address that the store names.
    GcsBucket::connect("acme-rel", &settings).with_limits(Limits { single: 4, ..Limits::default() })
}

#[tokio::test]
async fn no_answer_leads_a_token_to_another_host() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = StandIn::start(|_| {
        let body = json!({ "access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer" });
        (200, vec![("content-type", "application/json".to_owned())], body.to_string().into_bytes())
    })
    .unwrap();
    let other = StandIn::quiet().unwrap();
    for code in [200, 201, 301, 302, 303, 307, 308] {
        let place = format!("http://{}/elsewhere?upload_id=1", other.elsewhere());
        let store = StandIn::start(move |heard: &Heard| {
            let body = if heard.path.starts_with("/upload/") { "" } else { "{}" };
            (code, vec![("location", place.clone())], body.as_bytes().to_vec())
        })
        .unwrap();
        let bucket = bucket(folder.path(), &store, &tokens);
        let body = Body::Bytes("content that is long enough".into());
        let written = bucket
            .write(&key("a.zip"), body, &Headers::default(), &Metadata::new(), &Condition::absent())
            .await;
        assert!(written.is_err(), "{code}");
        let _ = bucket.get(&key("a.zip"), 1 << 20).await;
        let _ = bucket.list("a", None, 10).await;
        let signed = store.heard().iter().filter(|heard| heard.holds(TOKEN)).count();
        assert!(signed >= 3 && signed == store.heard().len(), "{code}: {:?}", store.heard());
    }
    assert_eq!(other.heard().len(), 0, "{:?}", other.heard());
}
