//! Addresses that cannot break out of the markup around them.

use std::fmt::Write;

/// What may stand in an address besides letters and digits. Missing from what addresses allow are the parentheses, which end a
/// link of Discord's, and the single quote, which begins its title.
const KEPT: &str = "-._~:/?#[]@!$&*+,;=%";

/// Returns an address in which everything else is percent-encoded; none where it does not begin with `https://` or `http://` and
/// the name of a host.
pub(super) fn address(url: &str) -> Option<String> {
    let url = url.trim();
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let host = rest.split(['/', '?', '#']).next().filter(|host| host.chars().any(char::is_alphanumeric))?;
    // An encoded host names no host: such an address is none.
    if !matches!(scheme.as_str(), "https" | "http") || !host.chars().all(is_kept) {
        return None;
    }
    let mut address = format!("{scheme}://");
    for letter in rest.chars() {
        if is_kept(letter) {
            address.push(letter);
        } else {
            for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                write!(address, "%{byte:02X}").expect("a string takes everything");
            }
        }
    }
    Some(address)
}

/// Whether a character stands in an address as it is.
fn is_kept(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || KEPT.contains(letter) || (!letter.is_ascii() && letter.is_alphanumeric())
}
