"""A time stamp (RFC 3161): another authority's word that a text was there at an hour of its own clock.

What is stamped is the text of a checkpoint, which its signatures are over as well: one token speaks for every event the
checkpoint covers. An answer is kept only if it verifies against root certificates that somebody chose.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampRequest

QUERY_TYPE = "application/timestamp-query"
ANSWER_TYPE = "application/timestamp-reply"
"""RFC 3161, section 3.4."""
LARGEST_ANSWER = 65_536
"""Bytes an answer may have: a token with its chain of certificates is a tenth of that."""


class BadTimeStamp(Exception):
    """An answer is not a time stamp of what was asked for; the message says why."""


class TimeStampQuery:
    """One question to an authority: SHA-256, a nonce of its own, and the certificate in the answer."""

    def __init__(self, text: str) -> None:
        # Only who asks for time stamps has them in memory.
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415 - see above

        self._data = text.encode()
        builder = TimestampRequestBuilder().data(self._data).hash_algorithm(HashAlgorithm.SHA256)
        self._request: TimeStampRequest = builder.nonce(nonce=True).cert_request(cert_request=True).build()

    @property
    def file(self) -> bytes:
        """The question as it is sent (``TimeStampReq``)."""
        return self._request.as_bytes()

    def hour_of(self, answer: bytes, roots: Sequence[Certificate]) -> datetime:
        """Return the hour an answer (``TimeStampResp``) says, once all of it is good. Raises `BadTimeStamp`."""
        from rfc3161_client import (  # noqa: PLC0415 - as above
            PKIStatus,
            VerificationError,
            VerifierBuilder,
            decode_timestamp_response,
        )

        try:
            found = decode_timestamp_response(answer)
            if found.as_bytes() != answer:
                raise BadTimeStamp("the answer is not written as it has to be (DER)")
            if found.status != PKIStatus.GRANTED:
                why = f": {' '.join(found.status_string)}" if found.status_string else ""
                raise BadTimeStamp(f"the authority refused it ({PKIStatus(found.status).name.lower()}){why}")
            verifier = VerifierBuilder.from_request(self._request)
            for root in roots:
                verifier = verifier.add_root_certificate(root)
            verifier.build().verify_message(found, self._data)
            return found.tst_info.gen_time
        except VerificationError as error:
            raise BadTimeStamp(f"the answer does not verify: {error}") from error
        except (ValueError, TypeError) as error:
            raise BadTimeStamp(f"the answer is no time stamp: {error}") from error


def read_roots(file: Path) -> list[Certificate]:
    """Return the certificates of a PEM file. Raises ``OSError``, and ``ValueError`` where there is none."""
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 - as above

    return load_pem_x509_certificates(file.read_bytes())
