"""All peers."""

from .adyen import AdyenNotification, AdyenPayload
from .javascript import Contentful, Mux, Octokit, Sanity, StandardWebhooksJs
from .simple import Box, Hubspot, Paddle, Slack, Square, Stripe, WorkOs
from .standard import StandardWebhooks, Svix
from .twilio import Twilio


def all_peers(node):
    """Every peer; `node` answers for those in JavaScript."""
    python = [Svix, StandardWebhooks, Stripe, Slack, AdyenNotification, AdyenPayload, Box, Hubspot, Paddle, Square,
              Twilio, WorkOs]
    javascript = [StandardWebhooksJs, Octokit, Contentful, Mux, Sanity]
    return [peer() for peer in python] + [peer(node) for peer in javascript]
