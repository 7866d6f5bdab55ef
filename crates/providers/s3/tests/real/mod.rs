//! A bucket of its own on a real server.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use promote_port::port::StoreSettings;
use promote_s3::{S3Bucket, SignIn};
use promote_stand_ins::server::Server;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A server, a fresh bucket on it, and a plain client to look at it with.
pub(crate) struct Store {
    pub(crate) name: String,
    pub(crate) endpoint: String,
    pub(crate) bucket: S3Bucket,
    server: Server,
    client: Client,
}

fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!("s3-{now:x}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn connect(server: &Server, name: &str, secret: &str) -> S3Bucket {
    let settings = StoreSettings {
        region: Some(server.region.clone()),
        endpoint: Some(server.endpoint.clone()),
        ..StoreSettings::default()
    };
    let keys = SignIn::Keys { id: server.access_key.clone(), secret: secret.to_owned(), token: None };
    S3Bucket::sign_in(name, &settings, keys)
}

/// The bucket at a place that another process told, and its name.
pub(crate) fn found(place: &str) -> (S3Bucket, String) {
    let [endpoint, region, id, secret, name] =
        <[&str; 5]>::try_from(place.split(' ').collect::<Vec<_>>()).unwrap().map(str::to_owned);
    let settings =
        StoreSettings { region: Some(region), endpoint: Some(endpoint), ..StoreSettings::default() };
    (S3Bucket::sign_in(&name, &settings, SignIn::Keys { id, secret, token: None }), name)
}

impl Store {
    pub(crate) async fn start(server: &str) -> Self {
        let server = Server::start(server).unwrap();
        let keys = Credentials::new(&server.access_key, &server.secret_key, None, None, "test");
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(server.region.clone()))
            .endpoint_url(&server.endpoint)
            .credentials_provider(keys)
            .force_path_style(true)
            .build();
        let client = Client::from_conf(config);
        let name = fresh_name();
        client.create_bucket().bucket(&name).send().await.unwrap();
        let bucket = connect(&server, &name, &server.secret_key);
        Self { name, endpoint: server.endpoint.clone(), bucket, server, client }
    }

    pub(crate) async fn versioned(server: &str) -> Self {
        let store = Self::start(server).await;
        let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let request = store.client.put_bucket_versioning().bucket(&store.name);
        request.versioning_configuration(on).send().await.unwrap();
        store
    }

    /// The same bucket through a new connection.
    pub(crate) fn again(&self) -> S3Bucket {
        self.at(&self.name)
    }

    /// Another bucket of the server.
    pub(crate) fn at(&self, name: &str) -> S3Bucket {
        connect(&self.server, name, &self.server.secret_key)
    }

    /// What leads to the bucket from another process.
    pub(crate) fn place(&self) -> String {
        let Server { endpoint, region, access_key, secret_key, .. } = &self.server;
        [endpoint, region, access_key, secret_key, &self.name].map(String::as_str).join(" ")
    }

    /// The bucket with another secret.
    pub(crate) fn with_secret(&self, secret: &str) -> S3Bucket {
        connect(&self.server, &self.name, secret)
    }

    pub(crate) async fn create_bucket(&self, name: &str) {
        self.client.create_bucket().bucket(name).send().await.unwrap();
    }

    /// Writes an empty object under a name that is no key of ours.
    pub(crate) async fn put_raw(&self, name: &str) {
        self.client.put_object().bucket(&self.name).key(name).send().await.unwrap();
    }

    /// How many uploads are neither completed nor given up.
    pub(crate) async fn open_uploads(&self) -> usize {
        self.client.list_multipart_uploads().bucket(&self.name).send().await.unwrap().uploads().len()
    }
}
