//! How the system's allocator keeps memory.

/// Bounds what stays with the process of memory that was given back. Left to itself, glibc keeps a pool for each thread, up to eight for
/// each core, and ever larger blocks in it: a look at a large site then leaves in each what a piece of it took. It has to be told before
/// there are threads. Elsewhere there is nothing to tell.
pub(crate) fn be_frugal() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        /// How many pools the threads share: on few cores they seldom wait for each other.
        const POOLS: libc::c_int = 2;
        /// From how many bytes on a block is taken from the system, and goes back there at once.
        const LARGE: libc::c_int = 256 << 10;
        #[expect(unsafe_code, reason = "mallopt(3) takes numbers, and no thread allocates yet")]
        // SAFETY: main calls it first of all, while its thread is the only one.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, POOLS);
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        }
    }
}
