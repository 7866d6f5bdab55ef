//! A request taken apart: path segments and parameters in plain text, and the two parts of an upload.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use std::collections::BTreeMap;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `GET` and the like.
    pub method: String,
    /// Path and parameters, still encoded.
    pub address: String,
    /// Header fields.
    pub headers: HeaderMap,
    /// Length of the body in bytes.
    pub length: usize,
}

/// A request taken apart.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: Vec<String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

fn plain(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

impl Asked {
    pub(super) fn new(seen: &Seen, body: Bytes) -> Self {
        let (path, query) = seen.address.split_once('?').unwrap_or((&seen.address, ""));
        Self {
            method: seen.method.clone(),
            path: path.trim_start_matches('/').split('/').map(plain).collect(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: seen.headers.clone(),
            body,
        }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.parameter(name)?.parse().ok()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; an empty one is nothing.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Description and content of a body in two parts, and the content's type.
    pub(super) fn parts(&self) -> Option<(Value, Bytes, String)> {
        let kind = self.header("content-type")?;
        let (_, boundary) = kind.split_once("boundary=")?;
        let boundary = boundary.split(';').next()?.trim().trim_matches(['"', '\'']);
        let line = format!("--{boundary}");
        let first = self.part(&line, 0)?;
        let second = self.part(&line, first.3)?;
        let described = serde_json::from_slice(&first.1).ok()?;
        Some((described, second.1, second.0))
    }

    /// The next part from `at`: its type, its content, where the content begins and where the part ends.
    fn part(&self, line: &str, at: usize) -> Option<(String, Bytes, usize, usize)> {
        let body = self.body.as_ref();
        let begin = at + find(body.get(at..)?, line.as_bytes())? + line.len();
        let (head, gap) = ["\r\n\r\n", "\n\n"]
            .iter()
            .filter_map(|gap| Some((find(body.get(begin..)?, gap.as_bytes())?, gap.len())))
            .min()?;
        let from = begin + head + gap;
        let to = from + find(body.get(from..)?, format!("\n{line}").as_bytes())?;
        let end = if to > from && body.get(to - 1) == Some(&b'\r') { to - 1 } else { to };
        let heading = String::from_utf8_lossy(body.get(begin..begin + head)?).into_owned();
        let kind = heading
            .lines()
            .filter_map(|field| field.split_once(':'))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("content-type"))
            .map(|(_, value)| value.trim().to_owned());
        Some((kind.unwrap_or_default(), self.body.slice(from..end), from, to + 1))
    }
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(address: &str, kind: &'static str, body: &'static str) -> Asked {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", http::HeaderValue::from_static(kind));
        let seen = Seen { method: "POST".into(), address: address.into(), headers, length: body.len() };
        Asked::new(&seen, Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn names_and_parameters_come_in_plain_text() {
        let asked = asked("/storage/v1/b/x/o/a%2Fb%20c+%25?prefix=a%2Bb+c&maxResults=7", "", "");
        assert_eq!(asked.path, ["storage", "v1", "b", "x", "o", "a/b c+%"]);
        assert_eq!((asked.parameter("prefix"), asked.number("maxResults")), (Some("a+b c"), Some(7)));
    }

    #[test]
    fn both_parts_of_an_upload_are_found() {
        for body in [
            "--b\r\nContent-Type: application/json\r\n\r\n{\"name\":\"n\"}\r\n--b\r\ncontent-type: text/plain\r\n\r\none\n\ntwo\r\n--b--",
            "--b\nContent-Type: application/json\n\n{\"name\":\"n\"}\n--b\nContent-Type: text/plain\n\none\n\ntwo\n--b--\n",
        ] {
            let (described, content, kind) =
                asked("/", "multipart/related; boundary=\"b\"", body).parts().unwrap();
            assert_eq!((described["name"].as_str(), &content[..]), (Some("n"), &b"one\n\ntwo"[..]));
            assert_eq!(kind, "text/plain");
        }
        assert!(asked("/", "multipart/related; boundary=b", "nothing").parts().is_none());
    }
}
