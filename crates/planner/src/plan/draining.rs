//! A queue whose declaration has another name by now is drained, not refused: what fills it moves to the new queue, the
//! old mapping stays until the old queue is empty, then both go.
//!
//! Only where something empties it: a mapping of ours that is switched on, and goes with it. Without one the queue is
//! what it holds, and falls under the rule for data.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Evaluation;
use super::Graph;
use super::Observations;
use super::graph::Because;
use super::live::Live;
use super::live::Owned;
use super::owned;
use super::request::Request;
use crate::resource::Address;

const QUEUE: &str = "aws_sqs_queue";
const MAPPING: &str = "aws_lambda_event_source_mapping";

/// Each mapping that stays until its queue is empty, with that queue. What a queue holds and may lose is not waited for.
pub(super) fn drains(
    evaluation: &Evaluation<'_>,
    live: &Observations,
    request: &Request,
) -> BTreeMap<Address, Address> {
    let of_kind = |kind: &'static str| live.owned.iter().filter(move |owned| owned.address.kind == kind);
    let mut drains = BTreeMap::new();
    let going = of_kind(QUEUE).filter(|queue| owned::successor(evaluation, queue).is_some());
    for queue in going.filter(|queue| !request.allows_data_loss(&queue.address)) {
        let emptying = of_kind(MAPPING).filter(|mapping| empties(mapping, queue));
        drains.extend(emptying.map(|mapping| (mapping.address.clone(), queue.address.clone())));
    }
    drains
}

fn empties(mapping: &Owned, queue: &Owned) -> bool {
    let (Live::Present(mapping), Live::Present(queue)) = (&mapping.live, &queue.live) else {
        return false;
    };
    let source = mapping.spec.get("event_source_arn").and_then(Json::as_str);
    let is_enabled = mapping.spec.get("enabled").and_then(Json::as_bool) == Some(true);
    is_enabled && source.is_some() && source == queue.outputs.get("arn").map(String::as_str)
}

/// A mapping drains its queue once nothing fills that any more: after every change that the queue waits for.
pub(super) fn order(graph: &mut Graph, drains: &BTreeMap<Address, Address>) {
    for (mapping, queue) in drains {
        let before: Vec<Address> = graph.needs.get(queue).into_iter().flatten().cloned().collect();
        for needed in before
            .iter()
            .filter(|needed| *needed != mapping && !drains.contains_key(needed))
        {
            if !graph.with_needs([needed]).contains(mapping) {
                graph.add(mapping, needed, Because::DependsOn);
            }
        }
        graph.add_unless_circular(queue, mapping);
    }
}
