//! What quay.io can do beyond the protocol of registries, by its own API: the history of a tag, when it expires, and
//! bringing back what was deleted. It wants an OAuth token; robot accounts can't use it.

use crate::body::whole;
use crate::failure::{Operation, said};
use crate::foreign::harmless;
use crate::repository::{Repository, address};
use crate::session::Session;
use promote_port::digest::Digest;
use promote_port::port::{Confided, ErrorKind, ProviderError};
use reqwest::{Method, Url};
use serde::Deserialize;
use std::time::Duration;

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(20);
/// The longest answer that is read.
const LONGEST: usize = 4 << 20;

/// The most rows in one answer.
const MOST: usize = 100;

/// One row of a tag's history.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TagRow {
    /// The tag.
    pub name: String,
    /// What it pointed to, `sha256:…`.
    pub manifest_digest: String,
    /// Since when, in seconds since 1970.
    #[serde(default)]
    pub start_ts: i64,
    /// Until when; for the row that holds, only when it is to expire.
    #[serde(default)]
    pub end_ts: Option<i64>,
    /// Whether it was a return to something earlier.
    #[serde(default)]
    pub reversion: bool,
    /// When the tag expires, in Quay's words.
    #[serde(default)]
    pub expiration: Option<String>,
}

/// Quay's API for one repository.
#[derive(Debug)]
pub(crate) struct Quay<'a> {
    session: &'a Session,
    repository: &'a Repository,
    token: &'a str,
}

impl<'a> Quay<'a> {
    /// The API, when the repository is one of Quay's and there is a token for it.
    pub(crate) fn of(session: &'a Session, repository: &'a Repository) -> Option<Self> {
        let environment = &session.environment;
        let token = environment.get("PROMOTE_QUAY_TOKEN").or_else(|| environment.get("QUAY_API_TOKEN"))?;
        (repository.host == environment.quay_host()).then_some(Self { session, repository, token })
    }

    /// What every request carries.
    fn confided(&self) -> Confided {
        let confided = Confided::default();
        confided.keep(self.token);
        confided
    }

    async fn ask(
        &self,
        operation: &Operation<'_>,
        method: Method,
        rest: &str,
        query: &[(&str, &str)],
        body: Option<serde_json::Value>,
    ) -> Result<(u16, bytes::Bytes), ProviderError> {
        let path = format!("/api/v1/repository/{}{rest}", self.repository.path);
        let mut url: Url = address(&self.repository.host, &path)
            .ok_or_else(|| operation.wrong("the host can't be part of an address"))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request =
            self.session.client(operation)?.request(method, url).bearer_auth(self.token).timeout(ANSWER);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer =
            crate::call::sent(request, &self.confided()).await.map_err(|error| operation.unsent(error))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes =
            whole(answer, LONGEST, self.session.timeout).await.map_err(|cut| operation.cut_off(cut))?;
        if (200..300).contains(&status) || status == 404 {
            return Ok((status, bytes));
        }
        let words = said(status, &bytes, &self.confided());
        let lower = words.message.to_lowercase();
        Err(match status {
            403 | 401 if lower.contains("csrf") => operation
                .error(ErrorKind::Denied, "Quay does not accept the token for its API")
                .hint("it must be an OAuth token of an application of the organisation; a robot account's password is none"),
            403 | 401 => {
                let right = if operation.effect { "repo:write" } else { "repo:read" };
                operation.error(ErrorKind::Denied, format!("the token for Quay's API has no `{right}`"))
            }
            _ => return Err(operation.refused(status, &headers, &bytes, None)),
        }
        .caused_by(words))
    }

    /// The newest rows of a tag's history, newest first, at most 100. A tag that never was has none.
    pub(crate) async fn history(
        &self,
        tag: &str,
        live: bool,
        limit: usize,
    ) -> Result<Vec<TagRow>, ProviderError> {
        Ok(self.rows(tag, live, limit, 1).await?.0)
    }

    /// The same, page after page. Where rows come in while they are read, one may be told twice.
    pub(crate) async fn whole_history(&self, tag: &str, limit: usize) -> Result<Vec<TagRow>, ProviderError> {
        let mut all = Vec::new();
        for page in 1..=limit.div_ceil(MOST).max(1) {
            let (rows, more) = self.rows(tag, false, MOST, page).await?;
            all.extend(rows);
            if !more {
                break;
            }
        }
        all.truncate(limit);
        Ok(all)
    }

    /// The tags that hold now and begin with `prefix`, the one that was put last first, as this many pages tell them, and
    /// whether there are more. A Quay that does not know the filter tells all tags.
    pub(crate) async fn newest(
        &self,
        prefix: &str,
        pages: usize,
    ) -> Result<(Vec<String>, bool), ProviderError> {
        let like = format!("like:{prefix}");
        let (mut found, mut more) = (Vec::new(), true);
        for page in 1..=pages {
            let (rows, additional) =
                self.page(prefix, &[("filter_tag_name", &like)], true, MOST, page).await?;
            found.extend(rows.into_iter().map(|row| row.name));
            more = additional;
            if !more {
                break;
            }
        }
        Ok((found, more))
    }

    async fn rows(
        &self,
        tag: &str,
        live: bool,
        limit: usize,
        page: usize,
    ) -> Result<(Vec<TagRow>, bool), ProviderError> {
        let (mut rows, more) = self.page(tag, &[("specificTag", tag)], live, limit, page).await?;
        rows.retain(|row| row.name == tag);
        Ok((rows, more))
    }

    /// One page of rows, newest first; `about` names what is asked for in messages.
    async fn page(
        &self,
        about: &str,
        filter: &[(&str, &str)],
        live: bool,
        limit: usize,
        page: usize,
    ) -> Result<(Vec<TagRow>, bool), ProviderError> {
        #[derive(Deserialize)]
        struct Page {
            tags: Vec<TagRow>,
            #[serde(default)]
            has_additional: bool,
        }
        let operation = Operation::reading(self.repository, about);
        let (limit, page) = (limit.clamp(1, MOST).to_string(), page.to_string());
        let mut query = filter.to_vec();
        query.extend([("limit", limit.as_str()), ("page", page.as_str())]);
        if live {
            query.push(("onlyActiveTags", "true"));
        }
        let (status, bytes) = self.ask(&operation, Method::GET, "/tag/", &query, None).await?;
        if status == 404 {
            return Err(operation.error(
                ErrorKind::NotFound,
                format!("Quay's API knows no repository `{}`", self.repository),
            ));
        }
        let page: Page = serde_json::from_slice(&bytes)
            .map_err(|_| operation.error(ErrorKind::Corrupt, "Quay's history of the tag makes no sense"))?;
        Ok((page.tags, page.has_additional))
    }

    /// Points a tag at a digest that Quay still holds, also one that no tag holds any more.
    pub(crate) async fn restore(&self, tag: &str, digest: &str) -> Result<(), ProviderError> {
        let operation = Operation::writing(self.repository, tag);
        let body = serde_json::json!({ "manifest_digest": digest });
        let (status, bytes) =
            self.ask(&operation, Method::POST, &format!("/tag/{tag}/restore"), &[], Some(body)).await?;
        if status == 404 {
            let what = format!("Quay does not hold `{digest}` any more");
            let words = said(status, &bytes, &self.confided());
            return Err(operation.error(ErrorKind::NotFound, what).caused_by(words));
        }
        // Whoever stands between answers success as well, in other words than Quay's.
        serde_json::from_slice::<serde_json::Value>(&bytes)
            .map(drop)
            .map_err(|odd| operation.error(ErrorKind::Unknown, "Quay's answer makes no sense").caused_by(odd))
    }

    /// Sees that a move of ours followed what was read before, and nothing in between. Quay moves tags one after
    /// another, so its history is the order in which that happened.
    pub(crate) async fn check_move(
        &self,
        tag: &str,
        ours: &Digest,
        before: Option<&Digest>,
    ) -> Result<(), ProviderError> {
        let rows = self.history(tag, false, 10).await?;
        let ours = crate::manifest::written(ours);
        let before = before.map(crate::manifest::written);
        let doubt = |what: String| {
            Operation::writing(self.repository, tag)
                .error(ErrorKind::Unknown, what)
                .hint("the tag's history on quay.io shows who; `promote verify` compares it with the ledger")
        };
        let Some(newest) = rows.first() else {
            return Err(doubt("Quay's history does not know the tag that was just moved".to_owned()));
        };
        // Rows of one second have no order of their own.
        let tied = rows.iter().take_while(|row| row.start_ts == newest.start_ts).count();
        let Some(at) = rows.iter().take(tied.max(1)).position(|row| row.manifest_digest == ours) else {
            let what =
                format!("somebody else moved the tag to `{}` after us", harmless(&newest.manifest_digest));
            return Err(doubt(what));
        };
        let mut others: Vec<_> =
            rows.iter().enumerate().filter(|(row, _)| *row != at).map(|(_, row)| row).collect();
        let ties = others.iter().take_while(|row| row.start_ts == newest.start_ts).count();
        others.truncate(ties.max(1));
        let fits = match &before {
            // A row that has ended before ours began is a tag that was deleted.
            None => {
                others.first().is_none_or(|row| {
                    row.end_ts.is_some_and(|end| rows.get(at).is_some_and(|ours| end < ours.start_ts))
                }) || others.is_empty()
            }
            Some(before) => others.iter().any(|row| row.manifest_digest == *before),
        };
        if fits {
            return Ok(());
        }
        let moved = others.first().map_or_else(String::new, |row| harmless(&row.manifest_digest));
        Err(doubt(format!("somebody else moved the tag to `{moved}` in between; now it is ours")))
    }
}
