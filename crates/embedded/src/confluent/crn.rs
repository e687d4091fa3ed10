//! Confluent's resource names: `crn://confluent.cloud/organization=o/environment=e/cloud-cluster=c/kafka=c/topic=t`.

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::percent_decode_str;
use percent_encoding::utf8_percent_encode;

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'*');

/// Kinds and values, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crn(Vec<(String, String)>);

impl Crn {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (_, path) = text.strip_prefix("crn://")?.split_once('/')?;
        let segments: Option<Vec<_>> = path
            .split('/')
            .map(|segment| {
                let (kind, value) = segment.split_once('=')?;
                let value = percent_decode_str(value).decode_utf8().ok()?;
                (!kind.is_empty() && !value.is_empty()).then(|| (kind.to_owned(), value.into_owned()))
            })
            .collect();
        segments.map(Self)
    }

    pub(crate) fn organization(id: &str) -> Self {
        Self(vec![("organization".to_owned(), id.to_owned())])
    }

    pub(crate) fn and(mut self, kind: &str, value: &str) -> Self {
        self.0.push((kind.to_owned(), value.to_owned()));
        self
    }

    /// The value of the first segment of that kind.
    pub(crate) fn value(&self, kind: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == kind);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether `other` is this or lies in it; a `*` at the end of a value stands for any rest.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.0.len() <= other.0.len()
            && self
                .0
                .iter()
                .zip(&other.0)
                .all(|((kind, pattern), (other_kind, value))| {
                    let fits = pattern
                        .strip_suffix('*')
                        .map_or(pattern == value, |prefix| value.starts_with(prefix));
                    kind == other_kind && fits
                })
    }
}

/// Percent-encoded, as the cloud gives them back.
impl std::fmt::Display for Crn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "crn://confluent.cloud")?;
        self.0
            .iter()
            .try_for_each(|(kind, value)| write!(formatter, "/{kind}={}", utf8_percent_encode(value, ESCAPED)))
    }
}

#[cfg(test)]
mod tests {
    use super::Crn;

    fn crn(path: &str) -> Crn {
        Crn::parse(&format!("crn://confluent.cloud/{path}")).expect("a CRN")
    }

    #[test]
    fn a_scope_covers_itself_and_what_lies_in_it() {
        let environment = crn("organization=o/environment=e");
        let cluster = crn("organization=o/environment=e/cloud-cluster=c");
        assert!(environment.covers(&cluster) && environment.covers(&environment));
        assert!(!cluster.covers(&environment));
        assert!(!crn("organization=o/environment=f").covers(&cluster));
    }

    #[test]
    fn a_star_at_the_end_stands_for_any_rest() {
        let topics = crn("organization=o/kafka=c/topic=a.*");
        assert!(topics.covers(&crn("organization=o/kafka=c/topic=a.b")));
        assert!(!topics.covers(&crn("organization=o/kafka=c/topic=b")));
    }

    #[test]
    fn escaped_values_are_equal_to_plain_ones_and_written_escaped() {
        let escaped = crn("organization=o/topic=a%3Ab");
        assert_eq!(escaped, crn("organization=o/topic=a:b"));
        assert_eq!(escaped.to_string(), "crn://confluent.cloud/organization=o/topic=a%3Ab");
    }

    #[test]
    fn what_is_no_crn_is_none() {
        for text in [
            "",
            "crn://",
            "crn://confluent.cloud",
            "arn:aws:iam",
            "crn://confluent.cloud/organization",
            "crn://c/o=",
        ] {
            assert_eq!(Crn::parse(text), None, "{text}");
        }
    }
}
