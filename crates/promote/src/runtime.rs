//! Whether the runtime can do what a promotion needs. One without input and output, or without timers, would end the program
//! in the middle of it, after the first write.

use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use tokio::runtime::Handle;

/// Refuses a runtime that is not whole, before anything is done. Where panics abort, it is tokio that ends the program, here.
///
/// # Errors
/// `Usage` outside of tokio, and in a runtime of it without input and output or without timers.
pub(crate) fn whole() -> Result<(), Failure> {
    let refused = |what: &str| {
        Failure::new(ExitStatus::Usage, format!("promote needs a runtime of tokio {what}"))
            .state("Nothing was changed.")
            .hint(
                "`tokio::runtime::Builder::enable_all` makes a whole one, `#[tokio::main]` does it by itself",
            )
    };
    if Handle::try_current().is_err() {
        return Err(refused("to run in"));
    }
    // Tokio tells only by a panic, which it documents for both; each of these is made and dropped.
    let works = |try_it: &dyn Fn()| catch_unwind(AssertUnwindSafe(try_it)).is_ok();
    if !works(&|| drop(tokio::time::sleep(Duration::ZERO))) {
        return Err(refused("with timers, and this one has none"));
    }
    if !works(&input_and_output) {
        return Err(refused("with input and output, and this one has none"));
    }
    Ok(())
}

#[cfg(unix)]
fn input_and_output() {
    let Ok((one, _other)) = std::os::unix::net::UnixStream::pair() else { return };
    if one.set_nonblocking(true).is_ok() {
        drop(tokio::net::UnixStream::from_std(one));
    }
}

#[cfg(not(unix))]
fn input_and_output() {
    let Ok(one) = std::net::UdpSocket::bind("127.0.0.1:0") else { return };
    if one.set_nonblocking(true).is_ok() {
        drop(tokio::net::UdpSocket::from_std(one));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime::Builder;

    #[test]
    fn a_runtime_that_is_not_whole_is_refused() {
        assert!(whole().unwrap_err().message.ends_with("to run in"));
        let said = |builder: &mut Builder| builder.build().unwrap().block_on(async { whole() });
        let message = |builder: &mut Builder| said(builder).unwrap_err().message;
        let mut builder = Builder::new_current_thread();
        assert!(message(&mut builder).contains("timers"));
        assert!(message(builder.enable_time()).contains("input and output"));
        said(builder.enable_all()).unwrap();
    }
}
