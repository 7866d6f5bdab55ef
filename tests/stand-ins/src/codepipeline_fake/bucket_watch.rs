//! In place of Amazon's events: looks at the watched objects of a real S3 server a few times a second, and tells of
//! each new version. What was there at the first look is no news.

use super::Shared;
use super::engine::Landed;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Config, Credentials, Region};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(40);
const LINE: &str = "codepipeline-artifact-revision-summary";

/// How to reach the server.
pub(crate) struct S3 {
    pub(crate) endpoint: String,
    pub(crate) key: String,
    pub(crate) secret: String,
    pub(crate) region: String,
}

/// Watches until the service ends. Returns when it has looked once: what comes later is news.
pub(crate) fn watch(shared: Arc<Shared>, s3: S3) {
    let (looking, looked) = channel::<()>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            runtime.block_on(look(&shared, &s3, looking));
        }
    });
    // Nothing is ever sent: the end of the channel is the answer.
    let _ = looked.recv();
}

async fn look(shared: &Shared, s3: &S3, looking: Sender<()>) {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(&s3.key, &s3.secret, None, None, "fake"))
        .endpoint_url(&s3.endpoint)
        .region(Region::new(s3.region.clone()))
        .force_path_style(true)
        .build();
    let client = Client::from_conf(config);
    let mut looking = Some(looking);
    let mut seen: BTreeMap<(String, String), String> = BTreeMap::new();
    while !shared.ended() {
        let watched: BTreeSet<(String, String)> = shared
            .lock()
            .pipelines
            .values()
            .map(|pipeline| (pipeline.shape.bucket.clone(), pipeline.shape.key.clone()))
            .collect();
        for (bucket, key) in watched {
            let answer = client.head_object().bucket(&bucket).key(&key).send().await;
            // Not there yet, or not reached this time: there is a next one.
            let Ok(found) = answer else {
                seen.entry((bucket, key)).or_default();
                continue;
            };
            let version = found.version_id().unwrap_or_default().to_owned();
            let mark = format!("{version} {}", found.e_tag().unwrap_or_default());
            let before = seen.insert((bucket.clone(), key.clone()), mark.clone());
            if before.is_some_and(|before| before != mark) {
                let summary = found.metadata().and_then(|metadata| metadata.get(LINE)).cloned();
                let version = Some(version).filter(|version| !version.is_empty() && version != "null");
                shared.lock().landed(&Landed { bucket, key, version, summary });
            }
        }
        drop(looking.take());
        tokio::time::sleep(PAUSE).await;
    }
}
