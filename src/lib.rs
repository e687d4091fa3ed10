//! eclusa: one pipeline across two clouds, from YAML to what is live.
//!
//! ```text
//! declared + live -> plan -> schedule -> outcome -> view
//! ```
//!
//! The pure stages are the `eclusa-planner` crate. Here are the others: `observe` reads, `apply/run` is the only
//! writer of resources, `view` the only printer; `kinds` and `clients` make the calls, `commands` is one verb a
//! file.

pub mod apply;
pub mod build;
pub mod cli;
pub mod clients;
pub mod commands;
pub mod failure;
pub mod files;
pub mod interrupt;
pub mod kinds;
pub mod observe;
pub mod ownership;
pub mod receipt;
pub mod saved;
pub mod session;
pub mod view;

use std::process::ExitCode;

use clap::Parser;
use failure::Exit;

/// The process, from arguments to exit code.
pub fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => return misused(&usage),
    };
    trace(cli.verbose);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            view::failure(&failure::Failure::System {
                what: "starting",
                error,
            });
            return ExitCode::from(Exit::Error.code());
        }
    };
    let exit = runtime.block_on(commands::dispatch(cli)).unwrap_or_else(|failure| {
        view::failure(&failure);
        failure.exit()
    });
    ExitCode::from(exit.code())
}

/// Help and version are answers; a wrong command line is an error like any other, since 2 means differences.
fn misused(usage: &clap::Error) -> ExitCode {
    let text = usage.render().ansi().to_string();
    if usage.use_stderr() {
        view::note(&text);
        return ExitCode::from(Exit::Error.code());
    }
    view::data(&text);
    ExitCode::SUCCESS
}

/// What the clients do, for `-v`. Bodies are never traced: they may hold what is nobody's business.
fn trace(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => "eclusa=debug,aws_config=info",
        _ => "eclusa=trace,aws_config=debug,hyper_util=debug",
    };
    tracing_subscriber::fmt()
        .with_env_filter(level)
        .with_writer(std::io::stderr)
        .init();
}
