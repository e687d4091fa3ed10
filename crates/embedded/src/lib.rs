//! Both clouds of eclusa as a server on loopback: real wire protocols, state that survives `kill -9`, waits as long as
//! settings say, faults on demand. So far AWS with CloudFormation stacks, IAM roles, IoT topic rules and things, Lambda
//! functions and their event sources, Secrets Manager, SQS and STS; and Confluent Cloud with its control plane, managed
//! connectors and Kafka REST. Knows neither SDK nor planner.
//!
//! # Life
//!
//! [`serve`] runs one environment's clouds from one state folder until it is idle, told to stop or the folder is gone.
//! It holds the folder's lock for life; a second server is refused. It takes the port of its earlier life if that is
//! free, and writes [`ServerFile`] once it listens. The folder:
//!
//! | file | written by | what |
//! | --- | --- | --- |
//! | `settings.json` | [`write_settings`] | [`Settings`], read at each call |
//! | `faults.json` | the user | the fault plan, read at each call (module `faults`) |
//! | `server.json` | the server | ports, build id and process id |
//! | `journal.jsonl`, `snapshot.json` | the server | the state (module `store`) |
//! | `blobs/` | the server | bytes too many for the state, a function's zip say, named by their SHA-256 |
//! | `server.log` | the server | one line a call |
//! | `lock` | the server | locked while it lives |
//!
//! # Ports
//!
//! | port | stands for | a request says whose it is by |
//! | --- | --- | --- |
//! | [`ServerFile::aws_port`] | all of AWS | its target, action or signature |
//! | [`ServerFile::confluent_port`] | `https://api.confluent.cloud` | its path |
//! | [`ServerFile::kafka_port`] | the Kafka REST host of every Confluent cluster | its path, `/kafka/v3/clusters/{id}` |
//!
//! What answers say of addresses is what the real clouds would say. On every port `/_eclusa/health`, `calls`,
//! `calls/reset` and `stop` are the server's own (module `server::admin`).
//!
//! # Adding an AWS service
//!
//! One file or folder beside `aws/sqs`, and one line in `aws::SERVICES`:
//!
//! 1. `pub(crate) const SERVICE: Service`: its name as in IAM actions and signatures, its protocol, its spelling of
//!    throttling and failure, and its table of operations. `Operation::reads` and `writes` say whether calls count as
//!    writes; `.at("GET /rules/{ruleName}")` adds the route of a REST operation.
//! 2. An operation is a function from the stored documents (`View`), the decoded `Request` and the `Context` (account,
//!    region, now, delays) to a `Reply` (output and `Batch`) or a `Refusal`. It keeps nothing elsewhere, and may be run
//!    again. Outputs are JSON in every protocol; the query protocol writes them as XML.
//! 3. Keys are `<account>/<region>/<service>/<thing>/<name>` (`Context::regional_prefix`), so that an environment moved
//!    to another region finds itself empty there, as it would on AWS. Those of a global service (IAM) leave the region
//!    out.
//! 4. A wait is a deadline in the document, looked at when it is read; its length is a row in `aws::delays`.
//! 5. A service that looks at another's resources uses functions that the other one offers; keys are nobody else's.
//!
//! Routing, signatures, faults, counting, logging and durability come with the table.
//!
//! # Adding to Confluent
//!
//! A file or folder beside `confluent/org` with a `const GROUP: Group`, its operations and how they spell errors and
//! headers, and one line in the service of its host in `confluent/mod.rs`. An operation is a function from a `Call`
//! (stored documents, request, context, caller with rights) to a `Reply` or a `Refusal`. What is not known of the real
//! cloud is a switch in `confluent::switches`, its unkinder value the default; waits are rows in `confluent::delays`.

mod aws;
mod calls;
mod clock;
mod confluent;
mod faults;
mod folder;
mod http;
mod identifier;
mod log;
mod path_template;
mod published;
mod server;
mod settings;
mod store;
#[cfg(test)]
mod testing;

pub use crate::confluent::switches;
pub use crate::confluent::switches::ConfluentSettings;
pub use crate::published::ServerFile;
pub use crate::published::read_server_file;
pub use crate::server::Ended;
pub use crate::server::Options;
pub use crate::server::ServeError;
pub use crate::server::serve;
pub use crate::settings::Delays;
pub use crate::settings::Settings;
pub use crate::settings::read_settings;
pub use crate::settings::write_settings;
pub use crate::store::StoreError;
