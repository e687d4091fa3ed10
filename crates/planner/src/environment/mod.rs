//! From YAML to [`Declared`]: parse, merge layers, decode, interpolate, expand, check.
//!
//! ```text
//! load         files, layers            yaml, layers, source, tree
//! settings     the environment file     walk
//! stack        a stack file             inputs
//! expand       for_each, when, options  reference, interpolate, targets, nulls
//! local        digests of what attributes name in this project
//! checks       schema, identities, cycles, timeouts
//! ```
//!
//! Problems are collected through all stages. A value whose problem was reported goes on as poison, so that one
//! mistake is one error and hides no other.

mod checks;
pub mod declared;
pub mod diagnostic;
pub(crate) mod digest;
mod expand;
#[cfg(test)]
pub(crate) mod golden;
mod inputs;
mod interpolate;
pub mod layers;
mod load;
mod local;
mod nulls;
mod reference;
pub mod settings;
pub mod source;
mod stack;
mod targets;
pub mod tree;
#[cfg(test)]
pub(crate) mod trial;
pub mod walk;
mod wording;
pub mod yaml;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

pub use declared::Declared;
pub use diagnostic::Diagnostic;
pub use source::Files;
pub use source::Sources;

use crate::resource::Address;
use crate::resource::Place;
use crate::resource::place::partition_of;
use checks::supplied_keys::Expansion;
use declared::Cloud;
use declared::Resource;
use declared::Settings;
use expand::Budget;
use expand::Instance;
use interpolate::Scope;
use load::Layered;
use load::Loader;
use local::LocalDigests;
use stack::Stack;
use tree::Data;
use tree::Node;

/// The account of an embedded cloud that names none.
const EMBEDDED_ACCOUNT: &str = "123456789012";

/// What a file may leave for the clouds to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub account: Option<String>,
    pub organization: Option<String>,
    /// Where the environment lay for the owner whose things are meant; it wins over the file.
    pub elsewhere: Option<Elsewhere>,
}

/// An account and a region that neither the file nor the credentials say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    pub account: String,
    pub region: String,
}

/// Problems and the texts they are framed in.
#[derive(Clone, Debug, Default)]
pub struct Failed {
    pub problems: Vec<Diagnostic>,
    pub sources: Sources,
}

/// The settings of an environment that a client needs before it can ask who it is. Stacks are not read.
pub fn settings(files: &dyn Files, path: &str) -> Result<(Settings, Sources), Failed> {
    let mut loader = Loader::new(files);
    let settings = loader
        .environment(path)
        .map(|mut layered| environment(&mut layered, path, &mut loader.problems));
    match settings {
        Some(settings) if loader.problems.is_empty() => Ok((settings, loader.sources)),
        _ => Err(failed(loader.problems, loader.sources)),
    }
}

/// Loads an environment file (`environments/local.yaml`, relative to the root) with its layers and stacks,
/// expands and checks it. Every problem found is returned, not the first.
pub fn declare(files: &dyn Files, path: &str, asked: &Asked) -> Result<Declared, Failed> {
    let mut loader = Loader::new(files);
    let Some(mut layered) = loader.environment(path) else {
        return Err(failed(loader.problems, loader.sources));
    };
    let settings = environment(&mut layered, path, &mut loader.problems);
    let place = place_of(&settings, asked);
    let before = loader.problems.len();
    let wanted = settings::stacks(&layered.root, &mut loader.problems);
    let roots = read_stacks(&wanted, &mut loader);
    let Loader {
        sources, mut problems, ..
    } = loader;
    let budget = Budget::default();
    let base = Scope {
        sources: &sources,
        place: &place,
        budget: &budget,
        within: "a default",
        inputs: None,
        each: None,
        targets: None,
    };
    let stacks = decode_stacks(&roots, &base, &mut problems);
    let expanded = expand_all(&wanted, &stacks, &base, layered.complete, &mut problems);
    if budget.was_refused() {
        return Err(failed(problems, sources));
    }
    let is_whole = layered.complete && problems.len() == before && expanded.len() == wanted.len();
    supplied_keys(&layered.root, &wanted, &expanded, is_whole, &mut problems);
    let (resources, outputs) = check_each(
        expanded,
        LocalDigests::new(files, settings.libc),
        &sources,
        &mut problems,
    );
    let declared = Declared {
        settings,
        place,
        resources,
        outputs,
        sources,
    };
    checks::across::check(&declared, &mut problems);
    match problems.is_empty() {
        true => Ok(declared),
        false => Err(failed(problems, declared.sources)),
    }
}

/// Holds the keys that the environment file supplies against the clusters of its stacks.
fn supplied_keys(
    root: &Node,
    wanted: &[settings::Wanted<'_>],
    expanded: &[(String, Instance)],
    is_whole: bool,
    problems: &mut Vec<Diagnostic>,
) {
    let resources = expanded.iter().flat_map(|(_, instance)| &instance.resources);
    let addresses: Vec<Address> = resources.map(|each| each.address.clone()).collect();
    let instances: Vec<&str> = wanted.iter().map(|wanted| wanted.instance.key.as_str()).collect();
    let expansion = Expansion {
        addresses: &addresses,
        instances: &instances,
        is_whole,
    };
    checks::supplied_keys::check(root, &expansion, problems);
}

/// Binds the inputs of every instance and expands it. Where layers are incomplete, nothing is missing for sure.
fn expand_all(
    wanted: &[settings::Wanted<'_>],
    stacks: &HashMap<String, Stack>,
    base: &Scope<'_>,
    complete: bool,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(String, Instance)> {
    let mut expanded = Vec::new();
    for instance in wanted {
        let named = instance.stack.and_then(stack::text_of);
        let Some(stack) = named.and_then(|name| stacks.get(name)) else {
            continue;
        };
        let scope = Scope {
            within: "`with`",
            ..*base
        };
        let mut found = Vec::new();
        let span = instance.instance.key_span;
        let inputs = inputs::bind(&stack.declarations, instance.with, span, &scope, &mut found);
        problems.extend(
            found
                .into_iter()
                .filter(|problem| complete || problem.code != "missing-input"),
        );
        let name = &instance.instance.key;
        expanded.push((name.clone(), expand::expand(stack, name, &inputs, base, problems)));
    }
    expanded
}

/// Walks and decodes the merged environment file.
fn environment(layered: &mut Layered, path: &str, problems: &mut Vec<Diagnostic>) -> Settings {
    let (_, name) = load::folder_and_name(path);
    let root = &mut layered.root;
    if matches!(root.data, Data::Map(_)) {
        settings::read_secrets(root, problems);
        settings::no_references(root, problems);
        let mut found = checks::walked_settings(root);
        if !layered.complete {
            found.retain(|problem| problem.code != checks::MISSING_ATTRIBUTE);
        }
        problems.extend(found);
    } else {
        problems.push(settings::not_a_map(root));
    }
    settings::decode(root, path, name, problems)
}

fn place_of(settings: &Settings, asked: &Asked) -> Place {
    let embedded = (settings.cloud == Cloud::Embedded).then(|| EMBEDDED_ACCOUNT.to_owned());
    let organization = settings
        .confluent
        .as_ref()
        .and_then(|confluent| confluent.organization.clone());
    let account = settings.aws.account.clone().or(embedded);
    let (account, region) = match &asked.elsewhere {
        Some(elsewhere) => (Some(elsewhere.account.clone()), elsewhere.region.clone()),
        None => (account.or_else(|| asked.account.clone()), settings.aws.region.clone()),
    };
    Place {
        environment: settings.environment.clone(),
        account,
        partition: partition_of(&region).to_owned(),
        region,
        organization: organization.or_else(|| asked.organization.clone()),
    }
}

/// Reads every stack that is named, once each.
fn read_stacks(wanted: &[settings::Wanted<'_>], loader: &mut Loader<'_>) -> Vec<(String, Node)> {
    let mut seen = HashSet::new();
    let mut roots = Vec::new();
    for node in wanted.iter().filter_map(|instance| instance.stack) {
        let Some(name) = stack::text_of(node) else {
            continue;
        };
        if !stack::is_file_name(name) {
            loader.problems.push(stack::bad_name(name, node.span));
        } else if seen.insert(name.to_owned())
            && let Some(root) = loader.stack(name, node.span)
        {
            roots.push((name.to_owned(), root));
        }
    }
    roots
}

fn decode_stacks(
    roots: &[(String, Node)],
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> HashMap<String, Stack> {
    let mut stacks = HashMap::new();
    for (name, root) in roots {
        if stack::top(root, name, problems).is_none() {
            continue;
        }
        let stack = Stack {
            declarations: inputs::declarations(root.entry("inputs"), scope, problems),
            templates: stack::templates(root, problems),
            outputs: stack::outputs(root, problems),
        };
        stacks.insert(name.clone(), stack);
    }
    stacks
}

type Outputs = BTreeMap<String, Vec<(String, Node)>>;

/// Holds every resource against its schema; those that stand are returned.
fn check_each(
    expanded: Vec<(String, Instance)>,
    mut local: LocalDigests<'_>,
    sources: &Sources,
    problems: &mut Vec<Diagnostic>,
) -> (Vec<Resource>, Outputs) {
    let (mut resources, mut outputs) = (Vec::new(), BTreeMap::new());
    for (name, instance) in expanded {
        for mut each in instance.resources {
            if !checks::resource(&each, sources, problems)
                || !local.fill_in(&mut each, problems)
                || !checks::filled_in(&each, problems)
            {
                continue;
            }
            let Some(schema) = each.schema else {
                continue;
            };
            resources.push(Resource {
                digest: digest::of(&each.attributes, &each.options),
                address: each.address,
                schema,
                options: each.options,
                attributes: each.attributes,
                span: each.span,
            });
        }
        outputs.insert(name, instance.outputs);
    }
    (resources, outputs)
}

/// Problems that are kept of one run; a file of noise has more than anybody reads.
const PROBLEMS: usize = 500;

/// Each problem once: instances of one `for_each` repeat those of their template.
fn failed(problems: Vec<Diagnostic>, sources: Sources) -> Failed {
    let mut seen = HashSet::new();
    let mut problems: Vec<Diagnostic> = problems
        .into_iter()
        .filter(|problem| seen.insert(problem.clone()))
        .collect();
    if problems.len() > PROBLEMS {
        let more = problems.len() - PROBLEMS;
        problems.truncate(PROBLEMS);
        problems.push(Diagnostic::nowhere(
            "more-problems",
            format!("there are {more} more problems, shown when some of these are gone"),
        ));
    }
    Failed { problems, sources }
}
