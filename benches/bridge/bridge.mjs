// The same bridge in Node, as short as it can be: kafkajs, which compresses with gzip alone.
import fs from "node:fs";
import http from "node:http";
import kafkajs from "kafkajs";

const { CompressionTypes, Kafka, Partitioners, logLevel } = kafkajs;
const api = "/2018-06-01/runtime/invocation/";
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

const kafka = new Kafka({
  brokers: process.env.KAFKA_BOOTSTRAP.replaceAll("SASL_SSL://", "").split(","),
  ssl: { ca: [fs.readFileSync(process.env.KAFKA_CA_FILE)] },
  sasl: { mechanism: "plain", username: process.env.KAFKA_USER, password: process.env.KAFKA_PASSWORD },
  logLevel: logLevel.NOTHING,
});
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  idempotent: process.env.IDEMPOTENT !== "false",
  maxInFlightRequests: 1,
});
await producer.connect();

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path, agent }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(parts) }));
    });
    request.setNoDelay(true);
    request.on("error", reject);
    request.end(body);
  });
}

async function handle(event) {
  const topics = new Map();
  const kept = new Set(event.Records.map((message) => message.messageId));
  for (const { messageId, body } of event.Records) {
    try {
      const object = JSON.parse(body);
      const topic = "chain." + object.mqtt_topic.split("/")[1];
      if (!topics.has(topic)) topics.set(topic, { topic, messages: [], ids: [] });
      topics.get(topic).messages.push({ key: object.mqtt_topic, value: JSON.stringify({ ...object, _id: messageId }) });
      topics.get(topic).ids.push(messageId);
    } catch {
      // Stays in the queue.
    }
  }
  for (const { topic, messages, ids } of topics.values()) {
    try {
      await producer.send({ topic, messages, acks: -1, compression: CompressionTypes.GZIP });
      for (const id of ids) kept.delete(id);
    } catch {
      // Stays in the queue.
    }
  }
  return { batchItemFailures: [...kept].map((itemIdentifier) => ({ itemIdentifier })) };
}

for (;;) {
  const { headers, body } = await ask("GET", api + "next");
  const response = await handle(JSON.parse(body));
  await ask("POST", api + headers["lambda-runtime-aws-request-id"] + "/response", JSON.stringify(response));
}
