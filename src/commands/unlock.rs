//! `eclusa unlock`: says who holds an environment's lease, asks, and takes it from them.
//!
//! A run that still lives notices at its next renewal, at most 15 s later, and writes nothing more from then on.

use crate::apply::event::Events;
use crate::cli::UnlockArgs;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::session::Session;
use crate::view;
use crate::view::ask::Answer;

pub async fn run(args: &UnlockArgs) -> Result<Exit, Failure> {
    super::watched(async |events| unlock(args, events).await).await
}

async fn unlock(args: &UnlockArgs, events: Events) -> Result<Exit, Failure> {
    let session = Session::open(&args.environment.environment, events.clone()).await?;
    let environment = session.declared.settings.environment.clone();
    let lease = session.lease(events.clone());
    let read = lease.read().await?;
    events.settle().await;
    let Some((thing, who)) = read
        .and_then(|thing| Some((thing.held_by()?, thing)))
        .map(|(who, thing)| (thing, who))
    else {
        view::data(&format!("nobody holds the lease of {environment}\n"));
        return Ok(Exit::Done);
    };
    let renewed = thing.renewed().unwrap_or("never");
    view::data(&format!(
        "{environment} is held by {who}; it renewed its lease last at {renewed}, by its own clock\n"
    ));
    confirm(&environment, args.yes)?;
    session.wake().await?;
    if !lease.unlock(&thing).await? {
        return Err(Failure::Refused {
            message: format!("meanwhile somebody else has taken the lease of {environment}"),
            hint: format!("look whose it is now: eclusa unlock {environment}"),
        });
    }
    view::data(&format!("the lease of {environment} is free\n"));
    Ok(Exit::Done)
}

fn confirm(environment: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let question = "Is it certain that this run works no more? If it does, it stops within seconds, half done.";
    let hint = match view::ask::for_word(question, "yes") {
        Answer::Yes => return Ok(()),
        Answer::No => "nothing was written".to_owned(),
        Answer::NobodyThere => format!(
            "nothing was written; where nobody can be asked, say it beforehand: eclusa unlock {environment} --yes"
        ),
    };
    Err(Failure::Refused {
        message: "not confirmed".to_owned(),
        hint,
    })
}
