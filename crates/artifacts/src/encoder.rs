//! How bytes are compressed: everything that decides the compressed bytes of a pack format is in this file. Any
//! change here that alters a byte is a new [`FORMAT`]. Zip headers are written elsewhere.
//!
//! Members up to [`WHOLE`] bytes are compressed in one go by libdeflate, which needs them in memory. Longer ones are
//! cut into pieces of [`PIECE`] bytes that zlib-rs compresses independently of each other, each with the 32 KiB
//! before it as its dictionary and each ending on a byte boundary, so that the pieces form one deflate stream. A piece that
//! does not shrink becomes stored blocks of that stream. Both libraries are pinned to one version; neither
//! chooses its matches by what the processor can do.

use libdeflater::{CompressionLvl, Compressor};
use zlib_rs::{Deflate, DeflateFlush, Status};

/// The number of the pack format, kept in the archive's comment.
pub(crate) const FORMAT: u32 = 1;
/// Longest member that is compressed in one go, in bytes.
pub(crate) const WHOLE: usize = 1 << 20;
/// Length of the pieces of longer members, in bytes.
pub(crate) const PIECE: usize = 1 << 20;
/// How far back deflate can look.
pub(crate) const WINDOW: usize = 32 << 10;

const LEVEL: i32 = 6;
const PROBE_LEVEL: i32 = 1;
/// Members longer than this are probed before the work of compressing them is spent.
const PROBE_ABOVE: usize = 256 << 10;
const PROBES: usize = 4;
const PROBE: usize = 8 << 10;
/// Longest stored block of deflate.
const BLOCK: usize = 65_535;

/// The encoder failed, which it does not do on any input: a defect or memory that ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the deflate encoder failed")]
pub(crate) struct EncoderError;

/// One thread's compressors, used again for every member.
pub(crate) struct Encoder {
    whole: Compressor,
    probe: Compressor,
    pieces: Deflate,
    scratch: Vec<u8>,
}

impl Encoder {
    pub(crate) fn new() -> Result<Self, EncoderError> {
        let level = |level| CompressionLvl::new(level).map(Compressor::new).map_err(|_| EncoderError);
        Ok(Self {
            whole: level(LEVEL)?,
            probe: level(PROBE_LEVEL)?,
            pieces: Deflate::new(LEVEL, false, 15),
            scratch: Vec::new(),
        })
    }

    /// A whole member as deflate data, or `None` when it is to be stored.
    pub(crate) fn whole(&mut self, data: &[u8]) -> Result<Option<Vec<u8>>, EncoderError> {
        if data.len() > PROBE_ABOVE && !self.shrinks(data)? {
            return Ok(None);
        }
        let bound = self.whole.deflate_compress_bound(data.len());
        if self.scratch.len() < bound {
            self.scratch.resize(bound, 0);
        }
        let length = self.whole.deflate_compress(data, &mut self.scratch).map_err(|_| EncoderError)?;
        if length >= data.len() {
            return Ok(None);
        }
        self.scratch.get(..length).map(|bytes| Some(bytes.to_vec())).ok_or(EncoderError)
    }

    /// One piece of a longer member, appended to the empty `out`. `before` is what precedes it, at most [`WINDOW`] bytes.
    pub(crate) fn piece(
        &mut self,
        before: &[u8],
        data: &[u8],
        last: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), EncoderError> {
        if !self.shrinks(data)? {
            return store(data, last, out);
        }
        self.pieces.reset();
        if !before.is_empty() {
            self.pieces.set_dictionary(before).map_err(|_| EncoderError)?;
        }
        // No more room than stored blocks need: running out of it is how a piece shows that it does not shrink.
        out.resize(stored_length(data.len()), 0);
        let flush = if last { DeflateFlush::Finish } else { DeflateFlush::SyncFlush };
        let status = self.pieces.compress(data, out, flush).map_err(|_| EncoderError)?;
        let length = usize::try_from(self.pieces.total_out()).map_err(|_| EncoderError)?;
        let taken = self.pieces.total_in() == data.len() as u64;
        let complete = if last { status == Status::StreamEnd } else { taken && length < out.len() };
        if complete && length < out.len() {
            out.truncate(length);
            Ok(())
        } else {
            out.clear();
            store(data, last, out)
        }
    }

    /// Whether samples spread over the data shrink by at least one part in 64.
    fn shrinks(&mut self, data: &[u8]) -> Result<bool, EncoderError> {
        let Some(last) = data.len().checked_sub(PROBE) else { return Ok(true) };
        let bound = self.probe.deflate_compress_bound(PROBE);
        if self.scratch.len() < bound {
            self.scratch.resize(bound, 0);
        }
        let mut total = 0;
        for number in 0..PROBES {
            let start = last / (PROBES - 1) * number;
            let sample = data.get(start..start + PROBE).ok_or(EncoderError)?;
            total += self.probe.deflate_compress(sample, &mut self.scratch).map_err(|_| EncoderError)?;
        }
        Ok(total < PROBES * PROBE / 64 * 63)
    }
}

fn stored_length(length: usize) -> usize {
    length + length.div_ceil(BLOCK).max(1) * 5
}

/// Stored blocks. They begin on a byte boundary, since every piece ends on one.
fn store(data: &[u8], last: bool, out: &mut Vec<u8>) -> Result<(), EncoderError> {
    out.reserve(stored_length(data.len()));
    let mut blocks = data.chunks(BLOCK).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).map_err(|_| EncoderError)?;
        out.push(u8::from(last && blocks.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use zlib_rs::{Inflate, InflateFlush};

    fn noise(length: usize, mut seed: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(length + 8);
        while out.len() < length {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            out.extend_from_slice(&seed.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
        }
        out.truncate(length);
        out
    }

    fn inflate(data: &[u8], length: usize) -> Vec<u8> {
        let mut out = vec![0; length + 1];
        let mut inflate = Inflate::new(false, 15);
        assert_eq!(inflate.decompress(data, &mut out, InflateFlush::Finish), Ok(Status::StreamEnd));
        assert_eq!(inflate.total_in(), data.len() as u64);
        out.truncate(inflate.total_out() as usize);
        out
    }

    #[test]
    fn pieces_of_any_kind_form_one_stream() {
        let text: Vec<u8> = (0..PIECE).map(|i| b"some text of no importance "[i % 27]).collect();
        let random = noise(PIECE, 7);
        let mut encoder = Encoder::new().unwrap();
        for order in [[&text, &random, &text], [&random, &text, &random], [&random, &random, &random]] {
            let all: Vec<u8> = order.iter().flat_map(|part| part.iter().copied()).collect();
            let mut stream = Vec::new();
            let mut before: &[u8] = &[];
            for (index, part) in order.iter().enumerate() {
                let mut out = Vec::new();
                encoder.piece(before, part, index == 2, &mut out).unwrap();
                stream.extend_from_slice(&out);
                before = &part[PIECE - WINDOW..];
            }
            assert_eq!(inflate(&stream, all.len()), all);
        }
    }

    #[test]
    fn a_last_piece_may_have_any_length() {
        let mut encoder = Encoder::new().unwrap();
        for length in [1, 2, 65_535, 65_536, PROBE, PROBE - 1, PIECE] {
            for data in [noise(length, 3), vec![7; length]] {
                let mut out = Vec::new();
                encoder.piece(&[], &data, true, &mut out).unwrap();
                assert!(out.len() <= stored_length(length));
                assert_eq!(inflate(&out, length), data);
            }
        }
    }

    #[test]
    fn the_dictionary_is_used() {
        let data = noise(WINDOW, 5);
        // The probe sees noise, so the piece ends with enough text to be worth compressing.
        let piece = [&data[WINDOW / 2..], &[b'x'; 4 * WINDOW]].concat();
        let mut encoder = Encoder::new().unwrap();
        let (mut with, mut without) = (Vec::new(), Vec::new());
        encoder.piece(&data, &piece, true, &mut with).unwrap();
        encoder.piece(&[], &piece, true, &mut without).unwrap();
        assert!(with.len() * 10 < without.len(), "{} {}", with.len(), without.len());
    }

    #[test]
    fn what_does_not_shrink_is_stored() {
        let mut encoder = Encoder::new().unwrap();
        for length in [0, 1, 1000, PROBE_ABOVE, PROBE_ABOVE + 1, WHOLE] {
            assert_eq!(encoder.whole(&noise(length, 1)).unwrap(), None, "{length}");
        }
        let data = vec![b'a'; 1000];
        let packed = encoder.whole(&data).unwrap().unwrap();
        assert_eq!(inflate(&packed, 1000), data);
    }
}
