//! What a resource is known by in its cloud, and how a default cloud name is shaped.

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest as _;
use sha2::Sha256;

use super::sentinel;
use super::sentinel::Piece;

/// What names one live object within its kind (and scope).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Identity {
    /// The cloud name.
    Name(String),
    /// The kind's natural key, where the cloud gives no name (both ends of an event source mapping).
    Natural(Vec<String>),
    /// Parts of it are not known before other resources exist.
    Unknown,
}

/// How a kind's default names are shaped.
#[derive(Clone, Copy, Debug)]
pub struct Naming {
    /// Characters that a name may hold beside ASCII letters and digits.
    pub punctuation: &'static str,
    /// Stands for every other character.
    pub replacement: char,
    /// Most characters a name may have; 0 for kinds that have no names.
    pub length: usize,
    /// Whether default names end in `-<tag>`, because the name space is wider than the environment's place, or
    /// because the name is where the mark lies.
    pub tagged: bool,
}

/// Hex digits of the hash tail that replaces what a name is too long for.
const TAIL: usize = 8;

impl Naming {
    /// Shapes `<environment>-<instance>-<name>[-<key>]` to this alphabet and length. A name that is too long
    /// keeps its beginning and ends in a hash of the whole; the tag, where there is one, and the kind's own ending
    /// (`.fifo`, mostly none) are never cut.
    pub fn shape(&self, text: &str, tag: &str, ending: &str) -> String {
        if self.length == 0 {
            return String::new();
        }
        let suffix = if self.tagged {
            format!("{}{tag}{ending}", self.replacement_for_dash())
        } else {
            ending.to_owned()
        };
        let room = self.length.saturating_sub(length(&suffix));
        let whole: String = text.chars().map(|c| self.allowed(c)).collect();
        if whole.chars().count() <= room {
            return whole + &suffix;
        }
        let hash = Sha256::digest(text.as_bytes());
        let tail: String = hash.iter().take(TAIL / 2).map(|byte| format!("{byte:02x}")).collect();
        let kept: String = whole.chars().take(room.saturating_sub(TAIL + 1)).collect();
        format!("{kept}{}{tail}{suffix}", self.replacement_for_dash())
    }

    /// A declared name with the tag at its end, unless it ends so already.
    pub fn ending_in(&self, name: &str, tag: &str) -> String {
        let suffix = format!("{}{tag}", self.replacement_for_dash());
        match name.ends_with(&suffix) {
            true => name.to_owned(),
            false => format!("{name}{suffix}"),
        }
    }

    /// Holds a name against alphabet and length; what is not known yet is passed over.
    pub fn check(&self, name: &str) -> Result<(), String> {
        let legal = |c: char| c.is_ascii_alphanumeric() || self.punctuation.contains(c);
        let strange = sentinel::pieces(name).into_iter().find_map(|piece| match piece {
            Piece::Literal(literal) => literal.chars().find(|c| !legal(*c)),
            Piece::Sentinel(_) => None,
        });
        let found = match strange {
            Some(strange) => format!("found {strange:?}"),
            None if name.is_empty() => "found none".to_owned(),
            None if length(name) > self.length => format!("found {}", length(name)),
            None => return Ok(()),
        };
        let marks: Vec<String> = self.punctuation.chars().map(String::from).collect();
        Err(format!(
            "expected 1 to {} characters of A-Z, a-z, 0-9 and {}, {found}",
            self.length,
            marks.join(" ")
        ))
    }

    fn allowed(&self, c: char) -> char {
        if c.is_ascii_alphanumeric() || self.punctuation.contains(c) {
            c
        } else {
            self.replacement
        }
    }

    fn replacement_for_dash(&self) -> char {
        self.allowed('-')
    }
}

/// Length in characters, a place's sentinel counted as what it stands for.
pub fn length(text: &str) -> usize {
    sentinel::pieces(text)
        .iter()
        .map(|piece| match piece {
            Piece::Literal(literal) => literal.chars().count(),
            Piece::Sentinel(number) => sentinel::place_field(*number).map_or(0, |field| field.length()),
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: Naming = Naming {
        punctuation: "+=,.@-_",
        replacement: '-',
        length: 64,
        tagged: true,
    };
    const RULE: Naming = Naming {
        punctuation: "_",
        replacement: '_',
        length: 20,
        tagged: false,
    };

    #[test]
    fn a_rule_name_knows_no_hyphen() {
        assert_eq!(RULE.shape("local-t-to_queue", "0badcafe", ""), "local_t_to_queue");
    }

    #[test]
    fn a_long_name_keeps_its_length_and_its_difference() {
        let (one, other) = (
            RULE.shape("local-telemetry-to_queue-a", "", ""),
            RULE.shape("local-telemetry-to_queue-b", "", ""),
        );
        assert_eq!((one.len(), other.len()), (20, 20));
        assert_ne!(one, other);
    }

    #[test]
    fn a_name_is_held_against_alphabet_and_length() {
        assert_eq!(RULE.check("local_t_to_queue"), Ok(()));
        for (name, found) in [("", "found none"), ("a-b", "found '-'"), (&"x".repeat(21), "found 21")] {
            let problem = RULE.check(name).expect_err(name);
            assert!(problem.contains("1 to 20") && problem.ends_with(found), "{problem}");
        }
    }

    #[test]
    fn an_unknown_in_a_name_counts_as_what_it_stands_for() {
        use crate::resource::PlaceField;
        let tag = sentinel::of_place(PlaceField::Tag);
        assert_eq!(RULE.check(&format!("{}_{tag}", "x".repeat(11))), Ok(()));
        assert!(RULE.check(&format!("{}_{tag}", "x".repeat(12))).is_err());
        assert_eq!(RULE.check(&sentinel::numbered(sentinel::FIRST_FREE)), Ok(()));
    }

    #[test]
    fn a_declared_name_gets_the_tag_once() {
        assert_eq!(ROLE.ending_in("main", "0badcafe"), "main-0badcafe");
        assert_eq!(ROLE.ending_in("main-0badcafe", "0badcafe"), "main-0badcafe");
        assert_eq!(ROLE.ending_in("0badcafe", "0badcafe"), "0badcafe-0badcafe");
    }

    #[test]
    fn the_tag_is_never_cut() {
        let shaped = ROLE.shape(&"x".repeat(90), "0badcafe", "");
        assert!(shaped.ends_with("-0badcafe") && shaped.len() == 64, "{shaped}");
    }

    #[test]
    fn an_ending_comes_after_the_hash_tail_and_counts() {
        assert_eq!(RULE.shape("local-t-a", "", ".fifo"), "local_t_a.fifo");
        let shaped = RULE.shape("local-telemetry-to_queue", "", ".fifo");
        let stem = shaped.strip_suffix(".fifo").expect("the ending");
        assert!(shaped.len() == 20 && stem.starts_with("local_"), "{shaped}");
        let tail = stem.rsplit('_').next().unwrap_or_default();
        assert!(
            tail.len() == 8 && tail.chars().all(|c| c.is_ascii_hexdigit()),
            "{shaped}"
        );
    }
}
