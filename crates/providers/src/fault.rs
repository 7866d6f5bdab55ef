//! What is said when the program breaks off by a fault of its own, or of a library: where that was. Not with what, since the
//! words of such a fault are made for people who look for it, and may hold anything: an address, a token.

use std::io::Write as _;
use std::panic::PanicHookInfo;

/// Has every fault told in this way from now on.
pub fn tell_only_where() {
    std::panic::set_hook(Box::new(|fault| {
        // There is nobody left to be told that it can't be written.
        let _ = writeln!(std::io::stderr(), "{}", words(fault));
    }));
}

fn words(fault: &PanicHookInfo<'_>) -> String {
    let place = fault.location().map_or_else(
        || "at an unknown place".to_owned(),
        |place| format!("at `{}:{}`", short(place.file()), place.line()),
    );
    format!(
        "promote: a fault {place}; what it says is not shown, since it may hold secrets. Please report it"
    )
}

/// The end of a path, from the folder of the package on: what is before it is of the machine that built this.
fn short(path: &str) -> &str {
    let package = path.rfind("/src/").and_then(|at| path.get(..at)?.rfind('/'));
    package.and_then(|at| path.get(at + 1..)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_from_its_package_on() {
        for (path, told) in [
            ("/home/x/.cargo/registry/src/index-1/auth-1.2.3/src/errors.rs", "auth-1.2.3/src/errors.rs"),
            ("crates/cli/src/app.rs", "cli/src/app.rs"),
            ("build.rs", "build.rs"),
        ] {
            assert_eq!(short(path), told);
        }
    }
}
