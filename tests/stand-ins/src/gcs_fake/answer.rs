//! Answers in Google's words.

use bytes::Bytes;
use serde_json::{Value, json};
use std::borrow::Cow;

/// An answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(Cow<'static, str>, String)>,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(super) fn json(value: &Value) -> Self {
        let kind = ("content-type".into(), "application/json; charset=UTF-8".to_owned());
        Self { status: 200, headers: vec![kind], body: value.to_string().into() }
    }

    pub(super) fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn error(status: u16, reason: &str, message: &str) -> Self {
        let detail = json!({"message": message, "domain": "global", "reason": reason});
        let error = json!({"code": status, "message": message, "errors": [detail]});
        Self { status, ..Self::json(&json!({"error": error})) }
    }

    pub(super) fn no_bucket() -> Self {
        Self::error(404, "notFound", "The specified bucket does not exist.")
    }

    pub(super) fn no_object(bucket: &str, name: &str) -> Self {
        Self::error(404, "notFound", &format!("No such object: {bucket}/{name}"))
    }

    pub(super) fn condition() -> Self {
        let message = "At least one of the pre-conditions you specified did not hold.";
        Self::error(412, "conditionNotMet", message)
    }

    pub(super) fn denied(right: &str) -> Self {
        let message = format!(
            "tester@example.iam.gserviceaccount.com does not have {right} access to the Google Cloud Storage object. \
             Permission '{right}' denied on resource (or it may not exist)."
        );
        Self::error(403, "forbidden", &message)
    }

    pub(super) fn invalid(message: &str) -> Self {
        Self::error(400, "invalid", message)
    }

    /// The same without Google's JSON: refusals of content come as text.
    pub(super) fn in_text(self) -> Self {
        if self.status < 400 {
            return self;
        }
        let value: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let message = value.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
        let headers = vec![("content-type".into(), "text/html; charset=UTF-8".to_owned())];
        Self { status: self.status, headers, body: message.to_owned().into() }
    }

    /// The same in the words of the XML API.
    pub(super) fn in_xml(self) -> Self {
        if self.status < 400 {
            return self;
        }
        let (code, message) = match self.status {
            403 => ("AccessDenied", "Access denied."),
            404 if String::from_utf8_lossy(&self.body).contains("bucket does not exist") => {
                ("NoSuchBucket", "The specified bucket does not exist.")
            }
            404 => ("NoSuchKey", "The specified key does not exist."),
            _ => ("InvalidArgument", "Invalid argument."),
        };
        let body = format!(
            "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        let headers = vec![("content-type".into(), "application/xml; charset=UTF-8".to_owned())];
        Self { status: self.status, headers, body: body.into() }
    }
}
