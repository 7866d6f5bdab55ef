//! Which variables the file names as `$NAME`: their values are secrets, so whoever shows anything has to know them
//! beforehand.

use super::{Config, Step, StepAction};
use std::collections::BTreeSet;

impl Config {
    /// The names of all variables that are written as a whole value `$NAME`: in steps' variables, in addresses of who
    /// is told, and in credentials of stores. Those inside of locations (`${NAME}`) are no secrets.
    pub fn named_variables(&self) -> BTreeSet<&str> {
        let host = self.host.iter().flat_map(|host| [&host.prepare, &host.deploy, &host.verify]);
        let steps = self.environments.values().flat_map(|environment| {
            [&environment.plan, &environment.prepare, &environment.deploy, &environment.verify]
        });
        let of_steps = steps.chain(host).flatten().flat_map(|step: &Step| {
            let address = match &step.action {
                StepAction::Http { url, .. } => Some(url.as_str()),
                _ => None,
            };
            step.env.values().map(String::as_str).chain(address)
        });
        let told = self.environments.values().flat_map(|environment| {
            let notify = &environment.notify;
            [&notify.slack, &notify.webhook, &notify.cdevents].into_iter().flatten().map(String::as_str)
        });
        let stores = self.stores.values().filter_map(|store| store.credentials.as_deref());
        of_steps.chain(told).chain(stores).filter_map(name).collect()
    }
}

/// The name in `$NAME`.
fn name(value: &str) -> Option<&str> {
    let name = value.strip_prefix('$')?;
    let whole = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    whole.then_some(name)
}

#[cfg(test)]
mod tests {
    use crate::config::{ReadContext, read};

    #[test]
    fn every_place_of_a_secret_is_known() {
        let text = "project = \"x\"\nenvironments = [\"prod\"]\nsource = \"s3://acme/{sha}.zip\"\n\
            target = \"s3://acme/${STAGE}.zip\"\ndeploy = [{ run = \"echo $HOME\", env = { A = \"$STEP_TOKEN\", B = \"plain\" } }]\n\
            [notify]\nslack = \"$SLACK_URL\"\nwebhook = \"$HOOK_URL\"\n";
        let variables = |name: &str| (name == "STAGE").then(|| "prod".to_owned());
        let context = ReadContext {
            default_project: None,
            variables: &variables,
            version: semver::Version::new(1, 0, 0),
            schemes: &[],
        };
        let (config, _) = read(text, &context).unwrap();
        assert_eq!(Vec::from_iter(config.named_variables()), ["HOOK_URL", "SLACK_URL", "STEP_TOKEN"]);
    }
}
