//! Blobs: read, mounted, uploaded in one piece.

use super::state::{State, digest};
use super::{Answer, Asked};

impl State {
    pub(super) fn blobs(&mut self, asked: &Asked, repository: &str, last: &str) -> Answer {
        match last.strip_prefix("uploads/") {
            Some("") => self.begin_upload(asked, repository),
            Some(upload) => self.finish_upload(asked, repository, upload),
            None => match self.repositories.get(repository).and_then(|found| found.blobs.get(last)) {
                Some(bytes) => Answer::new(200).with("Docker-Content-Digest", last).of(bytes.clone()),
                None => Answer::error(404, "BLOB_UNKNOWN", "blob unknown to registry"),
            },
        }
    }

    fn begin_upload(&mut self, asked: &Asked, repository: &str) -> Answer {
        if let (Some(mount), Some(from)) = (asked.first("mount"), asked.first("from")) {
            // Quay looks whether the same token may read there, and begins an upload when it may not.
            let readable = self.admit(asked, from, "pull").is_ok();
            let bytes = self.repositories.get(from).and_then(|found| found.blobs.get(mount)).cloned();
            if let (true, false, Some(bytes)) = (readable, self.habits.no_mounts, bytes) {
                self.repositories
                    .entry(repository.to_owned())
                    .or_default()
                    .blobs
                    .insert(mount.to_owned(), bytes);
                return Answer::new(201).with("Docker-Content-Digest", mount);
            }
        }
        let upload = self.fresh();
        self.uploads.insert(upload.clone(), (repository.to_owned(), Vec::new()));
        Answer::new(202).with("Location", format!("/v2/{repository}/blobs/uploads/{upload}?state=x"))
    }

    fn finish_upload(&mut self, asked: &Asked, repository: &str, upload: &str) -> Answer {
        let Some((_, mut bytes)) = self.uploads.remove(upload).filter(|(of, _)| of == repository) else {
            return Answer::error(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown");
        };
        bytes.extend_from_slice(&asked.body);
        match asked.method.as_str() {
            "DELETE" => Answer::new(204),
            "PATCH" => {
                let location = format!("/v2/{repository}/blobs/uploads/{upload}?state=y");
                self.uploads.insert(upload.to_owned(), (repository.to_owned(), bytes));
                Answer::new(202).with("Location", location)
            }
            _ => {
                let name = digest(&bytes);
                if asked.first("digest") != Some(name.as_str()) {
                    return Answer::error(400, "DIGEST_INVALID", "digest did not match uploaded content");
                }
                let found = self.repositories.entry(repository.to_owned()).or_default();
                found.blobs.insert(name.clone(), bytes);
                Answer::new(201).with("Docker-Content-Digest", name)
            }
        }
    }
}
