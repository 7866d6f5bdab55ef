//! What goes over the wire, told to whoever listens on this thread: each request without its query, its headers and its
//! body, so that nothing secret is told, and each wait before a request is sent again. Showing it is left to frontends.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Something that happened on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wire {
    /// A request is sent. Its answer, or that it is waited for no more, is told by [`Wire::Settled`].
    Asking {
        /// Who is asked, with the port where that is not the usual one.
        host: String,
    },
    /// A request is waited for no more, whatever came of it.
    Settled {
        /// Who was asked.
        host: String,
    },
    /// A request was answered, or found no answer.
    Asked {
        /// `GET` and the like.
        method: String,
        /// Who was asked, with the port where that is not the usual one.
        host: String,
        /// What for, without the query.
        path: String,
        /// The status of the answer; `None` without one.
        status: Option<u16>,
        /// How long that took.
        took: Duration,
    },
    /// A request got no answer that counts, and is sent again.
    Again {
        /// Who was asked.
        whom: String,
        /// What was wrong.
        why: String,
        /// How long is waited before.
        wait: Duration,
        /// How long it has been tried by now.
        tried: Duration,
    },
    /// Work begins on this machine that may take a while.
    Doing {
        /// `pack` and the like.
        doing: &'static str,
        /// With what.
        what: String,
    },
    /// Bytes of something large went by.
    Bytes {
        /// `pack`, `check` or `send`.
        doing: &'static str,
        /// What it is.
        what: String,
        /// How many by now.
        done: u64,
        /// How many there are; 0 where that is not known.
        size: u64,
    },
}

type Listener = Rc<dyn Fn(&Wire)>;

thread_local! {
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

/// Listens as long as it lives. The one before listens again afterwards.
#[must_use]
pub struct Listening(Option<Listener>);

impl std::fmt::Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listening")
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let before = self.0.take();
        LISTENER.with(|listener| *listener.borrow_mut() = before);
    }
}

/// Has `hear` told of everything on this thread.
pub fn listen(hear: impl Fn(&Wire) + 'static) -> Listening {
    let hear: Listener = Rc::new(hear);
    Listening(LISTENER.with(|listener| listener.borrow_mut().replace(hear)))
}

/// The same, beside whoever is told already.
pub fn listen_beside(hear: impl Fn(&Wire) + 'static) -> Listening {
    let before = LISTENER.with(|listener| listener.borrow().clone());
    listen(move |wire| {
        before.iter().for_each(|before| before(wire));
        hear(wire);
    })
}

/// Tells whoever listens.
pub fn tell(wire: impl FnOnce() -> Wire) {
    // Told outside the borrow, so that who hears may do what it likes.
    let listener = LISTENER.with(|listener| listener.borrow().clone());
    if let Some(hear) = listener {
        hear(&wire());
    }
}

/// A request that is waited for as long as this lives.
#[derive(Debug)]
#[must_use]
pub struct Asking {
    host: String,
}

impl Drop for Asking {
    fn drop(&mut self) {
        tell(|| Wire::Settled { host: std::mem::take(&mut self.host) });
    }
}

/// Tells that a request is sent to this address.
pub fn asking(address: &str) -> Asking {
    let (host, _) = parts(address);
    tell(|| Wire::Asking { host: host.to_owned() });
    Asking { host: host.to_owned() }
}

/// The host, with its port, and the path of an address: nothing that may be secret.
fn parts(address: &str) -> (&str, &str) {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let plain = rest.split(['?', '#']).next().unwrap_or_default();
    let (place, path) = plain.split_once('/').unwrap_or((plain, ""));
    (place.rsplit('@').next().unwrap_or_default(), path)
}

/// Tells of a request to this address, whose user information, query and fragment are left out.
pub fn asked(method: &str, address: &str, status: Option<u16>, took: Duration) {
    tell(|| {
        let (host, path) = parts(address);
        Wire::Asked {
            method: method.to_owned(),
            host: host.to_owned(),
            path: format!("/{path}"),
            status,
            took,
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn an_address_is_told_without_what_may_be_secret() {
        let heard = Rc::new(RefCell::new(Vec::new()));
        let kept = Rc::clone(&heard);
        let listening = listen(move |wire| kept.borrow_mut().push(wire.clone()));
        let took = Duration::from_millis(5);
        asked(
            "GET",
            "https://user:geheim@h.example:8443/a/b%2Fc?X-Amz-Signature=geheim#geheim",
            Some(200),
            took,
        );
        asked("HEAD", "https://h.example", None, took);
        drop(asking("https://user:geheim@h.example:8443/a?geheim"));
        drop(listening);
        asked("GET", "https://h.example/later", Some(200), took);
        let told = heard.borrow();
        let line = |wire: &Wire| match wire {
            Wire::Asked { method, host, path, status, .. } => format!("{method} {host}{path} {status:?}"),
            Wire::Asking { host } => format!("to {host}"),
            Wire::Settled { host } => format!("no more to {host}"),
            other => format!("{other:?}"),
        };
        let lines: Vec<String> = told.iter().map(line).collect();
        assert_eq!(
            lines,
            [
                "GET h.example:8443/a/b%2Fc Some(200)",
                "HEAD h.example/ None",
                "to h.example:8443",
                "no more to h.example:8443"
            ]
        );
    }
}
