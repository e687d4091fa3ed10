//! STS, query protocol of 2011-06-15: who is calling. Model: botocore `sts/2011-06-15`.

use serde_json::json;

use super::credentials;
use super::protocol::Protocol;
use super::refusal::Code;
use super::refusal::Refusal;
use super::request::Context;
use super::request::Request;
use super::service::Operation;
use super::service::Reply;
use super::service::Service;
use crate::store::View;

pub(crate) const SERVICE: Service = Service {
    name: "sts",
    protocol: Protocol::Query {
        version: "2011-06-15",
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    },
    regional: false,
    throttle: (400, Code::general("ThrottlingException", "Throttling")),
    failure: Code::general("InternalFailure", "InternalFailure"),
    operations: &[Operation::reads("GetCallerIdentity", get_caller_identity)],
};

fn get_caller_identity(_: View<'_>, _: &Request, context: &Context) -> Result<Reply, Refusal> {
    let arn = credentials::caller(context);
    Ok(Reply::output(
        json!({"Arn": arn, "UserId": "AIDAEMBEDDEDCLOUD0000", "Account": context.account}),
    ))
}
