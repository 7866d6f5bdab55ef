//! The command `promote`: everything is in the library, so that tests drive it in process.

use promote_cli::{Env, Providers, Stream, complete, run};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

fn main() -> ExitCode {
    promote_cli::fault::tell_only_where();
    if let Some(status) = complete(std::env::args_os().collect()) {
        return status.into();
    }
    let out: Stream = Arc::new(Mutex::new(std::io::stdout()));
    let err: Stream = Arc::new(Mutex::new(std::io::stderr()));
    run(std::env::args_os().collect(), &Env::of_process(), &out, &err, &Providers).into()
}
