"""What a peer is."""

import importlib.metadata

import keys
import samples
from delivery import Delivery, altered


class Peer:
    """A library that verifies webhooks, and in most cases signs them too."""

    name: str  # as printed
    package: str  # as the registry calls it
    preset: str  # how the program calls it
    secrets = keys.TEXT
    samples = samples.ALL
    signs = True
    # The age in seconds that both sides allow; None if the peer does not look at it.
    tolerance = None
    # How many answers there must be: theirs verified here, ours verified there.
    expected: tuple

    @property
    def version(self):
        return importlib.metadata.version(self.package)

    def sign(self, secret, sample, sending):
        """The delivery that the peer's own code makes of a sample."""
        raise NotImplementedError

    def accepts(self, secret, delivery):
        """What the peer's own code says of a delivery, by its clock. Only its own way of refusing is a refusal."""
        raise NotImplementedError

    def deliver(self, sample, headers):
        """The delivery of a sample with the headers that were made for it."""
        return Delivery((*sample.headers, *headers), sample.body, sample.url, sample.method)

    def altered(self, body):
        """A body that differs from this one in something that is signed."""
        return altered(body)
