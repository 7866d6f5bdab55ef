//! Names of a real repository: tags name a release, branches do not, whatever they are called.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;

#[test]
fn a_branch_is_refused_with_its_commit_also_where_it_is_called_as_an_environment_is() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    for name in ["develop", "staging", "feature/x"] {
        stage.git(&["branch", name]);
    }
    stage.git(&["tag", "uat"]);
    let short = stage.git(&["rev-parse", "--short=7", "HEAD"]);
    for name in ["develop", "staging", "feature/x", "HEAD"] {
        for command in ["block", "pin"] {
            let refused = stage.run(&[command, name, "--reason", "x"]).ends(ExitStatus::Usage);
            let now = format!("promote needs a fixed commit; `{name}` is {short} now");
            assert!(refused.err.contains(&now), "{}", refused.all());
        }
    }
    // A tag is what it is, whatever it is called.
    stage.run(&["pin", "uat", "--reason", "x"]).ends(ExitStatus::Ok);
    for name in ["develop", "feature/x", "HEAD"] {
        let shown = stage.run(&["show", name]).ends(ExitStatus::Ok);
        assert!(shown.out.contains(&short), "{}", shown.all());
    }
    let missing = stage.run(&["show", "develp"]).ends(ExitStatus::Missing);
    assert!(missing.err.contains("no promotion, release or environment `develp`"), "{}", missing.all());
}
