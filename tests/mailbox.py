"""A mail server for the tests: it speaks as much SMTP (RFC 5321) as it takes to be sent a letter, and keeps them."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass(slots=True)
class Mailbox:
    """A running server and what was sent to it."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    refuses: bool = False
    """Whether it takes no letter for now."""

    def to(self, address: str) -> list[EmailMessage]:
        """Return the letters to somebody."""
        return [letter for letter in self.letters if letter["To"] == address]


@contextmanager
def receiving_mail() -> Iterator[Mailbox]:
    """Run a mail server on this machine."""
    box = Mailbox()

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 ready")
            while words := self.rfile.readline().decode().strip():
                match words.split()[0].upper():
                    case "MAIL" if box.refuses:
                        self.say("451 not now")
                    case "DATA":
                        self.say("354 go on")
                        self.keep()
                        self.say("250 kept")
                    case "QUIT":
                        self.say("221 bye")
                        return
                    case _:
                        self.say("250 yes")

        def say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

        def keep(self) -> None:
            content = b""
            while (line := self.rfile.readline()) != b".\r\n":
                content += line.removeprefix(b".") if line.startswith(b"..") else line
            box.letters.append(email.message_from_bytes(content, policy=email.policy.default))

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
    server.daemon_threads = True
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
