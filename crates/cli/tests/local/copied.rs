//! A copy of a scenario's folder, for who tries its hints.

use crate::hint::{Copied, Ended};
use crate::stage::{Answer, Stage};
use promote_cli::Providers;
use std::ffi::OsString;
use std::process::Command;

impl Copied for Stage {
    /// The folder keeps its name and its files theirs, which the store tells states apart by: the copy has the same
    /// files under new names, and takes the place of the folder for as long as the command runs.
    fn run(&self, line: Vec<OsString>) -> Ended {
        let here = self.path();
        let kept = here.with_extension("kept");
        std::fs::rename(&here, &kept).unwrap();
        let copied = Command::new("cp").arg("-al").arg(&kept).arg(&here).status().unwrap();
        assert!(copied.success());
        let words: Vec<String> = line.into_iter().skip(1).map(|word| word.into_string().unwrap()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Answer { exit, out, err } = self.run_on(&words, &Providers);
        std::fs::remove_dir_all(&here).unwrap();
        std::fs::rename(&kept, &here).unwrap();
        Ended { exit, out, err }
    }

    fn releases(&self) -> Vec<String> {
        // Those of what is checked out; of any branch, where nothing is.
        let list = |of: &str| -> Vec<String> {
            let mut git = Command::new("git");
            let told = git.current_dir(self.path()).args(["log", "--format=%H", of]).output().unwrap();
            String::from_utf8(told.stdout).unwrap().lines().map(str::to_owned).collect()
        };
        Some(list("HEAD")).filter(|found| !found.is_empty()).unwrap_or_else(|| list("--all"))
    }

    fn environments(&self) -> Vec<String> {
        ["staging", "uat", "prod"].map(str::to_owned).into()
    }

    fn builds(&self) -> bool {
        true
    }
}
