//! The three ways to upload: content alone, description and content in one body, and in pieces.

use super::answer::Answer;
use super::fault::What;
use super::object::{Stored, kept};
use super::request::Asked;
use super::store::{Conditions, New, Store};
use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};

/// An upload under way.
#[derive(Debug)]
pub(super) struct Session {
    new: New,
    sums: Value,
    kept: BytesMut,
    /// What the last answer was, once the object is there: it is told again to whoever asks again.
    done: Option<Answer>,
}

/// What an upload needs to know of the fake.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) endpoint: &'a str,
    /// Google puts off a second write of an object within a second.
    pub(super) slow: bool,
    /// A fault that an upload plays out by itself.
    pub(super) what: Option<&'a What>,
}

fn described(given: &Value, kind: Option<&str>) -> serde_json::Map<String, Value> {
    let mut described = kept(given);
    if !described.contains_key("contentType") {
        let kind = kind.filter(|kind| !kind.is_empty()).unwrap_or("application/octet-stream");
        described.insert("contentType".to_owned(), json!(kind));
    }
    described
}

fn told(around: &Around<'_>, bucket: &str, name: &str, stored: &Stored) -> Answer {
    Answer::json(&stored.resource(around.endpoint, bucket, name))
}

/// Begins or makes an upload.
pub(super) fn post(
    store: &mut Store,
    asked: &Asked,
    bucket: &str,
    around: &Around<'_>,
) -> Result<Answer, Answer> {
    let conditions = Conditions::of(asked, false)?;
    let kind = asked.parameter("uploadType").unwrap_or("media");
    let (given, content, content_type) = match kind {
        "multipart" => asked.parts().ok_or_else(|| Answer::invalid("the body has not two parts"))?,
        "media" => {
            (Value::Null, asked.body.clone(), asked.header("content-type").unwrap_or_default().to_owned())
        }
        "resumable" => {
            let kind = asked.header("x-upload-content-type").unwrap_or_default().to_owned();
            (asked.json(), Bytes::new(), kind)
        }
        _ => return Err(Answer::invalid("unknown uploadType")),
    };
    let name = asked.parameter("name").or_else(|| given.get("name").and_then(Value::as_str));
    let name = name.filter(|name| !name.is_empty()).ok_or_else(|| Answer::invalid("Required"))?.to_owned();
    let described = described(&given, Some(&content_type));
    let new = New { bucket: bucket.to_owned(), name: name.clone(), described, content, conditions };
    if kind != "resumable" {
        let stored = store.insert(new, &given, around.slow)?;
        return Ok(told(around, bucket, &name, &stored));
    }
    if !store.buckets.contains_key(bucket) {
        return Err(Answer::no_bucket());
    }
    let id = format!("session-{}", store.next_generation());
    store.sessions.insert(id.clone(), Session { new, sums: given, kept: BytesMut::new(), done: None });
    let place =
        format!("{}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&upload_id={id}", around.endpoint);
    Ok(Answer::empty(200).with("location", place))
}

/// A piece of an upload, or the question how far it is: `bytes 0-9/20`, `bytes 0-9/*`, `bytes */20`.
pub(super) fn put(store: &mut Store, asked: &Asked, around: &Around<'_>) -> Result<Answer, Answer> {
    let id = asked.parameter("upload_id").unwrap_or_default().to_owned();
    let gone = || Answer::error(404, "notFound", "Upload session not found.");
    let session = store.sessions.get_mut(&id).ok_or_else(gone)?;
    if let Some(answer) = &session.done {
        return Ok(answer.clone());
    }
    let length = asked.body.len() as u64;
    let range = asked.header("content-range").unwrap_or("bytes 0-*/*").to_owned();
    let odd = || Answer::invalid(&format!("Invalid Content-Range: {range}"));
    let (span, total) = range.strip_prefix("bytes ").and_then(|rest| rest.split_once('/')).ok_or_else(odd)?;
    let total: Option<u64> = match total {
        "*" if asked.header("content-range").is_none() => Some(length),
        "*" => None,
        total => Some(total.parse().map_err(|_| odd())?),
    };
    if span != "*" {
        let begin: u64 = span.split('-').next().and_then(|text| text.parse().ok()).ok_or_else(odd)?;
        let have = session.kept.len() as u64;
        if begin > have {
            return Err(Answer::error(503, "backendError", "the piece leaves a gap"));
        }
        // What is here already is passed over.
        let skip = usize::try_from(have - begin).unwrap_or(usize::MAX).min(asked.body.len());
        let mut piece = asked.body.slice(skip..);
        if let Some(What::Keep { bytes }) = around.what {
            piece.truncate(*bytes);
        } else if total.is_none_or(|total| begin + length < total) && !length.is_multiple_of(256 << 10) {
            return Err(Answer::invalid("a piece that is not the last must be a multiple of 256 KiB"));
        }
        session.kept.extend_from_slice(&piece);
    }
    let have = session.kept.len();
    if total != Some(have as u64) {
        let answer = Answer::empty(308);
        return Ok(match have.checked_sub(1) {
            Some(last) => answer.with("range", format!("bytes=0-{last}")),
            None => answer,
        });
    }
    let mut new = session.new.clone();
    new.content = std::mem::take(&mut session.kept).freeze();
    let (bucket, name, mut sums) = (new.bucket.clone(), new.name.clone(), session.sums.clone());
    // With the last piece, the sum may come as a header.
    if let Some(sum) = asked.header("x-goog-hash").and_then(|value| value.strip_prefix("crc32c=")) {
        sums["crc32c"] = json!(sum);
    }
    match store.insert(new.clone(), &sums, around.slow) {
        Ok(stored) => {
            let answer = told(around, &bucket, &name, &stored);
            if let Some(session) = store.sessions.get_mut(&id) {
                session.done = Some(answer.clone());
            }
            Ok(answer)
        }
        Err(refused) if refused.status == 429 => {
            // It was put off, not lost.
            if let Some(session) = store.sessions.get_mut(&id) {
                session.kept = BytesMut::from(new.content.as_ref());
            }
            Err(refused)
        }
        Err(refused) => {
            store.sessions.remove(&id);
            Err(refused)
        }
    }
}

/// Gives an upload up.
pub(super) fn delete(store: &mut Store, asked: &Asked) -> Answer {
    let known = asked.parameter("upload_id").and_then(|id| store.sessions.remove(id));
    // Google's own number for it.
    Answer::empty(if known.is_some() { 499 } else { 404 })
}

/// How many uploads are begun and not ended.
pub(super) fn open(store: &Store) -> usize {
    store.sessions.values().filter(|session| session.done.is_none()).count()
}
