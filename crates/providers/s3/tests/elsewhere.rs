//! A store that sends its client to another host: nothing that signs follows it there, nor does content.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

use promote_port::location::Key;
use promote_port::port::StoreSettings;
use promote_port::port::{Body, Bucket as _, BucketReader as _, Condition, Headers, Metadata};
use promote_s3::{S3Bucket, SignIn};
use promote_stand_ins::stand_in::StandIn;

const SESSION: &str = "canary-session-token";

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

#[tokio::test]
async fn no_answer_leads_a_signature_to_another_host() {
    let other = StandIn::quiet().unwrap();
    for code in [301, 302, 303, 307, 308] {
        let place = format!("http://{}/elsewhere", other.elsewhere());
        let body = format!(
            "<?xml version=\"1.0\"?><Error><Code>PermanentRedirect</Code><Message>m</Message><Endpoint>{}</Endpoint></Error>",
            other.elsewhere()
        );
        let store = StandIn::start(move |_| {
            let date = ("date", "Tue, 01 Jan 2030 00:00:00 GMT".to_owned());
            let region = ("x-amz-bucket-region", "eu-central-1".to_owned());
            (code, vec![("location", place.clone()), region, date], body.clone().into_bytes())
        })
        .unwrap();
        let settings = StoreSettings {
            region: Some("us-east-1".to_owned()),
            endpoint: Some(format!("http://{}", store.host)),
            ..StoreSettings::default()
        };
        let keys = SignIn::Keys {
            id: "AKIDTEST".to_owned(),
            secret: "of-no-value".to_owned(),
            token: Some(SESSION.to_owned()),
        };
        let bucket = S3Bucket::sign_in("acme-rel", &settings, keys);
        assert!(bucket.get(&key("a.zip"), 1 << 20).await.is_err(), "{code}");
        assert!(bucket.list("a", None, 10).await.is_err(), "{code}");
        let body = Body::Bytes("content".into());
        let written = bucket
            .write(&key("a.zip"), body, &Headers::default(), &Metadata::new(), &Condition::absent())
            .await;
        assert!(written.is_err(), "{code}");
        assert!(store.heard().iter().any(|heard| heard.holds(SESSION)), "{code}");
    }
    assert_eq!(other.heard().len(), 0, "{:?}", other.heard());
}
