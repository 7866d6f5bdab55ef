//! Folders on stores that list part by part, so that `etl/` comes before `etl.py`, and on stores that list by bytes.

use crate::stage::{Files, How, Stage, to};
use promote_testing::memory::MemoryKind;

/// More files than a page has, with names of files and folders that the two orders sort differently.
fn dags(version: &str) -> Files {
    let mut files: Files = (0..1100).map(|n| (format!("etl/{n:04}.py"), format!("{version} {n}"))).collect();
    for n in 0..1100 {
        files.insert(format!("etl-{n:04}.py"), version.to_owned());
    }
    for path in ["etl.py", "etl.d/a.py", "etl0", "load/a.py", "load.py", "load-eu/a.py"] {
        files.insert(path.to_owned(), version.to_owned());
    }
    files
}

#[test]
fn a_folder_with_etl_py_beside_etl_publishes_and_moves_in_either_order_of_listing() {
    for kind in [MemoryKind::by_folder(), MemoryKind::s3_like()] {
        let stage = Stage::within(kind.clone());
        let (one, mut two) = (dags("one"), dags("two"));
        two.retain(|path, _| path != "load.py" && path != "etl/1001.py" && path != "etl-0500.py");
        stage.publish('a', &one);
        stage.publish('b', &two);
        stage.bring(&to('a')).unwrap();
        stage.holds('a', &one, "first");
        // The bounds of the pages that the manifest foretells are gone, and others lie around them.
        for path in ["etl/0998.py", "etl-0997.py", "etl.py"] {
            stage.to.remove(&format!("env/{path}").parse().unwrap());
        }
        for path in ["etl+/x", "etl/0998.py-", "etl-0997/x", "etl!"] {
            stage.by_hand(path, "by hand");
        }
        stage.bring(&to('b')).unwrap();
        stage.holds('b', &two, "second");
        stage.bring(&How { known: false, ..to('a') }).unwrap();
        stage.holds('a', &one, "and back");
    }
}
