//! CRC32C, the checksum that Google keeps of every object, in the form in which it travels. What a difference means
//! is left to the callers.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crc_fast::CrcAlgorithm::Crc32Iscsi;
use http::HeaderMap;

/// A running CRC32C.
#[derive(Clone)]
pub(crate) struct Checksum(crc_fast::Digest);

impl Checksum {
    pub(crate) fn new() -> Self {
        Self(crc_fast::Digest::new(Crc32Iscsi))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Four bytes, highest first, in base64.
    pub(crate) fn text(&self) -> String {
        let sum = u32::try_from(self.0.finalize()).unwrap_or_default();
        BASE64_STANDARD.encode(sum.to_be_bytes())
    }
}

/// The checksum of these bytes.
pub(crate) fn of(bytes: &[u8]) -> String {
    let mut sum = Checksum::new();
    sum.update(bytes);
    sum.text()
}

/// The header that carries checksums, in requests and in answers.
pub(crate) const HEADER: &str = "x-goog-hash";

/// That header for the checksum of what is sent.
pub(crate) fn header(sum: &str) -> String {
    format!("crc32c={sum}")
}

/// The checksum that an answer with content carries for the stored bytes.
pub(crate) fn of_answer(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(HEADER).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(','))
        .find_map(|part| part.trim().strip_prefix("crc32c="))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn sums_are_those_of_the_standard() {
        // The check value of CRC-32C: 0xE3069283 for these nine digits.
        assert_eq!(of(b"123456789"), BASE64_STANDARD.encode([0xE3, 0x06, 0x92, 0x83]));
        assert_eq!(of(b""), "AAAAAA==");
        let mut sum = Checksum::new();
        sum.update(b"1234");
        sum.update(b"56789");
        assert_eq!(sum.text(), of(b"123456789"));
    }

    #[test]
    fn the_sum_is_found_among_the_hashes_of_an_answer() {
        let mut headers = HeaderMap::new();
        assert_eq!(of_answer(&headers), None);
        headers.append("x-goog-hash", HeaderValue::from_static("md5=abc=="));
        assert_eq!(of_answer(&headers), None);
        headers.append("x-goog-hash", HeaderValue::from_static("md5=abc==, crc32c=4waSgw=="));
        assert_eq!(of_answer(&headers).as_deref(), Some("4waSgw=="));
    }
}
