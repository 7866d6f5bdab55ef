//! Bad input changes nothing: each case ends with its documented exit code and a message that names the thing and the
//! way out, and the store holds the very keys and versions that it held before. The same table runs against the local
//! folder and against S3.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what is said to a person is to be read by one")]

use promote_tests::bucket;
use promote_tests::client::{listing, plain_bucket};
use promote_tests::lane_project::Ran;
use promote_tests::project::{Project, local_file, s3_file};
use promote_tests::server::Server;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// Published without a repository: two commits that begin alike, and one that never was.
const TWINS: [&str; 2] =
    ["abcd11110000000000000000000000000000aaaa", "abcd22220000000000000000000000000000bbbb"];
const NEVER: &str = "0123456789abcdef0123456789abcdef01234567";

/// One mistake.
struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
    code: i32,
    /// What the message must hold: the thing and the way out.
    says: &'static [&'static str],
}

const fn case(
    name: &'static str,
    arguments: &'static [&'static str],
    code: i32,
    says: &'static [&'static str],
) -> Case {
    Case { name, arguments, code, says }
}

/// Files that are named here are written by [`furnish`].
const CASES: &[Case] = &[
    case(
        "a commit that was never published",
        &["to", "uat", NEVER, "--yes"],
        5,
        &["`0123456789abcdef0123456789abcdef01234567` was never published", "hint: `promote history` names"],
    ),
    case(
        "a short commit that fits two releases",
        &["to", "uat", "abcd", "--yes"],
        5,
        &["`abcd` fits more than one release", "abcd11110000", "abcd22220000", "hint: give more digits"],
    ),
    case(
        "a moving name",
        &["to", "uat", "latest", "--yes"],
        2,
        &["promote needs a fixed commit; `latest`", "hint: ", "commit"],
    ),
    case(
        "a branch",
        &["to", "uat", "main", "--yes"],
        2,
        &["promote needs a fixed commit; `main`", "hint: ", "commit"],
    ),
    case("a shell's word", &["to", "uat", "$(id)", "--yes"], 2, &["`$(id)`", "hint: ", "commit"]),
    case("a path", &["to", "uat", "../x", "--yes"], 2, &["`../x`", "hint: ", "commit"]),
    case(
        "a path in a short commit's place",
        &["rollback", "uat", "--to", "../x", "--yes"],
        2,
        &["`../x`", "commit"],
    ),
    case(
        "an environment that is not there",
        &["to", "prd", "--yes"],
        5,
        &["no environment `prd`", "hint: did you mean `prod`?"],
    ),
    case(
        "an environment that can't be",
        &["to", "../prod", "--yes"],
        2,
        &["`../prod`", "no environment `../prod`"],
    ),
    case("a command that is not there", &["too", "uat"], 2, &["`too`", "hint: did you mean `to`?"]),
    case(
        "no way to ask",
        &["to", "uat"],
        2,
        &["uat must be confirmed", "Nothing was changed", "hint: `--yes`"],
    ),
    case(
        "a rule that is not there",
        &["to", "uat", "--yes", "--override", "soack", "--reason", "x"],
        2,
        &["`soack`", "did you mean `soak`?"],
    ),
    case(
        "a rule that is not met",
        &["to", "prod", TWINS[0], "--yes"],
        3,
        &["prod", "abcd111", "not met", "from", "hint: "],
    ),
    case(
        "an empty zip",
        &["publish", "empty.zip", "--commit", NEVER],
        2,
        &["empty.zip` is not published", "the file is empty", "Nothing was changed", "hint: "],
    ),
    case(
        "something that is no zip",
        &["publish", "noise.zip", "--commit", NEVER],
        2,
        &["noise.zip` is not published", "not a zip", "Nothing was changed", "hint: "],
    ),
    case(
        "a zip with another byte in it",
        &["publish", "damaged.zip", "--commit", NEVER],
        2,
        &["damaged.zip` is not published", "Nothing was changed", "hint: "],
    ),
    case(
        "a zip that was cut off",
        &["publish", "cut.zip", "--commit", NEVER],
        2,
        &["cut.zip` is not published", "Nothing was changed", "hint: "],
    ),
    case(
        "a file that is not there",
        &["publish", "gone.zip", "--commit", NEVER],
        5,
        &["no file", "gone.zip", "Nothing was changed", "hint: "],
    ),
    case(
        "other bytes for a published commit",
        &["publish", "other.zip", "--commit", TWINS[0]],
        6,
        &["abcd11110000 was published with other bytes", "sha256:", "Nothing was changed", "hint: "],
    ),
    case(
        "a variable that is not set",
        &["to", "uat", "--config", "unset.toml", "--yes"],
        2,
        &["PROMOTE_NO_SUCH", "not set", "unset.toml"],
    ),
    case(
        "a key that is not there",
        &["to", "uat", "--config", "unknown.toml", "--yes"],
        2,
        &["unknown key `targt`", "unknown.toml:", "did you mean `target`?"],
    ),
    case(
        "a file that is not there",
        &["status", "--config", "gone.toml"],
        5,
        &["gone.toml", "hint: `--config PATH` names another"],
    ),
];

/// A zip with one file, made by hand so that the tests need no packer: stored, with a right checksum.
fn zip(content: &[u8]) -> Vec<u8> {
    let crc = content.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    });
    let size = u32::try_from(content.len()).unwrap().to_le_bytes();
    let mut fields = vec![0, 0, 0, 0, 0, 0, 0x21, 0];
    fields.extend((!crc).to_le_bytes());
    fields.extend([size, size].concat());
    fields.extend([5, 0, 0, 0]);
    let mut out = [b"PK\x03\x04\x0a\0".as_slice(), &fields, b"a.txt", content].concat();
    let start = u32::try_from(out.len()).unwrap().to_le_bytes();
    let entry =
        [b"PK\x01\x02\x0a\x03\x0a\0".as_slice(), &fields, &[0; 6], &[0, 0, 0xa4, 0x81], &[0; 4], b"a.txt"]
            .concat();
    out.extend(&entry);
    let length = u32::try_from(entry.len()).unwrap().to_le_bytes();
    out.extend([b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(), &length, &start, &[0, 0]].concat());
    out
}

/// A project with two published releases, a first one running in staging, and the files that the cases name.
fn furnish(project: &Project, file: &str) -> String {
    project.write("promote.toml", file).unwrap();
    project.write("unset.toml", file.replace("{env}", "${PROMOTE_NO_SUCH}{env}")).unwrap();
    project.write("unknown.toml", file.replace("target =", "targt =")).unwrap();
    let good = zip(b"a release\n");
    let mut damaged = good.clone();
    damaged[40] ^= 1;
    project.write("app.zip", &good).unwrap();
    project.write("other.zip", zip(b"another build\n")).unwrap();
    project.write("empty.zip", "").unwrap();
    project.write("noise.zip", "no zip at all, but of some length, so that something could be read").unwrap();
    project.write("damaged.zip", damaged).unwrap();
    project.write("cut.zip", &good[..good.len() - 9]).unwrap();
    let commit = project.commit("app.txt", "one\n", "feat: begin").unwrap();
    project.done(&["publish", "--commit", &commit]).unwrap();
    for twin in TWINS {
        project.done(&["publish", "app.zip", "--commit", twin, "--no-move"]).unwrap();
    }
    commit
}

/// What is wrong with how a case ended, if anything.
fn judged(name: &str, ran: &Ran, code: i32, says: &[&str], unchanged: bool) -> Option<String> {
    let mut wrong = Vec::new();
    if ran.code != Some(code) {
        wrong.push(format!("exit code {:?} instead of {code}", ran.code));
    }
    for said in says.iter().filter(|said| !ran.err.contains(**said)) {
        wrong.push(format!("does not say `{said}`"));
    }
    if !unchanged {
        wrong.push("something was changed".to_owned());
    }
    println!("--- {name}: exit {:?}\n{}", ran.code, ran.err);
    (!wrong.is_empty()).then(|| format!("{name}: {}\n{}{}", wrong.join("; "), ran.out, ran.err))
}

fn run_all(project: &Project, world: &dyn Fn() -> Vec<String>) {
    let before = world();
    assert!(before.len() > 5, "{before:?}");
    let wrong: Vec<String> = CASES
        .iter()
        .filter_map(|case| {
            let ran = project.run(case.arguments).unwrap();
            judged(case.name, &ran, case.code, case.says, world() == before)
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} cases\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

#[test]
fn on_the_local_folder() {
    let project = Project::new(PROGRAM).unwrap();
    furnish(&project, &local_file());
    run_all(&project, &|| project.listing().unwrap());
}

/// A project in a bucket of its own.
fn in_bucket(server: &Server) -> (Project, String) {
    let bucket = bucket::fresh(server).unwrap();
    let mut project = Project::new(PROGRAM).unwrap();
    project.variables = bucket::sign_in(server);
    furnish(&project, &s3_file(server, &bucket));
    (project, bucket)
}

#[test]
fn on_seaweedfs() {
    let server = Server::start("seaweedfs").unwrap();
    let (project, bucket) = in_bucket(&server);
    run_all(&project, &|| listing(&server, &bucket).unwrap());
}

/// Runs `to uat` with another `promote.toml` and other variables; the bucket must stay as it is.
fn misreached(
    server: &Server,
    change: &dyn Fn(&str, &str) -> String,
    code: i32,
    says: &[&str],
    secret: Option<&str>,
) {
    let (mut project, bucket) = in_bucket(server);
    let before = listing(server, &bucket).unwrap();
    project.write("promote.toml", change(&s3_file(server, &bucket), &bucket)).unwrap();
    if let Some(secret) = secret {
        project.variables.insert("AWS_SECRET_ACCESS_KEY".to_owned(), secret.to_owned());
    }
    let says: Vec<String> = says.iter().map(|said| said.replace("BUCKET", &bucket)).collect();
    let says: Vec<&str> = says.iter().map(String::as_str).collect();
    let mut wrong = Vec::new();
    for arguments in [&["to", "uat", "--yes"][..], &["publish", "app.zip", "--commit", NEVER]] {
        let ran = project.run(arguments).unwrap();
        wrong.extend(judged(arguments[0], &ran, code, &says, listing(server, &bucket).unwrap() == before));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_bucket_that_is_not_there() {
    let server = Server::start("seaweedfs").unwrap();
    let change = |file: &str, bucket: &str| file.replace(bucket, &format!("{bucket}-gone"));
    misreached(&server, &change, 5, &["no bucket `BUCKET-gone`", "hint: check the bucket's name"], None);
}

#[test]
fn a_wrong_secret() {
    for name in ["seaweedfs", "ministack-auth"] {
        let server = Server::start(name).unwrap();
        let change = |file: &str, _: &str| file.to_owned();
        let says = ["the store does not accept the credentials", "BUCKET", "hint: check the access key"];
        misreached(&server, &change, 4, &says, Some("wrong-secret-of-no-value"));
    }
}

#[test]
fn no_network() {
    let server = Server::start("seaweedfs").unwrap();
    // Nobody listens on a port that was free a moment ago.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let change = |file: &str, _: &str| file.replace(&server.endpoint, &format!("http://{closed}"));
    let says =
        ["s3://BUCKET", "could not be reached", "hint: check the endpoint, the region and the network"];
    misreached(&server, &change, 1, &says, None);
}

/// Answers every request as Amazon does when the bucket lies elsewhere.
fn elsewhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) > 0 {
                head.push(byte[0]);
            }
            let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region is wrong; expecting \
                        'eu-west-1'</Message><Region>eu-west-1</Region></Error>";
            let body = if head.starts_with(b"HEAD") { "" } else { body };
            let answer = format!(
                "HTTP/1.1 400 Bad Request\r\nx-amz-bucket-region: eu-west-1\r\nContent-Type: application/xml\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

#[test]
fn another_region() {
    let server = Server::start("seaweedfs").unwrap();
    let fake = elsewhere();
    let change = |file: &str, _: &str| file.replace(&server.endpoint, &fake);
    let says =
        ["the bucket is in region `eu-west-1`", "hint: set `region = \"eu-west-1\"` in `[store.BUCKET]`"];
    misreached(&server, &change, 2, &says, None);
}

#[test]
fn a_store_that_ignores_conditions() {
    let server = Server::start("rclone").unwrap();
    let bucket = format!("ignores-{}", std::process::id());
    plain_bucket(&server, &bucket).unwrap();
    let mut project = Project::new(PROGRAM).unwrap();
    project.variables = bucket::sign_in(&server);
    project.write("promote.toml", s3_file(&server, &bucket)).unwrap();
    project.commit("app.txt", "one\n", "feat: begin").unwrap();
    let before = listing(&server, &bucket).unwrap();
    let ran = project.run(&["publish"]).unwrap();
    let says = [&format!("`s3://{bucket}` can't hold a ledger"), "ignores", "hint: use a store that checks"];
    let wrong = judged("publish", &ran, 2, &says, listing(&server, &bucket).unwrap() == before);
    assert_eq!(wrong, None);
}
