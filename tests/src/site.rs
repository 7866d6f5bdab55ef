//! A bucket for a project, on an S3 server or on the project's own Google Cloud Storage, and the same few things done
//! to each by clients that know nothing of this project.

use crate::gcs_fake::Fake;
use crate::lane_project::Place;
use crate::project::store_file;
use crate::server::Server;
use crate::{bucket, client};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The bucket and where it is.
#[derive(Debug)]
pub enum Site {
    /// On a server that speaks the protocol of S3.
    S3 {
        /// The server.
        server: Server,
        /// The bucket.
        bucket: String,
    },
    /// On a Google Cloud Storage in this process.
    Gcs {
        /// The store.
        fake: Fake,
        /// The bucket.
        bucket: String,
    },
}

impl Site {
    /// A fresh bucket that keeps versions, on this server; on Google's for `gcs`.
    ///
    /// # Errors
    /// When there is no server, or it makes no bucket.
    pub fn fresh(name: &str) -> std::io::Result<Self> {
        if name == "gcs" {
            let (fake, bucket) = (Fake::start()?, "acme-shop".to_owned());
            fake.bucket(&bucket, true);
            return Ok(Self::Gcs { fake, bucket });
        }
        let server = Server::start(name).map_err(std::io::Error::other)?;
        let bucket = bucket::fresh(&server)?;
        Ok(Self::S3 { server, bucket })
    }

    /// The bucket's location, such as `s3://NAME`.
    pub fn location(&self) -> String {
        match self {
            Self::S3 { bucket, .. } => format!("s3://{bucket}"),
            Self::Gcs { bucket, .. } => format!("gs://{bucket}"),
        }
    }

    /// `promote.toml` for artifacts in it.
    pub fn file(&self) -> String {
        match self {
            Self::S3 { server, bucket } => crate::project::s3_file(server, bucket),
            Self::Gcs { fake, bucket } => store_file("gs", bucket, &fake.endpoint),
        }
    }

    /// The variables with which the command reaches it.
    pub fn variables(&self) -> BTreeMap<String, String> {
        match self {
            Self::S3 { server, .. } => bucket::sign_in(server),
            Self::Gcs { .. } => BTreeMap::new(),
        }
    }

    /// The place for a project of lanes.
    pub fn place(&self) -> Place {
        let (endpoint, bucket) = match self {
            Self::S3 { server, bucket } => (server.endpoint.clone(), bucket.clone()),
            Self::Gcs { fake, bucket } => (fake.endpoint.clone(), bucket.clone()),
        };
        let scheme = if matches!(self, Self::S3 { .. }) { "s3" } else { "gs" };
        Place::Bucket { scheme, bucket, endpoint, variables: self.variables() }
    }

    /// Fetches an object into `file`; `size`, `sha256`, `metadata` and `content_type` of it.
    ///
    /// # Errors
    /// When it is not there.
    pub fn fetch(&self, key: &str, file: &Path) -> std::io::Result<Value> {
        match self {
            Self::S3 { server, bucket } => client::fetch(server, bucket, key, file),
            Self::Gcs { fake, bucket } => {
                let file = file.to_string_lossy();
                let said = google(&fake.endpoint, &["get", bucket, key, &file])?;
                serde_json::from_str(&said).map_err(std::io::Error::other)
            }
        }
    }

    /// Copies one object over another, without a condition and without a word to anybody.
    ///
    /// # Errors
    /// When the store does not do it.
    pub fn meddle(&self, from: &str, to: &str) -> std::io::Result<()> {
        match self {
            Self::S3 { server, bucket } => {
                let source = format!("{bucket}/{from}");
                let copy = ["copy-object", "--bucket", bucket, "--key", to, "--copy-source", &source];
                bucket::s3api(server, &copy).map(drop)
            }
            Self::Gcs { fake, bucket } => google(&fake.endpoint, &["copy", bucket, from, to]).map(drop),
        }
    }

    /// Every key and version, one a line.
    ///
    /// # Errors
    /// When the server does not list them.
    pub fn listing(&self) -> std::io::Result<Vec<String>> {
        match self {
            Self::S3 { server, bucket } => client::listing(server, bucket),
            Self::Gcs { fake, bucket } => Ok(fake.listing(bucket)),
        }
    }
}

fn google(endpoint: &str, arguments: &[&str]) -> std::io::Result<String> {
    client::python(&[include_str!("gcs_client.py"), endpoint], arguments, &BTreeMap::new())
}
