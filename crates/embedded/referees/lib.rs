//! Nothing but its tests: the embedded Confluent before the specifications that Confluent publishes.
