//! The word that a misspelt one most likely means.

/// How alike two words must be: `visibilty_timeout` and `visibility_timeout_seconds` are, `sql` and `sqs` are not.
const ALIKE: f64 = 0.85;
/// What a word scores that holds all parts of the other (`timeout` in `visibility_timeout_seconds`).
const HOLDS_PARTS: f64 = 0.86;

/// The candidate that a misspelt word most likely means. Case and `-` for `_` do not count; of equally likely
/// candidates the first is taken.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = folded(word);
    let mut best: Option<(f64, &'c str)> = None;
    for candidate in candidates {
        let score = likeness(&word, &folded(candidate));
        if score >= ALIKE && best.is_none_or(|(highest, _)| score > highest) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn folded(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

fn likeness(word: &str, candidate: &str) -> f64 {
    // One slip in a short word weighs too much for the ratio: `acount`, `regoin`.
    if word.chars().count() > 3 && strsim::damerau_levenshtein(word, candidate) <= 1 {
        return 1.0 + strsim::jaro_winkler(word, candidate);
    }
    let alike = strsim::jaro_winkler(word, candidate);
    if alike < HOLDS_PARTS && holds_parts(word, candidate) {
        return HOLDS_PARTS;
    }
    alike
}

fn holds_parts(word: &str, candidate: &str) -> bool {
    word.len() > 3
        && word
            .split('_')
            .all(|part| !part.is_empty() && candidate.split('_').any(|other| other == part))
}
