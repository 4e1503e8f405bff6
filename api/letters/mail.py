"""The mail server letters go out by (SMTP, RFC 5321), as the settings say; without one there are no letters."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

from api.settings import Settings

TIMEOUT_SECONDS = 15

FAILING = (smtplib.SMTPException, OSError)
"""What `deliver` raises where a letter does not go out."""


def deliver(settings: Settings, letter: EmailMessage) -> None:
    """Hand a letter to the mail server. Raises what is in `FAILING`."""
    encrypted = settings.smtp_security == "tls"
    kind = smtplib.SMTP_SSL if encrypted else smtplib.SMTP
    with kind(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS) as server:
        if settings.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            password = settings.smtp_password
            server.login(settings.smtp_user, password.get_secret_value() if password else "")
        server.send_message(letter)
