//! One verb a file.

pub mod adopt;
pub mod apply;
pub mod build;
pub mod completions;
pub mod destroy;
pub mod embedded;
pub mod extend;
pub mod history;
pub mod plan;
pub mod schema;
pub mod unlock;
pub mod validate;

mod carry_out;
mod choices;
mod reviewed;

use crate::apply::event::Events;
use crate::cli::Cli;
use crate::cli::Command;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::view;

/// Runs the command that was typed.
pub async fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        Command::Validate(args) => validate::run(&args),
        Command::Plan(args) => plan::run(&args).await,
        Command::Apply(args) => apply::run(&args).await,
        Command::Build(args) => build::run(&args).await,
        Command::Destroy(args) => destroy::run(&args).await,
        Command::Extend(args) => extend::run(&args).await,
        Command::History(args) => history::run(&args),
        Command::Unlock(args) => unlock::run(&args).await,
        Command::Adopt(args) => adopt::run(&args).await,
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Embedded(args) => embedded::run(&args).await,
    }
}

/// Does work whose events are told on stderr; everything is told when it returns.
async fn watched<T>(work: impl AsyncFnOnce(Events) -> Result<T, Failure>) -> Result<T, Failure> {
    let (events, told) = Events::channel();
    let watcher = tokio::spawn(view::progress::tell(told));
    let result = work(events).await;
    let _ = watcher.await;
    result
}
