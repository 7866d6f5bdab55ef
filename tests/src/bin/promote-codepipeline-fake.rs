//! The stand-in for AWS CodePipeline as a server of its own, for tests that are not Rust and for trying things out:
//!
//! `promote-codepipeline-fake NAME=BUCKET/KEY … [--approval NAME=BUCKET/KEY]… [--s3 ENDPOINT]`
//!
//! It prints `PID=` and `ENDPOINT=`, and ends when its standard input does. With `--s3` it looks for new versions there,
//! signed with `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; without, tell it with a POST to `/_fake/landed`.

#![allow(clippy::print_stdout, reason = "what is printed is read by who started it")]

use promote_tests::codepipeline_fake::{Fake, Shape};
use std::io::{Error, Read, Write};

fn shape(text: &str) -> Result<(&str, Shape), Error> {
    let wrong = || Error::other(format!("`{text}` is not NAME=BUCKET/KEY"));
    let (name, place) = text.split_once('=').ok_or_else(wrong)?;
    let (bucket, key) = place.split_once('/').ok_or_else(wrong)?;
    Ok((name, Shape::of(bucket, key)))
}

fn main() -> Result<(), Error> {
    let fake = Fake::start()?;
    let mut arguments = std::env::args().skip(1);
    let mut s3 = None;
    while let Some(argument) = arguments.next() {
        let mut value =
            || arguments.next().ok_or_else(|| Error::other(format!("`{argument}` needs a value")));
        match argument.as_str() {
            "--s3" => s3 = Some(value()?),
            "--approval" => {
                let text = value()?;
                let (name, shape) = shape(&text)?;
                fake.pipeline(name, shape.with_approval());
            }
            _ => {
                let (name, shape) = shape(&argument)?;
                fake.pipeline(name, shape);
            }
        }
    }
    if let Some(endpoint) = s3 {
        let variable =
            |name: &str| std::env::var(name).map_err(|_| Error::other(format!("`{name}` is not set")));
        let region = std::env::var("AWS_REGION").unwrap_or_else(|_| "us-east-1".to_owned());
        fake.watch_s3(
            &endpoint,
            &variable("AWS_ACCESS_KEY_ID")?,
            &variable("AWS_SECRET_ACCESS_KEY")?,
            &region,
        );
    }
    println!("PID={}\nENDPOINT={}", std::process::id(), fake.endpoint());
    std::io::stdout().flush()?;
    std::io::copy(&mut std::io::stdin().by_ref(), &mut std::io::sink())?;
    Ok(())
}
