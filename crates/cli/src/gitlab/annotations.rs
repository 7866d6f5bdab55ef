//! The report of annotations: links that GitLab shows on the job's page.

use serde_json::{Value, json};

/// How many characters a label may have.
const LABEL: usize = 200;
/// How many bytes an address may have.
const ADDRESS: usize = 1500;

/// The text of the file. Addresses that are not of the web are left out.
pub(super) fn text(links: &[(String, String)]) -> String {
    let web = |address: &str| {
        (address.starts_with("https://") || address.starts_with("http://"))
            && address.len() <= ADDRESS
            && address.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b))
    };
    let shown: Vec<Value> = links
        .iter()
        .filter(|(_, address)| web(address))
        .map(|(label, address)| {
            let label: String = label.chars().filter(|c| !c.is_control()).take(LABEL).collect();
            json!({ "external_link": { "label": label, "url": address } })
        })
        .collect();
    format!("{:#}\n", json!({ "promote": shown }))
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn links_of_the_web_only() {
        let link = |label: &str, address: &str| (label.to_owned(), address.to_owned());
        let links = [
            link("prod", "https://shop.example/"),
            link("x\u{1b}[2J", "http://a/"),
            link("bad", "javascript:alert(1)"),
            link("bad", "https://a/\"onclick"),
        ];
        let found: serde_json::Value = serde_json::from_str(&text(&links)).unwrap();
        let labels: Vec<&str> = found["promote"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["external_link"]["label"].as_str().unwrap())
            .collect();
        assert_eq!(labels, ["prod", "x[2J"]);
    }
}
