//! Lambda's control plane for functions of zip archives and the mappings that feed queues to them, restJson1. Model:
//! botocore `lambda/2015-03-31`; behaviour: the Lambda developer guide, and where that is silent what clients of the
//! real service report, said where it is used.
//!
//! | document | key | what |
//! | --- | --- | --- |
//! | `function::Function` | `<account>/<region>/lambda/function/<name>` | the function, its settings and tags |
//! | `mapping::Mapping` | `<account>/<region>/lambda/mapping/<uuid>` | what feeds a queue to a function |
//!
//! A function's zip is a blob, named by its SHA-256. What takes time (a new function, an update, a mapping's change) is
//! a deadline in the document: until then the resource is pending or busy, and writes are refused. Functions are kept,
//! not invoked; what a role permits is not asked, whether Lambda can assume it is.

mod code;
mod concurrency;
mod configuration;
mod function;
mod mapping;
mod name;
mod refusals;
mod tags;
#[cfg(test)]
mod tests;

use super::protocol::Protocol;
use super::refusal::Code;
use super::service::Operation;
use super::service::Service;

pub(crate) const SERVICE: Service = Service {
    name: "lambda",
    protocol: Protocol::Rest,
    regional: true,
    throttle: (
        429,
        Code::modeled("TooManyRequestsException", "TooManyRequestsException"),
    ),
    failure: Code::modeled("ServiceException", "ServiceException"),
    operations: &[
        Operation::writes("CreateEventSourceMapping", mapping::create)
            .at("POST /2015-03-31/event-source-mappings")
            .answering(202),
        Operation::writes("CreateFunction", function::create)
            .at("POST /2015-03-31/functions")
            .answering(201),
        Operation::writes("DeleteEventSourceMapping", mapping::delete)
            .at("DELETE /2015-03-31/event-source-mappings/{UUID}")
            .answering(202),
        Operation::writes("DeleteFunction", function::delete)
            .at("DELETE /2015-03-31/functions/{FunctionName}")
            .answering(204),
        Operation::writes("DeleteFunctionConcurrency", concurrency::delete)
            .at("DELETE /2017-10-31/functions/{FunctionName}/concurrency")
            .answering(204),
        Operation::reads("GetEventSourceMapping", mapping::get).at("GET /2015-03-31/event-source-mappings/{UUID}"),
        Operation::reads("GetFunction", function::get).at("GET /2015-03-31/functions/{FunctionName}"),
        Operation::reads("GetFunctionConcurrency", concurrency::get)
            .at("GET /2019-09-30/functions/{FunctionName}/concurrency"),
        Operation::reads("GetFunctionConfiguration", function::get_configuration)
            .at("GET /2015-03-31/functions/{FunctionName}/configuration"),
        Operation::reads("ListEventSourceMappings", mapping::list).at("GET /2015-03-31/event-source-mappings"),
        Operation::reads("ListFunctions", function::list).at("GET /2015-03-31/functions"),
        Operation::reads("ListTags", tags::list).at("GET /2017-03-31/tags/{Resource}"),
        Operation::writes("PutFunctionConcurrency", concurrency::put)
            .at("PUT /2017-10-31/functions/{FunctionName}/concurrency"),
        Operation::writes("TagResource", tags::tag)
            .at("POST /2017-03-31/tags/{Resource}")
            .answering(204),
        Operation::writes("UntagResource", tags::untag)
            .at("DELETE /2017-03-31/tags/{Resource}")
            .answering(204),
        Operation::writes("UpdateEventSourceMapping", mapping::update)
            .at("PUT /2015-03-31/event-source-mappings/{UUID}")
            .answering(202),
        Operation::writes("UpdateFunctionCode", function::update_code)
            .at("PUT /2015-03-31/functions/{FunctionName}/code"),
        Operation::writes("UpdateFunctionConfiguration", function::update_configuration)
            .at("PUT /2015-03-31/functions/{FunctionName}/configuration"),
    ],
};
