//! What a token says, reduced to what is worth keeping.

use promote_core::ledger::Proof;
use std::collections::BTreeMap;

/// The claims that go into a record: who, what and where; no addresses of people.
pub const KEPT: [&str; 22] = [
    "actor",
    "deployment_tier",
    "environment",
    "environment_protected",
    "event_name",
    "job_id",
    "job_workflow_ref",
    "jti",
    "pipeline_id",
    "project_id",
    "project_path",
    "ref",
    "ref_protected",
    "repository",
    "repository_id",
    "run_attempt",
    "run_id",
    "runner_environment",
    "sha",
    "user_id",
    "user_login",
    "workflow_ref",
];

/// What a token says, and how far that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who signed it.
    pub issuer: String,
    /// Whom it is about.
    pub subject: String,
    /// For whom it was signed.
    pub audience: Vec<String>,
    /// The claims that are kept, by name; made fit for a record.
    pub claims: BTreeMap<String, String>,
    /// The proof of a signature that was checked and holds, else why it is not vouched for.
    pub signature: Result<Proof, String>,
}

impl Identity {
    /// The person that the token names; where it names none, its subject: a proven name is one that the token proves.
    pub fn name(&self) -> &str {
        let claims = ["actor", "user_login"].into_iter().filter_map(|claim| self.claims.get(claim));
        claims.map(String::as_str).find(|name| !name.trim().is_empty()).unwrap_or(&self.subject)
    }
}
