//! `eclusa embedded ENV`: prints the addresses of an environment's embedded clouds and keeps them alive, so that
//! any other client can use them. `--serve` is the server itself.

use std::path::Path;
use std::time::Duration;

use crate::cli::EmbeddedArgs;
use crate::clients::embedded;
use crate::clients::embedded::Addresses;
use crate::clients::embedded::EmbeddedError;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::session;
use crate::view;

/// Often enough that the shortest sensible idle time never runs out.
const KEEP_ALIVE: Duration = Duration::from_secs(2);

pub async fn run(args: &EmbeddedArgs) -> Result<Exit, Failure> {
    match (&args.serve, &args.environment) {
        (Some(folder), _) => serve(folder, &args.build).await,
        (None, Some(environment)) => keep(environment).await,
        (None, None) => Ok(Exit::Error),
    }
}

async fn serve(folder: &Path, build: &str) -> Result<Exit, Failure> {
    let options = eclusa_embedded::Options {
        folder: folder.to_owned(),
        build_id: build.to_owned(),
    };
    match eclusa_embedded::serve(options).await {
        Ok(_) => Ok(Exit::Done),
        Err(error) => Err(EmbeddedError::Ended(error.to_string()).into()),
    }
}

async fn keep(environment: &str) -> Result<Exit, Failure> {
    let located = session::locate(environment)?;
    let settings = session::settings(&located)?;
    let addresses = embedded::reach(&located.root.folder, &settings).await?;
    show(&addresses);
    view::note(&view::text::embedded_environment(&addresses.aws, &settings.aws.region));
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Done),
            () = tokio::time::sleep(KEEP_ALIVE) => {
                let again = embedded::reach(&located.root.folder, &settings).await?;
                if again != addresses {
                    show(&again);
                }
            }
        }
    }
}

fn show(addresses: &Addresses) {
    for address in addresses.all() {
        view::data(&format!("{address}\n"));
    }
}
