//! What is accepted is the same archive for every reader: archives of many packers are bent in thousands of ways, and
//! each that passes is read by Python, Info-ZIP, libarchive and, where it is installed, Java, by directory and as a
//! stream. Bytes and names must be the same for all; a reader of streams may refuse, but not see something else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[allow(dead_code, reason = "shared with `verifying.rs`, which needs more of it")]
mod crafted;

use crafted::{archive, deflated, folder, made};
use promote_artifacts::verify::{Limits, verify};
use promote_core::digest::Digest;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many bent archives are made of each honest one.
const BENT: u64 = 500;

/// What a reader sees: names, without `./` before them, and digests of the contents; a folder has none.
type Seen = BTreeSet<(String, String)>;

fn readers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers")
}

/// Runs a program over the paths and gives its lines.
fn lines(command: &mut Command, paths: &[PathBuf]) -> Vec<String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    let text: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
    let feed = std::thread::spawn(move || to.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    feed.join().unwrap().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn plain(name: &str) -> String {
    name.trim_start_matches("./").to_owned()
}

/// What Python sees, with the contents in the order of the file.
fn python(line: &str) -> Result<(Seen, String), String> {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    if let Some(error) = value["error"].as_str() {
        return Err(error.to_owned());
    }
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let members = value["members"].as_array().unwrap().iter();
    let seen = members.map(|member| (plain(&text(&member[0])), text(&member[1]))).collect();
    Ok((seen, text(&value["content"])))
}

/// What Java sees; `None` where it refuses.
fn java(line: &str) -> Option<Seen> {
    if line.starts_with('!') {
        return None;
    }
    let member = |member: &str| {
        let (name, digest) = member.split_once('\0').unwrap();
        (plain(name), digest.to_owned())
    };
    Some(line.split('\u{1}').map(member).collect())
}

/// The names that a program lists, and the digest of all contents, one after the other.
fn program(list: &mut Command, content: &mut Command) -> Result<(BTreeSet<String>, String), String> {
    let run = |command: &mut Command| {
        let output = command.stdin(Stdio::null()).env("LC_ALL", "C.UTF-8").output().unwrap();
        if output.status.success() { Ok(output.stdout) } else { Err(format!("{command:?}: {output:?}")) }
    };
    let names = String::from_utf8(run(list)?).map_err(|error| error.to_string())?;
    let digest = Digest::of(&run(content)?);
    Ok((names.lines().map(plain).collect(), digest.hex().to_string()))
}

/// Numbers that look random and are the same each time (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

/// Where in the archive readers look: its headers and end, found by their signatures.
fn headers(bytes: &[u8]) -> Vec<usize> {
    let signatures: [&[u8]; 6] =
        [b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"];
    (0..bytes.len()).filter(|at| signatures.iter().any(|with| bytes[*at..].starts_with(with))).collect()
}

/// The archive, bent in one of the ways in which readers were seen to differ, or just damaged.
fn bent(honest: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = honest.to_vec();
    let places = headers(&bytes);
    for _ in 0..=numbers.below(2) {
        let header = places[numbers.below(places.len())];
        let length = bytes.len();
        let at = (header + numbers.below(60)).min(length - 1);
        match numbers.below(12) {
            // A field of a header: by a little, to an edge, to anything.
            0..=3 => bytes[at] = bytes[at].wrapping_add(1 + numbers.below(3) as u8),
            4 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][numbers.below(5)],
            5 => bytes[at] = numbers.below(256) as u8,
            6 => {
                let end = (at + 1 + numbers.below(8)).min(length);
                bytes[at..end].fill([0, 0xff][numbers.below(2)]);
            }
            7 => bytes[numbers.below(length)] ^= 1 << numbers.below(8),
            // Another archive before, behind or in the comment of this one.
            8 => bytes = [other, &bytes].concat(),
            9 => bytes = [&bytes, other].concat(),
            10 => {
                let end = honest.len() - 22;
                if bytes[end..].starts_with(b"PK\x05\x06") && bytes.len() == honest.len() {
                    bytes[end + 20..end + 22].copy_from_slice(&(other.len() as u16).to_le_bytes());
                    bytes.extend_from_slice(other);
                }
            }
            // Two directories, of which the end names the one or the other.
            _ => {
                let end = length - 22;
                if bytes[end..].starts_with(b"PK\x05\x06") {
                    let size = u32::from_le_bytes(bytes[end + 12..end + 16].try_into().unwrap()) as usize;
                    if let Some(start) = end.checked_sub(size).filter(|start| *start < end) {
                        let mut again = bytes[start..end].to_vec();
                        let place = numbers.below(again.len());
                        again[place] = again[place].wrapping_add(1);
                        bytes.splice(end..end, again);
                    }
                }
            }
        }
        if bytes.len() != honest.len() {
            break;
        }
    }
    bytes
}

#[test]
fn what_is_accepted_is_the_same_for_every_reader() {
    let dir = tempfile::tempdir().unwrap();
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/servers/server");
    let bsdtar = Command::new(server).args(["tool", "bsdtar"]).output().unwrap();
    assert!(bsdtar.status.success(), "{bsdtar:?}");
    let bsdtar = String::from_utf8(bsdtar.stdout).unwrap().trim().to_owned();
    let made_by_packers =
        Command::new("python3").arg(readers().join("make.py")).arg(dir.path()).arg(&bsdtar).status().unwrap();
    assert!(made_by_packers.success());
    let evil = archive(&[made("../evil.txt", b"evil"), made("a.txt", b"evil")]);
    let ours =
        archive(&[folder("d/", b""), made("d/a", b"abc"), deflated("b", &[1; 3000]), made("./c", b"")]);
    std::fs::write(dir.path().join("crafted.zip"), ours).unwrap();
    let mut honest: Vec<PathBuf> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    honest.sort();
    let (mut made, mut accepted) = (0, Vec::new());
    for (which, path) in honest.iter().enumerate() {
        let bytes = std::fs::read(path).unwrap();
        verify(path, &Limits::default()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        accepted.push(path.clone());
        for seed in 0..BENT {
            let mut numbers = Numbers(seed << 8 | which as u64);
            let path = dir.path().join(format!("bent-{which}-{seed}.zip"));
            std::fs::write(&path, bent(&bytes, &evil, &mut numbers)).unwrap();
            made += 1;
            if verify(&path, &Limits::default()).is_ok() {
                accepted.push(path);
            } else {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
    let theirs = lines(Command::new("python3").arg(readers().join("members.py")), &accepted);
    let java_is_there =
        Command::new("java").arg("--version").output().is_ok_and(|output| output.status.success());
    let by_java = if java_is_there {
        lines(
            Command::new("java").arg("-Dfile.encoding=UTF-8").arg(readers().join("Members.java")),
            &accepted,
        )
    } else {
        println!("left out: Java is not installed");
        Vec::new()
    };
    let mut disagreements = Vec::new();
    for (index, path) in accepted.iter().enumerate() {
        let mut differ = |what: String| disagreements.push(format!("{}: {what}", path.display()));
        let (seen, content) = match python(&theirs[index]) {
            Ok(seen) => seen,
            Err(error) => {
                differ(format!("Python: {error}"));
                continue;
            }
        };
        let names: BTreeSet<String> = seen.iter().map(|(name, _)| name.clone()).collect();
        let mut unzip = Command::new("unzip");
        let mut unpacked = Command::new("unzip");
        match program(unzip.arg("-Z1").arg(path), unpacked.arg("-p").arg(path)) {
            Ok((listed, _)) if listed != names => differ(format!("unzip: {listed:?}, not {names:?}")),
            Ok(_) => {}
            Err(error) => differ(error),
        }
        let mut listing = Command::new(&bsdtar);
        let mut unpacked = Command::new(&bsdtar);
        match program(listing.arg("-tf").arg(path), unpacked.arg("-xOf").arg(path)) {
            Ok((listed, _)) if listed != names => differ(format!("bsdtar: {listed:?}, not {names:?}")),
            Ok((_, digest)) if digest != content => differ("bsdtar: other bytes".to_owned()),
            Ok(_) => {}
            Err(error) => differ(error),
        }
        if let [by_directory, by_stream] = by_java.get(2 * index..2 * index + 2).unwrap_or_default() {
            if java(by_directory).as_ref() != Some(&seen) {
                differ(format!("Java: {by_directory}"));
            }
            if java(by_stream).is_some_and(|other| other != seen) {
                differ(format!("Java, as a stream: {by_stream}"));
            }
        }
    }
    println!(
        "{} packers, {made} bent archives, {} accepted, {} disagreements",
        honest.len(),
        accepted.len(),
        disagreements.len()
    );
    assert!(accepted.len() > honest.len() + 20, "too few passed to say anything: {}", accepted.len());
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
}
