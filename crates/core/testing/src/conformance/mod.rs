//! What every object store must do to be used, as plain async functions that run on any executor. A provider's test
//! makes a [`Subject`], calls [`run_all`], prints the [`Report`] and asserts what it says. A check that the store's
//! capabilities rule out is skipped with a reason and counted, never passed.

mod copying;
mod handles;
mod listing;
mod names;
mod processes;
mod race;
mod racing;
mod reading;
mod replacing;
mod report;
mod rival;
mod sharing;
mod subject;
mod versions;
mod writing;

pub use copying::*;
pub use handles::*;
pub use listing::*;
pub use names::*;
pub use processes::*;
pub use racing::*;
pub use reading::*;
pub use replacing::*;
pub use report::{Report, Stop, Verdict};
pub use sharing::Rival;
pub use subject::{Content, Subject};
pub use versions::*;
pub use writing::*;

/// Leaves the check as failed when the condition does not hold.
macro_rules! ensure {
    ($holds:expr, $($message:tt)+) => {
        if !$holds {
            return Err($crate::conformance::Stop::Failed(format!($($message)+)));
        }
    };
}
pub(crate) use ensure;

/// Runs the named checks one after another and notes how each ended.
macro_rules! run {
    ($report:ident, $subject:ident: $($check:ident),+ $(,)?) => {
        $($report.note(stringify!($check), $check($subject).await);)+
    };
}

/// Runs every check.
pub async fn run_all(subject: &Subject) -> Report {
    let mut report = Report::default();
    run!(report, subject:
        missing_objects_are_none,
        get_keeps_to_its_limit,
        parts_are_those_of_the_pinned_object,
        times_are_the_stores_own,
        old_versions_stay_readable,
        versions_are_told,
        old_versions_outlive_a_deletion,
        digests_are_those_of_the_content,
        written_objects_are_described,
        create_refuses_what_exists,
        unconditional_writes_replace,
        empty_objects_are_objects,
        large_objects_come_back_whole,
        metadata_and_headers_come_back,
        replace_needs_the_token,
        replace_of_nothing_conflicts,
        tokens_tell_contents_apart,
        a_token_never_survives_a_change_of_bytes,
        tokens_never_come_back,
        the_fence_is_checked_with_the_write,
        delete_needs_the_token,
        copies_replace_metadata_and_carry_headers,
        copies_need_the_pinned_source,
        copies_of_a_version_are_that_version,
        copies_keep_to_their_condition,
        copies_onto_themselves_change_metadata,
        lists_are_in_the_stores_order,
        pages_keep_the_stores_order,
        lists_keep_to_prefix_and_place,
        prefixes_are_taken_literally,
        lists_page_without_gaps,
        the_newest_record_is_the_first_key,
        odd_names_stay_themselves,
        folders_are_kept_as_is_said,
        one_of_many_creators_wins,
        one_of_many_replacers_wins,
        one_of_many_copies_wins,
        further_handles_see_what_was_written,
        two_processes_never_create_the_same,
        two_processes_never_replace_the_same,
        two_processes_never_move_the_same_target,
        probing_finds_what_is_claimed,
    );
    report
}
