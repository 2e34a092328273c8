//! Chance that anybody can repeat: numbers computed from what they are about.
//!
//! Generators of libraries may change their sequence between versions, and carry a state that would have to be replayed
//! to look at one second. This is the finaliser of SplitMix64 (Steele, Lea, Flood 2014), applied to the question.

/// Returns the number that belongs to `about` under `seed`.
pub(super) fn number(seed: u64, about: &[i64]) -> u64 {
    about.iter().fold(finish(seed), |state, part| finish(state ^ part.cast_unsigned()))
}

/// Returns a number below `limit`; 0 when `limit` is not positive.
pub(super) fn below(seed: u64, about: &[i64], limit: i64) -> i64 {
    if limit <= 0 {
        return 0;
    }
    (number(seed, about) % limit.cast_unsigned()).cast_signed()
}

/// Says yes in one of `in_one_of` cases.
pub(super) fn once_in(seed: u64, about: &[i64], in_one_of: i64) -> bool {
    below(seed, about, in_one_of) == 0
}

fn finish(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
