//! `eclusa destroy`: delete what is ours, declared or not; name and leave what is not ours or protected.

use eclusa_planner::plan::Intent;

use super::carry_out;
use super::carry_out::Consent;
use crate::cli::DestroyArgs;
use crate::failure::Exit;
use crate::failure::Failure;

pub async fn run(args: &DestroyArgs) -> Result<Exit, Failure> {
    let consent = Consent {
        yes: args.yes,
        question: "Do you really want to delete all this? There is no undo: type the environment's name.".to_owned(),
        word: str::to_owned,
        lock_timeout: args.lock_timeout.0,
        new_owner: false,
        reviewed: None,
        command: format!("eclusa destroy {}", args.environment.environment),
    };
    carry_out::run(&args.environment.environment, Intent::Destroy.into(), consent).await
}
