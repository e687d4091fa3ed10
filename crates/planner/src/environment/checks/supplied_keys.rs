//! Keys that the environment file supplies for the inside of clusters: each names a declared cluster.
//!
//! Where the stack of an instance could not be read, or expanding it had problems, a cluster may only be missing because
//! of that, and nothing is said of it.

use crate::environment::diagnostic::Diagnostic;
use crate::environment::settings;
use crate::environment::tree::Entry;
use crate::environment::tree::Node;
use crate::environment::wording::near_or_list;
use crate::resource::Address;

const CLUSTER: &str = "confluent_kafka_cluster";

/// What is known of the declared resources before each is checked.
pub(crate) struct Expansion<'e> {
    /// Addresses of all resources.
    pub(crate) addresses: &'e [Address],
    /// Instances of stacks that the environment file asks for.
    pub(crate) instances: &'e [&'e str],
    /// Nothing is missing for another reason.
    pub(crate) is_whole: bool,
}

pub(crate) fn check(root: &Node, expansion: &Expansion<'_>, problems: &mut Vec<Diagnostic>) {
    let clusters = expansion.addresses.iter().filter(|address| address.kind == CLUSTER);
    let clusters: Vec<String> = clusters.map(ToString::to_string).collect();
    let keys = root.get("confluent").into_iter().flat_map(settings::kafka_api_keys);
    for entry in keys.filter(|entry| !clusters.contains(&entry.key)) {
        if expansion.is_whole || !may_be_meant(&entry.key, expansion) {
            problems.push(no_cluster(entry, &clusters));
        }
    }
}

/// Whether it is the address of a cluster in an instance that is asked for.
fn may_be_meant(key: &str, expansion: &Expansion<'_>) -> bool {
    Address::parse(key)
        .is_some_and(|address| address.kind == CLUSTER && expansion.instances.contains(&address.instance.as_str()))
}

fn no_cluster(entry: &Entry, clusters: &[String]) -> Diagnostic {
    let key = &entry.key;
    let problem = Diagnostic::at(
        "unknown-cluster",
        format!("no cluster `{key}` is declared"),
        entry.key_span,
        "expected the address of a declared cluster",
    );
    // Written as in a stack file, without the instance.
    let whole = clusters
        .iter()
        .find(|cluster| cluster.split_once('/').is_some_and(|(_, rest)| rest == key));
    match whole {
        Some(whole) => problem.hint(format!("did you mean `{whole}`?")),
        None => {
            let words: Vec<&str> = clusters.iter().map(String::as_str).collect();
            problem.hint(near_or_list(key, "cluster", &words))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::environment::trial::problems;
    use crate::environment::trial::texts;

    const CLUSTERS: &str = "stack: s\nresources:\n  confluent_environment.e: { existing: e }\n  \
                            confluent_kafka_cluster.main:\n    for_each: { eu: 1 }\n    existing: lkc-1\n    \
                            environment: ${confluent_environment.e}\n";

    /// The problems of an environment that supplies a key for this cluster.
    fn supplied(cluster: &str, stack: &str) -> Vec<(String, String)> {
        let environment = format!(
            "environment: local\ncloud: embedded\naws: {{ region: us-east-1 }}\nconfluent:\n  kafka_api_keys:\n    \
             {cluster}: {{ id: {{ secret: \"env:A\" }}, secret: {{ secret: \"env:B\" }} }}\nstacks: {{ t: {{ stack: s }} }}\n"
        );
        problems(&texts(&[
            ("environments/local.yaml", &environment),
            ("stacks/s.yaml", stack),
        ]))
    }

    #[test]
    fn a_key_is_for_one_instance_of_a_cluster() {
        assert_eq!(supplied("t/confluent_kafka_cluster.main[eu]", CLUSTERS), []);
        for other in ["t/confluent_kafka_cluster.main", "t/confluent_kafka_cluster.main[us]"] {
            let expected = [("unknown-cluster".to_owned(), other.to_owned())];
            assert_eq!(supplied(other, CLUSTERS), expected);
        }
    }

    #[test]
    fn nothing_is_missing_for_sure_from_a_stack_with_problems() {
        let codes = |cluster: &str, stack: &str| {
            let found = supplied(cluster, stack).into_iter();
            found.map(|(code, _)| code).collect::<Vec<_>>()
        };
        let broken = CLUSTERS.replace("{ eu: 1 }", "[eu]");
        let there = "t/confluent_kafka_cluster.main[eu]";
        assert!(!codes(there, &broken).contains(&"unknown-cluster".to_owned()));
        assert!(!codes(there, &broken).is_empty());
        for elsewhere in ["u/confluent_kafka_cluster.main", "t/confluent_environment.e", "main"] {
            assert!(
                codes(elsewhere, &broken).contains(&"unknown-cluster".to_owned()),
                "{elsewhere}"
            );
        }
    }
}
