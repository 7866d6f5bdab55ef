//! Reading a list of signers in OpenSSH's format (`ALLOWED SIGNERS` in `man ssh-keygen`): names, options, key. Every
//! line must be understood, since what is skipped would count for nobody or, worse, be thought to be out of time. What differs
//! from OpenSSH is stricter: `cert-authority` is refused, times need their `Z`, and a key is of one person. Whose a
//! signature is, is told in `signers`.

use crate::key::{Algorithm, PublicKey};
use crate::options::{self, Options};
use crate::people;
use crate::principals::Principals;
use crate::unreadable::{Mistake, Unreadable};

/// A list of signers that was read without a mistake.
#[derive(Debug, Clone, Default)]
pub struct AllowedSigners {
    pub(crate) lines: Vec<Line>,
}

/// One key in the list.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    number: usize,
    pub(crate) principals: Principals,
    pub(crate) options: Options,
    pub(crate) key: PublicKey,
    /// All names of the person whose key it is; none where a pattern stands.
    pub(crate) person: Vec<String>,
}

impl AllowedSigners {
    /// Reads the list. `file` is how messages name it.
    ///
    /// # Errors
    /// Every mistake in it, each at its line.
    pub fn read(text: &str, file: &str) -> Result<Self, Unreadable> {
        let (mut lines, mut mistakes) = (Vec::<Line>::new(), Vec::new());
        for (number, line) in numbered(text) {
            match Line::read(number, line) {
                Ok(None) => {}
                Ok(Some(line)) => match lines.iter().find(|known| line.is_someone_elses(known)) {
                    Some(known) => mistakes.push(line.twice(known)),
                    None => lines.push(line),
                },
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if !mistakes.is_empty() {
            return Err(Unreadable { file: file.to_owned(), mistakes });
        }
        let people = people::of(&lines.iter().map(|line| &line.principals).collect::<Vec<_>>());
        for (line, person) in lines.iter_mut().zip(people) {
            line.person = person;
        }
        Ok(Self { lines })
    }
}

impl Line {
    /// Reads a line; `None` for an empty one and a comment.
    fn read(number: usize, whole: &str) -> Result<Option<Self>, Mistake> {
        let at = |byte: usize| whole.get(..byte).map_or(1, |before| before.chars().count() + 1);
        if let Some(place) = whole.find(|c: char| (c.is_control() && c != '\t') || c == '\u{feff}') {
            let message = "a control character or a byte order mark stands here";
            return Err(Mistake::new(number, at(place), message).hint("save the file as plain UTF-8 text"));
        }
        let line = whole.trim_start_matches([' ', '\t']);
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let indent = whole.len() - line.len();
        let (principals, end) = Principals::read(line)
            .map_err(|(place, message)| Mistake::new(number, at(indent + place), message))?;
        if let [only] = principals.names.as_slice()
            && Algorithm::named(only).is_some()
        {
            let message = "the line begins with a key, and nobody is named";
            return Err(
                Mistake::new(number, at(indent), message).hint("put the person's name before the key")
            );
        }
        let rest = line.get(end..).unwrap_or_default();
        let after = rest.trim_start_matches([' ', '\t']);
        let start = indent + end + rest.len() - after.len();
        if after.is_empty() {
            return Err(Mistake::new(number, at(start), "the key is missing"));
        }
        let (options, key) = if looks_like_a_key(after) {
            (Options::default(), after)
        } else {
            let length = options::end(after)
                .ok_or_else(|| Mistake::new(number, at(start), "a quote in the options is left open"))?;
            let (text, key) = after.split_at(length);
            let options = Options::read(text).map_err(|wrong| Mistake {
                hint: wrong.hint,
                ..Mistake::new(number, at(start + wrong.at), wrong.message)
            })?;
            (options, key.trim_start_matches([' ', '\t']))
        };
        let start = whole.len() - key.len();
        if key.is_empty() {
            return Err(Mistake::new(number, at(start), "the key is missing"));
        }
        let key =
            PublicKey::from_text(key).map_err(|unfit| Mistake::new(number, at(start), unfit.to_string()))?;
        Ok(Some(Self { number, principals, options, key, person: Vec::new() }))
    }

    fn is_someone_elses(&self, known: &Self) -> bool {
        self.key.blob == known.key.blob && !self.principals.overlap(&known.principals)
    }

    fn twice(&self, known: &Self) -> Mistake {
        let message = format!(
            "the key {} is that of somebody else in line {}, and a key is of one person",
            self.key.fingerprint(),
            known.number
        );
        Mistake::new(self.number, None, message).hint("remove one of the two lines, or use one name in both")
    }
}

/// Kinds of keys that count, and those that are to be refused by their name rather than as unknown options.
fn looks_like_a_key(text: &str) -> bool {
    let kind = text.split([' ', '\t']).next().unwrap_or_default();
    Algorithm::named(kind).is_some()
        || (!kind.contains(['=', ',', '"'])
            && ["ssh-", "ecdsa-", "sk-", "rsa-", "webauthn-"].iter().any(|start| kind.starts_with(start)))
}

/// The lines of a file with their numbers, whichever way they end.
pub(crate) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .enumerate()
        .map(|(at, line)| (at + 1, line))
}
