"""What goes wrong with TLS, in words for a person: what it means, and what to do about it.

OpenSSL's errors are told apart by their reasons and by the codes of its verification; its own words
are shown only where none here fit.
"""

from __future__ import annotations

import ssl

ALERT_TYPE, HANDSHAKE_TYPE = 21, 22
"""The first byte of a record of TLS; the second is the major version, 3."""
_ALERT = bytes((ALERT_TYPE, 3, 1, 0, 2, 2))
NOT_TLS = _ALERT + bytes((ssl.AlertDescription.ALERT_DESCRIPTION_PROTOCOL_VERSION,))
"""The alert for a client that sends something else: another program may know it for TLS."""
FULL = _ALERT + bytes((ssl.AlertDescription.ALERT_DESCRIPTION_ACCESS_DENIED,))
"""The alert for a client that is refused before a handshake."""

CLEAR_TEXT = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNKNOWN_PROTOCOL")
_NO_RECORD = (
    "RECORD_LAYER_FAILURE",
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
    "PACKET_LENGTH_TOO_LONG",
)
"""What came can be no record of TLS. Of most, OpenSSL 3.5 says no more than the first of them."""
_TOO_OLD = ("UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "WRONG_SSL_VERSION", "UNKNOWN_SSL_VERSION")

# fmt: off
_VERIFICATION = {
    # code of X509_verify_cert -> words
    9:  "it is not valid yet: is the clock of this machine right?",
    10: "it has expired",
    18: "it is signed by itself",
    19: "the authority that signed it is not known here",
    20: "the authority that signed it is not known here",
    21: "the authority that signed it is not known here",
    23: "it has been revoked",
    26: "it was not made for this use",
    62: "it is for another name",
    64: "it is for another address",
}
UNKNOWN_AUTHORITY = (18, 19, 20, 21)
"""Whoever signed it, a fingerprint could still say that it is the right one."""
OTHER_NAME = (62, 64)

_ALERTS_TO_CLIENT = {
    "CERTIFICATE_REQUIRED":     "the server asks for a certificate: give one by --tls-cert and --tls-key",
    "ALERT_UNKNOWN_CA":         "the server does not know the authority that signed the certificate of --tls-cert",
    "CERTIFICATE_EXPIRED":      "the certificate of --tls-cert has expired",
    "CERTIFICATE_REVOKED":      "the certificate of --tls-cert has been revoked",
    "BAD_CERTIFICATE":          "the server does not accept the certificate of --tls-cert",
    "CERTIFICATE_UNKNOWN":      "the server does not accept the certificate of --tls-cert",
    "UNSUPPORTED_CERTIFICATE":  "the certificate of --tls-cert was not made for clients",
    "ACCESS_DENIED":            "the server lets nobody else in just now: it has clients enough",
    "ALERT_PROTOCOL_VERSION":   "the server has no version of TLS in common with this client",
    "ALERT_HANDSHAKE_FAILURE":  "the server and this client have no way of encrypting in common, or it asks for a certificate (--tls-cert)",
}
_ALERTS_TO_SERVER = {
    "ALERT_UNKNOWN_CA":         "the client does not know who signed this server's certificate",
    "CERTIFICATE_EXPIRED":      "this server's certificate has expired, says the client",
    "CERTIFICATE_UNKNOWN":      "the client does not accept this server's certificate",
    "BAD_CERTIFICATE":          "the client does not accept this server's certificate: the name in it may be another",
    "ALERT_PROTOCOL_VERSION":   "no version of TLS in common: TLS 1.2 and 1.3 are spoken here",
}
# fmt: on


class TlsFailed(ConnectionError):
    """There is no connection over TLS. The text says why, and what to do, in one line."""


class NobodyVouches(TlsFailed):
    """Nobody who is believed has signed the server's certificate; no more is known of it."""


def reason_of(error: ssl.SSLError) -> str:
    """Return OpenSSL's name for what went wrong, in capitals; "" without one."""
    return getattr(error, "reason", None) or ""


def has_gone(error: OSError) -> bool:
    """Return whether the other side has closed the connection, and not said why."""
    return isinstance(error, ssl.SSLEOFError) or not isinstance(error, ssl.SSLError)


def verification_words(error: ssl.SSLCertVerificationError) -> str:
    """Return why a certificate does not hold."""
    code = getattr(error, "verify_code", 0)
    message = getattr(error, "verify_message", "") or reason_of(error)
    return _VERIFICATION.get(code, message[:1].lower() + message[1:])


def seen_by_server(error: OSError) -> str:
    """Return why a handshake failed, for the server's log."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the client's certificate is refused: {verification_words(error)}"
    if not isinstance(error, ssl.SSLError):
        return error.strerror or type(error).__name__
    reason = reason_of(error)
    if reason in CLEAR_TEXT:
        return "it does not speak TLS: its user leaves out --tls, or another program is calling"
    if reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
        return "the client has shown no certificate"
    if reason in _TOO_OLD:
        return "the client's TLS is too old: 1.2 and 1.3 are spoken here"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "the client has ended the handshake: it may not accept this server's certificate"
    return _alert(_ALERTS_TO_SERVER, reason) or f"no TLS is possible: {_plainly(reason)}"


def seen_after_handshake(error: ssl.SSLError) -> str:
    """Return why a connection over TLS ended that had begun well, for the server's log."""
    if isinstance(error, ssl.SSLZeroReturnError):
        return "closed by the client"
    if isinstance(error, ssl.SSLEOFError):
        return "reset by the client"
    reason = reason_of(error)
    if reason in CLEAR_TEXT or reason in _NO_RECORD:
        return "what came was not TLS any more"
    return _alert(_ALERTS_TO_SERVER, reason) or f"TLS broke off: {_plainly(reason)}"


def seen_by_client(error: OSError) -> str | None:
    """Return what the server's side of TLS has against this client; None if it is nothing of TLS.

    What is wrong with the server's certificate is not told here: that needs its name.
    """
    if not isinstance(error, ssl.SSLError):
        return None
    reason = reason_of(error)
    if reason in CLEAR_TEXT:
        return "the server does not speak TLS: leave out --tls, or check the port"
    if reason in _TOO_OLD:
        return "the server's TLS is too old: this client speaks 1.2 and 1.3"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "the server has ended the handshake"
    return _alert(_ALERTS_TO_CLIENT, reason) or f"no TLS is possible: {_plainly(reason)}"


def _alert(words: dict[str, str], reason: str) -> str | None:
    """Return the words for an alert: OpenSSL's names of it begin with the version that has it."""
    return next((text for name, text in words.items() if reason.endswith(name)), None)


def _plainly(reason: str) -> str:
    if reason in _NO_RECORD:
        return "what came cannot be read as TLS"
    return reason.lower().replace("_", " ") or "the connection broke off"
