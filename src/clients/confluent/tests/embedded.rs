//! Every call once, against the embedded Confluent: two halves that were written apart.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use crate::clients::Class;
use crate::clients::Io;
use crate::clients::confluent::ApiKey;
use crate::clients::confluent::ClusterHost;
use crate::clients::confluent::Confluent;
use crate::clients::confluent::Endpoint;
use crate::clients::confluent::acls;
use crate::clients::confluent::acls::Acl;
use crate::clients::confluent::api_keys;
use crate::clients::confluent::clusters;
use crate::clients::confluent::clusters::Cluster;
use crate::clients::confluent::connectors;
use crate::clients::confluent::connectors::ConnectorConfig;
use crate::clients::confluent::connectors::In;
use crate::clients::confluent::connectors::plugin;
use crate::clients::confluent::environments;
use crate::clients::confluent::organizations;
use crate::clients::confluent::role_bindings;
use crate::clients::confluent::service_accounts;
use crate::clients::confluent::testing::io;
use crate::clients::confluent::testing::writing;
use crate::clients::confluent::topic_configs;
use crate::clients::confluent::topic_configs::Alteration;
use crate::clients::confluent::topics;

/// Polls for what comes true soon: the embedded cloud's waits are milliseconds.
async fn until<T, F: Future<Output = Option<T>>>(what: &str, look: impl Fn() -> F) -> T {
    for _ in 0..2_000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{what} does not come true");
}

async fn serve(folder: &Path) -> Io {
    eclusa_embedded::write_settings(folder, &eclusa_embedded::Settings::default()).unwrap();
    let options = eclusa_embedded::Options {
        folder: folder.to_owned(),
        build_id: "test".to_owned(),
    };
    tokio::spawn(eclusa_embedded::serve(options));
    let server = until("a server", async || {
        eclusa_embedded::read_server_file(folder).ok().flatten()
    })
    .await;
    let endpoint = Endpoint::Embedded {
        control: server.confluent_endpoint(),
        kafka: server.kafka_endpoint(),
    };
    let mut io = writing(&io(&server.aws_endpoint().unwrap()).await);
    io.confluent = Confluent::connect(&endpoint, None, Duration::from_secs(5));
    io
}

async fn cluster(io: &Io, environment: &str) -> Cluster {
    let new = clusters::NewCluster {
        environment,
        display_name: "main-abc",
        availability: "SINGLE_ZONE",
        cloud: "AWS",
        region: "eu-west-1",
        config: clusters::NewConfig {
            kind: "Basic",
            ..clusters::NewConfig::default()
        },
        deletion_protection: None,
        network: None,
        byok: None,
    };
    let id = clusters::create(io, &new).await.unwrap().id;
    until("a provisioned cluster", async || {
        let found = clusters::get(io, environment, &id).await.unwrap();
        (found.status.phase == "PROVISIONED").then_some(found)
    })
    .await
}

/// An account that may administrate the cluster, and a key of it: account, binding, key.
async fn admin(io: &Io, environment: &str, cluster: &Cluster) -> (String, String, ApiKey) {
    let account = service_accounts::create(io, "admin-abc", "writes").await.unwrap().id;
    let taken = service_accounts::create(io, "admin-abc", "").await.unwrap_err();
    assert_eq!(taken.class, Class::AlreadyExists);
    service_accounts::update(io, &account, "changed").await.unwrap();
    let found = service_accounts::find(io, "admin-abc").await.unwrap().unwrap();
    assert_eq!((&found.id, found.description.as_str()), (&account, "changed"));
    let crn = cluster.metadata.resource_name.split("/kafka=").next().unwrap();
    let principal = format!("User:{account}");
    let binding = role_bindings::create(io, &principal, "CloudClusterAdmin", crn)
        .await
        .unwrap();
    let bindings = role_bindings::list(io, crn, role_bindings::Filter::default())
        .await
        .unwrap();
    assert_eq!(bindings, std::slice::from_ref(&binding));
    let new = api_keys::NewKey {
        owner: &account,
        display_name: "admin",
        description: "[eclusa]",
        scope: api_keys::Scope::Cluster {
            id: &cluster.id,
            environment,
        },
    };
    let key = api_keys::create(io, &new).await.unwrap();
    let filter = api_keys::Filter {
        owner: Some(&account),
        resource: Some(&cluster.id),
    };
    let listed = api_keys::list(io, filter).await.unwrap();
    assert_eq!(
        (listed.len(), listed[0].id.as_str(), listed[0].spec.is_cloud()),
        (1, key.id(), false)
    );
    (account, binding.id, key)
}

async fn topics_and_settings(io: &Io, host: &ClusterHost) {
    let config = BTreeMap::from([("retention.ms".to_owned(), "1000000".to_owned())]);
    topics::create(io, host, "air", Some(3), &config).await.unwrap();
    let taken = topics::create(io, host, "air", Some(3), &config).await.unwrap_err();
    assert_eq!(taken.class, Class::AlreadyExists);
    until("a topic", async || topics::get(io, host, "air").await.ok()).await;
    let cleanup = Alteration::Set {
        name: "cleanup.policy",
        value: "compact",
    };
    let changes = [Alteration::Unset { name: "retention.ms" }, cleanup];
    topic_configs::alter(io, host, "air", &changes).await.unwrap();
    topics::raise_partitions(io, host, "air", 6).await.unwrap();
    let again = topics::raise_partitions(io, host, "air", 6).await.unwrap_err();
    assert_eq!(again.class, Class::Invalid);
    let topic = until("six partitions", async || {
        let listed = topics::list(io, host).await.unwrap();
        listed.into_iter().find(|topic| topic.partitions_count == 6)
    });
    assert_eq!(topic.await.name, "air");
    until("the settings", async || {
        let all = topic_configs::list_all(io, host).await.unwrap();
        let set: Vec<_> = all.iter().filter(|setting| setting.is_set_on_topic()).collect();
        let is_unset = set.iter().all(|setting| setting.name != "retention.ms");
        let is_set = set.iter().any(|setting| setting.value.as_deref() == Some("compact"));
        (is_unset && is_set).then_some(())
    })
    .await;
    let defaults = topic_configs::list_defaults(io, host, "water").await.unwrap();
    assert_eq!(
        topic_configs::list(io, host, "air").await.unwrap().len(),
        defaults.len()
    );
}

async fn grants(io: &Io, host: &ClusterHost, account: &str) {
    let read = Acl {
        resource_type: "TOPIC".to_owned(),
        resource_name: "air".to_owned(),
        pattern_type: "LITERAL".to_owned(),
        principal: format!("User:{account}"),
        host: "*".to_owned(),
        operation: "READ".to_owned(),
        permission: "ALLOW".to_owned(),
    };
    let write = Acl {
        operation: "WRITE".to_owned(),
        ..read.clone()
    };
    acls::create(io, host, &read).await.unwrap();
    let again = acls::create(io, host, &read).await;
    assert!(again.is_err_and(|error| error.class == Class::AlreadyExists));
    acls::create_batch(io, host, std::slice::from_ref(&write))
        .await
        .unwrap();
    assert_eq!(acls::list(io, host).await.unwrap().len(), 2);
    assert_eq!(
        acls::delete(io, host, &read).await.unwrap(),
        std::slice::from_ref(&read)
    );
    assert_eq!(acls::delete(io, host, &read).await.unwrap(), []);
}

/// A configuration that the plugin takes.
async fn judged(io: &Io, of: In<'_>, account: &str) -> ConnectorConfig {
    let plain = [
        ("connector.class", "MongoDbAtlasSink"),
        ("name", "sink"),
        ("kafka.auth.mode", "SERVICE_ACCOUNT"),
        ("kafka.service.account.id", account),
        ("topics", "air"),
        ("input.data.format", "JSON"),
        ("connection.host", "cluster0.abcde.mongodb.net"),
        ("connection.user", "sink"),
        ("database", "telemetry"),
        ("tasks.max", "1"),
    ];
    let mut config = ConnectorConfig {
        plain: plain.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        secrets: BTreeMap::new(),
    };
    let judged = plugin::validate(io, of, "MongoDbAtlasSink", &config).await.unwrap();
    let wrong = judged
        .properties
        .iter()
        .find(|property| !property.value.errors.is_empty())
        .unwrap();
    assert!(judged.error_count == 1 && wrong.definition.is_secret());
    let password = ("connection.password".to_owned(), SecretString::from("hush-hush"));
    config.secrets.extend([password]);
    assert_eq!(
        plugin::validate(io, of, "MongoDbAtlasSink", &config)
            .await
            .unwrap()
            .error_count,
        0
    );
    let nowhere = plugin::validate(io, of, "Nope", &config).await.unwrap_err();
    assert_eq!(nowhere.class, Class::NotFound);
    config
}

async fn sink(io: &Io, of: In<'_>, mut config: ConnectorConfig) {
    connectors::create(io, of, "sink", &config).await.unwrap();
    let taken = connectors::create(io, of, "sink", &config).await.unwrap_err();
    assert_eq!(taken.class, Class::AlreadyExists);
    let state = async |wanted: &str| {
        let status = connectors::status(io, of, "sink").await.ok()?;
        (status.connector.state == wanted).then_some(())
    };
    until("RUNNING", async || state("RUNNING").await).await;
    let listed = connectors::list(io, of).await.unwrap();
    assert!(listed["sink"].id.id.starts_with("lcc-"));
    assert!(connectors::is_masked(
        &listed["sink"].info.config["connection.password"]
    ));
    config.plain.insert("tasks.max".to_owned(), "2".to_owned());
    connectors::put_config(io, of, "sink", &config).await.unwrap();
    until("the new configuration", async || {
        let config = connectors::config(io, of, "sink").await.unwrap();
        (config["tasks.max"] == "2").then_some(())
    })
    .await;
    until("RUNNING", async || state("RUNNING").await).await;
    connectors::restart(io, of, "sink").await.unwrap();
    connectors::pause(io, of, "sink").await.unwrap();
    until("PAUSED", async || state("PAUSED").await).await;
    connectors::resume(io, of, "sink").await.unwrap();
    connectors::delete(io, of, "sink").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_made_read_changed_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let io = &serve(&folder.path().join("state")).await;
    assert_eq!(organizations::list(io).await.unwrap().len(), 1);
    let environment = environments::create(io, "dev-abc", Some("ESSENTIALS")).await.unwrap();
    let renamed = environments::Change {
        display_name: Some("dev-abd"),
        stream_governance: None,
    };
    environments::update(io, &environment.id, renamed).await.unwrap();
    let listed = environments::list(io).await.unwrap();
    assert_eq!((listed.len(), listed[0].display_name.as_str()), (1, "dev-abd"));
    let cluster = cluster(io, &environment.id).await;
    let (account, binding, key) = admin(io, &environment.id, &cluster).await;
    let of = |key| {
        io.confluent
            .cluster(&cluster.id, &cluster.spec.http_endpoint, key)
            .unwrap()
    };
    // Of the wrong kind: no waiting helps.
    let wrong = of(ApiKey::new("CLOUDKEY", SecretString::from("any")));
    assert_eq!(clusters::probe(io, &wrong).await.unwrap_err().class, Class::Credentials);
    // The key has not spread yet, which the retry table knows.
    let host = of(key.clone()).just_granted();
    clusters::probe(io, &host).await.unwrap();
    topics_and_settings(io, &host).await;
    grants(io, &host, &account).await;
    let site = In {
        environment: &environment.id,
        cluster: &cluster.id,
    };
    let config = judged(io, site, &account).await;
    sink(io, site, config).await;
    topics::delete(io, &host, "air").await.unwrap();
    // The name is not free yet, which the retry table knows.
    topics::create(io, &host, "air", Some(3), &BTreeMap::new())
        .await
        .unwrap();
    role_bindings::delete(io, &binding).await.unwrap();
    assert_eq!(role_bindings::get(io, &binding).await.unwrap_err().status, Some(403));
    api_keys::delete(io, key.id()).await.unwrap();
    assert_eq!(api_keys::get(io, key.id()).await.unwrap_err().status, Some(403));
    // The connector is still going, which the retry table knows.
    clusters::delete(io, &environment.id, &cluster.id).await.unwrap();
    let gone = until("no cluster", async || {
        clusters::get(io, &environment.id, &cluster.id).await.err()
    });
    assert_eq!(gone.await.status, Some(403));
    service_accounts::delete(io, &account).await.unwrap();
    assert_eq!(
        service_accounts::get(io, &account).await.unwrap_err().class,
        Class::NotFound
    );
    environments::delete(io, &environment.id).await.unwrap();
    assert_eq!(
        environments::get(io, &environment.id).await.unwrap_err().class,
        Class::NotFound
    );
}
