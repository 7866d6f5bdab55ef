//! The program behind `bench/pack.sh`: makes deterministic data, packs a folder, verifies an archive. The script measures.

use promote_artifacts::pack::{Listing, Options, pack_to};
use promote_artifacts::verify::{Limits, verify};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::Path;

const USAGE: &str = "usage: pack generate repo|mixed|noise DIR MB | pack DIR ZIP [THREADS] | verify ZIP";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut out = io::stdout();
    match words.as_slice() {
        ["generate", kind, dir, megabytes] => generate(kind, Path::new(dir), megabytes.parse()?)?,
        ["pack", dir, zip] => packed(dir, zip, None, &mut out)?,
        ["pack", dir, zip, threads] => packed(dir, zip, Some(threads.parse()?), &mut out)?,
        ["verify", zip] => {
            let verified = verify(Path::new(zip), &Limits::default())?;
            writeln!(out, "{} {} {}", verified.digest, verified.content, verified.members)?;
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

fn packed(
    dir: &str,
    zip: &str,
    threads: Option<NonZeroUsize>,
    out: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let packed = pack_to(
        &Listing::of_path(Path::new(dir))?,
        Path::new(zip),
        &Options { threads, ..Options::default() },
    )?;
    writeln!(out, "{} {} {}", packed.digest, packed.content, packed.members)?;
    Ok(())
}

fn generate(kind: &str, dir: &Path, megabytes: u64) -> Result<(), Box<dyn Error>> {
    let bytes = megabytes * 1_000_000;
    fs::create_dir_all(dir)?;
    let mut text = Text::new();
    match kind {
        "repo" => sources(&mut text, dir, bytes, 8_600),
        "mixed" => {
            sources(&mut text, &dir.join("src"), bytes / 4, 33_000)?;
            files(dir, "min", "js", bytes * 3 / 20, 400_000, &mut |out, size| text.minified(out, size))?;
            files(dir, "bin", "o", bytes / 4, 700_000, &mut |out, size| text.code(out, size))?;
            files(dir, "img", "jpg", bytes / 4, 900_000, &mut |out, size| text.noise(out, size))?;
            files(dir, "map", "map", bytes / 10, bytes / 10, &mut |out, size| text.minified(out, size))
        }
        "noise" => files(dir, "one", "bin", bytes, bytes, &mut |out, size| text.noise(out, size)),
        _ => return Err(USAGE.into()),
    }?;
    Ok(())
}

type Fill<'a> = &'a mut dyn FnMut(&mut dyn Write, u64) -> io::Result<()>;

fn files(dir: &Path, name: &str, end: &str, total: u64, mean: u64, fill: Fill<'_>) -> io::Result<()> {
    let mut left = total;
    let mut number = 0_u64;
    while left > 0 {
        let folder = dir.join(name).join(format!("{:02}", number / 40));
        fs::create_dir_all(&folder)?;
        // Sizes from a half to one and a half of the mean.
        let size = if mean >= total { total } else { mean / 2 + number.wrapping_mul(7919) * 613 % mean };
        let size = size.min(left);
        let mut out = BufWriter::new(File::create(folder.join(format!("f{number}.{end}")))?);
        fill(&mut out, size)?;
        out.flush()?;
        left -= size;
        number += 1;
    }
    Ok(())
}

fn sources(text: &mut Text, dir: &Path, total: u64, mean: u64) -> io::Result<()> {
    files(dir, "pkg", "py", total, mean, &mut |out, size| text.source(out, size))
}

/// Pseudo-random text and bytes, always the same.
struct Text {
    state: u64,
    words: Vec<String>,
}

impl Text {
    fn new() -> Self {
        let mut text = Self { state: 0x9E37_79B9_7F4A_7C15, words: Vec::new() };
        for _ in 0..6000 {
            let length = 3 + text.below(8);
            let word = (0..length).map(|_| text.letter()).collect();
            text.words.push(word);
        }
        text
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }

    fn letter(&mut self) -> char {
        let letters = b"eeeetttaaaooiinnsshhrrdlcumwfgypbvk_";
        let index = usize::try_from(self.below(letters.len() as u64)).unwrap_or(0);
        char::from(letters.get(index).copied().unwrap_or(b'e'))
    }

    /// Some words are far more common than others.
    fn word(&mut self) -> String {
        let bits = self.below(13);
        let index = usize::try_from(self.below(1 << bits)).unwrap_or(0);
        self.words.get(index % 6000).cloned().unwrap_or_default()
    }

    fn source(&mut self, out: &mut dyn Write, size: u64) -> io::Result<()> {
        let mut lines = || {
            let indent = " ".repeat(usize::try_from(self.below(4) * 4).unwrap_or(0));
            let (a, b, c, d) = (self.word(), self.word(), self.word(), self.word());
            match self.below(7) {
                0 => format!("{indent}def {a}_{b}(self, {c}, {d}=None):\n"),
                1 => format!("{indent}if {a}.{b} is not None and {c}:\n"),
                2 => format!("{indent}return self.{a}({b}, {c}[{}])\n", self.below(100)),
                3 => format!("{indent}# {a} {b} {c} {d} {}\n", self.word()),
                4 => format!("{indent}{a} = {b}.{c}('{d}')\n"),
                5 => format!("from {a}.{b} import {c}, {d}\n"),
                _ => "\n".to_owned(),
            }
        };
        until(out, size, &mut lines)
    }

    fn minified(&mut self, out: &mut dyn Write, size: u64) -> io::Result<()> {
        let mut pieces = || {
            let (a, b) = (self.letter(), self.letter());
            match self.below(4) {
                0 => format!("function {a}{b}({a},{b}){{return {}.{a}}}", self.word()),
                1 => format!("var {a}={b}.{}||{};", self.word(), self.below(1000)),
                2 => format!("{a}&&{b}({a},\"{}\"),", self.word()),
                _ => format!("AA{a}{b}C,{}A;", self.letter()),
            }
        };
        until(out, size, &mut pieces)
    }

    fn code(&mut self, out: &mut dyn Write, size: u64) -> io::Result<()> {
        let mut left = size;
        while left > 0 {
            let value = self.next();
            let (kind, small) = (value % 8, (value >> 8) % 256);
            let bytes = match kind {
                0..=2 => (0x0000_0085_8b48_u64 | small << 24).to_le_bytes(),
                3..=4 => (0x0000_e800_0000_8948_u64 | small << 16).to_le_bytes(),
                5 => (value & 0x0000_ffff_0000_ffff).to_le_bytes(),
                6 => [0; 8],
                _ => value.to_le_bytes(),
            };
            let count = left.min(8);
            out.write_all(bytes.get(..usize::try_from(count).unwrap_or(8)).unwrap_or_default())?;
            left -= count;
        }
        Ok(())
    }

    fn noise(&mut self, out: &mut dyn Write, size: u64) -> io::Result<()> {
        let mut left = size;
        while left > 0 {
            let count = left.min(8);
            let bytes = self.next().to_le_bytes();
            out.write_all(bytes.get(..usize::try_from(count).unwrap_or(8)).unwrap_or_default())?;
            left -= count;
        }
        Ok(())
    }
}

fn until(out: &mut dyn Write, size: u64, text: &mut dyn FnMut() -> String) -> io::Result<()> {
    let mut left = size;
    while left > 0 {
        let piece = text();
        let count = left.min(piece.len() as u64);
        out.write_all(piece.as_bytes().get(..usize::try_from(count).unwrap_or(0)).unwrap_or_default())?;
        left -= count;
    }
    Ok(())
}
