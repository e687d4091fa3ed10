//! What nobody here has seen a real Confluent Cloud do, as settings: the first value of each is its default and the
//! unkinder one.
//!
//! | setting | values | what it decides |
//! | --- | --- | --- |
//! | `organization` | a UUID | the organization; things of another one are kept but not seen |
//! | `status_codes` | `recorded`, `specified` | where published tests and OpenAPI differ: POST api-key 201 or 202; DELETE role binding 204 or 200 with the object; POST and PUT connector without a body or with it; DELETE connector 204 or 200 `{"error":null}`; PATCH topic 204 or 200 with the topic |
//! | `empty_lists` | `null`, `list` | whether an empty page has `"data": null`, and whether a full last page is followed by an empty one |
//! | `dead_key` | `forbidden`, `unauthorized` | what the control plane says to a key that does not exist: 403 "invalid API key" or 401 |
//! | `fresh_key` | `unauthorized`, `forbidden` | what a key meets before it has spread: 401 or 403 |
//! | `global_keys` | `control`, `everywhere` | whether a Global key is let in on Kafka REST |
//! | `orphaned_keys` | `kept`, `deleted` | what becomes of a deleted cluster's API keys |
//! | `duplicate_environments`, `duplicate_clusters`, `duplicate_role_bindings` | `allowed`, `refused` | whether POST of a second one alike makes one, or answers 409 |
//! | `duplicate_connectors` | `bad_request`, `conflict` | POST of a name that is taken: 400 or 409 |
//! | `other_name_inside` | `second`, `refused` | PUT of a configuration whose `name` is another: makes or changes a connector of that name, or is answered 400 |
//! | `duplicate_acls` | `refused`, `accepted` | POST of an ACL that is there: 409, or 201 and nothing done |
//! | `role_binding_search` | `exact`, `prefix` | whether a list by `crn_pattern` finds only that scope, or those within it too |
//! | `availability` | `renamed`, `as_sent` | whether `SINGLE_ZONE` and `MULTI_ZONE` come back as `LOW` and `HIGH` |
//! | `masked_secrets` | `stored`, `kept`, `refused` | a secret sent as asterisks: stored so, taken as unchanged, or answered 400 |
//! | `connection_user` | `masked`, `plain` | whether `connection.user` of a connector is masked on reading |
//! | `tls_properties` | `unknown`, `known` | whether MongoDbAtlasSink has the Source's four `connection.ssl.*` properties; unknown properties are kept and shown, in plain |
//! | `kafka_throttle_headers` | `absent`, `present` | whether a 429 of Kafka REST has `Retry-After` and `X-RateLimit-*` |
//! | `most_message_bytes`, `most_message_bytes_dedicated` | 8388608 both, a number | the largest `max.message.bytes` of a topic, on shared and on Dedicated clusters (20971520 is said too) |
//! | `least_segment_ms` | 14400000, a number | the smallest `segment.ms` of a topic (600000 is said too) |
//! | `partitions` | none, a number | how many partitions a cluster can have |

use serde::Deserialize;
use serde::Serialize;

/// What `confluent` in `settings.json` holds; the table is the module's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfluentSettings {
    pub organization: String,
    pub status_codes: StatusCodes,
    pub empty_lists: EmptyLists,
    pub dead_key: DeadKey,
    pub fresh_key: FreshKey,
    pub global_keys: GlobalKeys,
    pub orphaned_keys: OrphanedKeys,
    pub duplicate_environments: Duplicates,
    pub duplicate_clusters: Duplicates,
    pub duplicate_role_bindings: Duplicates,
    pub duplicate_connectors: DuplicateConnectors,
    pub other_name_inside: OtherNameInside,
    pub duplicate_acls: DuplicateAcls,
    pub role_binding_search: RoleBindingSearch,
    pub availability: Availability,
    pub masked_secrets: MaskedSecrets,
    pub connection_user: ConnectionUser,
    pub tls_properties: TlsProperties,
    pub kafka_throttle_headers: ThrottleHeaders,
    pub most_message_bytes: i64,
    pub most_message_bytes_dedicated: i64,
    pub least_segment_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitions: Option<u32>,
}

impl Default for ConfluentSettings {
    fn default() -> Self {
        Self {
            organization: "0e6c1a2b-57aa-4c0e-9d3f-ec1054c10dd0".to_owned(),
            status_codes: StatusCodes::default(),
            empty_lists: EmptyLists::default(),
            dead_key: DeadKey::default(),
            fresh_key: FreshKey::default(),
            global_keys: GlobalKeys::default(),
            orphaned_keys: OrphanedKeys::default(),
            duplicate_environments: Duplicates::default(),
            duplicate_clusters: Duplicates::default(),
            duplicate_role_bindings: Duplicates::default(),
            duplicate_connectors: DuplicateConnectors::default(),
            other_name_inside: OtherNameInside::default(),
            duplicate_acls: DuplicateAcls::default(),
            role_binding_search: RoleBindingSearch::default(),
            availability: Availability::default(),
            masked_secrets: MaskedSecrets::default(),
            connection_user: ConnectionUser::default(),
            tls_properties: TlsProperties::default(),
            kafka_throttle_headers: ThrottleHeaders::default(),
            most_message_bytes: 8_388_608,
            most_message_bytes_dedicated: 8_388_608,
            least_segment_ms: 14_400_000,
            partitions: None,
        }
    }
}

impl ConfluentSettings {
    pub(crate) fn check(&self) -> Result<(), String> {
        let legal = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
        if self.organization.is_empty() || !self.organization.bytes().all(legal) {
            return Err(format!(
                "confluent.organization is \"{}\", expected a UUID",
                self.organization
            ));
        }
        Ok(())
    }
}

/// An enum of a switch; its first value is the default.
macro_rules! switch {
    ($name:ident: $first:ident $(, $other:ident)*) => {
        /// A switch of [`ConfluentSettings`]; the table of the module says what it decides.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            #[default]
            $first,
            $($other),*
        }
    };
}

switch!(StatusCodes: Recorded, Specified);
switch!(EmptyLists: Null, List);
switch!(DeadKey: Forbidden, Unauthorized);
switch!(FreshKey: Unauthorized, Forbidden);
switch!(GlobalKeys: Control, Everywhere);
switch!(OrphanedKeys: Kept, Deleted);
switch!(Duplicates: Allowed, Refused);
switch!(DuplicateConnectors: BadRequest, Conflict);
switch!(OtherNameInside: Second, Refused);
switch!(DuplicateAcls: Refused, Accepted);
switch!(RoleBindingSearch: Exact, Prefix);
switch!(Availability: Renamed, AsSent);
switch!(MaskedSecrets: Stored, Kept, Refused);
switch!(ConnectionUser: Masked, Plain);
switch!(TlsProperties: Unknown, Known);
switch!(ThrottleHeaders: Absent, Present);
