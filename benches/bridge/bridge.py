"""The same bridge in Python, as short as it can be: confluent-kafka over librdkafka."""

import http.client
import json
import os

import confluent_kafka

API = "/2018-06-01/runtime/invocation/"

producer = confluent_kafka.Producer({
    "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP"].replace("SASL_SSL://", ""),
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "PLAIN",
    "sasl.username": os.environ["KAFKA_USER"],
    "sasl.password": os.environ["KAFKA_PASSWORD"],
    "ssl.ca.location": os.environ["KAFKA_CA_FILE"],
    "acks": "all",
    "enable.idempotence": os.environ.get("IDEMPOTENT", "true") == "true",
    "partitioner": "murmur2_random",
    "compression.type": "lz4",
    "linger.ms": 0,
    "delivery.timeout.ms": 20000,
})


def topic_of(mqtt_topic):
    return "chain." + mqtt_topic.split("/")[1]


def handle(event):
    stored = set()
    for message in event["Records"]:
        id = message["messageId"]
        try:
            body = json.loads(message["body"])
            value = json.dumps({**body, "_id": id}, separators=(",", ":"))

            def delivered(error, _, id=id):
                if error is None:
                    stored.add(id)

            producer.produce(topic_of(body["mqtt_topic"]), value, key=body["mqtt_topic"], on_delivery=delivered)
        except (ValueError, KeyError, IndexError, BufferError, confluent_kafka.KafkaException):
            pass
        producer.poll(0)
    producer.flush(25)
    kept = [message["messageId"] for message in event["Records"] if message["messageId"] not in stored]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in kept]}


runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    runtime.request("GET", API + "next")
    answer = runtime.getresponse()
    id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
    response = handle(json.loads(answer.read()))
    runtime.request("POST", API + id + "/response", json.dumps(response))
    runtime.getresponse().read()
