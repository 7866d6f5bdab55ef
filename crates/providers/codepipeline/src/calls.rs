//! The port's methods: one request each, two where a list has more pages.

use crate::answers;
use crate::connection::{CodePipelines, once};
use crate::failure::Operation;
use async_trait::async_trait;
use aws_sdk_codepipeline::types::{
    ActionExecutionFilter, ApprovalResult, ApprovalStatus, SourceRevisionOverride, SourceRevisionType,
};
use chrono::{DateTime, Utc};
use promote_port::port::pipeline::{
    ActionRun, Declaration, Execution, Pipelines, StageNow, Taken, Verdict, Waiting,
};
use promote_port::port::{ErrorKind, ProviderError};

/// The most pages of one list: of the actions of an execution, a hundred each, or of executions, fifty each.
const PAGES: usize = 10;

impl CodePipelines {
    fn reading<'a>(&'a self, pipeline: &'a str, right: &'static str) -> Operation<'a> {
        Operation { service: self, pipeline, right, effect: false }
    }

    fn effect<'a>(&'a self, pipeline: &'a str, right: &'static str) -> Operation<'a> {
        Operation { service: self, pipeline, right, effect: true }
    }
}

/// An answer that lacks what it is about.
fn empty(operation: &Operation<'_>) -> ProviderError {
    operation.error(ErrorKind::Corrupt, "the service's answer is empty")
}

#[async_trait]
impl Pipelines for CodePipelines {
    async fn describe(&self, pipeline: &str) -> Result<Declaration, ProviderError> {
        let operation = self.reading(pipeline, "codepipeline:GetPipeline");
        let answer = operation.run(self.client().await?.get_pipeline().name(pipeline).send()).await?;
        answer.pipeline.as_ref().map(answers::declaration).ok_or_else(|| empty(&operation))
    }

    async fn recent(
        &self,
        pipeline: &str,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<Execution>, ProviderError> {
        let operation = self.reading(pipeline, "codepipeline:ListPipelineExecutions");
        let mut found: Vec<Execution> = Vec::new();
        let mut next = None;
        for _ in 0..PAGES {
            let request = self
                .client()
                .await?
                .list_pipeline_executions()
                .pipeline_name(pipeline)
                .max_results(50)
                .set_next_token(next)
                .send();
            let answer = operation.run(request).await?;
            let page = answer.pipeline_execution_summaries().iter().filter_map(answers::summary);
            let page: Vec<Execution> = page.collect();
            let oldest = page.iter().filter_map(|one| one.started_at).min();
            found.extend(page);
            next = answer.next_token;
            let reached = since.is_none_or(|since| oldest.is_some_and(|oldest| oldest < since));
            if next.is_none() || reached {
                break;
            }
        }
        // Amazon lists the newest first; what stands in for it may not.
        found.sort_by_key(|one| std::cmp::Reverse(one.started_at));
        Ok(found)
    }

    async fn look(&self, pipeline: &str, execution: &str) -> Result<Option<Execution>, ProviderError> {
        let operation = self.reading(pipeline, "codepipeline:GetPipelineExecution");
        let request = self
            .client()
            .await?
            .get_pipeline_execution()
            .pipeline_name(pipeline)
            .pipeline_execution_id(execution)
            .send();
        match operation.run(request).await {
            Ok(answer) => Ok(answer.pipeline_execution.as_ref().and_then(answers::execution)),
            Err(error)
                if error.kind == ErrorKind::NotFound
                    && error.message == "there is no such execution, stage or action" =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn actions(&self, pipeline: &str, execution: &str) -> Result<Vec<ActionRun>, ProviderError> {
        let operation = self.reading(pipeline, "codepipeline:ListActionExecutions");
        let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution).build();
        let mut found = Vec::new();
        let mut next = None;
        for _ in 0..PAGES {
            let request = self
                .client()
                .await?
                .list_action_executions()
                .pipeline_name(pipeline)
                .filter(filter.clone())
                .max_results(100)
                .set_next_token(next)
                .send();
            let answer = operation.run(request).await?;
            found.extend(answer.action_execution_details().iter().cloned());
            next = answer.next_token;
            if next.is_none() {
                break;
            }
        }
        Ok(answers::runs(&found))
    }

    async fn stages(&self, pipeline: &str) -> Result<Vec<StageNow>, ProviderError> {
        let operation = self.reading(pipeline, "codepipeline:GetPipelineState");
        let answer = operation.run(self.client().await?.get_pipeline_state().name(pipeline).send()).await?;
        // A pipeline without stages is none.
        let stages = answer.stage_states.as_ref().ok_or_else(|| empty(&operation))?;
        Ok(stages.iter().filter_map(answers::stage).collect())
    }

    async fn start(&self, pipeline: &str, versions: &[Taken], token: &str) -> Result<String, ProviderError> {
        let operation = self.effect(pipeline, "codepipeline:StartPipelineExecution");
        let mut request =
            self.client().await?.start_pipeline_execution().name(pipeline).client_request_token(token);
        for taken in versions {
            let version = (SourceRevisionType::S3ObjectVersionId, taken.version.0.as_str());
            let key = taken.key.as_ref().map(|key| (SourceRevisionType::S3ObjectKey, key.as_str()));
            for (kind, value) in std::iter::once(version).chain(key) {
                let given = SourceRevisionOverride::builder()
                    .action_name(&taken.action)
                    .revision_type(kind)
                    .revision_value(value)
                    .build()
                    .map_err(|cause| {
                        operation.error(ErrorKind::Invalid, "the version can't be asked for").caused_by(cause)
                    })?;
                request = request.source_revisions(given);
            }
        }
        let answer = operation.run(request.customize().config_override(once()).send()).await?;
        answer.pipeline_execution_id.ok_or_else(|| empty(&operation))
    }

    async fn answer(
        &self,
        pipeline: &str,
        waiting: &Waiting,
        verdict: &Verdict,
    ) -> Result<(), ProviderError> {
        let operation = self.effect(pipeline, "codepipeline:PutApprovalResult");
        let status = if verdict.approved { ApprovalStatus::Approved } else { ApprovalStatus::Rejected };
        let comment: String = verdict.comment.chars().take(512).collect();
        let result = ApprovalResult::builder().status(status).summary(comment).build().map_err(|cause| {
            operation.error(ErrorKind::Invalid, "the answer can't be given").caused_by(cause)
        })?;
        let request = self
            .client()
            .await?
            .put_approval_result()
            .pipeline_name(pipeline)
            .stage_name(&waiting.stage)
            .action_name(&waiting.action)
            .token(&waiting.token)
            .result(result);
        operation.run(request.customize().config_override(once()).send()).await.map(drop)
    }

    async fn roll_back_stage(
        &self,
        pipeline: &str,
        stage: &str,
        execution: &str,
    ) -> Result<String, ProviderError> {
        let operation = self.effect(pipeline, "codepipeline:RollbackStage");
        let request = self
            .client()
            .await?
            .rollback_stage()
            .pipeline_name(pipeline)
            .stage_name(stage)
            .target_pipeline_execution_id(execution);
        let answer = operation.run(request.customize().config_override(once()).send()).await?;
        Ok(answer.pipeline_execution_id)
    }

    fn page(&self, pipeline: &str, execution: &str) -> Option<String> {
        let region = self.region()?;
        Some(format!(
            "https://{region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/{pipeline}/executions/{execution}/timeline?region={region}"
        ))
    }
}
