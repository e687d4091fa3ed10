use super::*;

fn error(service: Service, name: &'static str, code: &str, message: &str) -> ProviderError {
    let operation = Operation {
        service,
        name,
        write: true,
    };
    ProviderError::own(operation, Class::Invalid, code, message)
}

#[test]
fn a_rule_is_retried_only_for_its_role() {
    let text = "AWS IoT (iot.amazonaws.com) is unable to assume role (sts:AssumeRole) on resource: x";
    assert!(row(&error(Service::Iot, "CreateTopicRule", "InvalidRequestException", text)).is_some());
    assert!(
        row(&error(
            Service::Iot,
            "CreateTopicRule",
            "InvalidRequestException",
            "bad tag"
        ))
        .is_none()
    );
    assert!(row(&error(Service::Iot, "CreateTopicRule", "SqlParseException", text)).is_none());
}

#[test]
fn a_deleted_queue_name_matches_in_both_spellings() {
    for code in ["AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"] {
        assert!(row(&error(Service::Sqs, "CreateQueue", code, "")).is_some(), "{code}");
    }
}

#[test]
fn a_secrets_name_is_waited_for_and_a_wrong_secret_is_not() {
    let refused = |text| error(Service::SecretsManager, "CreateSecret", "InvalidRequestException", text);
    let name = "You can't create this secret because a secret with this name is already scheduled for deletion.";
    assert!(row(&refused(name)).is_some());
    assert!(row(&refused("You can't use this key.")).is_none());
}

#[test]
fn a_function_is_retried_while_it_is_busy_and_not_where_its_name_is_taken() {
    let conflict = |text| error(Service::Lambda, "CreateFunction", "ResourceConflictException", text);
    assert!(row(&conflict("An update is in progress for resource: arn")).is_some());
    assert!(row(&conflict("The function is currently in the following state: Pending")).is_some());
    assert!(row(&conflict("Function already exist: bridge")).is_none());
}

#[test]
fn a_function_is_retried_for_its_role_and_not_for_its_settings() {
    let invalid = |text| {
        error(
            Service::Lambda,
            "CreateFunction",
            "InvalidParameterValueException",
            text,
        )
    };
    assert!(
        row(&invalid(
            "The role defined for the function cannot be assumed by Lambda."
        ))
        .is_some()
    );
    assert!(row(&invalid("Could not unzip uploaded file.")).is_none());
}

#[test]
fn a_lost_answer_is_never_repeated_blindly() {
    let mut lost = error(Service::Iam, "CreateRole", "ConnectionLost", "");
    lost.class = Class::AnswerLost;
    assert!(row(&lost).is_none());
}

#[test]
fn pauses_double_up_to_the_longest_and_obey_the_server() {
    let row = &TABLE[0];
    assert_eq!(row.pause(1, None, 1.0), millis(100));
    assert_eq!(row.pause(2, None, 1.0), millis(200));
    assert_eq!(row.pause(2, None, 0.0), millis(100));
    assert_eq!(row.pause(30, None, 1.0), seconds(8));
    assert!(row.pause(1, Some(3), 0.5) >= seconds(3));
}

fn kafka(class: Class, code: &str, message: &str) -> ProviderError {
    let operation = Operation::write(Service::Kafka, "CreateTopic");
    ProviderError::own(operation, class, code, message)
}

#[test]
fn a_topic_s_name_is_waited_for_while_it_is_being_deleted_and_not_while_it_is_there() {
    let deleting = row(&kafka(Class::Invalid, "40002", "Topic 'air' is marked for deletion.")).expect("a row");
    assert_eq!(deleting.limit, seconds(300));
    assert!(row(&kafka(Class::AlreadyExists, "40002", "Topic 'air' already exists.")).is_none());
    assert!(
        row(&kafka(
            Class::Invalid,
            "40002",
            "Invalid value x for configuration retention.ms"
        ))
        .is_none()
    );
}

#[test]
fn a_key_is_waited_for_only_where_it_was_just_made() {
    let refused = kafka(Class::Credentials, "HTTP 401", "Error 401 Unauthorized");
    assert!(row(&refused).is_none());
    let spreading = ProviderError {
        spreading: true,
        ..refused
    };
    assert_eq!(row(&spreading).expect("a row").limit, seconds(300));
}

#[test]
fn a_cluster_is_deleted_once_its_connectors_are_gone_and_never_where_it_is_protected_or_hidden() {
    let delete = |class, code, text| {
        let operation = Operation::write(Service::Confluent, "DeleteCluster");
        ProviderError::own(operation, class, code, text)
    };
    for text in [
        "Cannot delete Kafka cluster with associated connect clusters",
        "cluster lkc-1 cannot be deleted while it has connectors: sink",
    ] {
        assert!(
            row(&delete(Class::Denied, "forbidden_access", text)).is_some(),
            "{text}"
        );
    }
    assert!(row(&delete(Class::Denied, "forbidden_access", "Forbidden Access")).is_none());
    let text = "cluster lkc-1 is protected against deletion";
    assert!(row(&delete(Class::Invalid, "deletion_protection_enabled", text)).is_none());
}

#[test]
fn a_throttling_kafka_is_waited_for_longer_than_its_quota_of_partitions_lasts() {
    let limit = |service| {
        let mut error = error(service, "X", "HTTP 429", "");
        error.class = Class::Throttled;
        row(&error).expect("a row").limit
    };
    assert!(limit(Service::Kafka) > seconds(300));
    assert_eq!(limit(Service::Confluent), seconds(120));
}
