//! A policy of AWS IAM. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use super::{Objects, Rights};
use promote_core::location::StoreId;
use serde::Serialize;
use serde_json::{Value, json};

/// A policy, in the order in which people read one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

/// What is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: &'static str,
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Value>,
    action: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Value>,
}

const VERSION: &str = "2012-10-17";

/// Whose pipelines are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account<'a> {
    /// Its number.
    pub(crate) number: &'a str,
    /// The region.
    pub(crate) region: &'a str,
}

/// Who may take a role: jobs with one of these subjects, by tokens that this server signed for this audience.
pub(crate) fn trust(account: &str, server: &str, audience: &str, subjects: &[String]) -> Policy {
    let provider = format!("arn:aws:iam::{account}:oidc-provider/{server}");
    // Under `StringEquals` a key that is missing fails.
    let equal = json!({ format!("{server}:aud"): audience, format!("{server}:sub"): subjects });
    let statement = Statement {
        sid: "PromoteJobs",
        effect: "Allow",
        principal: Some(json!({ "Federated": provider })),
        action: json!("sts:AssumeRoleWithWebIdentity"),
        resource: None,
        condition: Some(json!({ "StringEquals": equal })),
    };
    Policy { version: VERSION, statement: vec![statement] }
}

/// The policy, or `None` when nothing of this is there.
pub(crate) fn policy(rights: &Rights, account: Account<'_>) -> Option<Policy> {
    let mut statements = Vec::new();
    let reads = arns(&rights.reads);
    if !reads.is_empty() {
        // Whether a bucket keeps versions is asked by the probe, and before a pipeline is to take one.
        let listing = match rights.probes || !rights.pipelines.is_empty() {
            true => json!(["s3:ListBucket", "s3:GetBucketVersioning"]),
            false => json!("s3:ListBucket"),
        };
        statements.push(allow("PromoteList", listing, buckets(&rights.reads)));
        statements.push(allow("PromoteRead", json!(["s3:GetObject", "s3:GetObjectVersion"]), reads));
    }
    let writes = arns(&rights.writes);
    if !writes.is_empty() {
        statements.push(allow("PromoteWrite", json!(["s3:PutObject", "s3:AbortMultipartUpload"]), writes));
    }
    let deletes = arns(&rights.deletes);
    if !deletes.is_empty() {
        statements.push(allow("PromoteDelete", json!("s3:DeleteObject"), deletes));
    }
    images(rights, &mut statements);
    if !rights.pipelines.is_empty() {
        let mut actions = vec![
            "codepipeline:GetPipeline",
            "codepipeline:GetPipelineState",
            "codepipeline:GetPipelineExecution",
            "codepipeline:ListPipelineExecutions",
            "codepipeline:ListActionExecutions",
        ];
        actions.extend(rights.starts.then_some("codepipeline:StartPipelineExecution"));
        let Account { number, region } = account;
        let names = rights.pipelines.iter();
        let names = names.map(|name| format!("arn:aws:codepipeline:{region}:{number}:{name}"));
        statements.push(allow("PromotePipelines", json!(actions), names.collect()));
    }
    (!statements.is_empty()).then_some(Policy { version: VERSION, statement: statements })
}

/// Repositories of Amazon's registry: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME`.
fn images(rights: &Rights, statements: &mut Vec<Statement>) {
    let arn = |name: &str| {
        let (host, path) = name.split_once('/')?;
        let (account, rest) = host.split_once(".dkr.ecr.")?;
        let region = rest.split_once(".amazonaws.com")?.0;
        Some(format!("arn:aws:ecr:{region}:{account}:repository/{path}"))
    };
    let all: Vec<(String, bool)> =
        rights.repositories.iter().filter_map(|one| Some((arn(&one.name)?, one.written))).collect();
    if all.is_empty() {
        return;
    }
    // Its token is the account's; AWS takes no other resource for it.
    statements.push(allow("PromoteRegistryToken", json!("ecr:GetAuthorizationToken"), vec!["*".to_owned()]));
    let names = all.iter().map(|(name, _)| name.clone()).collect();
    let reading =
        json!(["ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer"]);
    statements.push(allow("PromoteRegistryRead", reading, names));
    let written: Vec<String> =
        all.into_iter().filter(|(_, written)| *written).map(|(name, _)| name).collect();
    if !written.is_empty() {
        let writing = json!([
            "ecr:PutImage",
            "ecr:InitiateLayerUpload",
            "ecr:UploadLayerPart",
            "ecr:CompleteLayerUpload"
        ]);
        statements.push(allow("PromoteRegistryWrite", writing, written));
    }
}

fn allow(sid: &'static str, action: Value, mut resources: Vec<String>) -> Statement {
    let resource = match resources.len() {
        1 => json!(resources.remove(0)),
        _ => json!(resources),
    };
    Statement { sid, effect: "Allow", principal: None, action, resource: Some(resource), condition: None }
}

fn arns(objects: &[Objects]) -> Vec<String> {
    let found = objects.iter().filter_map(|one| match &one.bucket {
        StoreId::S3(bucket) => Some(format!("arn:aws:s3:::{bucket}/{}", one.key)),
        _ => None,
    });
    unique(found)
}

fn buckets(objects: &[Objects]) -> Vec<String> {
    let found = objects.iter().filter_map(|one| match &one.bucket {
        StoreId::S3(bucket) => Some(format!("arn:aws:s3:::{bucket}")),
        _ => None,
    });
    unique(found)
}

fn unique(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut found = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}
