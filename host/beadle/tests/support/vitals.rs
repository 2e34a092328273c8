//! How a process is: what it holds of memory, descriptors and disk, told by the system and not by itself.

use std::path::Path;

use super::tables::open;

/// One look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vitals {
    /// Resident memory, in KiB.
    pub(crate) memory: u64,
    /// Open descriptors.
    pub(crate) descriptors: u64,
    /// What stands in the store, in KiB; pages that were freed do not count.
    pub(crate) store: u64,
}

impl Vitals {
    /// Looks at a process and its store.
    pub(crate) async fn of(process: u32, store: &Path) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
        let memory =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
        let descriptors = std::fs::read_dir(format!("/proc/{process}/fd")).expect("its descriptors").count() as u64;
        let pages: i64 = sqlx::query_scalar(
            "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
        )
        .fetch_one(&mut open(store).await)
        .await
        .expect("the store's size");
        Self { memory: memory.expect("its memory"), descriptors, store: pages.unsigned_abs() >> 10 }
    }
}

/// Returns the middle of many looks: one look may meet a moment that means nothing.
pub(crate) fn middle(looks: &[Vitals], of: impl Fn(&Vitals) -> u64) -> u64 {
    let mut numbers: Vec<u64> = looks.iter().map(of).collect();
    numbers.sort_unstable();
    numbers[numbers.len() / 2]
}
