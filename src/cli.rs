//! The command line: types only; their doc comments are the help text.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;
use eclusa_planner::environment::declared::Libc;
use eclusa_planner::environment::settings::parse_duration;

use crate::build::Arch;

/// Defines an event pipeline across AWS and Confluent Cloud, compares it with what is live, and makes it so.
///
/// There is no state file: every run starts from what is really there.
#[derive(Debug, Parser)]
#[command(name = "eclusa", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// Show what the clients do (-v), and every request they make (-vv), on stderr
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check an environment's files without asking any cloud
    Validate(EnvironmentArgs),
    /// Show what apply would do; writes nothing
    Plan(PlanArgs),
    /// Make the clouds match the files
    Apply(ApplyArgs),
    /// Compile and pack the code of the functions under lambda/
    Build(BuildArgs),
    /// Delete what the environment owns
    Destroy(DestroyArgs),
    /// Move the time at which the environment expires
    Extend(ExtendArgs),
    /// Show who applied and destroyed what, and how it ended
    History(HistoryArgs),
    /// Take the lease from a run that can no longer give it back
    Unlock(UnlockArgs),
    /// Take over what is there under a declared resource's name
    Adopt(AdoptArgs),
    /// Print the JSON Schema of a kind, or the list of kinds
    Schema(SchemaArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Serve an environment's embedded clouds to any client, until Ctrl-C
    Embedded(EmbeddedArgs),
}

#[derive(Debug, Args)]
pub struct EnvironmentArgs {
    /// A name under environments/, or the path of an environment file
    #[arg(value_name = "ENV")]
    pub environment: String,
}

/// Which resources, and what may be done to them. `ADDRESS` is as plan shows it; without the key of a `for_each` it
/// means every instance.
#[derive(Debug, Args)]
pub struct ChoiceArgs {
    /// Only this resource and what it needs; prunes nothing (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<String>,
    /// Make this resource anew (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    pub replace: Vec<String>,
    /// What this resource holds may be lost (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    pub allow_data_loss: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub environment: EnvironmentArgs,
    #[command(flatten)]
    pub choices: ChoiceArgs,
    /// Save the plan too, so that `eclusa apply FILE.plan` carries out exactly it, or refuses
    #[arg(long, value_name = "FILE.plan")]
    pub out: Option<String>,
    /// How to print the plan
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Exit with 2 if there are differences
    #[arg(long)]
    pub detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// A name under environments/, the path of an environment file, or a plan saved by `plan --out`
    ///
    /// A saved plan was reviewed, so nothing is asked: exactly it is carried out. What moved since it was made, live or in
    /// the files, is refused (4) by name before anything is written.
    #[arg(value_name = "ENV|FILE.plan")]
    pub what: String,
    #[command(flatten)]
    pub choices: ChoiceArgs,
    /// Do not ask; a saved plan is never asked about
    #[arg(long)]
    pub yes: bool,
    /// How long to wait for another run of this environment, such as 30s or 2m
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = patience)]
    pub lock_timeout: Length,
    /// Go on though the last run here was done under another account or region
    #[arg(long)]
    pub new_owner: bool,
}

#[derive(Debug, Args)]
pub struct BuildArgs {
    /// A folder of lambda/, or an environment to build for; without one, all of lambda/
    #[arg(value_name = "NAME|ENV")]
    pub what: Option<String>,
    /// The processor to build for
    #[arg(long, value_enum, default_value = "x86_64")]
    pub arch: Arch,
    /// The C library: musl is linked in and runs anywhere; gnu is this machine's own, and refused where it is newer than
    /// Lambda's. Without it what the environment's file says under `build`, else musl
    #[arg(long, value_enum)]
    pub libc: Option<LibcChoice>,
    /// Say which inputs changed since the last build
    #[arg(long)]
    pub explain: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LibcChoice {
    Musl,
    Gnu,
}

impl From<LibcChoice> for Libc {
    fn from(choice: LibcChoice) -> Self {
        match choice {
            LibcChoice::Musl => Self::Musl,
            LibcChoice::Gnu => Self::Gnu,
        }
    }
}

#[derive(Debug, Args)]
pub struct DestroyArgs {
    #[command(flatten)]
    pub environment: EnvironmentArgs,
    /// What lies in this resource and is neither declared nor ours may be lost with it (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    pub allow_data_loss: Vec<String>,
    /// Remove what this environment's owner in that AWS account has on Confluent; AWS is not asked
    ///
    /// For an account that is gone, or whose credentials are: twelve digits. No lease is held, so let no other run go on.
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    pub account: Option<String>,
    /// The same for an owner in another region
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// How long to wait for another run of this environment, such as 30s or 2m
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = patience)]
    pub lock_timeout: Length,
}

#[derive(Debug, Args)]
pub struct ExtendArgs {
    #[command(flatten)]
    pub environment: EnvironmentArgs,
    /// How much later it expires, such as 30m or 2h; counted from now where it has expired already
    #[arg(value_name = "DURATION")]
    pub by: Length,
}

#[derive(Debug, Args)]
pub struct HistoryArgs {
    #[command(flatten)]
    pub environment: EnvironmentArgs,
    /// How to print the runs
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct UnlockArgs {
    #[command(flatten)]
    pub environment: EnvironmentArgs,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

fn account(text: &str) -> Result<String, String> {
    let is_one = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_one
        .then(|| text.to_owned())
        .ok_or_else(|| "expected the twelve digits of an account".to_owned())
}

/// A length of time to wait; none at all is one too.
fn patience(text: &str) -> Result<Length, String> {
    match text {
        "0" | "0s" => Ok(Length(Duration::ZERO)),
        _ => text.parse(),
    }
}

/// A length of time as the environment file writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length(pub Duration);

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = || "expected a whole number and s, m or h, such as 40s, 10m, 4h".to_owned();
        parse_duration(text).map(Self).ok_or_else(expected)
    }
}

#[derive(Debug, Args)]
pub struct AdoptArgs {
    #[command(flatten)]
    pub environment: EnvironmentArgs,
    /// The declared resource whose name is taken
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// Take it from this owner, ENVIRONMENT@ACCOUNT/REGION
    #[arg(long, value_name = "OWNER")]
    pub from: Option<String>,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// How long to wait for another run of this environment, such as 30s or 2m
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = patience)]
    pub lock_timeout: Length,
}

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// A kind, such as aws_sqs_queue; without one, all kinds are listed
    pub kind: Option<String>,
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct EmbeddedArgs {
    /// A name under environments/, or the path of an environment file
    #[arg(value_name = "ENV", required_unless_present = "serve")]
    pub environment: Option<String>,
    /// Run the server itself over this folder (what eclusa starts on demand)
    #[arg(long, hide = true, value_name = "FOLDER")]
    pub serve: Option<PathBuf>,
    /// The build that the server announces
    #[arg(long, hide = true, default_value = "")]
    pub build: String,
}
