//! CloudFormation by change sets, query protocol of 2010-05-15. Model: botocore `cloudformation/2010-05-15`; behaviour:
//! the API reference and user guide, and where these are silent what clients of the real service report.
//!
//! | document | key | what |
//! | --- | --- | --- |
//! | `stack::Stack` | `<account>/<region>/cloudformation/stack/<uuid>` | the stack, what it holds, all its events |
//! | `String` | `…/cloudformation/name/<name>` | uuid of the newest stack of that name |
//! | `change_set::ChangeSet` | `…/cloudformation/changeset/<uuid>/<name>` | a change set of that stack |
//! | `resource::Kept` | `…/cloudformation/resource/<type>/<id>` | a resource that a stack made |
//!
//! - An operation is planned whole when it begins: its events get times that may lie ahead, and what is read is what has
//!   happened by then. A stack's status is that of its latest event.
//! - Templates may be JSON or YAML. Resources are kept as documents: log groups, alarms and dashboards; other types are
//!   refused by name, and so are functions and sections that such a template does not need.
//! - A resource whose properties the real service would refuse fails when its turn comes, and the stack rolls back.

mod change_set;
mod evaluate;
mod events;
mod parameters;
mod refusals;
mod resource;
mod run;
mod stack;
mod template;
#[cfg(test)]
mod tests;

use super::protocol::Protocol;
use super::refusal::Code;
use super::service::Operation;
use super::service::Service;

pub(crate) const SERVICE: Service = Service {
    name: "cloudformation",
    protocol: Protocol::Query {
        version: "2010-05-15",
        namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
    },
    regional: true,
    throttle: (400, Code::general("Throttling", "Throttling")),
    failure: Code::general("InternalFailure", "InternalFailure"),
    operations: &[
        Operation::writes("CreateChangeSet", change_set::create),
        Operation::writes("DeleteChangeSet", change_set::delete),
        Operation::writes("DeleteStack", stack::delete),
        Operation::reads("DescribeChangeSet", change_set::describe),
        Operation::reads("DescribeStackEvents", events::describe),
        Operation::reads("DescribeStackResources", events::resources),
        Operation::reads("DescribeStacks", stack::describe),
        Operation::writes("ExecuteChangeSet", change_set::execute),
        Operation::reads("GetTemplate", stack::get_template),
    ],
};
