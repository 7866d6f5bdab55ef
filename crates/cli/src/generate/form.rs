//! What a person fills in by hand, at GitHub and at GitLab: the notes that environments ask for, a reason, a rule to go past.
//! What is filled in reaches the action as its inputs, and a script as variables; it is never a part of a script's text.

use super::branch;
use super::yaml::quoted;
use promote_core::config::Config;
use std::fmt::Write;

/// Off the full hours, when everybody's schedules begin.
pub(super) const ADVANCE: &str = "7,22,37,52 * * * *";
/// The hour is that of UTC.
pub(super) const VERIFY: &str = "12 5 * * *";

/// The form's fields beside notes, that for the content of an approval included. GitHub takes 25 in all.
const FIELDS: usize = 7;

/// What sets the workflow off on GitHub, and its form.
pub(super) fn triggers(out: &mut String, config: &Config, advances: bool) {
    out.push_str("\non:\n");
    if config.pack.is_some() {
        let _ = writeln!(out, "  push:\n    branches: [{}]", quoted(branch(config)));
    }
    out.push_str("  schedule:\n");
    for cron in advances.then_some(ADVANCE).into_iter().chain([VERIFY]) {
        let _ = writeln!(out, "    - cron: {}", quoted(cron));
    }
    out.push_str("  workflow_dispatch:\n    inputs:\n      to:\n        description: environment\n");
    out.push_str("        type: choice\n        required: true\n        options:\n");
    for settings in config.in_order() {
        let _ = writeln!(out, "          - {}", quoted(settings.name.as_str()));
    }
    out.push_str(
        "      version:\n        description: \"commit or tag; empty: what runs in the environment before\"\n        \
         type: string\n      do:\n        description: what to do\n        type: choice\n        default: promote\n        \
         options: [promote, plan, rollback",
    );
    if asks(config) {
        out.push_str(", approve, reject");
    }
    out.push_str(
        "]\n      reason:\n        description: \"why; needed for an override\"\n        \
         type: string\n      override:\n        description: \"rule to override once, such as soak; several with commas\"\n        \
         type: string\n",
    );
    for (name, field) in notes(config) {
        let text = format!("{name} (asked for by some environments)");
        let _ = writeln!(
            out,
            "      note-{field}:\n        description: {}\n        type: string",
            quoted(&text)
        );
    }
    if asks(config) {
        out.push_str(
            "      content:\n        description: \"for approve and reject: the content that the plan showed; anything else is refused\"\n        type: string\n",
        );
    }
    out.push_str(
        "      notes:\n        description: \"another note, as 'name: text'\"\n        type: string\n",
    );
}

/// Whether any environment asks for approvals.
pub(super) fn asks(config: &Config) -> bool {
    config.in_order().any(|settings| settings.approvals.count > 0)
}

/// What is given to the action out of the form.
pub(super) fn given(out: &mut String, config: &Config) {
    for name in ["do", "to", "version", "reason", "override"] {
        let _ = writeln!(out, "          {name}: ${{{{ inputs.{name} }}}}");
    }
    out.push_str("          notes: |\n");
    for (name, field) in notes(config) {
        let input = format!("inputs.note-{field}");
        let _ = writeln!(out, "            ${{{{ {input} && format('{name}: {{0}}', {input}) }}}}");
    }
    out.push_str("            ${{ inputs.notes }}\n");
}

/// The notes that any environment asks for, and the fields they are given by. A name with other characters than these
/// would have to be escaped three times over; such a note is given by the field for any note.
pub(super) fn notes(config: &Config) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for name in config.in_order().flat_map(|settings| &settings.notes) {
        let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let field = words.collect::<Vec<_>>().join("-").to_lowercase();
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b" _.-".contains(&b));
        if plain && !field.is_empty() && !found.iter().any(|(_, known)| *known == field) {
            found.push((name.clone(), field));
        }
    }
    found.truncate(25 - FIELDS);
    found
}

/// What a build of the team's own has to name when it publishes: a path, or one for each artifact.
pub(super) fn paths(config: &Config) -> Vec<String> {
    let first = config.in_order().next();
    let names: Vec<&str> = first
        .into_iter()
        .flat_map(|settings| &settings.artifacts)
        .filter_map(|artifact| artifact.name.as_ref().map(|name| name.as_str()))
        .collect();
    if names.is_empty() {
        return vec!["PATH".to_owned()];
    }
    names.into_iter().map(|name| format!("{name}=PATH")).collect()
}
