//! A copy of a scenario's state, for who tries its hints.

use crate::hint::{Copied, Ended};
use crate::stage::{Outside, Stage};
use promote_core::port::Clock;
use promote_testing::memory::{MemoryWorld, SeededEntropy};
use std::ffi::OsString;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

impl Outside {
    /// The same at this moment, and apart from then on. It can be reached, and every step goes well.
    pub(crate) fn copy(&self) -> Self {
        let world: MemoryWorld = self.bucket.world().copy();
        let bucket =
            world.bucket(self.bucket.store().clone(), promote_testing::memory::MemoryKind::s3_like());
        Self {
            bucket,
            clock: world.clock().clone(),
            entropy: Arc::new(SeededEntropy::new(self.clock.now().timestamp().unsigned_abs())),
            next: Arc::default(),
            commits: Arc::new(Mutex::new(self.commits.lock().unwrap().clone())),
            signal: Arc::default(),
            actor: Arc::new(Mutex::new(self.actor.lock().unwrap().clone())),
            token: Arc::new(Mutex::new(self.token.lock().unwrap().clone())),
            far: Arc::new(AtomicBool::new(self.far.load(Ordering::SeqCst))),
            reachable: Arc::new(AtomicBool::new(true)),
            faults: promote_testing::decorator::FaultPlan::new(),
            terminates: Arc::default(),
        }
    }
}

impl Copied for Stage {
    fn run(&self, line: Vec<OsString>) -> Ended {
        let folder = tempfile::tempdir().unwrap();
        copy(self.folder.path(), folder.path());
        let outside = self.outside.copy();
        let mut env = self.env();
        env.folder = folder.path().to_path_buf();
        (env.input_terminal, env.output_terminal, env.error_terminal) = (false, false, false);
        let (exit, out, err) = crate::stage::printed(line, &env, &outside);
        Ended { exit, out, err }
    }

    fn releases(&self) -> Vec<String> {
        let commits = self.outside.commits.lock().unwrap();
        commits.iter().rev().map(|commit| commit.id.to_string()).collect()
    }

    fn environments(&self) -> Vec<String> {
        let names: Option<Vec<_>> = self.config().map(|config| config.stages.into_iter().flatten().collect());
        names.unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    fn builds(&self) -> bool {
        false
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
