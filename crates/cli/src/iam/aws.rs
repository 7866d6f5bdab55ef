//! A policy of AWS IAM. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use super::{Objects, Rights};
use promote_core::location::StoreId;
use serde_json::{Value, json};

/// The policy, or `None` when nothing of this lies there.
pub(crate) fn policy(rights: &Rights) -> Option<Value> {
    let mut statements = Vec::new();
    let reads = arns(&rights.reads);
    if !reads.is_empty() {
        let listing = match rights.probes {
            true => json!(["s3:ListBucket", "s3:GetBucketVersioning"]),
            false => json!("s3:ListBucket"),
        };
        statements.push(allow(listing, buckets(&rights.reads)));
        statements.push(allow(json!(["s3:GetObject", "s3:GetObjectVersion"]), reads));
    }
    let writes = arns(&rights.writes);
    if !writes.is_empty() {
        statements.push(allow(json!(["s3:PutObject", "s3:AbortMultipartUpload"]), writes));
    }
    let deletes = arns(&rights.deletes);
    if !deletes.is_empty() {
        statements.push(allow(json!("s3:DeleteObject"), deletes));
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
        let names = rights.pipelines.iter().map(|name| format!("arn:aws:codepipeline:*:*:{name}"));
        statements.push(allow(json!(actions), names.collect()));
    }
    (!statements.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// Repositories of Amazon's registry: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME`.
fn images(rights: &Rights, statements: &mut Vec<Value>) {
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
    statements.push(allow(json!("ecr:GetAuthorizationToken"), vec!["*".to_owned()]));
    let names = all.iter().map(|(name, _)| name.clone()).collect();
    let reading =
        json!(["ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer"]);
    statements.push(allow(reading, names));
    let written: Vec<String> =
        all.into_iter().filter(|(_, written)| *written).map(|(name, _)| name).collect();
    if !written.is_empty() {
        let writing = json!([
            "ecr:PutImage",
            "ecr:InitiateLayerUpload",
            "ecr:UploadLayerPart",
            "ecr:CompleteLayerUpload"
        ]);
        statements.push(allow(writing, written));
    }
}

fn allow(action: Value, mut resources: Vec<String>) -> Value {
    let resource = match resources.len() {
        1 => json!(resources.remove(0)),
        _ => json!(resources),
    };
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
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
