//! An approval or a rejection: what somebody said to one release that is to go to one environment, and to what exactly. It
//! lies in an object of its own, whose first line is one JSON object; a signature over that line may follow it. Whether
//! it counts is for the rule `approvals` to say.

use super::strict::Unambiguous;
use super::terms::{Actor, LedgerId, ReleaseRef, Seq};
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::names::{EnvironmentName, LaneName, escape};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The schema of every approval that this version writes and reads.
pub const SCHEMA: &str = "promote/approval@1";

/// The namespace in which approvals are signed by ssh keys, so that no other signature can pass for one.
pub const NAMESPACE: &str = "promote-approval@v1";

/// The largest stored approval in bytes, signature included.
pub const LIMIT: usize = 32 * 1024;

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It may go there.
    Approved,
    /// It may not.
    Rejected,
}

/// What an approved release replaces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Replaced {
    /// The release that is there; `None` where nothing is, or nothing that a release is known for.
    pub commit: Option<CommitId>,
    /// The number of the record since which it is there, or since which it was deployed last; `None` in a lane to which
    /// nothing was moved yet. So an approval is used up by the promotion that it was given for.
    pub since: Option<Seq>,
}

/// What an approval is bound to: when one of these is another, it does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bound {
    /// Where the release is to go.
    pub environment: EnvironmentName,
    /// The release, with the digest of each artifact.
    pub release: ReleaseRef,
    /// What it replaces.
    pub replaces: Replaced,
    /// The digest of what a plan of another tool said it would change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Digest>,
}

/// What the digest of an approval's content covers.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Essence<'b> {
    environment: &'b EnvironmentName,
    commit: &'b CommitId,
    artifacts: &'b std::collections::BTreeMap<String, Digest>,
    replaces: &'b Replaced,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: &'b Option<Digest>,
}

impl Bound {
    /// Identifies what is approved: SHA-256 of environment, commit, digests, what is replaced, and effect as compact JSON.
    pub fn digest(&self) -> Digest {
        let essence = Essence {
            environment: &self.environment,
            commit: &self.release.commit,
            artifacts: &self.release.artifacts,
            replaces: &self.replaces,
            effect: &self.effect,
        };
        // Values of these types always serialise; the empty digest of a failure would match no content.
        Digest::of(&serde_json::to_vec(&essence).unwrap_or_default())
    }

    /// Whether both are about the same bytes in the same environment, whatever they replace.
    pub fn same_bytes(&self, other: &Self) -> bool {
        self.environment == other.environment
            && self.release.commit == other.release.commit
            && self.release.artifacts == other.release.artifacts
    }

    /// Why what was given for this does not count for `wanted`, as the rest of a sentence; `None` where it does.
    pub fn differs(&self, wanted: &Self) -> Option<String> {
        let named = |replaced: &Replaced| match &replaced.commit {
            Some(commit) => commit.short(7).to_owned(),
            None => "nothing".to_owned(),
        };
        if self.environment != wanted.environment {
            return Some(format!("it is for {}", self.environment));
        }
        if !self.same_bytes(wanted) {
            return Some("it is for other bytes".to_owned());
        }
        if self.replaces.commit != wanted.replaces.commit {
            let (then, now) = (named(&self.replaces), named(&wanted.replaces));
            return Some(format!("it was given to replace {then}, and {now} is there now"));
        }
        if self.replaces.since != wanted.replaces.since {
            let then = named(&self.replaces);
            return Some(format!("what it was given to replace ({then}) was moved again since"));
        }
        (self.effect != wanted.effect).then(|| "it was given for a plan with another effect".to_owned())
    }
}

/// An approval or a rejection as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Approval {
    /// [`SCHEMA`].
    pub schema: String,
    /// The ledger's id.
    pub ledger: LedgerId,
    /// The lane.
    pub lane: LaneName,
    /// 128 random bits in hexadecimal digits, which also name its object.
    pub nonce: String,
    /// What was said.
    pub answer: Answer,
    /// To what.
    #[serde(flatten)]
    pub bound: Bound,
    /// The writer's clock. Advisory: it is judged by the store's time.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// Why: always there in a rejection, and in an approval that follows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why stored bytes are no approval.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// It is too large.
    #[error("it has {0} bytes, more than an approval may have")]
    TooLarge(usize),
    /// It is not JSON of this shape.
    #[error("it is no approval of this version: {0}")]
    Shape(#[from] serde_json::Error),
    /// It is of another version.
    #[error("its schema is `{0}`, this version reads `{SCHEMA}`")]
    Schema(String),
    /// What follows the first line is no text.
    #[error("what follows its first line is no signature")]
    Signature,
}

/// An approval with what was signed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedApproval {
    /// What it says.
    pub approval: Approval,
    /// The first line with its end: what a signature is made over.
    pub line: Vec<u8>,
    /// What follows: an ssh signature in its armour; `None` when nothing does.
    pub signature: Option<String>,
}

impl Approval {
    /// The first line as it is stored and signed: compact JSON and its end.
    ///
    /// # Errors
    /// When it is more than [`LIMIT`].
    pub fn line(&self) -> Result<Vec<u8>, ApprovalError> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        if bytes.len() > LIMIT { Err(ApprovalError::TooLarge(bytes.len())) } else { Ok(bytes) }
    }
}

impl SignedApproval {
    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let signature = self.signature.as_deref().unwrap_or_default();
        [self.line.as_slice(), signature.as_bytes()].concat()
    }

    /// From stored bytes. No signature is checked here.
    ///
    /// # Errors
    /// When it is no approval of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ApprovalError> {
        if bytes.len() > LIMIT {
            return Err(ApprovalError::TooLarge(bytes.len()));
        }
        let end = bytes.iter().position(|b| *b == b'\n').map_or(bytes.len(), |at| at + 1);
        let (line, rest) = bytes.split_at(end);
        serde_json::from_slice::<Unambiguous>(line)?;
        let approval: Approval = serde_json::from_slice(line)?;
        if approval.schema != SCHEMA {
            return Err(ApprovalError::Schema(escape(&approval.schema)));
        }
        let text = std::str::from_utf8(rest).map_err(|_| ApprovalError::Signature)?;
        let signature = Some(text.to_owned()).filter(|text| !text.trim().is_empty());
        Ok(Self { approval, line: line.to_vec(), signature })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approval() -> Approval {
        let sha = "a".repeat(40);
        Approval {
            schema: SCHEMA.to_owned(),
            ledger: "0".repeat(32),
            lane: "prod".parse().unwrap(),
            nonce: "1".repeat(32),
            answer: Answer::Approved,
            bound: Bound {
                environment: "prod".parse().unwrap(),
                release: ReleaseRef {
                    commit: sha.parse().unwrap(),
                    version: None,
                    committed_at: None,
                    artifacts: [("main".to_owned(), Digest::of(b"a"))].into(),
                    manifest: None,
                },
                replaces: Replaced { commit: None, since: Some(Seq(4)) },
                effect: None,
            },
            at: "2026-01-07T12:00:00Z".parse().unwrap(),
            actor: Actor::claimed("ann", "local-user"),
            reason: None,
        }
    }

    #[test]
    fn the_first_line_is_what_is_signed_and_the_rest_is_the_signature() {
        let approval = approval();
        let line = approval.line().unwrap();
        let signed = SignedApproval { approval, line, signature: Some("-----BEGIN\nx\n".to_owned()) };
        let bytes = signed.to_bytes();
        assert_eq!(SignedApproval::from_bytes(&bytes).unwrap(), signed);
        assert!(signed.line.ends_with(b"}\n"));
        let bare = SignedApproval { signature: None, ..signed };
        assert_eq!(SignedApproval::from_bytes(&bare.to_bytes()).unwrap(), bare);
    }

    #[test]
    fn what_is_no_approval_is_not_read_as_one() {
        let line = String::from_utf8(approval().line().unwrap()).unwrap();
        let twice = line.replacen("{", "{\"answer\":\"rejected\",", 1);
        let schema = line.replace("approval@1", "approval@2");
        for odd in ["", "{}", "nonsense\n", &twice, &schema, &line.replace("\"approved\"", "\"maybe\"")] {
            assert!(SignedApproval::from_bytes(odd.as_bytes()).is_err(), "{odd}");
        }
        assert!(SignedApproval::from_bytes(&[line.as_bytes(), b"\xff"].concat()).is_err());
        assert!(SignedApproval::from_bytes(&vec![b' '; LIMIT + 1]).is_err());
    }

    #[test]
    fn an_approval_is_bound_to_each_part_of_its_content() {
        let one = approval().bound;
        assert_eq!(one.differs(&one), None);
        let other = |change: &dyn Fn(&mut Bound)| {
            let mut other = one.clone();
            change(&mut other);
            assert_ne!(one.digest(), other.digest());
            one.differs(&other).unwrap()
        };
        assert_eq!(other(&|it| it.environment = "uat".parse().unwrap()), "it is for prod");
        let bytes = |it: &mut Bound| {
            it.release.artifacts.insert("main".to_owned(), Digest::of(b"b"));
        };
        assert_eq!(other(&bytes), "it is for other bytes");
        let more = |it: &mut Bound| {
            it.release.artifacts.insert("more".to_owned(), Digest::of(b"b"));
        };
        assert_eq!(other(&more), "it is for other bytes");
        let there = |it: &mut Bound| it.replaces.commit = Some("b".repeat(40).parse().unwrap());
        assert_eq!(other(&there), "it was given to replace nothing, and bbbbbbb is there now");
        let again = |it: &mut Bound| it.replaces.since = Some(Seq(7));
        assert_eq!(other(&again), "what it was given to replace (nothing) was moved again since");
        let effect = |it: &mut Bound| it.effect = Some(Digest::of(b"plan"));
        assert_eq!(other(&effect), "it was given for a plan with another effect");
        // What tells the release to people binds nothing.
        let mut told = one.clone();
        told.release.version = Some("1.4.0".to_owned());
        assert_eq!((one.differs(&told), one.digest()), (None, told.digest()));
    }
}
