//! Texts with places: `telemetry.{mqtt_topic:2}`.
//!
//! ```text
//! {field}      a field of the message's JSON object: a text, a number or a boolean
//! {field:2}    its second part between slashes, counted from 1, as in an IoT rule's topic(2)
//! {{  }}       the braces themselves
//! ```
//!
//! A place that cannot be filled, or only with an empty text, refuses the message: a guess would put it where nobody
//! looks for it.

/// A text with places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field { name: String, segment: Option<usize> },
}

/// Why a message does not fill a template. Names fields, never their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfilled {
    NoField(String),
    NoSegment(String, usize),
}

impl std::fmt::Display for Unfilled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoField(name) => write!(f, "the message has no text, number or boolean in `{name}`"),
            Self::NoSegment(name, segment) => write!(f, "`{name}` of the message has no segment {segment}"),
        }
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// A sentence: a brace without its twin, a place without a name, or a segment that is no number from 1.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, found) = rest.split_at(at);
            plain.push_str(before);
            if let Some(after) = found.strip_prefix("{{") {
                plain.push('{');
                rest = after;
            } else if let Some(after) = found.strip_prefix("}}") {
                plain.push('}');
                rest = after;
            } else if let Some((place, after)) = found.strip_prefix('{').and_then(|open| open.split_once('}')) {
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::parse(place)?);
                rest = after;
            } else {
                return Err(format!(
                    "`{text}` has a brace without its twin; a brace itself is written twice"
                ));
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// Whether it needs a message to be filled.
    pub fn has_places(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Field { .. }))
    }

    /// Fills the places from a message's fields.
    ///
    /// # Errors
    /// The first place that cannot be filled.
    pub fn fill(&self, field: impl Fn(&str) -> Option<String>) -> Result<String, Unfilled> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Field { name, segment } => filled.push_str(&value_of(name, *segment, &field)?),
            }
        }
        Ok(filled)
    }
}

fn value_of(name: &str, segment: Option<usize>, field: &impl Fn(&str) -> Option<String>) -> Result<String, Unfilled> {
    let value = field(name).filter(|value| !value.is_empty());
    let value = value.ok_or_else(|| Unfilled::NoField(name.to_owned()))?;
    let Some(segment) = segment else { return Ok(value) };
    let part = value.split('/').nth(segment - 1).filter(|part| !part.is_empty());
    part.map(str::to_owned)
        .ok_or_else(|| Unfilled::NoSegment(name.to_owned(), segment))
}

impl Part {
    fn parse(place: &str) -> Result<Self, String> {
        let (name, segment) = match place.split_once(':') {
            None => (place, None),
            Some((name, number)) => {
                let number = number.parse().ok().filter(|number| *number > 0);
                let number = number.ok_or_else(|| format!("`{{{place}}}`: a segment is a number, counted from 1"))?;
                (name, Some(number))
            }
        };
        if name.is_empty() || name.contains('{') {
            return Err(format!("`{{{place}}}` names no field"));
        }
        Ok(Self::Field {
            name: name.to_owned(),
            segment,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn filled(template: &str) -> Result<String, Unfilled> {
        Template::parse(template).unwrap().fill(|name| match name {
            "mqtt_topic" => Some("city/air/readings".to_owned()),
            "hollow" => Some("city//readings".to_owned()),
            "empty" => Some(String::new()),
            _ => None,
        })
    }

    #[test]
    fn segments_count_from_one() {
        assert_eq!(filled("local.{mqtt_topic:2}").unwrap(), "local.air");
        assert_eq!(filled("{mqtt_topic:1}-{mqtt_topic:3}").unwrap(), "city-readings");
        assert_eq!(filled("{mqtt_topic}").unwrap(), "city/air/readings");
    }

    #[test]
    fn doubled_braces_are_braces() {
        assert_eq!(filled("{{{mqtt_topic:2}}}").unwrap(), "{air}");
    }

    #[test]
    fn a_place_is_never_filled_with_nothing() {
        assert_eq!(filled("{absent}"), Err(Unfilled::NoField("absent".to_owned())));
        assert_eq!(filled("{empty}"), Err(Unfilled::NoField("empty".to_owned())));
        assert_eq!(
            filled("{mqtt_topic:4}"),
            Err(Unfilled::NoSegment("mqtt_topic".to_owned(), 4))
        );
        assert_eq!(filled("{hollow:2}"), Err(Unfilled::NoSegment("hollow".to_owned(), 2)));
    }

    #[test]
    fn a_wrong_template_is_told_before_any_message_comes() {
        for wrong in [
            "{",
            "a}b",
            "{mqtt_topic",
            "{}",
            "{:2}",
            "{mqtt_topic:0}",
            "{mqtt_topic:x}",
            "{a{b}",
        ] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }
}
