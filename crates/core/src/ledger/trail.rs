//! What was in a lane before, newest first: how much of it a state carries along.

use super::deployed::PastDeployment;

/// How many bytes the past occupancies may take, so that a record with many artifacts still fits.
pub const TRAIL_BYTES: usize = 16 * 1024;
/// How many past occupancies are kept whatever they take.
const TRAIL_LEAST: usize = 4;

/// Forgets the oldest where all of them take too much room.
pub(super) fn shorten(trail: &mut Vec<PastDeployment>) {
    let mut bytes = 0;
    let sizes = trail.iter().map(|past| serde_json::to_vec(past).map_or(0, |json| json.len()));
    let fitting = sizes.take_while(|size| {
        bytes += size;
        bytes <= TRAIL_BYTES
    });
    let keep = fitting.count().max(TRAIL_LEAST);
    trail.truncate(keep);
}
