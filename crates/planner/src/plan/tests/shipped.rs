//! The shipped environment, from its files to a plan.

use std::io;

use super::*;
use crate::environment::Asked;
use crate::environment::Files;
use crate::environment::declare;
use crate::resource::Unknown;

struct Shipped;

impl Files for Shipped {
    fn read(&self, path: &str) -> io::Result<String> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        std::fs::read_to_string(root.join(path))
    }

    fn list(&self, _folder: &str) -> Vec<String> {
        Vec::new()
    }
}

fn shipped() -> Declared {
    declare(&Shipped, "environments/local.yaml", &Asked::default()).unwrap()
}

/// Every resource as its own declaration wants it, of the owner's making.
fn as_declared(declared: &Declared, owner: &Owner) -> Observations {
    let mut evaluation = Evaluation::new(declared).unwrap();
    for resource in &declared.resources {
        let live = resource
            .schema
            .outputs()
            .iter()
            .map(|(output, _)| ((*output).to_owned(), "x-1".to_owned()));
        let known = evaluation.outputs(&resource.address).unwrap().clone();
        let all: Outputs = live.chain(known).collect();
        evaluation.learn(&resource.address, all);
    }
    let seen = |resource: &Resource| {
        let Live::Present(mut seen) = ours(resource, &evaluation.wanted(&resource.address).unwrap().spec, &[]) else {
            panic!("made present")
        };
        seen.mark.as_mut().unwrap().owner = owner.clone();
        seen.outputs = evaluation.outputs(&resource.address).unwrap().clone();
        Live::Present(seen)
    };
    declared
        .resources
        .iter()
        .map(|resource| (resource.address.clone(), seen(resource)))
        .collect()
}

fn turn(plan: &Plan, name: &str) -> usize {
    plan.changes
        .iter()
        .position(|change| change.address.name == name)
        .unwrap()
}

#[test]
fn the_shipped_stack_plans_without_cycles_in_an_order_its_clouds_take() {
    let declared = shipped();
    let owner = declared.place.owner().unwrap();
    let mut evaluation = Evaluation::new(&declared).unwrap();
    assert_eq!(Graph::of(&evaluation).cycle(), None);
    let absent = declared
        .resources
        .iter()
        .map(|resource| (resource.address.clone(), Live::Absent))
        .collect();
    let plan = plan(&mut evaluation, &owner, &absent, Intent::Converge).unwrap();
    assert_eq!(plan.counts().create, declared.resources.len());
    assert!(turn(&plan, "dead_letters") < turn(&plan, "ingest"));
    for needed in ["ingest", "rule_errors", "rule"] {
        assert!(turn(&plan, needed) < turn(&plan, "to_queue"), "{needed}");
    }
    let on_aws = |resource: &&Resource| resource.address.kind.starts_with("aws_");
    for resource in declared.resources.iter().filter(on_aws) {
        // What lies on AWS is known by its names; ids of Confluent's are not.
        let unknown = evaluation.wanted(&resource.address).unwrap().unknown;
        let awaits = |unknown: &Unknown| matches!(unknown, Unknown::Output(output) if output.address.kind.starts_with("confluent_"));
        assert!(unknown.iter().all(awaits), "{}: {unknown:?}", resource.address);
    }
}

#[test]
fn the_shipped_stack_as_declared_has_nothing_to_do_and_is_destroyed_inflow_first() {
    let declared = shipped();
    let owner = declared.place.owner().unwrap();
    let live = as_declared(&declared, &owner);
    let mut evaluation = Evaluation::new(&declared).unwrap();
    let again = plan(&mut evaluation, &owner, &live, Intent::Converge).unwrap();
    assert_eq!(actions(&again), Vec::<String>::new());
    let destroy = plan(&mut evaluation, &owner, &live, Intent::Destroy).unwrap();
    assert_eq!(destroy.counts().delete, declared.resources.len());
    assert_eq!(turn(&destroy, "to_queue"), 0);
    assert!(turn(&destroy, "ingest") < turn(&destroy, "dead_letters"));
}
