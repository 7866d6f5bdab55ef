//! Who wrote what is new between two commits: authors, and those whom a message names as co-authors. All of what git hands
//! over is foreign text.

use super::history::peeled;
use super::{GitError, GitRepository};
use promote_core::commit::CommitId;
use promote_core::port::Author;
use std::collections::BTreeSet;

/// Name and address of the author, then the co-authors, each on a line of its own.
const FORMAT: &str =
    "--format=tformat:%an%x00%ae%x00%(trailers:key=Co-authored-by,valueonly,unfold,separator=%x0A)%x00";

/// How many merges are asked for by one process: as many as a command line surely holds.
const AT_ONCE: usize = 500;

impl GitRepository {
    pub(super) async fn authors_of(
        &self,
        from: Option<&CommitId>,
        to: &CommitId,
    ) -> Result<Option<Vec<Author>>, GitError> {
        if !self.has(to).await? {
            return Ok(None);
        }
        let wanted = peeled(to.as_str());
        let range = match from {
            // Not what comes before it, where it is a merge.
            None => vec!["--no-walk".to_owned(), wanted],
            Some(from) if !self.has(from).await? => return Ok(None),
            // Behind the edge of a shallow clone, commits are missing that would be new.
            Some(from) if self.is_shallow().await? && !self.is_whole_between(from, to).await? => {
                return Ok(None);
            }
            Some(from) => vec![wanted, format!("^{}", peeled(from.as_str()))],
        };
        let mut found = read(&self.log(&["--no-patch", "--no-merges", FORMAT], &range).await?);
        // Who only merges has not written; who puts something into a merge, or leaves something out, has.
        let merges = self.merges(&range).await?.into_iter().filter(|one| one.adds);
        let written: Vec<String> = merges.map(|one| peeled(one.id.as_str())).collect();
        for some in written.chunks(AT_ONCE) {
            let these = [&["--no-walk".to_owned()], some].concat();
            found.extend(read(&self.log(&["--no-patch", FORMAT], &these).await?));
        }
        found.sort();
        found.dedup();
        Ok(Some(found))
    }

    /// Whether no commit between the two is missing: none of those that `to` has and `from` has not is the edge of a shallow
    /// clone.
    async fn is_whole_between(&self, from: &CommitId, to: &CommitId) -> Result<bool, GitError> {
        let (to, without) = (peeled(to.as_str()), format!("^{}", peeled(from.as_str())));
        let edges = self.answer("rev-list", &["--max-parents=0", &to, &without, "--"]).await?;
        Ok(edges.trim().is_empty())
    }
}

fn read(text: &str) -> Vec<Author> {
    let mut found = BTreeSet::new();
    let mut fields = text.split('\0').map(|field| field.trim_matches('\n'));
    while let (Some(name), Some(email), Some(others)) = (fields.next(), fields.next(), fields.next()) {
        found.insert(Author { name: name.to_owned(), email: email.to_owned(), login: None });
        found.extend(others.lines().filter(|line| !line.trim().is_empty()).map(co_author));
    }
    found.into_iter().collect()
}

/// `Name <address>`, or whatever else the line has as a name.
fn co_author(line: &str) -> Author {
    let (name, rest) = line.split_once('<').unwrap_or((line, ""));
    let email = rest.split('>').next().unwrap_or_default();
    Author { name: name.trim().to_owned(), email: email.trim().to_owned(), login: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_and_co_authors_are_told_once_each() {
        let text = "Ann\0ann@x\0Bob <bob@x>\nCarol\0\nAnn\0ann@x\0\0\nDan\0dan@x\0 Bob <bob@x>\0\n";
        let names: Vec<(String, String)> = read(text).into_iter().map(|it| (it.name, it.email)).collect();
        let of = |name: &str, email: &str| (name.to_owned(), email.to_owned());
        let expected = [of("Ann", "ann@x"), of("Bob", "bob@x"), of("Carol", ""), of("Dan", "dan@x")];
        assert_eq!(names, expected);
        assert_eq!(read(""), []);
    }
}
