//! `eclusa apply`: plan, ask, carry out; or carry out a plan that was saved and reviewed.

use super::carry_out;
use super::carry_out::Consent;
use super::carry_out::Named;
use super::choices;
use super::reviewed::Reviewed;
use crate::cli::ApplyArgs;
use crate::cli::ChoiceArgs;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::saved;
use crate::saved::SavedError;

pub async fn run(args: &ApplyArgs) -> Result<Exit, Failure> {
    let (environment, request, reviewed) = if saved::is_plan_file(&args.what) {
        refuse_choices(&args.what, &args.choices)?;
        let reviewed = Reviewed::read(&args.what)?;
        (reviewed.environment(), reviewed.request().clone(), Some(reviewed))
    } else {
        (args.what.clone(), choices::request(&args.choices)?, None)
    };
    let consent = Consent {
        yes: args.yes || reviewed.is_some(),
        question: "Do you want eclusa to do this?".to_owned(),
        word: |_| "yes".to_owned(),
        lock_timeout: args.lock_timeout.0,
        new_owner: args.new_owner,
        owner: Named::default(),
        reviewed,
        command: choices::command(&args.what, &args.choices),
    };
    carry_out::run(&environment, request, consent).await
}

/// What a saved plan does was chosen when it was made.
fn refuse_choices(path: &str, choices: &ChoiceArgs) -> Result<(), SavedError> {
    let ChoiceArgs {
        target,
        replace,
        allow_data_loss,
    } = choices;
    let options = [
        ("--target", target),
        ("--replace", replace),
        ("--allow-data-loss", allow_data_loss),
    ];
    match options.into_iter().find(|(_, addresses)| !addresses.is_empty()) {
        None => Ok(()),
        Some((option, _)) => Err(SavedError::Decided {
            path: path.to_owned(),
            option,
        }),
    }
}
