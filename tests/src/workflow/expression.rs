//! The part of GitHub's expressions that our workflows use: paths, texts, truths, `!`, `==`, `!=`, `&&`, `||`, brackets,
//! and a few functions. Anything else is an error, so that no workflow is thought to work because nobody looked.

use serde_json::{Map, Value};

/// How the steps so far ended, for `success()` and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing failed.
    Well,
    /// Something failed.
    Failed,
}

/// What expressions are made of here.
#[derive(Debug)]
pub struct Contexts<'a> {
    /// `github`, `inputs`, `vars`, … by name.
    pub values: &'a Map<String, Value>,
    /// How it went so far.
    pub standing: Standing,
}

/// Replaces each `${{ … }}` in a text.
///
/// # Errors
/// When an expression is not understood, or names what there is not.
pub fn filled(text: &str, contexts: &Contexts<'_>) -> Result<String, String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once("${{") {
        let (inner, after) = behind.split_once("}}").ok_or_else(|| format!("no end: {text}"))?;
        out.push_str(before);
        out.push_str(&written(&evaluate(inner, contexts)?));
        rest = after;
    }
    Ok(out + rest)
}

/// Whether an `if:` lets something run. One that asks for no function of standing asks for success.
///
/// # Errors
/// As [`filled`].
pub fn holds(condition: Option<&str>, contexts: &Contexts<'_>) -> Result<bool, String> {
    let well = contexts.standing == Standing::Well;
    let Some(condition) = condition else { return Ok(well) };
    let inner = condition.trim();
    let inner = inner.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(inner);
    let asks = ["success()", "failure()", "always()", "cancelled()"].iter().any(|name| inner.contains(name));
    Ok((asks || well) && truth(&evaluate(inner, contexts)?))
}

/// The value of an expression.
fn evaluate(text: &str, contexts: &Contexts<'_>) -> Result<Value, String> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, contexts };
    let value = reader.any()?;
    match reader.tokens {
        [] => Ok(value),
        rest => Err(format!("`{}` is not understood from {rest:?} on", text.trim())),
    }
}

/// A value as text.
pub fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(it) => *it,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// Texts are compared whatever their case; nothing and the empty text are one.
fn equal(one: &Value, other: &Value) -> Result<bool, String> {
    match (one, other) {
        (Value::String(one), Value::String(other)) => Ok(one.eq_ignore_ascii_case(other)),
        (Value::Null, Value::String(text)) | (Value::String(text), Value::Null) => Ok(text.is_empty()),
        (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Null, Value::Null) => Ok(one == other),
        _ => Err(format!("{one} and {other} are not compared here")),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Sign(&'static str),
    Text(String),
    Path(String),
}

const SIGNS: [&str; 8] = ["==", "!=", "&&", "||", "!", "(", ")", ","];

fn tokens(text: &str) -> Result<Vec<Part>, String> {
    let (mut found, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            found.push(Part::Sign(sign));
            rest = rest.get(sign.len()..).unwrap_or_default();
        } else if let Some(quoted) = rest.strip_prefix('\'') {
            let (inner, behind) = quoted.split_once('\'').ok_or_else(|| format!("no end: {text}"))?;
            if behind.starts_with('\'') {
                return Err(format!("a quotation mark inside of a text is not read here: {text}"));
            }
            found.push(Part::Text(inner.to_owned()));
            rest = behind;
        } else if first.is_ascii_alphabetic() {
            let inside = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
            let (path, behind) = rest.split_at(end);
            found.push(Part::Path(path.to_owned()));
            rest = behind;
        } else {
            return Err(format!("`{first}` is not read here: {text}"));
        }
        rest = rest.trim_start();
    }
    Ok(found)
}

struct Reader<'t, 'c> {
    tokens: &'t [Part],
    contexts: &'c Contexts<'c>,
}

impl Reader<'_, '_> {
    fn take(&mut self, wanted: &str) -> bool {
        match self.tokens {
            [Part::Sign(sign), rest @ ..] if *sign == wanted => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    fn any(&mut self) -> Result<Value, String> {
        let mut value = self.all()?;
        while self.take("||") {
            let other = self.all()?;
            value = if truth(&value) { value } else { other };
        }
        Ok(value)
    }

    fn all(&mut self) -> Result<Value, String> {
        let mut value = self.compared()?;
        while self.take("&&") {
            let other = self.compared()?;
            value = if truth(&value) { other } else { value };
        }
        Ok(value)
    }

    fn compared(&mut self) -> Result<Value, String> {
        let value = self.one()?;
        if self.take("==") {
            return Ok(Value::Bool(equal(&value, &self.one()?)?));
        }
        if self.take("!=") {
            return Ok(Value::Bool(!equal(&value, &self.one()?)?));
        }
        Ok(value)
    }

    fn one(&mut self) -> Result<Value, String> {
        if self.take("!") {
            return Ok(Value::Bool(!truth(&self.one()?)));
        }
        if self.take("(") {
            let value = self.any()?;
            return if self.take(")") { Ok(value) } else { Err("a bracket is not closed".to_owned()) };
        }
        let (first, rest) = self.tokens.split_first().ok_or("an expression ends too early")?;
        self.tokens = rest;
        match first {
            Part::Text(text) => Ok(Value::String(text.clone())),
            Part::Path(name) if self.take("(") => self.call(name),
            Part::Path(path) => match path.as_str() {
                "true" | "false" => Ok(Value::Bool(path == "true")),
                path => self.look(path),
            },
            Part::Sign(sign) => Err(format!("`{sign}` was not expected")),
        }
    }

    fn call(&mut self, name: &str) -> Result<Value, String> {
        let mut given = Vec::new();
        while !self.take(")") {
            given.push(self.any()?);
            if !self.take(",") && !matches!(self.tokens, [Part::Sign(")"), ..]) {
                return Err(format!("{name}( is not closed"));
            }
        }
        let well = self.contexts.standing == Standing::Well;
        match (name, given.as_slice()) {
            ("success", []) => Ok(Value::Bool(well)),
            ("failure", []) => Ok(Value::Bool(!well)),
            ("always", []) => Ok(Value::Bool(true)),
            ("cancelled", []) => Ok(Value::Bool(false)),
            ("format", [Value::String(text), values @ ..]) => {
                let mut text = text.clone();
                for (at, value) in values.iter().enumerate() {
                    text = text.replace(&format!("{{{at}}}"), &written(value));
                }
                Ok(Value::String(text))
            }
            _ => Err(format!("the function {name} is not known here")),
        }
    }

    /// What a path names. `inputs` of a workflow that was not started by a form are empty; else everything must be there.
    fn look(&self, path: &str) -> Result<Value, String> {
        let mut names = path.split('.');
        let root = names.next().unwrap_or_default();
        let found =
            self.contexts.values.get(root).ok_or_else(|| format!("no context `{root}` here: {path}"))?;
        if root == "inputs" && found.is_null() {
            return Ok(Value::Null);
        }
        let mut value = found;
        for name in names {
            value = value.get(name).ok_or_else(|| format!("`{path}` is not there"))?;
        }
        match value {
            Value::Array(_) | Value::Object(_) => Err(format!("`{path}` is no single value")),
            value => Ok(value.clone()),
        }
    }
}
