//! What the event source mapping hands over and hears back (`ReportBatchItemFailures`).
//!
//! A message that is known by its id can fail alone. An event whose messages cannot all be told apart by id is an
//! error of the whole invocation, since an answer could then acknowledge what was not even read: Lambda keeps every
//! message of a failed invocation in the queue.

use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;

/// A batch.
#[derive(Debug, Deserialize)]
pub struct Event<'e> {
    #[serde(rename = "Records", borrow)]
    pub messages: Vec<Incoming<'e>>,
}

/// One message as delivered.
#[derive(Debug, Deserialize)]
pub struct Incoming<'e> {
    #[serde(rename = "messageId")]
    pub id: String,
    /// A JSON text; kept unread, so that one that cannot be read fails alone.
    #[serde(borrow, default)]
    pub body: Option<&'e RawValue>,
}

/// Why a whole event was refused. Nothing of its text is in here.
#[derive(Debug, PartialEq, Eq)]
pub enum EventError {
    NotAnEvent { line: usize, column: usize },
    NoId,
    Unwritable,
}

impl std::fmt::Display for EventError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAnEvent { line, column } => write!(
                f,
                "not an SQS event: expected {{\"Records\": [{{\"messageId\": .., \"body\": ..}}]}}, line {line} column {column}"
            ),
            Self::Unwritable => f.write_str("the answer cannot be written as JSON"),
            Self::NoId => f.write_str("an SQS event with an empty messageId: its failure could not be reported"),
        }
    }
}

/// Reads an event.
///
/// # Errors
/// It is no SQS event, or a message has no id.
pub fn read(event: &[u8]) -> Result<Event<'_>, EventError> {
    let event: Event<'_> = serde_json::from_slice(event).map_err(|error| EventError::NotAnEvent {
        line: error.line(),
        column: error.column(),
    })?;
    if event.messages.iter().any(|message| message.id.is_empty()) {
        return Err(EventError::NoId);
    }
    Ok(event)
}

#[derive(Serialize)]
struct Response<'r> {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<Failure<'r>>,
}

#[derive(Serialize)]
struct Failure<'r> {
    #[serde(rename = "itemIdentifier")]
    id: &'r str,
}

/// The answer that keeps exactly these messages in the queue.
///
/// # Errors
/// It cannot be written as JSON; then the invocation must fail as a whole.
pub fn response<'r>(failed: impl IntoIterator<Item = &'r str>) -> Result<Vec<u8>, EventError> {
    serde_json::to_vec(&Response {
        failures: failed.into_iter().map(|id| Failure { id }).collect(),
    })
    .map_err(|_| EventError::Unwritable)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_body_that_is_no_text_leaves_its_neighbours_readable() {
        let event = br#"{"Records":[{"messageId":"a","body":17},{"messageId":"b"},{"messageId":"c","body":"x"}]}"#;
        let read = read(event).unwrap();
        let ids: Vec<&str> = read.messages.iter().map(|message| message.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
    }

    #[test]
    fn an_event_with_a_message_of_no_id_is_refused_whole() {
        assert!(matches!(
            read(br#"{"Records":[{"messageId":"a","body":"x"},{"body":"y"}]}"#),
            Err(EventError::NotAnEvent { .. })
        ));
        assert_eq!(
            read(br#"{"Records":[{"messageId":"","body":"x"}]}"#).map(|_| ()),
            Err(EventError::NoId)
        );
    }

    #[test]
    fn nothing_failed_is_an_empty_list() {
        assert_eq!(response([]).unwrap(), br#"{"batchItemFailures":[]}"#);
        let two = response(["a", "b\""]).unwrap();
        assert_eq!(
            two,
            br#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b\""}]}"#
        );
    }
}
