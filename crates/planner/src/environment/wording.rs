//! Words that several problems share.

use super::diagnostic::nearest;

/// `did you mean …?`, or the first few words that exist.
pub(crate) fn near_or_list(word: &str, noun: &str, words: &[&str]) -> String {
    if let Some(near) = nearest(word, words.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    const SHOWN: usize = 8;
    let listed: Vec<String> = words.iter().take(SHOWN).map(|word| format!("`{word}`")).collect();
    match words.len() {
        0 => format!("there is no {noun}"),
        1 => format!("the only {noun} is {}", listed.join(", ")),
        count if count > SHOWN => format!("the {noun}s are {} and {} more", listed.join(", "), count - SHOWN),
        _ => format!("the {noun}s are {}", listed.join(", ")),
    }
}
