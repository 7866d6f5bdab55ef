//! A service that sends its client to another host: nothing that signs follows it there.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

use promote_codepipeline::{CodePipelines, Settings, SignIn};
use promote_port::port::Pipelines;
use promote_stand_ins::stand_in::StandIn;

#[tokio::test]
async fn no_answer_leads_a_signature_to_another_host() {
    let other = StandIn::quiet().unwrap();
    for code in [301, 302, 303, 307, 308] {
        let place = format!("http://{}/elsewhere", other.elsewhere());
        let service = StandIn::start(move |_| (code, vec![("location", place.clone())], Vec::new())).unwrap();
        let settings = Settings {
            region: Some("us-east-1".to_owned()),
            profile: None,
            endpoint: Some(format!("http://{}", service.host)),
        };
        let keys = SignIn::Keys {
            id: "AKIDTEST".to_owned(),
            secret: "of-no-value".to_owned(),
            token: Some("canary-session-token".to_owned()),
        };
        let pipelines = CodePipelines::with(settings, keys);
        assert!(pipelines.describe("billing-prod").await.is_err(), "{code}");
        assert!(service.heard().iter().all(|heard| heard.holds("canary-session-token")), "{code}");
        assert!(!service.heard().is_empty(), "{code}");
    }
    assert_eq!(other.heard().len(), 0, "{:?}", other.heard());
}
