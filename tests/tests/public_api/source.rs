//! The items of a crate, read from its sources: what stands in each module, as far as others could name it.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One item, not understood further.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// What stands in `#[…]`, one each, without documentation.
    pub(crate) attributes: Vec<String>,
    pub(crate) public: bool,
    /// `struct`, `enum`, `fn`, `use`, `mod`, `impl` …
    pub(crate) keyword: String,
    /// What follows the keyword, where that is a name.
    pub(crate) name: String,
    /// Everything before the body.
    pub(crate) head: TokenStream,
    /// What stands between its braces.
    pub(crate) body: Option<TokenStream>,
}

impl Item {
    pub(crate) fn is_hidden(&self) -> bool {
        self.attributes.iter().any(|one| one == "doc(hidden)")
    }

    /// Whether it is compiled for tests alone.
    fn is_of_tests(&self) -> bool {
        self.attributes.iter().any(|one| one == "cfg(test)" || one == "cfg(doctest)")
    }
}

/// A crate's modules, by their path: `""` is the root, then `port::bucket`.
#[derive(Debug, Default)]
pub(crate) struct Sources(pub(crate) BTreeMap<String, Vec<Item>>);

impl Sources {
    /// Reads the crate whose root this is.
    pub(crate) fn of(root: &Path) -> Self {
        let mut found = Self::default();
        let folder = root.parent().unwrap().to_path_buf();
        found.read(root, &folder, "");
        found
    }

    fn read(&mut self, file: &Path, folder: &Path, path: &str) {
        let text = std::fs::read_to_string(file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        self.take(items(text.parse().unwrap()), folder, path);
    }

    fn take(&mut self, items: Vec<Item>, folder: &Path, path: &str) {
        for item in items.iter().filter(|item| item.keyword == "mod") {
            let inner = join(path, &item.name);
            let below = folder.join(&item.name);
            match &item.body {
                Some(body) => self.take(self::items(body.clone()), &below, &inner),
                None => {
                    let beside: PathBuf = folder.join(format!("{}.rs", item.name));
                    let file = if beside.exists() { beside } else { below.join("mod.rs") };
                    self.read(&file, &below, &inner);
                }
            }
        }
        self.0.insert(path.to_owned(), items);
    }
}

pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}::{name}") }
}

/// Words that stand before the keyword of an item.
const BEFORE: [&str; 5] = ["async", "unsafe", "default", "extern", "auto"];

/// The items that stand side by side in these tokens.
pub(crate) fn items(tokens: TokenStream) -> Vec<Item> {
    let mut found = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while rest.peek().is_some() {
        let attributes = attributes(&mut rest);
        let public = visibility(&mut rest);
        let (mut head, mut body) = (Vec::new(), None);
        let mut is_use = false;
        for token in rest.by_ref() {
            match &token {
                TokenTree::Punct(mark) if mark.as_char() == ';' => break,
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !is_use => {
                    body = Some(group.stream());
                    break;
                }
                TokenTree::Ident(word) if head.is_empty() && word == "use" => is_use = true,
                _ => {}
            }
            head.push(token);
        }
        let words: Vec<String> = head.iter().map(ToString::to_string).collect();
        let modifier = |word: &&String| BEFORE.contains(&word.as_str());
        let constant = words.first().is_some_and(|one| one == "const")
            && words.get(1).is_some_and(|two| two == "fn" || two == "async");
        let at = words.iter().take_while(modifier).count() + usize::from(constant);
        let keyword = words.get(at).cloned().unwrap_or_default();
        let name = words.get(at + 1).cloned().unwrap_or_default();
        let item = Item { attributes, public, keyword, name, head: head.into_iter().collect(), body };
        if !item.is_of_tests() && !item.keyword.is_empty() {
            found.push(item);
        }
    }
    found
}

type Rest = std::iter::Peekable<proc_macro2::token_stream::IntoIter>;

/// Takes the attributes that stand here.
pub(crate) fn attributes(rest: &mut Rest) -> Vec<String> {
    let mut found = Vec::new();
    while matches!(rest.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == '#') {
        rest.next();
        if matches!(rest.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == '!') {
            rest.next();
        }
        if let Some(TokenTree::Group(group)) = rest.next() {
            found.push(tidy(&group.stream()));
        }
    }
    found.retain(|one| !one.starts_with("doc ="));
    found
}

/// Takes the visibility that stands here; whether everybody may see it.
pub(crate) fn visibility(rest: &mut Rest) -> bool {
    if !matches!(rest.peek(), Some(TokenTree::Ident(word)) if word == "pub") {
        return false;
    }
    rest.next();
    match rest.peek() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            rest.next();
            false
        }
        _ => true,
    }
}

/// Tokens as a text in which no layout matters.
pub(crate) fn tidy(tokens: &TokenStream) -> String {
    let mut text = String::new();
    write(tokens, &mut text);
    text.trim().to_owned()
}

fn write(tokens: &TokenStream, text: &mut String) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => (" { ", " }"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(&group.stream(), text);
                let end = text.trim_end_matches([' ', ',']).len();
                text.truncate(end);
                text.push_str(close);
            }
            TokenTree::Punct(mark) => match mark.as_char() {
                ',' => text.push_str(", "),
                '=' | '+' | '|' if !text.ends_with(['=', '-', '<']) => {
                    text.push(' ');
                    text.push(mark.as_char());
                    text.push(' ');
                }
                '>' if text.ends_with('-') => text.push_str("> "),
                '-' => text.push_str(" -"),
                ':' if mark.spacing() == proc_macro2::Spacing::Alone && !text.ends_with(':') => {
                    text.push_str(": ");
                }
                other => text.push(other),
            },
            word => {
                if text.ends_with(|last: char| last.is_alphanumeric() || last == '_' || ")]>".contains(last))
                {
                    text.push(' ');
                }
                text.push_str(&word.to_string());
            }
        }
    }
}
