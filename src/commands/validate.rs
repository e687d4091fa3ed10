//! `eclusa validate`: everything that plan does without a cloud.

use eclusa_planner::environment::Asked;

use crate::cli::EnvironmentArgs;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::session;
use crate::view;

pub fn run(args: &EnvironmentArgs) -> Result<Exit, Failure> {
    let located = session::locate(&args.environment)?;
    let declared = session::declare(&located, &Asked::default())?;
    view::data(&format!(
        "{} is valid: {} resources\n",
        located.path,
        declared.resources.len()
    ));
    Ok(Exit::Done)
}
