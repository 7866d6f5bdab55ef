//! Small documents carry their content in their own description as well, so that the listing which finds the newest
//! record of a ledger tells it, and one round trip fewer is needed. It is believed only where it has the MD5 that the
//! store itself computed of the stored bytes: whoever may change a description can't change what is read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use libdeflater::{CompressionLvl, Compressor, Decompressor};
use md5::{Digest as _, Md5};
use promote_port::port::Metadata;

/// Where the content is carried.
pub(crate) const NAME: &str = "promote-content";

/// The longest text: with the name it leaves room in the 8 KiB that an object's own metadata may have
/// (<https://cloud.google.com/storage/quotas#objects>).
const LONGEST: usize = 8000;

/// The longest content that is carried, and so made of a description: the longest record of a ledger.
const LARGEST: usize = 48 << 10;

/// What is added to the description of a document. Nothing to what has metadata of its own or is too long.
pub(crate) fn added(metadata: &Metadata, content: &[u8]) -> Option<Metadata> {
    if !metadata.is_empty() || content.is_empty() || content.len() > LARGEST {
        return None;
    }
    let mut packer = Compressor::new(CompressionLvl::default());
    let mut packed = vec![0; packer.deflate_compress_bound(content.len())];
    let length = packer.deflate_compress(content, &mut packed).ok()?;
    let text = STANDARD.encode(packed.get(..length)?);
    (text.len() <= LONGEST).then(|| Metadata::from([(NAME.to_owned(), text)]))
}

/// The content that a description carries, where it is what the store holds.
pub(crate) fn carried(metadata: Option<&Metadata>, size: &str, md5: Option<&str>) -> Option<Bytes> {
    let text = metadata?.get(NAME).filter(|text| text.len() <= LONGEST)?;
    let size: usize = size.parse().ok().filter(|size| *size <= LARGEST)?;
    let mut content = vec![0; size];
    let length = Decompressor::new().deflate_decompress(&STANDARD.decode(text).ok()?, &mut content).ok()?;
    let same = length == size && md5? == STANDARD.encode(Md5::digest(&content));
    same.then(|| Bytes::from(content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use promote_port::digest::Digest;

    #[test]
    fn what_was_added_is_believed_only_as_it_was_stored() {
        let content = b"{\"seq\": \"1\"}\n";
        let (size, md5) = (content.len().to_string(), STANDARD.encode(Md5::digest(content)));
        let added = added(&Metadata::new(), content).unwrap();
        let read = |metadata: &Metadata, size: &str, md5| carried(Some(metadata), size, md5);
        assert_eq!(read(&added, &size, Some(&md5)).as_deref(), Some(&content[..]));
        // Somebody changed the description, and not the object.
        let forged = super::added(&Metadata::new(), b"{\"seq\": \"2\"}\n").unwrap();
        assert_eq!(read(&forged, &size, Some(&md5)), None);
        assert_eq!(read(&added, "3", Some(&md5)), None);
        // An object that was put together of parts has no MD5.
        assert_eq!(read(&added, &size, None), None);
        let senseless = Metadata::from([(NAME.to_owned(), "*".to_owned())]);
        assert_eq!(read(&senseless, &size, Some(&md5)), None);
        assert_eq!(carried(None, &size, Some(&md5)), None);
    }

    #[test]
    fn what_has_metadata_or_is_long_carries_nothing() {
        let own = Metadata::from([("promote-id".to_owned(), "x".to_owned())]);
        assert_eq!(added(&own, b"x"), None);
        assert_eq!(added(&Metadata::new(), b""), None);
        assert_eq!(added(&Metadata::new(), &[b'x'; LARGEST + 1]), None);
        assert!(added(&Metadata::new(), &[b'x'; LARGEST]).is_some());
        // What hardly shrinks: digests.
        let digests = |count: u32| (0..count).map(|n| Digest::of(&n.to_be_bytes()).hex()).collect();
        let (fits, too_long): (String, String) = (digests(165), digests(220));
        let longest = added(&Metadata::new(), fits.as_bytes()).unwrap();
        assert!(NAME.len() + longest[NAME].len() <= 8192);
        assert_eq!(added(&Metadata::new(), too_long.as_bytes()), None);
    }
}
