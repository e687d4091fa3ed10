//! The embedded cloud as a test sees it: what it was asked, what it holds, what it is to do wrong.
//!
//! Reading what it holds goes through the SDK's own clients, so that nothing is taken from eclusa's word.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_iot::types::Action;
use aws_sdk_iot::types::SqsAction;
use aws_sdk_iot::types::TopicRulePayload;
use aws_sdk_sqs::types::QueueAttributeName;
use eclusa::clients::aws::Aws;
use eclusa::clients::aws::Endpoint;
use serde_json::Value as Json;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::world::World;
use crate::world::until;

/// The SDK's clients on a world's cloud.
pub(crate) struct Cloud {
    runtime: Runtime,
    pub(crate) aws: Aws,
}

/// One call that the cloud saw.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// `service.Operation`
    pub(crate) operation: String,
    pub(crate) writes: bool,
    /// `None` while it runs, and where it was never answered.
    pub(crate) status: Option<u64>,
    fault: Option<String>,
}

impl Call {
    fn of(call: &Json) -> Self {
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        Self {
            operation: format!("{}.{}", text(&call["service"]), text(&call["operation"])),
            writes: call["mutating"] == true,
            status: call["status"].as_u64(),
            fault: call["fault"].as_str().map(str::to_owned),
        }
    }

    pub(crate) fn met_a_fault(&self) -> bool {
        self.fault.is_some()
    }

    /// Whether the cloud did what it was asked for.
    pub(crate) fn was_performed(&self) -> bool {
        self.status.is_some_and(|status| status < 300)
    }
}

/// An entry of a fault plan: the n-th call of `service.Operation` goes wrong.
pub(crate) fn nth(operation: &str, call: u32, fault: &str) -> Json {
    let (service, operation) = operation.rsplit_once('.').unwrap();
    json!({ "service": service, "operation": operation, "call": call, "fault": fault })
}

/// Every call of `service.Operation` goes wrong.
pub(crate) fn every(operation: &str, fault: &str) -> Json {
    let (service, operation) = operation.rsplit_once('.').unwrap();
    json!({ "service": service, "operation": operation, "every": 1, "fault": fault })
}

impl World {
    /// The folder of the embedded cloud.
    pub(crate) fn cloud_folder(&self) -> PathBuf {
        self.path(".eclusa/embedded").join(&self.environment)
    }

    /// What the server that was last started here says of itself.
    pub(crate) fn server(&self) -> Option<eclusa_embedded::ServerFile> {
        eclusa_embedded::read_server_file(&self.cloud_folder()).ok()?
    }

    /// Clients on the cloud, which a read-only command starts if need be.
    pub(crate) fn cloud(&self) -> Cloud {
        if self.ask_server("GET", "health").is_none() {
            self.run(&["plan", &self.environment]);
        }
        let url = self.server().and_then(|server| server.aws_endpoint()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let endpoint = Endpoint::Embedded(url);
        let aws = runtime.block_on(Aws::connect("us-east-1", &endpoint, Duration::from_secs(40)));
        Cloud { runtime, aws }
    }

    /// Asks the server itself; `None` where none answers.
    pub(crate) fn ask_server(&self, method: &str, path: &str) -> Option<Json> {
        let answer = exchange(self.server()?.aws_port()?, method, path).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    /// Every call since the last reset, oldest first.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let report = self.ask_server("GET", "calls").expect("no cloud answers");
        report["calls"].as_array().unwrap().iter().map(Call::of).collect()
    }

    /// `service.Operation` of every call since the last reset that changed something, or would have.
    pub(crate) fn writes(&self) -> Vec<String> {
        let calls = self.calls().into_iter().filter(|call| call.writes);
        calls.map(|call| call.operation).collect()
    }

    /// The same without the lease's own: what was done to resources.
    pub(crate) fn resource_writes(&self) -> Vec<String> {
        let mut writes = self.writes();
        writes.retain(|operation| !operation.ends_with("Thing"));
        writes
    }

    /// How often the cloud did this since the last reset.
    pub(crate) fn performed(&self, operation: &str) -> usize {
        let calls = self.calls();
        let done = calls
            .iter()
            .filter(|call| call.operation == operation && call.was_performed());
        done.count()
    }

    /// Forgets all calls, so that counts and fault plans begin anew.
    pub(crate) fn forget_calls(&self) {
        self.ask_server("POST", "calls/reset").expect("no cloud answers");
    }

    /// Waits until the cloud has seen the n-th call of an operation, whatever became of it.
    pub(crate) fn await_call(&self, operation: &str, n: usize) {
        let seen = || {
            let report = self.ask_server("GET", "calls")?;
            let calls = report["calls"].as_array()?;
            (calls
                .iter()
                .filter(|call| Call::of(call).operation == operation)
                .count()
                >= n)
                .then_some(())
        };
        until(&format!("call {n} of {operation}"), seen);
    }

    /// Lets the cloud act out a fault plan from its next call on.
    pub(crate) fn faults(&self, plan: &[Json]) {
        std::fs::create_dir_all(self.cloud_folder()).unwrap();
        // Replaced whole, so that no call reads half a plan.
        let draft = self.cloud_folder().join("faults.draft");
        std::fs::write(&draft, Json::from(plan).to_string()).unwrap();
        std::fs::rename(draft, self.cloud_folder().join("faults.json")).unwrap();
    }

    pub(crate) fn no_faults(&self) {
        self.faults(&[]);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.ask_server("POST", "stop");
    }
}

/// HTTP/1.0, so that the answer ends with the connection.
fn exchange(port: u16, method: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(stream, "{method} /_eclusa/{path} HTTP/1.0\r\nContent-Length: 0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

impl Cloud {
    /// Waits for an SDK call.
    pub(crate) fn run<T>(&self, call: impl Future<Output = T>) -> T {
        self.runtime.block_on(call)
    }

    /// Everything there is, by `kind name`, each with all that its reads show.
    pub(crate) fn inventory(&self) -> BTreeMap<String, Json> {
        self.run(async {
            let mut all = BTreeMap::new();
            self.queues(&mut all).await;
            self.roles(&mut all).await;
            self.rules(&mut all).await;
            self.functions(&mut all).await;
            self.secrets(&mut all).await;
            self.stacks(&mut all).await;
            all
        })
    }

    /// The names alone.
    pub(crate) fn names(&self) -> Vec<String> {
        self.inventory().into_keys().collect()
    }

    async fn queues(&self, all: &mut BTreeMap<String, Json>) {
        let sqs = &self.aws.sqs;
        for url in sqs.list_queues().send().await.unwrap().queue_urls() {
            let get = sqs.get_queue_attributes().queue_url(url);
            let attributes = get.attribute_names(QueueAttributeName::All).send().await.unwrap();
            let attributes: BTreeMap<String, String> = attributes
                .attributes()
                .into_iter()
                .flatten()
                // A time is not a state that anybody declared.
                .filter(|(name, _)| **name != QueueAttributeName::LastModifiedTimestamp)
                .map(|(name, text)| (name.to_string(), text.clone()))
                .collect();
            let tags = sqs.list_queue_tags().queue_url(url).send().await.unwrap();
            let tags: BTreeMap<_, _> = tags.tags().cloned().unwrap_or_default().into_iter().collect();
            let name = url.rsplit('/').next().unwrap();
            all.insert(
                format!("aws_sqs_queue {name}"),
                json!({ "attributes": attributes, "tags": tags }),
            );
        }
    }

    async fn roles(&self, all: &mut BTreeMap<String, Json>) {
        let iam = &self.aws.iam;
        for listed in iam.list_roles().send().await.unwrap().roles() {
            let name = listed.role_name();
            let got = iam.get_role().role_name(name).send().await.unwrap();
            let mut parts = vec![format!("{:?}", got.role().unwrap())];
            let inline = iam.list_role_policies().role_name(name).send().await.unwrap();
            for policy in inline.policy_names() {
                let get = iam.get_role_policy().role_name(name).policy_name(policy);
                let got = get.send().await.unwrap();
                parts.push(format!("{policy}: {}", got.policy_document()));
            }
            let attached = iam.list_attached_role_policies().role_name(name).send().await.unwrap();
            parts.push(format!("{:?}", attached.attached_policies()));
            all.insert(format!("aws_iam_role {name}"), parts.into());
        }
    }

    /// Functions without the signed address of their code, and mappings.
    async fn functions(&self, all: &mut BTreeMap<String, Json>) {
        let lambda = &self.aws.lambda;
        for listed in lambda.list_functions().send().await.unwrap().functions() {
            let name = listed.function_name().unwrap();
            let got = lambda.get_function().function_name(name).send().await.unwrap();
            let parts = [format!("{:?}", got.configuration()), format!("{:?}", got.concurrency())];
            let tags: BTreeMap<_, _> = got.tags().cloned().unwrap_or_default().into_iter().collect();
            all.insert(
                format!("aws_lambda_function {name}"),
                json!({ "parts": parts, "tags": tags }),
            );
        }
        let listed = lambda.list_event_source_mappings().send().await.unwrap();
        for mapping in listed.event_source_mappings() {
            let uuid = mapping.uuid().unwrap();
            all.insert(
                format!("aws_lambda_event_source_mapping {uuid}"),
                format!("{mapping:?}").into(),
            );
        }
    }

    /// Secrets, their values aside; one that is scheduled for deletion is not there.
    async fn secrets(&self, all: &mut BTreeMap<String, Json>) {
        let secrets = &self.aws.secretsmanager;
        for listed in secrets.list_secrets().send().await.unwrap().secret_list() {
            let name = listed.name().unwrap();
            let got = secrets.describe_secret().secret_id(name).send().await.unwrap();
            let parts = [format!("{:?}", got.description()), format!("{:?}", got.tags())];
            all.insert(format!("aws_secretsmanager_secret {name}"), parts.to_vec().into());
        }
    }

    async fn stacks(&self, all: &mut BTreeMap<String, Json>) {
        let cloudformation = &self.aws.cloudformation;
        for stack in cloudformation.describe_stacks().send().await.unwrap().stacks() {
            let name = stack.stack_name().unwrap();
            let parts = [
                format!("{:?}", stack.stack_status()),
                format!("{:?}", stack.parameters()),
                format!("{:?}", stack.tags()),
            ];
            all.insert(format!("aws_cloudformation_stack {name}"), parts.to_vec().into());
        }
    }

    async fn rules(&self, all: &mut BTreeMap<String, Json>) {
        let iot = &self.aws.iot;
        for listed in iot.list_topic_rules().send().await.unwrap().rules() {
            let name = listed.rule_name().unwrap();
            let got = iot.get_topic_rule().rule_name(name).send().await.unwrap();
            let tags = iot.list_tags_for_resource().resource_arn(listed.rule_arn().unwrap());
            let tags = tags.send().await.unwrap();
            let parts = [format!("{:?}", got.rule().unwrap()), format!("{:?}", tags.tags())];
            all.insert(format!("aws_iot_topic_rule {name}"), parts.to_vec().into());
        }
    }
}

/// What somebody else makes.
impl Cloud {
    pub(crate) fn make_queue(&self, name: &str, attributes: &[(QueueAttributeName, &str)], tags: &[(&str, &str)]) {
        let attributes = attributes.iter().map(|(name, text)| (name.clone(), (*text).to_owned()));
        let request = self.aws.sqs.create_queue().queue_name(name);
        let request = request.set_attributes(Some(attributes.collect()));
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let made = request.set_tags(Some(tags.collect())).send();
        self.run(made).unwrap();
    }

    /// A role that IoT may assume; its ARN.
    pub(crate) fn make_role(&self, name: &str, tags: &[(&str, &str)]) -> String {
        let tag = |(key, value): &(&str, &str)| aws_sdk_iam::types::Tag::builder().key(*key).value(*value).build();
        let tags: Result<_, _> = tags.iter().map(tag).collect();
        let request = self.aws.iam.create_role().role_name(name).set_tags(Some(tags.unwrap()));
        let made = request.assume_role_policy_document(TRUSTS_IOT).send();
        let made = self.run(made).unwrap();
        made.role().unwrap().arn().to_owned()
    }

    /// A rule that sends to a queue.
    pub(crate) fn make_rule(&self, name: &str, role: &str, tags: &[(&str, &str)]) {
        let encoded = |text: &str| percent_encode(text);
        let header = tags
            .iter()
            .map(|(key, value)| format!("{}={}", encoded(key), encoded(value)));
        let header = header.collect::<Vec<_>>().join("&");
        let payload = TopicRulePayload::builder()
            .sql("SELECT * FROM 'somebody/elses'")
            .actions(sends(role))
            .build()
            .unwrap();
        // Until the role can be assumed.
        until("a rule of somebody else", || {
            let request = self.aws.iot.create_topic_rule().rule_name(name);
            let request = request.topic_rule_payload(payload.clone());
            let request = if header.is_empty() {
                request
            } else {
                request.tags(&header)
            };
            self.run(request.send()).ok()
        });
    }
}

pub(crate) const TRUSTS_IOT: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"iot.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn sends(role: &str) -> Action {
    let queue = SqsAction::builder()
        .queue_url("https://sqs.us-east-1.amazonaws.com/123456789012/somewhere")
        .role_arn(role)
        .build();
    Action::builder().sqs(queue.unwrap()).build()
}

/// As IoT's tag header wants it.
fn percent_encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
