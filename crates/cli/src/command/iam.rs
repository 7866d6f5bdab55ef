//! `promote iam`.

use crate::app::command::Command;
use crate::app::json::JsonSelection;
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use crate::iam::aws::Account;
use crate::iam::{Purpose, Rights, aws, google, trust};
use clap::{Args, ValueEnum};
use promote_core::config::{Config, Environment};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::EnvironmentName;
use promote_core::observe::environment;
use promote_core::report::Document;
use promote_view::{Style, Text};
use serde::Serialize;
use serde_json::Value;

/// Print the least rights that a command needs
///
/// A policy of AWS IAM, or roles and bindings of Google Cloud, for what promote.toml names. Without `--for`, the rights
/// to promote to the environments of `--env`; without either, those to look. Nobody is ever given a right to delete
/// releases or records.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote iam aws\n  promote iam aws --env prod\n  promote iam aws --for publish\n  promote iam aws --env prod --trust --account 123456789012\n  promote iam gcp --env prod"
)]
pub(crate) struct IamArgs {
    /// In which cloud
    #[arg(value_name = "CLOUD", value_enum)]
    cloud: Cloud,

    /// Where they promote to; may be repeated
    #[arg(long = "env", value_name = "ENV")]
    environments: Vec<EnvironmentName>,

    /// Print who may take the role instead: the trust policy for the jobs of this repository (AWS)
    #[arg(long)]
    trust: bool,

    /// The number of the AWS account
    #[arg(long, value_name = "NUMBER", default_value = "ACCOUNT", hide_default_value = true, value_parser = account_number)]
    account: String,

    /// The AWS region of pipelines; that of the bucket, when left out
    #[arg(long, value_name = "REGION", value_parser = region_name)]
    region: Option<String>,

    /// What they do
    #[arg(long = "for", alias = "command", value_name = "COMMAND", value_enum)]
    purpose: Option<Purpose>,
}

/// The number of an account, or the word that stands for it.
fn account_number(text: &str) -> Result<String, &'static str> {
    let number = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if number || text == "ACCOUNT" {
        Ok(text.to_owned())
    } else {
        Err("the number of an AWS account has 12 digits")
    }
}

/// The name of a region, or the word that stands for it.
fn region_name(text: &str) -> Result<String, &'static str> {
    let name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let known = text.contains('-') && text.bytes().all(name);
    if known || text == "REGION" {
        Ok(text.to_owned())
    } else {
        Err("a region is written as in `eu-central-1`")
    }
}

/// A cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Cloud {
    /// Amazon's
    Aws,
    /// Google's
    Gcp,
}

/// The rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct IamReport {
    schema: &'static str,
    /// `aws` or `gcp`.
    cloud: &'static str,
    /// The environments that may be promoted to.
    environments: Vec<String>,
    /// The policy.
    policy: Policy,
}

/// A policy as its cloud has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Policy {
    Aws(aws::Policy),
    Gcp(Value),
}

impl Document for IamReport {
    const SCHEMA: &'static str = "promote/iam@1";
    const FIELDS: &'static [&'static str] = &["schema", "cloud", "environments", "policy"];
}

impl Command for IamArgs {
    const NAME: &'static str = "iam";
    const ELSEWHERE: &'static [&'static str] = &["policy", "rights", "permissions"];
    const DOCUMENTS: &'static [Shape] = &[shape::<IamReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        run(app, self)
    }
}

fn run(app: &App<'_>, args: &IamArgs) -> CommandResult {
    let project = app.project()?;
    let config = &project.config;
    let mut named: Vec<&Environment> = Vec::new();
    for name in &args.environments {
        named.push(environment(config, name)?);
    }
    let usual = if named.is_empty() { Purpose::Read } else { Purpose::To };
    let purpose = args.purpose.unwrap_or(usual);
    if purpose == Purpose::To && named.is_empty() {
        return Err(Failure::new(ExitStatus::Usage, "`--for to` needs the environments")
            .hint("name them: `--env ENV`")
            .into());
    }
    let rights = Rights::of(config, purpose, &named);
    let region = args.region.clone().or_else(|| region(app, config));
    let account = Account { number: &args.account, region: region.as_deref().unwrap_or("REGION") };
    let (cloud, policy) = match args.cloud {
        Cloud::Aws if args.trust => {
            let remote = app.connect.remote(&project.base);
            let policy = trust::policy(config, purpose, &named, remote.as_deref(), account.number)?;
            ("aws", Some(Policy::Aws(policy)))
        }
        Cloud::Gcp if args.trust => {
            return Err(Failure::new(ExitStatus::Usage, "`--trust` is for AWS")
                .hint("`promote doctor`, run in the job, prints the condition for Google Cloud")
                .into());
        }
        Cloud::Aws => ("aws", aws::policy(&rights, account).map(Policy::Aws)),
        Cloud::Gcp => ("gcp", google::policy(&rights).map(Policy::Gcp)),
    };
    let policy = policy.ok_or_else(|| {
        let place = if cloud == "aws" { "AWS" } else { "Google Cloud" };
        Failure::new(ExitStatus::Missing, format!("nothing that this needs is in {place}"))
    })?;
    let environments = named.iter().map(|one| one.name.to_string()).collect();
    let report = IamReport { schema: IamReport::SCHEMA, cloud, environments, policy };
    match app.json() {
        // A policy is what another program takes: it is printed as it is.
        JsonSelection::None => {
            let text = serde_json::to_string_pretty(&report.policy).map_err(|error| {
                Failure::new(ExitStatus::Failed, "the policy can't be written as JSON").caused_by(error)
            })?;
            for placeholder in
                ["ACCOUNT", "REGION"].into_iter().filter(|word| text.contains(&format!(":{word}:")))
            {
                let flag = placeholder.to_lowercase();
                let said = format!("put yours in the place of {placeholder}, or give it with `--{flag}`");
                app.screen.say(&Text::new("note: ", Style::Literal).and(said, Style::Plain));
            }
            app.screen.data(&format!("{text}\n"))?;
        }
        wish => app.screen.data(&wish.text(&report)?)?,
    }
    Ok(ExitStatus::Ok)
}

/// The region that a bucket's settings or the surroundings name.
fn region(app: &App<'_>, config: &Config) -> Option<String> {
    let settings = config.stores.values().find_map(|settings| settings.region.clone());
    settings.or_else(|| app.env.variable("AWS_REGION").map(str::to_owned))
}
