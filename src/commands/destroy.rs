//! `eclusa destroy`: delete what is ours, declared or not; name and leave what is not ours or protected.

use eclusa_planner::plan::Intent;
use eclusa_planner::plan::Request;

use super::carry_out;
use super::carry_out::Consent;
use super::carry_out::Named;
use super::choices;
use crate::cli::DestroyArgs;
use crate::failure::Exit;
use crate::failure::Failure;

pub async fn run(args: &DestroyArgs) -> Result<Exit, Failure> {
    let request = Request {
        allow_data_loss: choices::addresses(&args.allow_data_loss)?,
        ..Intent::Destroy.into()
    };
    let consent = Consent {
        yes: args.yes,
        question: "Do you really want to delete all this? There is no undo: type the environment's name.".to_owned(),
        word: str::to_owned,
        lock_timeout: args.lock_timeout.0,
        new_owner: false,
        owner: Named {
            account: args.account.clone(),
            region: args.region.clone(),
        },
        reviewed: None,
        command: format!(
            "eclusa destroy {}{}{}{}",
            args.environment.environment,
            choices::each("--account", args.account.as_slice()),
            choices::each("--region", args.region.as_slice()),
            choices::each("--allow-data-loss", &args.allow_data_loss)
        ),
    };
    carry_out::run(&args.environment.environment, request, consent).await
}
