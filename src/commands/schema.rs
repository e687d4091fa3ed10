//! `eclusa schema`: the JSON Schema of a kind's attributes, as plan and apply check them.

use eclusa_planner::environment::diagnostic;
use eclusa_planner::schema;

use crate::cli::SchemaArgs;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::view;

pub fn run(args: &SchemaArgs) -> Result<Exit, Failure> {
    let text = match &args.kind {
        None => schema::SCHEMAS
            .iter()
            .map(|kind| format!("{}\n", kind.name()))
            .collect(),
        Some(name) => match schema::find(name) {
            Some(kind) => format!("{:#}\n", kind.json_schema()),
            None => return Err(no_kind(name)),
        },
    };
    view::data(&text);
    Ok(Exit::Done)
}

fn no_kind(name: &str) -> Failure {
    let nearest = diagnostic::nearest(name, schema::SCHEMAS.iter().map(|kind| kind.name()));
    Failure::NoKind {
        kind: name.to_owned(),
        nearest: nearest.map(str::to_owned),
    }
}
