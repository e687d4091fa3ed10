//! An `Io` whose hosts are all one address, for tests of what is sent and understood.

use std::time::Duration;

use eclusa_planner::environment::declared::Limits;
use eclusa_planner::resource::Place;
use secrecy::SecretString;
use tokio::sync::watch;

use super::ApiKey;
use super::ClusterHost;
use super::Confluent;
use super::Endpoint;
use crate::apply::event::Events;
use crate::clients::aws;
use crate::clients::aws::Aws;
use crate::clients::call::Io;
use crate::clients::clock::Moment;
use crate::clients::gate::Gate;
use crate::clients::gate::Tenure;
use crate::clients::secrets::Secrets;

const LIMITS: Limits = Limits {
    call: Duration::from_secs(5),
    wait: Duration::from_secs(600),
};

/// Reads may be sent; the Cloud key is the embedded cloud's.
pub(crate) async fn io(url: &str) -> Io {
    let aws = Aws::connect("eu-west-1", &aws::Endpoint::Embedded(url.to_owned()), LIMITS.call).await;
    let endpoint = Endpoint::Embedded {
        control: Some(url.to_owned()),
        kafka: Some(url.to_owned()),
    };
    let place = Place {
        environment: "dev".to_owned(),
        account: None,
        region: "eu-west-1".to_owned(),
        partition: "aws".to_owned(),
        organization: None,
    };
    let secrets = Secrets::of(std::path::Path::new("."), "environments/dev.yaml");
    let confluent = Confluent::connect(&endpoint, None, LIMITS.call);
    Io::new(aws, confluent, secrets, place, LIMITS, Events::default())
}

/// The same under an open gate.
pub(crate) async fn writing(url: &str) -> Io {
    let (keeper, watched) = watch::channel(Tenure::Held { renewed: Moment::now() });
    let io = io(url).await.under(Gate::new(watched, Duration::from_secs(60)));
    // Kept for as long as the test runs: a gate that nobody keeps is shut.
    std::mem::forget(keeper);
    io
}

/// A cluster of that address, asked with a cluster key.
pub(crate) fn host(io: &Io) -> ClusterHost {
    let key = ApiKey::new("CLUSTERKEY", SecretString::from("hush-cluster"));
    io.confluent
        .cluster("lkc-1", "https://pkc-1.confluent.cloud:443", key)
        .expect("a host")
}
