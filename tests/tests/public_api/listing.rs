//! What a program can name of a crate: every item behind `pub`, with its fields, variants and methods, wherever in the
//! workspace it is defined.

use crate::source::{Item, Sources, attributes, items, join, tidy, visibility};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};

/// The crates of the workspace, by the names that code gives them.
pub(crate) type Crates = BTreeMap<&'static str, Sources>;

/// Where an item is: its crate, its module, its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    krate: &'static str,
    module: String,
    name: String,
}

/// Every line of the public interface of `krate`, in order.
pub(crate) fn interface(crates: &Crates, krate: &'static str) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    module(crates, (krate, ""), krate, &mut lines);
    lines
}

/// What stands in a module, told below `shown`.
fn module(crates: &Crates, (krate, path): (&'static str, &str), shown: &str, lines: &mut BTreeSet<String>) {
    let all = &crates[krate].0[path];
    for item in all.iter().filter(|item| item.public && !item.is_hidden()) {
        match item.keyword.as_str() {
            "mod" => {
                lines.insert(format!("mod {shown}::{}", item.name));
                module(crates, (krate, &join(path, &item.name)), &format!("{shown}::{}", item.name), lines);
            }
            "use" => {
                for (name, place) in imports(crates, krate, path, item) {
                    reexported(crates, &place, &format!("{shown}::{name}"), lines);
                }
            }
            _ => described(crates, (krate, path), item, &format!("{shown}::{}", item.name), lines),
        }
    }
}

/// What is behind a name that is passed on.
fn reexported(crates: &Crates, place: &Place, shown: &str, lines: &mut BTreeSet<String>) {
    let inner = join(&place.module, &place.name);
    if crates[place.krate].0.contains_key(&inner) {
        lines.insert(format!("mod {shown}"));
        module(crates, (place.krate, &inner), shown, lines);
        return;
    }
    match defined(crates, place) {
        Some((at, item)) => described(crates, (at.krate, &at.module), item, shown, lines),
        None => {
            lines.insert(format!("use {shown} = {}::{}", place.krate, inner));
        }
    }
}

/// Where an item is defined, by following the names that pass it on.
fn defined<'c>(crates: &'c Crates, place: &Place) -> Option<(Place, &'c Item)> {
    let all = crates.get(place.krate)?.0.get(&place.module)?;
    let own =
        |item: &&Item| item.name == place.name && !["use", "impl", "mod"].contains(&item.keyword.as_str());
    if let Some(item) = all.iter().find(own) {
        return Some((place.clone(), item));
    }
    let passed = all.iter().filter(|item| item.keyword == "use");
    passed
        .flat_map(|item| imports(crates, place.krate, &place.module, item))
        .filter(|(name, _)| *name == place.name)
        .find_map(|(_, there)| defined(crates, &there))
}

/// The names that a `use` brings in, with where they come from.
fn imports(crates: &Crates, krate: &'static str, path: &str, item: &Item) -> Vec<(String, Place)> {
    let mut found = Vec::new();
    let tree: TokenStream = item.head.clone().into_iter().skip(1).collect();
    branches(tree, &[], &mut found);
    let mut names = Vec::new();
    for (parts, name) in found {
        let Some((krate, whole)) = absolute(crates, krate, path, &parts) else { continue };
        let (module, last) = whole.rsplit_once("::").unwrap_or(("", &whole));
        if last != "*" {
            names.push((name, Place { krate, module: module.to_owned(), name: last.to_owned() }));
            continue;
        }
        for item in crates[krate].0.get(module).into_iter().flatten().filter(|item| item.public) {
            match item.keyword.as_str() {
                "use" => names.extend(imports(crates, krate, module, item)),
                _ => names.push((
                    item.name.clone(),
                    Place { krate, module: module.to_owned(), name: item.name.clone() },
                )),
            }
        }
    }
    names
}

/// The crate and the path in it that the parts of a `use` mean; `None` for a crate of others.
fn absolute(
    crates: &Crates,
    krate: &'static str,
    path: &str,
    parts: &[String],
) -> Option<(&'static str, String)> {
    let (first, rest) = parts.split_first()?;
    if let Some((known, _)) = crates.get_key_value(first.as_str()) {
        return Some(walked(crates, known, rest));
    }
    let up = path.rsplit_once("::").map_or("", |(up, _)| up);
    let (base, rest) = match first.as_str() {
        "crate" => ("", rest),
        "self" => (path, rest),
        "super" => (up, rest),
        _ if crates[krate].0.contains_key(&join(path, first)) => (path, parts),
        _ => return None,
    };
    Some((krate, rest.iter().fold(base.to_owned(), |path, part| join(&path, part))))
}

/// Where the parts lead from a crate's root, through modules that it passes on from another crate.
fn walked(crates: &Crates, krate: &'static str, parts: &[String]) -> (&'static str, String) {
    let (mut krate, mut path) = (krate, String::new());
    for part in parts {
        let inner = join(&path, part);
        let passed_on = || {
            let passed =
                crates[krate].0.get(&path)?.iter().filter(|item| item.public && item.keyword == "use");
            let mut names = passed.flat_map(|item| imports(crates, krate, &path, item));
            let (_, place) = names.find(|(name, _)| name == part)?;
            let whole = join(&place.module, &place.name);
            crates[place.krate].0.contains_key(&whole).then_some((place.krate, whole))
        };
        (krate, path) = match crates[krate].0.contains_key(&inner) {
            true => (krate, inner),
            false => passed_on().unwrap_or((krate, inner)),
        };
    }
    (krate, path)
}

/// The paths that a tree of a `use` has, with the name that each is given.
fn branches(tree: TokenStream, before: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let (mut parts, mut renamed) = (before.to_vec(), None);
    let mut tokens = tree.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "as" => renamed = tokens.next().map(|name| name.to_string()),
            TokenTree::Ident(word) => parts.push(word.to_string()),
            TokenTree::Punct(mark) if mark.as_char() == '*' => parts.push("*".to_owned()),
            TokenTree::Punct(mark) if mark.as_char() == ',' => {
                end(&mut parts, renamed.take(), before, found);
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                branches(group.stream(), &parts, found);
                parts = before.to_vec();
            }
            _ => {}
        }
    }
    end(&mut parts, renamed, before, found);
}

fn end(
    parts: &mut Vec<String>,
    renamed: Option<String>,
    before: &[String],
    found: &mut Vec<(Vec<String>, String)>,
) {
    if parts.len() > before.len() {
        if parts.last().is_some_and(|last| last == "self") {
            parts.pop();
        }
        let name = renamed.or_else(|| parts.last().cloned()).unwrap_or_default();
        found.push((parts.clone(), name));
    }
    *parts = before.to_vec();
}

/// The lines of one item.
fn described(
    crates: &Crates,
    (krate, path): (&'static str, &str),
    item: &Item,
    shown: &str,
    lines: &mut BTreeSet<String>,
) {
    let head = tidy(&item.head);
    let name = &item.name;
    let growing =
        if item.attributes.iter().any(|one| one == "non_exhaustive") { " #[non_exhaustive]" } else { "" };
    let whole = head.replacen(&format!("{} {name}", item.keyword), &format!("{} {shown}", item.keyword), 1);
    match item.keyword.as_str() {
        "struct" | "enum" | "trait" => {
            lines.insert(format!("{}{growing}", of_whole_tuples(&whole)));
        }
        _ => {
            lines.insert(whole);
            return;
        }
    }
    for derived in item.attributes.iter().filter_map(|one| one.strip_prefix("derive(")) {
        for derived in derived.trim_end_matches(')').split(", ") {
            lines.insert(format!("impl {derived} for {shown}"));
        }
    }
    let body = item.body.clone().unwrap_or_default();
    match item.keyword.as_str() {
        "struct" => fields(body, shown, false, lines),
        "enum" => variants(body, shown, lines),
        _ => {
            for part in items(body) {
                let given = if part.body.is_some() { " (given)" } else { "" };
                let head = tidy(&part.head);
                let named = format!("{} {}", part.keyword, part.name);
                let whole = head.replacen(&named, &format!("{} {shown}::{}", part.keyword, part.name), 1);
                lines.insert(format!("{whole}{given}"));
            }
            return;
        }
    }
    implemented(crates, (krate, path), name, shown, lines);
}

/// A tuple's fields that nobody sees are no part of what is promised.
fn of_whole_tuples(head: &str) -> String {
    match head.split_once('(') {
        Some((before, fields)) if !fields.starts_with("pub ") => format!("{before}(..)"),
        _ => head.to_owned(),
    }
}

/// The fields that stand between braces; `all` of them in a variant.
fn fields(body: TokenStream, shown: &str, all: bool, lines: &mut BTreeSet<String>) {
    let mut rest = body.into_iter().peekable();
    while rest.peek().is_some() {
        let noted = attributes(&mut rest);
        let public = visibility(&mut rest) || all;
        let (mut field, mut depth, mut before) = (Vec::new(), 0_i32, ' ');
        for token in rest.by_ref() {
            if let TokenTree::Punct(mark) = &token {
                match mark.as_char() {
                    '<' => depth += 1,
                    '>' if before != '-' => depth -= 1,
                    ',' if depth == 0 => break,
                    _ => {}
                }
                before = mark.as_char();
            }
            field.push(token);
        }
        if public && !noted.iter().any(|one| one == "doc(hidden)") {
            lines.insert(format!("field {shown}.{}", tidy(&field.into_iter().collect())));
        }
    }
}

fn variants(body: TokenStream, shown: &str, lines: &mut BTreeSet<String>) {
    let mut rest = body.into_iter().peekable();
    while rest.peek().is_some() {
        attributes(&mut rest);
        let mut variant = Vec::new();
        for token in rest.by_ref() {
            if matches!(&token, TokenTree::Punct(mark) if mark.as_char() == ',') {
                break;
            }
            variant.push(token);
        }
        let Some(TokenTree::Ident(name)) = variant.first() else { continue };
        let inner = variant.get(1).and_then(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
            _ => None,
        });
        match inner {
            Some(inner) => {
                lines.insert(format!("variant {shown}::{name}"));
                fields(inner, &format!("{shown}::{name}"), true, lines);
            }
            None => {
                let text = without_notes(variant.iter().cloned().collect());
                lines.insert(format!("variant {shown}::{}", tidy(&text)));
            }
        }
    }
}

/// A tuple variant without the attributes of its fields.
fn without_notes(tokens: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                rest.next();
            }
            TokenTree::Group(group) => {
                let inner = without_notes(group.stream());
                kept.push(TokenTree::Group(proc_macro2::Group::new(group.delimiter(), inner)));
            }
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}

/// What a type can do: its own methods, and the traits that it has.
fn implemented(
    crates: &Crates,
    (krate, path): (&'static str, &str),
    name: &str,
    shown: &str,
    lines: &mut BTreeSet<String>,
) {
    let named_once = crates[krate]
        .0
        .values()
        .flatten()
        .filter(|item| item.name == name && matches!(item.keyword.as_str(), "struct" | "enum"));
    let anywhere = named_once.count() == 1;
    let modules = crates[krate].0.iter().filter(|(module, _)| anywhere || *module == path);
    for item in modules.flat_map(|(_, items)| items).filter(|item| item.keyword == "impl") {
        let head = tidy(&item.head);
        let Some((of, kind)) = whose(&head) else { continue };
        if kind != name {
            continue;
        }
        match of {
            Some(of) => {
                lines.insert(format!("impl {of} for {shown}"));
            }
            None => {
                let body = item.body.clone().unwrap_or_default();
                for part in items(body).iter().filter(|part| part.public && !part.is_hidden()) {
                    let head = tidy(&part.head);
                    let named = format!("{} {}", part.keyword, part.name);
                    let whole = head.replacen(&named, &format!("{} {shown}::{}", part.keyword, part.name), 1);
                    lines.insert(whole);
                }
            }
        }
    }
}

/// The trait, if any, and the bare name of the type that an `impl` is for.
fn whose(head: &str) -> Option<(Option<String>, String)> {
    let rest = after_generics(head.strip_prefix("impl")?.trim_start());
    let rest = rest.split(" where ").next()?;
    let (of, kind) = match rest.split_once(" for ") {
        Some((of, kind)) => (Some(of.trim().to_owned()), kind),
        None => (None, rest),
    };
    let bare = kind.trim().split('<').next()?.rsplit("::").next()?.trim();
    Some((of, bare.to_owned()))
}

/// What follows the parameters of an `impl`.
fn after_generics(text: &str) -> &str {
    if !text.starts_with('<') {
        return text;
    }
    let mut depth = 0;
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        match letter {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        before = letter;
        if depth == 0 {
            return text.get(at + 1..).unwrap_or_default().trim_start();
        }
    }
    text
}
