//! `eclusa adopt`: take over what is there under a declared resource's name, mark it and make it match.
//!
//! An apply of that resource and what it needs, which alone may adopt it: what bears no mark, or with `--from` what
//! bears exactly that owner's.

use eclusa_planner::plan::Intent;
use eclusa_planner::plan::Request;
use eclusa_planner::resource::Owner;

use super::carry_out;
use super::carry_out::Consent;
use super::carry_out::Named;
use super::choices;
use crate::cli::AdoptArgs;
use crate::failure::Exit;
use crate::failure::Failure;

pub async fn run(args: &AdoptArgs) -> Result<Exit, Failure> {
    let address = choices::address(&args.address)?;
    let request = Request {
        targets: vec![address.clone()],
        adopt: vec![(address, args.from.clone().map(Owner))],
        ..Intent::Converge.into()
    };
    let consent = Consent {
        yes: args.yes,
        question: "Do you want eclusa to take this over?".to_owned(),
        word: |_| "yes".to_owned(),
        lock_timeout: args.lock_timeout.0,
        new_owner: false,
        owner: Named::default(),
        reviewed: None,
        command: format!("eclusa adopt {} {}", args.environment.environment, args.address),
    };
    carry_out::run(&args.environment.environment, request, consent).await
}
