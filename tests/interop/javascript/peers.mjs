// Signs and verifies with libraries in JavaScript: a question in JSON on each line of the input, an answer on each line
// of the output. Only a library's own way of refusing counts as a refusal; any other error is told.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { ExpiredRequestException, signRequest, verifyRequest } from "@contentful/node-apps-toolkit";
import Mux from "@mux/mux-node";
import * as octokit from "@octokit/webhooks-methods";
import * as sanity from "@sanity/webhook";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const mux = new Mux({ tokenId: "unused", tokenSecret: "unused", webhookSecret: null });
const muxRefusals = [
  "No signatures found matching the expected signature for payload.",
  "Webhook timestamp is too old",
];

const seconds = (milliseconds) => String(Math.floor(milliseconds / 1000));

/** What `check` says, or false if it throws an error that is a refusal. */
async function refusing(isRefusal, check) {
  try {
    return await check();
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

const peers = {
  "standardwebhooks": {
    sign: ({ secret, body, id, milliseconds }) => [
      ["webhook-id", id],
      ["webhook-timestamp", seconds(milliseconds)],
      ["webhook-signature", new Webhook(secret).sign(id, new Date(milliseconds), body.toString())],
    ],
    accepts: ({ secret, body, headers }) =>
      refusing((error) => error instanceof WebhookVerificationError, () => {
        new Webhook(secret).verify(body, headers, { jsonParse: false });
        return true;
      }),
  },

  "@octokit/webhooks-methods": {
    sign: async ({ secret, body }) => [["X-Hub-Signature-256", await octokit.sign(secret, body.toString())]],
    accepts: ({ secret, body, headers }) => octokit.verify(secret, body.toString(), headers["x-hub-signature-256"]),
  },

  "@contentful/node-apps-toolkit": {
    // It adds the names of the signed headers itself.
    sign: ({ secret, body, method, path, headers, milliseconds }) => {
      const request = { method, path, headers: { "x-shop": headers["x-shop"] }, body: body.toString() };
      const signed = signRequest(secret, request, milliseconds);
      if (signed["x-contentful-signed-headers"] !== headers["x-contentful-signed-headers"]) {
        throw new Error("it signs other headers than those of the sample");
      }
      return ["x-contentful-timestamp", "x-contentful-signature"].map((name) => [name, signed[name]]);
    },
    accepts: ({ secret, body, method, path, headers }) =>
      refusing((error) => error instanceof ExpiredRequestException, () =>
        verifyRequest(secret, { method, path, headers, body: body.toString() })),
  },

  "@mux/mux-node": {
    sign: async ({ secret, body, milliseconds }) => {
      const t = seconds(milliseconds);
      return [["Mux-Signature", `t=${t},v1=${await mux.webhooks.computeSignature(`${t}.${body}`, secret)}`]];
    },
    accepts: ({ secret, body, headers }) =>
      refusing((error) => muxRefusals.includes(error.message), async () => {
        await mux.webhooks.verifySignature(body.toString(), headers, secret);
        return true;
      }),
  },

  "@sanity/webhook": {
    sign: async ({ secret, body, milliseconds }) => [
      [sanity.SIGNATURE_HEADER_NAME, await sanity.encodeSignatureHeader(body.toString(), milliseconds, secret)],
    ],
    accepts: ({ secret, body, headers }) =>
      sanity.isValidSignature(body.toString(), headers[sanity.SIGNATURE_HEADER_NAME], secret),
  },
};

async function answer({ peer, act, body, ...question }) {
  if (act === "version") {
    return JSON.parse(readFileSync(new URL(`node_modules/${peer}/package.json`, import.meta.url), "utf8")).version;
  }
  return await peers[peer][act]({ body: Buffer.from(body, "base64"), ...question });
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(JSON.parse(line)).then(
    (answer) => ({ answer }),
    (error) => ({ error: `${error?.name}: ${error?.message}` }),
  );
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
