//! A command line as a shell reads it, and the values that its reader fills in.

/// The words of a line. Quotes and backslashes mean what they mean in a shell; what a shell would run or replace is
/// refused.
pub(crate) fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut begun) = (Vec::new(), String::new(), false);
    let (mut quote, mut chars) = (None, line.chars());
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (None, '\'' | '"') => (quote, begun) = (Some(c), true),
            (None | Some('"'), '\\') => word.extend(chars.next()),
            (None, ' ') => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (None, '$' | ';' | '&' | '|' | '<' | '>' | '*' | '(') | (Some('"'), '$') => {
                panic!("a shell makes something else of `{line}`")
            }
            (_, c) => word.push(c),
        }
    }
    assert_eq!(quote, None, "a quote is left open: `{line}`");
    if begun || !word.is_empty() {
        words.push(word);
    }
    words
}

/// Each way to fill in the names in capitals, the likeliest first.
pub(super) fn filled(
    typed: &[String],
    releases: &[String],
    environments: &[String],
) -> Result<Vec<Vec<String>>, String> {
    let mut lines = vec![Vec::new()];
    for word in typed {
        let (before, value) = word.split_once('=').map_or(("", word.as_str()), |(name, value)| (name, value));
        let values: Vec<String> = match value {
            "TEXT" | "…" => vec!["INC-123: it can't wait".to_owned()],
            "COMMIT" | "RELEASE" | "SHA" => releases.to_vec(),
            "ENV" => environments.to_vec(),
            "FILE" => vec!["hint.out".to_owned()],
            "TIME" => vec!["1h".to_owned()],
            other if is_name(other) => return Err(format!("nobody knows what to fill in for `{other}`")),
            other => vec![other.to_owned()],
        };
        if values.is_empty() {
            return Err(format!("there is nothing to fill in for `{value}`"));
        }
        let whole =
            |value: &String| if before.is_empty() { value.clone() } else { format!("{before}={value}") };
        lines = lines
            .iter()
            .flat_map(|line: &Vec<String>| {
                values.iter().map(|value| [line.as_slice(), &[whole(value)]].concat())
            })
            .collect();
    }
    Ok(lines)
}

/// A name in capitals that is no promotion's.
fn is_name(word: &str) -> bool {
    word.len() > 1 && word.len() != 16 && word.chars().all(|c| c.is_ascii_uppercase() || c == '/' || c == '|')
}
