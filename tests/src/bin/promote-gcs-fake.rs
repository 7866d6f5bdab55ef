//! The fake Google Cloud Storage as a process: prints `KEY=VALUE` lines once it answers, and ends when its standard
//! input does, when it is told to, or never. Other programs order faults at `/_fake/fault` and read what was asked at
//! `/_fake/requests`.
//!
//! `promote-gcs-fake [--port N] [--bucket NAME]… [--versioned NAME]… [--until-eof]`

use promote_tests::gcs_fake::{State, serve};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

fn main() -> std::io::Result<()> {
    let (mut port, mut buckets, mut until_eof) = (0_u16, Vec::new(), false);
    let mut arguments = std::env::args().skip(1);
    let odd = || std::io::Error::other("[--port N] [--bucket NAME]… [--versioned NAME]… [--until-eof]");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--until-eof" => until_eof = true,
            "--port" => port = arguments.next().and_then(|text| text.parse().ok()).ok_or_else(odd)?,
            "--bucket" => buckets.push((arguments.next().ok_or_else(odd)?, false)),
            "--versioned" => buckets.push((arguments.next().ok_or_else(odd)?, true)),
            _ => return Err(odd()),
        }
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let state = Arc::new(State::default());
    for (name, versioned) in buckets {
        state.bucket(&name, versioned);
    }
    let mut out = std::io::stdout();
    write!(out, "PID={}\nNAME=gcs-fake\nENDPOINT={endpoint}\n", std::process::id())?;
    writeln!(out, "STORAGE_EMULATOR_HOST={endpoint}")?;
    out.flush()?;
    if until_eof {
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        serve(listener, endpoint, state).await;
        Ok(())
    })
}
