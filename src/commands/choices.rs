//! What a user names on the command line, as a request to the planner.

use eclusa_planner::plan::Intent;
use eclusa_planner::plan::Request;
use eclusa_planner::resource::Address;

use crate::cli::ChoiceArgs;
use crate::failure::Failure;

/// Reads the addresses; whether they exist is found out when it is known what does.
pub(super) fn request(choices: &ChoiceArgs) -> Result<Request, Failure> {
    Ok(Request {
        targets: addresses(&choices.target)?,
        replace: addresses(&choices.replace)?,
        allow_data_loss: addresses(&choices.allow_data_loss)?,
        ..Intent::Converge.into()
    })
}

/// Reads one address.
pub(super) fn address(written: &str) -> Result<Address, Failure> {
    Address::parse(written).ok_or_else(|| Failure::NoResource {
        written: written.to_owned(),
        nearest: None,
    })
}

/// Reads several.
pub(super) fn addresses(written: &[String]) -> Result<Vec<Address>, Failure> {
    written.iter().map(|written| address(written)).collect()
}

/// The command that applies with the same choices; empty choices leave no trace.
pub(super) fn command(environment: &str, choices: &ChoiceArgs) -> String {
    format!("eclusa apply {environment}{}", options(choices))
}

/// The command that applies a saved plan.
pub(super) fn saved_command(path: &str) -> String {
    format!("eclusa apply {}", quoted(path))
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &str) -> String {
    let is_plain = path.chars().all(|c| c.is_alphanumeric() || "._-/".contains(c));
    if is_plain {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

/// The choices as they are typed, each after a space.
pub(super) fn options(choices: &ChoiceArgs) -> String {
    let options = [
        ("--target", &choices.target),
        ("--replace", &choices.replace),
        ("--allow-data-loss", &choices.allow_data_loss),
    ];
    options.map(|(option, addresses)| each(option, addresses)).concat()
}

/// One option for each address, each after a space.
pub(super) fn each(option: &str, addresses: &[String]) -> String {
    let typed = addresses.iter().map(|address| {
        // Brackets mean something to a shell.
        let quote = if address.contains('[') { "'" } else { "" };
        format!(" {option} {quote}{address}{quote}")
    });
    typed.collect()
}
