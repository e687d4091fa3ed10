//! `eclusa completions`: a script for a shell.

use clap::CommandFactory;

use crate::cli::Cli;
use crate::cli::CompletionsArgs;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::view;

pub fn run(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "eclusa", &mut script);
    view::data(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
