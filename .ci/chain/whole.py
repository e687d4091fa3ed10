"""Declares the pipeline in MiniStack, publishes readings, and waits for their documents.

Readings go out one after another, each once the one before is stored, so that each time is one reading's own; then
all the rest at once. One reading names a topic that is not there: it alone must end among the dead letters.
"""

import argparse
import io
import json
import statistics
import sys
import time
import urllib.error
import urllib.request
import zipfile

import boto3
import pymongo

ALONE, TOGETHER = 20, 200
LIMIT = 120


def until(what, found):
    """Waits for something to be found, and gives it back."""
    deadline = time.monotonic() + LIMIT
    while not (value := found()):
        if time.monotonic() > deadline:
            sys.exit(f"no {what} within {LIMIT} s")
        time.sleep(0.002)
    return value


def answered(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read() or True
    except (OSError, urllib.error.URLError):
        return None


def is_running(connect):
    status = answered(f"http://127.0.0.1:{connect}/connectors/sink/status")
    return status and [task["state"] for task in json.loads(status)["tasks"]] == ["RUNNING"]


def package(bootstrap):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as content:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        with open(bootstrap, "rb") as binary:
            content.writestr(entry, binary.read())
    return archive.getvalue()


def declare(client, wanted):
    role = "arn:aws:iam::123456789012:role/chain"
    key = {"api_key": "bridge", "api_secret": "right", "bootstrap_servers": f"SASL_SSL://{wanted.kafka}"}
    client("secretsmanager").create_secret(Name="chain-bridge_key", SecretString=json.dumps(key))
    sqs = client("sqs")

    def queue(name, **attributes):
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    dead_letters, dead_letters_arn = queue("dead_letters")
    redrive = json.dumps({"deadLetterTargetArn": dead_letters_arn, "maxReceiveCount": 2})
    # Far below the shipped 180 s, so that the second delivery is worth waiting for.
    ingest, ingest_arn = queue("ingest", VisibilityTimeout="30", RedrivePolicy=redrive)
    client("lambda").create_function(
        FunctionName="bridge", Runtime="provided.al2023", Handler="bootstrap", Role=role, Timeout=30,
        Code={"ZipFile": package(wanted.bootstrap)},
        Environment={"Variables": {
            "KAFKA_SECRET_ID": "chain-bridge_key", "KAFKA_CA_FILE": wanted.authority,
            "TOPIC_TEMPLATE": "chain.{mqtt_topic:2}",
        }})
    client("lambda").create_event_source_mapping(
        EventSourceArn=ingest_arn, FunctionName="bridge", BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"])
    client("iot").create_topic_rule(ruleName="to_queue", topicRulePayload={
        "sql": "SELECT *, topic() AS mqtt_topic, timestamp() AS received_at FROM 'city/+/readings'",
        "awsIotSqlVersion": "2016-03-23",
        "actions": [{"sqs": {"queueUrl": ingest, "roleArn": role, "useBase64": False}}]})
    return sqs, dead_letters


def main():
    parser = argparse.ArgumentParser()
    for name in ("ministack", "mongo", "connect", "bootstrap", "kafka", "authority"):
        parser.add_argument(f"--{name}", required=True)
    wanted = parser.parse_args()
    endpoint = f"http://127.0.0.1:{wanted.ministack}"

    def client(service):
        return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1",
                            aws_access_key_id="123456789012", aws_secret_access_key="test")

    until("MiniStack", lambda: answered(f"{endpoint}/_ministack/health"))
    until("running sink", lambda: is_running(wanted.connect))
    sqs, dead_letters = declare(client, wanted)
    things = client("iot-data")
    readings = pymongo.MongoClient("127.0.0.1", int(wanted.mongo)).telemetry.readings

    def publish(number, sensor="air"):
        things.publish(topic=f"city/{sensor}/readings", qos=1, payload=json.dumps({"number": number, "value": 20.5}))

    publish(-1)
    until("first document", lambda: readings.find_one({"number": -1}))
    times = []
    for number in range(ALONE):
        began = time.monotonic()
        publish(number)
        until(f"document {number}", lambda: readings.find_one({"number": number}))
        times.append((time.monotonic() - began) * 1000)
    publish(-2, sensor="unknown")
    began = time.monotonic()
    for number in range(ALONE, ALONE + TOGETHER):
        publish(number)
    until("complete set", lambda: readings.count_documents({}) >= 1 + ALONE + TOGETHER)
    together = time.monotonic() - began

    def dead():
        return sqs.receive_message(QueueUrl=dead_letters, MaxNumberOfMessages=10).get("Messages")

    letters = [json.loads(message["Body"])["number"] for message in until("dead letter", dead)]
    numbers = sorted(document["number"] for document in readings.find())
    assert numbers == [-1, *range(ALONE + TOGETHER)], numbers
    assert letters == [-2], letters
    document = readings.find_one({"number": 0})
    assert document["mqtt_topic"] == "city/air/readings" and isinstance(document["_id"], str), document
    print(f"{len(numbers)} published once, stored once; the one without a topic is the one dead letter")
    print(f"publish to document, alone: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms; "
          f"{TOGETHER} at once: {together:.1f} s")


main()
