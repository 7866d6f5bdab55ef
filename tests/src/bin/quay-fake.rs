//! The Quay of our own as a program: prints `ENDPOINT=http://127.0.0.1:PORT`, and serves until its input ends.

use promote_tests::quay_fake::QuayFake;
use std::io::{Read, Write};

fn main() -> std::io::Result<()> {
    let quay = QuayFake::start()?;
    writeln!(std::io::stdout(), "ENDPOINT=http://{}", quay.host)?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
