//! `eclusa extend`: moves the time at which an environment expires; nothing else is touched, and a run that holds the
//! lease goes on.

use crate::cli::ExtendArgs;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::session::Session;
use crate::view;

pub async fn run(args: &ExtendArgs) -> Result<Exit, Failure> {
    super::watched(async |events| {
        let session = Session::open(&args.environment.environment, events.clone()).await?;
        let environment = &session.declared.settings.environment;
        let extended = session.lease(events.clone()).extend(args.by.0).await?;
        events.settle().await;
        let Some(expires) = extended else {
            return Err(Failure::Refused {
                message: format!("{environment} has no lease: nothing of it was applied, so nothing can expire"),
                hint: format!("eclusa apply {environment}"),
            });
        };
        view::data(&format!("{environment} expires at {expires}\n"));
        Ok(Exit::Done)
    })
    .await
}
