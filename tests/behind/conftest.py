"""The certificates of the tests of TLS."""

from tests.tls.conftest import certificates, marked

__all__ = ["certificates", "marked"]
