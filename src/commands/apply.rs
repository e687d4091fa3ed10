//! `eclusa apply`: plan, ask, carry out.

use eclusa_planner::plan::Intent;

use super::carry_out;
use super::carry_out::Consent;
use crate::cli::ApplyArgs;
use crate::failure::Exit;
use crate::failure::Failure;

pub async fn run(args: &ApplyArgs) -> Result<Exit, Failure> {
    let consent = Consent {
        yes: args.yes,
        question: "Do you want eclusa to do this?".to_owned(),
        word: |_| "yes".to_owned(),
        lock_timeout: args.lock_timeout.0,
        new_owner: args.new_owner,
    };
    carry_out::run(&args.environment.environment, Intent::Converge, consent).await
}
