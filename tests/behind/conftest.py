"""The certificates of the tests of TLS."""

from tests.tls.conftest import certificates, context, marked

__all__ = ["certificates", "context", "marked"]
