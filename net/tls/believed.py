"""What a file with certificates to believe means: one that signs others has them believed, too."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from net.tls.der import signed_in

_PEM = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def warning_of(file: Path) -> str | None:
    """Return what is to be said of a file that is to be believed, in a line; None: nothing.

    A certificate is often kept together with the authority that signed it: whoever believes that
    file for the sake of the one certificate believes all others of the authority.
    """
    try:
        certificates = {
            ssl.PEM_cert_to_DER_cert(each) for each in _PEM.findall(file.read_text("utf-8"))
        }
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(file)
        authorities = set(context.get_ca_certs(binary_form=True))
        signers = {signed_in(each).subject for each in authorities}
        issuers = {signed_in(each).issuer for each in certificates - authorities}
    except (OSError, ValueError):
        return None  # whoever uses it says so
    if signers.isdisjoint(issuers):
        return None
    return (
        f"{str(file)!a} has a certificate and the authority that signed it: whoever has any other "
        "certificate of that authority is believed as well. If the one alone is meant, keep it "
        "alone in the file"
    )
