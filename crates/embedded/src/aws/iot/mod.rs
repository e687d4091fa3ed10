//! IoT Core's control plane for topic rules and the thing registry, restJson1. Model: botocore `iot/2015-05-28`; behaviour: the IoT developer
//! guide, and where that is silent what clients of the real service report, said where it is used.
//!
//! | document | key | what |
//! | --- | --- | --- |
//! | `rule::Rule` | `<account>/<region>/iot/rule/<name>` | the rule, its payload as sent and its tags |
//! | `things::Thing` | `<account>/<region>/iot/thing/<name>` | the thing, its attributes and version |
//!
//! A rule that does not exist is answered like one that may not be seen (`UnauthorizedException`), by all operations on
//! rules; only the tag operations tell that a resource is not there. Rules are kept, not carried out.

mod list;
mod payload;
mod refusals;
mod roles;
mod rule;
mod sql;
mod tags;
#[cfg(test)]
mod tests;
mod things;

use super::protocol::Protocol;
use super::refusal::Code;
use super::service::Operation;
use super::service::Service;

pub(crate) const SERVICE: Service = Service {
    name: "iot",
    protocol: Protocol::Rest,
    regional: true,
    throttle: (400, Code::modeled("ThrottlingException", "ThrottlingException")),
    failure: Code::modeled("InternalException", "InternalException"),
    operations: &[
        Operation::writes("CreateThing", things::create).at("POST /things/{thingName}"),
        Operation::writes("CreateTopicRule", rule::create).at("POST /rules/{ruleName}"),
        Operation::writes("DeleteThing", things::delete).at("DELETE /things/{thingName}"),
        Operation::writes("DeleteTopicRule", rule::delete).at("DELETE /rules/{ruleName}"),
        Operation::reads("DescribeThing", things::describe).at("GET /things/{thingName}"),
        Operation::writes("DisableTopicRule", rule::disable).at("POST /rules/{ruleName}/disable"),
        Operation::writes("EnableTopicRule", rule::enable).at("POST /rules/{ruleName}/enable"),
        Operation::reads("GetTopicRule", rule::get).at("GET /rules/{ruleName}"),
        Operation::reads("ListTagsForResource", tags::list).at("GET /tags"),
        Operation::reads("ListThings", things::list).at("GET /things"),
        Operation::reads("ListTopicRules", list::list).at("GET /rules"),
        Operation::writes("ReplaceTopicRule", rule::replace).at("PATCH /rules/{ruleName}"),
        Operation::writes("TagResource", tags::tag).at("POST /tags"),
        Operation::writes("UntagResource", tags::untag).at("POST /untag"),
        Operation::writes("UpdateThing", things::update).at("PATCH /things/{thingName}"),
    ],
};
