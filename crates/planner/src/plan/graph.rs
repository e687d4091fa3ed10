//! What must go before what. Nodes are the plan's changes; edges come from references that are not known
//! before apply, from references under a kind's `MUST_EXIST`, and from `depends_on`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::resource::Address;

/// For each address, the addresses that it needs first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub needs: BTreeMap<Address, BTreeSet<Address>>,
}
