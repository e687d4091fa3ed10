//! SQS, awsJson 1.0 with the old query codes beside. Model: botocore `sqs/2012-11-05`; behaviour: the SQS API reference,
//! and where that is silent what clients of the real service report, said where it is used.
//!
//! | document | key | what |
//! | --- | --- | --- |
//! | `queue::Queue` | `<account>/<region>/sqs/queue/<name>` | the queue, its attributes and tags |
//! | `queue::Deleted` | `…/sqs/deleted/<name>` | a name that may not be used again yet |
//! | `message::Message` | `…/sqs/message/<queue>/<time>-<uuid>` | a message, oldest first |
//! | | `…/sqs/message/<queue>.fifo/<sequence>-<uuid>` | a message of a FIFO queue, in its order |
//! | `fifo::Memory` | `…/sqs/fifo/<queue>` | what a FIFO queue was sent in the last minutes |

mod attributes;
mod fifo;
mod message;
mod queue;
mod receive;
mod redrive;
mod refusals;
mod tags;
#[cfg(test)]
mod tests;

pub(crate) use self::queue::visibility_timeout;
use super::protocol::Protocol;
use super::refusal::Code;
use super::service::Operation;
use super::service::Service;

pub(crate) const SERVICE: Service = Service {
    name: "sqs",
    protocol: Protocol::Json {
        target: "AmazonSQS",
        version: "1.0",
        namespace: "com.amazonaws.sqs",
        query_compatible: true,
    },
    regional: true,
    throttle: (400, Code::modeled("RequestThrottled", "RequestThrottled")),
    failure: Code::general("InternalFailure", "InternalError"),
    operations: &[
        Operation::writes("CreateQueue", queue::create),
        Operation::writes("DeleteMessage", message::delete),
        Operation::writes("DeleteQueue", queue::delete),
        Operation::reads("GetQueueAttributes", attributes::get),
        Operation::reads("GetQueueUrl", queue::get_url),
        Operation::reads("ListQueueTags", tags::list),
        Operation::reads("ListQueues", queue::list),
        Operation::writes("PurgeQueue", message::purge),
        Operation::writes("ReceiveMessage", receive::receive),
        Operation::writes("SendMessage", message::send),
        Operation::writes("SetQueueAttributes", attributes::set),
        Operation::writes("TagQueue", tags::tag),
        Operation::writes("UntagQueue", tags::untag),
    ],
};
