//! What the flags ask for, as the library has it.

use crate::app::App;
use crate::app::question::{forbidden, terminal};
use crate::args::TermsArgs;
use promote::Promotion;
use promote_core::failure::Failure;
use promote_core::ledger::Override;
use promote_core::names::EnvironmentName;
use promote_core::request::{Request, Wanted};
use promote_core::{reason, rule};

impl App<'_> {
    /// A promotion on the terms that the flags give. `seen`: whether somebody looks at it before anything is done.
    pub(crate) fn promotion(
        &self,
        environment: &EnvironmentName,
        release: Option<&Wanted>,
        terms: &TermsArgs,
        seen: bool,
    ) -> Result<Promotion, Failure> {
        let wanted = release.cloned().unwrap_or(Wanted::Unnamed);
        let mut request = Request::promote(environment.clone(), wanted, self.claimed());
        request.include.clone_from(&terms.include);
        for (name, text) in &terms.notes {
            if request.notes.insert(name.clone(), text.clone()).is_some() {
                return Err(reason::note_given_twice(name));
            }
        }
        request.reason.clone_from(&terms.reason);
        for name in &terms.overrides {
            let rule = rule::to_override(name.trim())?;
            let reason = reason::needed(terms.reason.as_deref(), "an override")?;
            request.overrides.push(Override { rule: rule.name.to_owned(), reason });
        }
        let promotion = Promotion::from(request);
        // A name that moves is taken where somebody is shown what it is now.
        Ok(match seen && terminal(self) && !forbidden(self) {
            true => promotion.settling_names(),
            false => promotion,
        })
    }
}
