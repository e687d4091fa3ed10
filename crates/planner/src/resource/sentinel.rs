//! Sentinels: unknown values on their way through a typed Spec.
//!
//! A Spec and its `canonical` are plain Rust values without a notion of "not known yet". So an unknown is
//! written as text, U+E000 digits U+E001, goes through decoding and `canonical` wherever these put it, and
//! is restored wherever it ends up, never by path. Either character in a file is an error, so a sentinel
//! cannot be forged. The numbers below [`FIRST_FREE`] stand for the fields of a [`super::Place`], in every
//! table; the others are numbered by the table that made them.

use super::place::PlaceField;

/// Opens a sentinel.
pub const OPEN: char = '\u{E000}';
/// Closes a sentinel.
pub const CLOSE: char = '\u{E001}';
/// The first number that a table may give out.
pub const FIRST_FREE: usize = 16;

/// The sentinel with this number.
pub fn numbered(number: usize) -> String {
    format!("{OPEN}{number}{CLOSE}")
}

/// The sentinel of a place's field.
pub fn of_place(field: PlaceField) -> String {
    let number = PlaceField::ALL
        .iter()
        .position(|each| *each == field)
        .unwrap_or_default();
    numbered(number)
}

/// The place's field that a number stands for.
pub fn place_field(number: usize) -> Option<PlaceField> {
    PlaceField::ALL.get(number).copied()
}

/// Whether a text holds any sentinel; kinds ask before they look into a text.
pub fn is_in(text: &str) -> bool {
    text.contains(OPEN)
}

/// Whether a text holds a sentinel of anything but a [`super::Place`]: its length and letters are open.
pub fn awaits_output(text: &str) -> bool {
    pieces(text)
        .iter()
        .any(|piece| matches!(piece, Piece::Sentinel(number) if place_field(*number).is_none()))
}

/// One piece of a text that may hold sentinels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    Literal(&'t str),
    Sentinel(usize),
}

/// Cuts a text into literals and sentinels; what is no well-formed sentinel stays literal.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(OPEN) {
        let after = &rest[open + OPEN.len_utf8()..];
        let Some((number, tail)) = after
            .split_once(CLOSE)
            .and_then(|(digits, tail)| Some((digits.parse().ok()?, tail)))
        else {
            break;
        };
        if open > 0 {
            found.push(Piece::Literal(&rest[..open]));
        }
        found.push(Piece::Sentinel(number));
        rest = tail;
    }
    if !rest.is_empty() {
        found.push(Piece::Literal(rest));
    }
    found
}

/// A text in a message: quoted, what is not known yet as `…`.
pub fn shown(text: &str) -> String {
    let readable: String = pieces(text)
        .iter()
        .map(|piece| match piece {
            Piece::Literal(literal) => literal,
            Piece::Sentinel(_) => "…",
        })
        .collect();
    format!("{readable:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_find_every_sentinel_and_keep_the_rest() {
        let text = format!("a{}{}b", numbered(17), of_place(PlaceField::Tag));
        assert_eq!(
            pieces(&text),
            [
                Piece::Literal("a"),
                Piece::Sentinel(17),
                Piece::Sentinel(2),
                Piece::Literal("b")
            ]
        );
        assert_eq!(pieces("\u{E000}x"), [Piece::Literal("\u{E000}x")]);
        assert!(pieces("").is_empty());
    }
}
