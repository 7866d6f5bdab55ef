//! The module graph of a crate as its sources tell it: which file uses what another one defines. It follows `use` lines,
//! paths written in full, and re-exports to where a thing is defined. What circles mean is left to the test.
//!
//! Left out: modules under `#[cfg(test)]`, methods (no path names their file), and what a parent merely passes on with
//! `pub use`, since it does not use that itself.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};

/// A path of names, from the root of the crate or as it is written in a file.
type Path = Vec<String>;

/// Files, what they use, and by what name: `ties[user][used]` are the paths as they are written.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) ties: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

/// Files that use each other, each by way of the others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Circle {
    pub(super) files: Vec<String>,
    /// `FILE -> FILE: NAMES` for each pair of them.
    pub(super) ties: Vec<String>,
}

#[derive(Debug, Default)]
struct Module {
    file: String,
    /// Names that come from elsewhere: the path, and whether they are passed on.
    imports: BTreeMap<String, (Path, bool)>,
    /// What all names come from: `path::*`.
    globs: Vec<Path>,
    /// Names that it defines.
    defined: BTreeSet<String>,
    /// Paths of two names and more.
    paths: BTreeSet<Path>,
    /// Names that stand alone.
    words: BTreeSet<String>,
}

#[derive(Debug)]
struct Reader<'f> {
    files: &'f BTreeMap<String, String>,
    modules: BTreeMap<Path, Module>,
}

/// Reads the sources of one crate, by their path below `src`.
pub(super) fn read(files: &BTreeMap<String, String>) -> Graph {
    let mut graph = Graph::default();
    for root in ["lib.rs", "main.rs"].into_iter().filter(|root| files.contains_key(*root)) {
        let mut reader = Reader { files, modules: BTreeMap::new() };
        reader.file(vec![], root);
        reader.tie(&mut graph);
    }
    graph
}

impl Reader<'_> {
    fn file(&mut self, module: Path, file: &str) {
        let tokens: TokenStream =
            self.files[file].parse().unwrap_or_else(|error| panic!("{file} is not Rust: {error}"));
        self.modules.insert(module.clone(), Module { file: file.to_owned(), ..Module::default() });
        self.tokens(&module, tokens);
    }

    fn child(&mut self, parent: &Path, name: String, body: Option<TokenStream>) {
        let module = [parent.as_slice(), &[name]].concat();
        if let Some(body) = body {
            let file = self.modules[parent].file.clone();
            self.modules.insert(module.clone(), Module { file, ..Module::default() });
            return self.tokens(&module, body);
        }
        let place = module.join("/");
        let mut candidates = [format!("{place}.rs"), format!("{place}/mod.rs")].into_iter();
        let file = candidates.find(|file| self.files.contains_key(file));
        let file = file.unwrap_or_else(|| panic!("no file holds the module {place}"));
        self.file(module, &file);
    }

    fn tokens(&mut self, module: &Path, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at = self.token(module, &tokens, at);
        }
    }

    /// Reads what begins at one token, and tells where the next begins.
    fn token(&mut self, module: &Path, tokens: &[TokenTree], at: usize) -> usize {
        let here = self.modules.get_mut(module).unwrap();
        match &tokens[at] {
            TokenTree::Punct(mark) if mark.as_char() == '#' => match attribute(tokens, at) {
                Some(text) if text == "cfg(test)" => after_item(tokens, at + 2),
                Some(text) => {
                    here.paths.extend(quoted_paths(&text));
                    at + 2
                }
                None => at + 1,
            },
            // A lifetime.
            TokenTree::Punct(mark) if mark.as_char() == '\'' => at + 2,
            TokenTree::Ident(word) if word == "mod" => {
                let name = tokens[at + 1].to_string();
                let body = match &tokens[at + 2] {
                    TokenTree::Group(body) => Some(body.stream()),
                    _ => None,
                };
                self.child(module, name, body);
                at + 3
            }
            TokenTree::Ident(word) if word == "use" && !is_mark(tokens, at + 1, '<') => {
                let end = (at..tokens.len()).find(|at| is_mark(tokens, *at, ';')).unwrap();
                let public = is_public(&tokens[..at]);
                imports(&[], &tokens[at + 1..end], &mut |name, path| {
                    if name != "*" {
                        here.imports.insert(name, (path, public));
                        return;
                    }
                    here.globs.push(path.clone());
                    if !public {
                        here.paths.insert(path);
                    }
                });
                end + 1
            }
            TokenTree::Ident(word) => {
                if let (true, Some(TokenTree::Ident(name))) = (defines(word), tokens.get(at + 1)) {
                    here.defined.insert(name.to_string());
                }
                let (path, end) = path(tokens, at);
                match path.as_slice() {
                    [word] if names_a_thing(tokens, at) => drop(here.words.insert(word.clone())),
                    [_] => {}
                    _ => drop(here.paths.insert(path)),
                }
                end
            }
            TokenTree::Group(group) => {
                self.tokens(module, group.stream());
                at + 1
            }
            _ => at + 1,
        }
    }

    fn tie(&self, graph: &mut Graph) {
        for (name, module) in &self.modules {
            let mut used: Vec<&Path> = module.paths.iter().collect();
            let imported = module.imports.iter();
            used.extend(
                imported
                    .filter(|(name, (_, public))| !public || module.words.contains(*name))
                    .map(|(_, (path, _))| path),
            );
            for path in used {
                let Some(file) = self.defines(name, path, 0).filter(|file| *file != module.file) else {
                    continue;
                };
                let ties = graph.ties.entry(module.file.clone()).or_default();
                ties.entry(file.to_owned()).or_default().insert(path.join("::"));
            }
        }
    }

    /// The file that defines what a path names; `None` for another crate's, and for a module as such.
    fn defines(&self, from: &Path, path: &[String], depth: usize) -> Option<&str> {
        assert!(depth < 30, "the import of {} leads in circles", path.join("::"));
        let first = path.first()?;
        let mut at = match first.as_str() {
            "crate" => vec![],
            "self" | "super" => from.clone(),
            name => {
                let child = self.modules.contains_key(&[from.as_slice(), &[name.to_owned()]].concat());
                let other = self.modules[from].imports.get(name).filter(|(path, _)| path[0] != name);
                if !child && other.is_none() {
                    return None;
                }
                from.clone()
            }
        };
        for (index, name) in path.iter().enumerate() {
            let below = [at.as_slice(), std::slice::from_ref(name)].concat();
            match name.as_str() {
                "crate" | "self" => {}
                "super" => drop(at.pop()),
                _ if self.modules.contains_key(&below) => at = below,
                _ => {
                    return match self.modules[&at].imports.get(name) {
                        Some((target, _)) => {
                            let whole = [target.as_slice(), &path[index + 1..]].concat();
                            self.defines(&at, &whole, depth + 1)
                        }
                        None => Some(self.of_glob(&at, name, depth).unwrap_or(&self.modules[&at].file)),
                    };
                }
            }
        }
        None
    }

    /// The file of a name that a module has from another one as a whole.
    fn of_glob(&self, module: &Path, name: &str, depth: usize) -> Option<&str> {
        let here = &self.modules[module];
        if here.defined.contains(name) {
            return None;
        }
        here.globs.iter().find_map(|glob| {
            let whole = [glob.as_slice(), &[name.to_owned()]].concat();
            let file = self.defines(module, &whole, depth + 1)?;
            let holds = |other: &&Module| other.file == file && other.defined.contains(name);
            self.modules.values().find(holds).map(|_| file)
        })
    }
}

impl Graph {
    /// Every group of files of which each uses all others, directly or by way of others.
    pub(super) fn circles(&self) -> Vec<Circle> {
        let reach: BTreeMap<&str, BTreeSet<&str>> =
            self.ties.keys().map(|file| (file.as_str(), self.reached(file))).collect();
        let mut seen = BTreeSet::new();
        let mut circles = Vec::new();
        for (file, reached) in &reach {
            if !reached.contains(file) || seen.contains(file) {
                continue;
            }
            let back = |other: &&str| reach.get(other).is_some_and(|reached| reached.contains(file));
            let files: Vec<&str> = reached.iter().copied().filter(back).collect();
            seen.extend(files.iter().copied());
            let ties = files.iter().flat_map(|user| {
                let within = self.ties[*user].iter().filter(|(used, _)| files.contains(&used.as_str()));
                within.map(move |(used, names)| tie(user, used, names))
            });
            let ties = ties.collect();
            circles.push(Circle { files: files.into_iter().map(str::to_owned).collect(), ties });
        }
        circles
    }

    fn reached<'g>(&'g self, file: &'g str) -> BTreeSet<&'g str> {
        let mut found = BTreeSet::new();
        let mut open = vec![file];
        while let Some(file) = open.pop() {
            let used = self.ties.get(file).into_iter().flat_map(BTreeMap::keys);
            open.extend(used.map(String::as_str).filter(|used| found.insert(*used)));
        }
        found
    }
}

/// One tie in words.
pub(super) fn tie(user: &str, used: &str, names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("{user} -> {used}: {}", names.join(", "))
}

fn is_mark(tokens: &[TokenTree], at: usize, mark: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(found)) if found.as_char() == mark)
}

fn is_public(before: &[TokenTree]) -> bool {
    let before = match before {
        [before @ .., TokenTree::Group(_)] => before,
        before => before,
    };
    matches!(before.last(), Some(TokenTree::Ident(word)) if word == "pub")
}

/// The text of the attribute that begins at a `#`, without blanks.
fn attribute(tokens: &[TokenTree], at: usize) -> Option<String> {
    match tokens.get(at + 1) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
            Some(group.stream().to_string().replace([' ', '\n'], ""))
        }
        _ => None,
    }
}

/// Paths that a derive is told in quotes: `with = "super::text"`.
fn quoted_paths(attribute: &str) -> Vec<Path> {
    if attribute.starts_with("doc=") {
        return vec![];
    }
    let quoted = attribute.split('"').skip(1).step_by(2).filter(|text| text.contains("::"));
    let name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    let paths = quoted.map(|text| text.split("::").map(str::to_owned).collect::<Path>());
    paths.filter(|path| path.iter().all(|part| name(part))).collect()
}

/// Whether a name follows that is defined here.
fn defines(word: &proc_macro2::Ident) -> bool {
    ["fn", "struct", "enum", "trait", "type", "const", "static"].iter().any(|keyword| word == keyword)
}

/// Where the next item begins after the one that an attribute belongs to.
fn after_item(tokens: &[TokenTree], from: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(mark) => mark.as_char() == ';',
        _ => false,
    };
    tokens[from..].iter().position(ends).map_or(tokens.len(), |end| from + end + 1)
}

/// The path that begins at a name, and where it ends.
fn path(tokens: &[TokenTree], mut at: usize) -> (Path, usize) {
    let mut path = vec![tokens[at].to_string()];
    while is_mark(tokens, at + 1, ':') && is_mark(tokens, at + 2, ':') {
        let Some(TokenTree::Ident(name)) = tokens.get(at + 3) else { break };
        path.push(name.to_string());
        at += 3;
    }
    (path, at + 1)
}

/// Whether a name that stands alone may mean an imported thing: no method, no field, no definition, no local value.
fn names_a_thing(tokens: &[TokenTree], at: usize) -> bool {
    let before = at.checked_sub(1).map(|at| tokens[at].to_string()).unwrap_or_default();
    let value = tokens[at].to_string().starts_with(char::is_lowercase);
    let called = matches!(tokens.get(at + 1), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
    !matches!(before.as_str(), "." | "fn" | "let") && (!value || called)
}

/// Every name that a `use` line brings, with its path.
fn imports(before: &[String], tokens: &[TokenTree], take: &mut impl FnMut(String, Path)) {
    let mut path = before.to_vec();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word == "as" => {
                return take(tokens[at + 1].to_string(), path);
            }
            TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
            TokenTree::Ident(word) => path.push(word.to_string()),
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let comma =
                    |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',');
                return inner
                    .split(comma)
                    .filter(|part| !part.is_empty())
                    .for_each(|part| imports(&path, part, take));
            }
            TokenTree::Punct(mark) if mark.as_char() == '*' => return take("*".to_owned(), path),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    if let Some(name) = path.last().cloned() {
        take(name, path);
    }
}
