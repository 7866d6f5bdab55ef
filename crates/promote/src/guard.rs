//! What keeps a program from promoting as it keeps the command from it: which guards are on, and what each refuses. All are
//! on unless somebody leaves one out by name: variables that a program gives in place of the process's own leave out none.

use promote_core::config::Config;
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_providers::{Variables, config_file, identity};
use std::path::Path;

/// Which guards are on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guards {
    /// The pipeline's server may declare a freeze.
    pub(crate) freeze: bool,
    /// Who acts may have to be proven.
    pub(crate) identity: bool,
    /// Nothing is written while the file asks for what is not done.
    pub(crate) unacted: bool,
    /// The file of a folder is only taken from somebody who may run steps here.
    pub(crate) owner: bool,
}

impl Default for Guards {
    fn default() -> Self {
        Self { freeze: true, identity: true, unacted: true, owner: true }
    }
}

impl Guards {
    /// The configuration as the guards have it.
    ///
    /// # Errors
    /// `Usage` when no reader would take it.
    pub(crate) fn settle(self, config: &mut Config, surroundings: &[&Variables]) -> Result<(), Failure> {
        config.check()?;
        if self.freeze {
            let declared = surroundings.iter().find_map(|variables| variables.frozen());
            config.frozen = declared.or(config.frozen.take());
        }
        if !self.unacted {
            config.unacted.clear();
        }
        Ok(())
    }

    /// Refuses the file of a folder that somebody else may have put there.
    ///
    /// # Errors
    /// `Denied`, with the owner and the ways to go on.
    pub(crate) fn owned(self, file: &Path) -> Result<(), Failure> {
        if !self.owner {
            return Ok(());
        }
        // Whose folder it is, is asked of where links lead.
        let folder = file.parent().unwrap_or(Path::new(".")).canonicalize();
        let real = folder.map_or_else(|_| file.to_path_buf(), |folder| folder.join(config_file::FILE));
        config_file::trusted(&real).map_err(|failure| {
            failure.hint("a program takes it that opens the file itself in place of its folder, or calls `without_owner_guard`")
        })
    }

    /// Refuses an actor that nothing vouches for, where the surroundings ask for that.
    ///
    /// # Errors
    /// `Denied`, with the reason.
    pub(crate) fn identified(self, surroundings: &[&Variables], actor: &Actor) -> Result<(), Failure> {
        match self.identity {
            true => surroundings.iter().try_for_each(|variables| identity::required(variables, actor)),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use promote_core::config::{ReadContext, read};

    const FILE: &str =
        "project = \"a\"\nenvironments = [\"x\"]\nsource = \"r/{sha}.zip\"\ntarget = \"d/{env}.zip\"\n";

    /// A program that gave variables of its own went past both.
    #[test]
    fn what_the_process_is_told_holds_beside_the_variables_of_a_program() {
        let context = ReadContext {
            default_project: None,
            variables: &|_| None,
            version: semver::Version::new(0, 1, 0),
            schemes: &[],
        };
        let given = Variables::default();
        let process: Variables =
            [("CI_DEPLOY_FREEZE", "true"), ("PROMOTE_REQUIRE_OIDC", "1")].into_iter().collect();
        let (guards, actor) = (Guards::default(), Actor::claimed("ann", "acme"));
        for both in [[&given, &process], [&process, &given]] {
            let mut config = read(FILE, &context).unwrap().0;
            guards.settle(&mut config, &both).unwrap();
            assert!(config.frozen.is_some());
            assert!(guards.identified(&both, &actor).is_err());
            let mut config = read(FILE, &context).unwrap().0;
            let open = Guards { freeze: false, identity: false, ..guards };
            open.settle(&mut config, &both).unwrap();
            assert!(config.frozen.is_none());
            open.identified(&both, &actor).unwrap();
        }
    }
}
