//! A saved plan on its way to be applied: what it asks for, and the refusals by what moved since.

use eclusa_planner::plan::Request;

use super::choices;
use crate::cli::ChoiceArgs;
use crate::failure::Failure;
use crate::saved;
use crate::saved::SavedPlan;
use crate::session;
use crate::session::Looked;
use crate::session::Session;

/// A saved plan and where it lies.
pub(super) struct Reviewed {
    plan: SavedPlan,
    path: String,
}

impl Reviewed {
    /// Reads a plan file; one of another eclusa is refused, since it may plan otherwise.
    pub(super) fn read(path: &str) -> Result<Self, Failure> {
        let read = Self {
            plan: saved::read(path)?,
            path: path.to_owned(),
        };
        read.refuse(&read.plan.moved_version())?;
        Ok(read)
    }

    /// What the plan was asked for.
    pub(super) fn request(&self) -> &Request {
        self.plan.request()
    }

    /// How the environment is typed from here: its name, or the path of its file.
    pub(super) fn environment(&self) -> String {
        let here = session::root().ok();
        let file = self
            .plan
            .environment_file(here.as_ref().map(|root| root.folder.as_path()));
        let name = self.plan.environment();
        let by_name = session::locate(name).map(|located| located.root.folder.join(located.path));
        if by_name.is_ok_and(|found| found == file) {
            return name.to_owned();
        }
        file.display().to_string()
    }

    /// Refuses unless it was made as whom, where and from what is declared now.
    pub(super) fn holds_for(&self, session: &Session) -> Result<(), Failure> {
        self.refuse(&self.plan.moved_declarations(session))
    }

    /// Refuses unless what is live, and what is planned about it, is as it was.
    pub(super) fn holds_against<'s>(&self, looked: Result<Looked<'s>, Failure>) -> Result<Looked<'s>, Failure> {
        let looked = match looked {
            // Nothing declares it, or its declaration would have been missed before: it was ours, and is gone.
            Err(Failure::NoResource { written, .. }) => {
                self.refuse(&[format!("{written} (it is gone)")])?;
                return Err(Failure::NoResource { written, nearest: None });
            }
            looked => looked?,
        };
        self.refuse(&self.plan.moved_live(&looked)?)?;
        Ok(looked)
    }

    fn refuse(&self, moved: &[String]) -> Result<(), Failure> {
        if moved.is_empty() {
            return Ok(());
        }
        Err(Failure::Refused {
            message: format!(
                "nothing was written, since this changed after {} was saved: {}",
                self.path,
                moved.join(", ")
            ),
            hint: format!("see what would be done now, and save that: {}", self.command()),
        })
    }

    /// The command that made it.
    fn command(&self) -> String {
        let Request {
            targets,
            replace,
            allow_data_loss,
            ..
        } = self.request();
        let written = |addresses: &[_]| addresses.iter().map(ToString::to_string).collect();
        let choices = ChoiceArgs {
            target: written(targets),
            replace: written(replace),
            allow_data_loss: written(allow_data_loss),
        };
        let options = choices::options(&choices);
        format!(
            "eclusa plan {}{options} --out {}",
            self.environment(),
            choices::quoted(&self.path)
        )
    }
}
