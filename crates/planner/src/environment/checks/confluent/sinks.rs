//! A sink that reads a topic which nobody declares waits for it for ever, or reads somebody else's: every topic in its
//! list is declared in its cluster, at least as `existing:`.

use std::collections::BTreeSet;

use super::IN_CLUSTER;
use super::TOPIC;
use super::place;
use crate::environment::Declared;
use crate::environment::declared::Resource;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::diagnostic::nearest;
use crate::plan::Evaluation;
use crate::resource::sentinel;
use crate::schema::DecodeError;
use crate::schema::confluent::connector;

pub(super) fn check(
    resource: &Resource,
    declared: &Declared,
    evaluation: &Evaluation<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Result<(), DecodeError> {
    let wanted = evaluation.wanted(&resource.address)?.spec;
    let property = |name: &str| wanted.get("config")?.get(name)?.as_str();
    let (Some(class), Some(list)) = (property(connector::CLASS), property(connector::TOPICS)) else {
        return Ok(());
    };
    if !class.contains("Sink") {
        return Ok(());
    }
    let cluster = evaluation.whole(&resource.address, IN_CLUSTER);
    let topics = declared.resources.iter().filter(|each| each.schema.name() == TOPIC);
    let there: BTreeSet<String> = topics
        .filter(|topic| evaluation.whole(&topic.address, IN_CLUSTER) == cluster)
        .filter_map(|topic| evaluation.cloud_name(&topic.address))
        .collect();
    let read = connector::topics(list).filter(|name| !sentinel::awaits_output(name));
    for name in read.filter(|name| !there.contains(*name)) {
        problems.push(undeclared(resource, name, &there));
    }
    Ok(())
}

fn undeclared(resource: &Resource, name: &str, there: &BTreeSet<String>) -> Diagnostic {
    let attribute = ["config_overrides", "config"].into_iter().find(|attribute| {
        resource
            .attributes
            .get(attribute)
            .is_some_and(|it| it.get(connector::TOPICS).is_some())
    });
    let place = place(resource, &[attribute.unwrap_or("config"), connector::TOPICS]);
    let shown = sentinel::shown(name);
    let message = format!(
        "{} reads the topic {shown}, which is not declared in its cluster",
        resource.address
    );
    let problem = Diagnostic::at("undeclared-topic", message, place, "no such topic");
    match nearest(name, there.iter().map(String::as_str)) {
        Some(meant) => problem.hint(format!("did you mean {}?", sentinel::shown(meant))),
        None => problem.hint("write ${confluent_kafka_topic.NAME.name}; declare a topic of others with `existing:`"),
    }
}
