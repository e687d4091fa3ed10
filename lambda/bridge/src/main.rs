//! The process that Lambda starts as `bootstrap`. One thread: a batch of ten records waits for the network, not for
//! the processor, and a small function has a fraction of one.

use std::process::ExitCode;

use bridge::handler::Bridge;
use bridge::kafka::KafkaConnector;
use bridge::log;
use bridge::log::Level;
use bridge::measure::Meter;
use bridge::runtime::Runtime;
use bridge::settings::Settings;
use serde_json::json;
use tokio::time::Instant;

fn main() -> ExitCode {
    let started = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run(started)),
        Err(error) => error.to_string(),
    };
    log::line(Level::Error, "the bridge ended", &[("reason", json!(ended))]);
    ExitCode::FAILURE
}

/// Runs until something ends it, and says what.
async fn run(started: Instant) -> String {
    let variable = |name: &str| std::env::var(name).ok();
    let Some(address) = variable("AWS_LAMBDA_RUNTIME_API") else {
        return "AWS_LAMBDA_RUNTIME_API is not set: expected to be started by Lambda".to_owned();
    };
    let mut runtime = match Runtime::at(&address) {
        Ok(runtime) => runtime,
        Err(error) => return format!("AWS_LAMBDA_RUNTIME_API: {error}"),
    };
    let settings = match Settings::read(variable) {
        Ok(settings) => settings,
        Err(problems) => {
            let reason = problems.join("; ");
            return runtime.cannot_start(&reason).await.err().unwrap_or(reason);
        }
    };
    let connector = KafkaConnector {
        cluster: settings.cluster,
        stored: settings.stored,
        largest: settings.routing.largest,
    };
    let meter = Meter::new(settings.function, started);
    runtime.serve(Bridge::new(settings.routing, connector, meter)).await
}
