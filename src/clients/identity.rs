//! Who these credentials are: account and partition, asked before anything is planned.
//!
//! Calls: sts:GetCallerIdentity. In a Learner Lab it still answers after the session has ended; the first real
//! read then names the policy that denies everything, which the error table knows.

use super::call::Io;
use super::call::Operation;
use super::call::Service;
use super::error::Class;
use super::error::ProviderError;

/// The account that the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub account: String,
    pub partition: String,
    pub arn: String,
}

const ASK: Operation = Operation::read(Service::Sts, "GetCallerIdentity");

/// Asks STS.
pub async fn caller(io: &Io) -> Result<Caller, ProviderError> {
    let answer = io.call(ASK, || io.aws.sts.get_caller_identity().send()).await?;
    let arn = answer.arn().unwrap_or_default().to_owned();
    let partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
    match answer.account() {
        Some(account) => Ok(Caller {
            account: account.to_owned(),
            partition,
            arn,
        }),
        None => Err(ProviderError::own(
            ASK,
            Class::Unexpected,
            "NoAccount",
            "the answer names no account",
        )),
    }
}
