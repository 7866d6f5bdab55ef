//! The fields of SSH's binary forms: numbers, strings and whole numbers, read strictly. What they mean is left to the
//! readers of keys and signatures.

/// Why bytes are not what they should be: a fragment about them, "it".
pub(crate) type Malformed = &'static str;

/// Reads one field after another.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// So many bytes as they are.
    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'b [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("it ends in the middle of a field")?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        self.bytes(1).map(|taken| taken.iter().fold(0, |_, byte| *byte))
    }

    pub(crate) fn number(&mut self) -> Result<u32, Malformed> {
        self.bytes(4).map(|taken| taken.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
    }

    /// Bytes with their length before them.
    pub(crate) fn string(&mut self) -> Result<&'b [u8], Malformed> {
        let length = self.number()?;
        self.bytes(usize::try_from(length).map_err(|_| "it ends in the middle of a field")?)
    }

    /// A string that is text without control characters.
    pub(crate) fn text(&mut self) -> Result<&'b str, Malformed> {
        let text = std::str::from_utf8(self.string()?).map_err(|_| "a name in it is not text")?;
        if text.chars().any(char::is_control) { Err("a name in it is not text") } else { Ok(text) }
    }

    /// A positive whole number in its one form, without the zero that marks it as positive.
    pub(crate) fn positive(&mut self) -> Result<&'b [u8], Malformed> {
        match self.string()? {
            [] => Err("a number in it is zero"),
            [0, rest @ ..] if rest.first().is_some_and(|byte| byte & 0x80 != 0) => Ok(rest),
            [0, ..] => Err("a number in it is not written in its shortest form"),
            [first, ..] if first & 0x80 != 0 => Err("a number in it is negative"),
            bytes => Ok(bytes),
        }
    }

    /// Nothing is left.
    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err("bytes follow its last field") }
    }
}

/// Appends a string with its length.
pub(crate) fn put(out: &mut Vec<u8>, string: &[u8]) {
    // No string here is longer than a signature, which its reader limits.
    let length = u32::try_from(string.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(string);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, bytes);
        out
    }

    #[test]
    fn numbers_have_one_form() {
        let read = |bytes: &[u8]| Reader::new(&string(bytes)).positive().map(<[u8]>::to_vec);
        assert_eq!(read(&[1]), Ok(vec![1]));
        assert_eq!(read(&[0, 0x80]), Ok(vec![0x80]));
        for bad in [&[][..], &[0], &[0, 1], &[0, 0, 0x80], &[0x80]] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nothing_is_read_beyond_the_end() {
        for bytes in [&[][..], &[0, 0, 0], &[0, 0, 0, 1], &[255, 255, 255, 255, 1]] {
            assert_eq!(Reader::new(bytes).string(), Err("it ends in the middle of a field"));
        }
        let bytes = string(b"a\n");
        assert!(Reader::new(&bytes).text().is_err());
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.string(), Ok(&b"a\n"[..]));
        assert!(reader.end().is_ok());
        assert!(Reader::new(&bytes).end().is_err());
    }
}
