"""Reads what eclusa made on the embedded cloud with boto3, then edits one thing of each kind."""

import json
import sys

import boto3

ENDPOINT = sys.argv[1]
OWNER = "local@123456789012/us-east-1"


def client(service):
    return boto3.client(
        service,
        endpoint_url=ENDPOINT,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )


def is_ours(tags):
    assert tags["eclusa:owner"] == OWNER, tags
    assert tags["eclusa:digest"].startswith("1:"), tags


def pairs(tags):
    return {tag["Key"]: tag["Value"] for tag in tags}


sqs, iam, iot, sts = (client(service) for service in ("sqs", "iam", "iot", "sts"))
assert sts.get_caller_identity()["Account"] == "123456789012"

url = sqs.get_queue_url(QueueName="local-telemetry-ingest")["QueueUrl"]
attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
assert attributes["VisibilityTimeout"] == "180", attributes
assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == 5, attributes
is_ours(sqs.list_queue_tags(QueueUrl=url)["Tags"])
assert len(sqs.list_queues(QueueNamePrefix="local-telemetry-")["QueueUrls"]) == 3

roles = iam.list_roles(PathPrefix="/eclusa/local/")["Roles"]
assert len(roles) == 1, roles
role = iam.get_role(RoleName=roles[0]["RoleName"])["Role"]
is_ours(pairs(role["Tags"]))
assert role["AssumeRolePolicyDocument"]["Statement"], role
inline = iam.get_role_policy(RoleName=role["RoleName"], PolicyName="send")
assert url.rsplit("/", 1)[1] in json.dumps(inline["PolicyDocument"]), inline

rule = iot.get_topic_rule(ruleName="local_telemetry_to_queue")
assert rule["rule"]["actions"][0]["sqs"]["queueUrl"] == url, rule
assert rule["rule"]["awsIotSqlVersion"] == "2016-03-23", rule
is_ours(pairs(iot.list_tags_for_resource(resourceArn=rule["ruleArn"])["tags"]))

sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "7"})
iam.delete_role_policy(RoleName=role["RoleName"], PolicyName="send")
iot.disable_topic_rule(ruleName="local_telemetry_to_queue")
