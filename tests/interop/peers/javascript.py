"""Peers in JavaScript. One process answers for all of them, in lines of JSON; see javascript/peers.mjs."""

import base64
import dataclasses
import json
import subprocess

import keys
import samples
from peer import Peer


class Node:
    def __init__(self, script):
        self.process = subprocess.Popen(
            ["node", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"javascript/peers.mjs ended before it answered for {question['peer']}")
        answer = json.loads(line)
        if "error" in answer:
            raise SystemExit(f"javascript/peers.mjs, {question['peer']}: {answer['error']}")
        return answer["answer"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class JavaScriptPeer(Peer):
    def __init__(self, node):
        self.node = node

    @property
    def version(self):
        return self.node.ask(peer=self.package, act="version")

    def sign(self, secret, sample, sending):
        unsigned = self.deliver(sample, ())
        headers = self.ask("sign", secret, unsigned, id=sending.id, milliseconds=sending.in_milliseconds)
        return self.deliver(sample, map(tuple, headers))

    def accepts(self, secret, delivery):
        return self.ask("accepts", secret, delivery)

    def ask(self, act, secret, delivery, **more):
        return self.node.ask(
            peer=self.package, act=act, secret=secret, body=base64.b64encode(delivery.body).decode(),
            path=delivery.path, method=delivery.method, headers=delivery.by_name, **more)


class StandardWebhooksJs(JavaScriptPeer):
    name, package, preset = "standardwebhooks (JavaScript)", "standardwebhooks", "standard-webhooks"
    secrets = keys.BASE64
    tolerance = 300
    expected = (360, 240)


class Octokit(JavaScriptPeer):
    name, package, preset = "@octokit/webhooks-methods (JavaScript)", "@octokit/webhooks-methods", "github"
    samples = samples.but("empty")
    expected = (220, 165)


class Contentful(JavaScriptPeer):
    name, package, preset = "@contentful/node-apps-toolkit (JavaScript)", "@contentful/node-apps-toolkit", "contentful"
    secrets = keys.LENGTH_64
    tolerance = 30
    # Which headers are signed is said by a header, which is signed too; x-shop stands for those that a sender adds.
    samples = [
        dataclasses.replace(sample, headers=(
            ("x-contentful-signed-headers", "x-contentful-signed-headers,x-contentful-timestamp,x-shop"),
            ("x-shop", "Shop 1"),
            ("x-other", "not signed"),
        ))
        for sample in samples.ALL
    ]
    expected = (144, 96)


class Mux(JavaScriptPeer):
    name, package, preset = "@mux/mux-node (JavaScript)", "@mux/mux-node", "mux"
    tolerance = 300
    expected = (360, 240)


class Sanity(JavaScriptPeer):
    name, package, preset = "@sanity/webhook (JavaScript)", "@sanity/webhook", "sanity"
    samples = samples.but("empty")
    expected = (220, 165)
