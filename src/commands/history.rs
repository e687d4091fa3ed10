//! `eclusa history`: the runs that the receipts tell of; asks no cloud.

use crate::cli::Format;
use crate::cli::HistoryArgs;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::receipt::Journal;
use crate::session;
use crate::view;

pub fn run(args: &HistoryArgs) -> Result<Exit, Failure> {
    let located = session::locate(&args.environment.environment)?;
    let settings = session::settings(&located)?;
    let read = Journal::of(&located.root.folder, &settings.environment).read();
    let (runs, unread) = read.map_err(|error| Failure::System {
        what: "reading the receipts",
        error,
    })?;
    view::data(&match args.format {
        Format::Text => view::history::text(&settings.environment, &runs),
        Format::Json => view::history::json(&runs),
    });
    if unread > 0 {
        view::note(&format!("{unread} lines of the receipts could not be read\n"));
    }
    Ok(Exit::Done)
}
