"""An SMTP server of this machine that keeps the emails it was sent, and that can be wrong, slow or down."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event, Thread


class SmtpPeer:
    """A server on a free port; it greets clients at once or when ``answers`` is set, and ``refuses`` recipients or not."""

    def __init__(self) -> None:
        """Serve until ``stop`` is called."""
        self.emails: list[EmailMessage] = []
        self.refuses = False
        self.answers = Event()
        self.answers.set()
        peer = self

        class Handler(socketserver.StreamRequestHandler):
            """As much of https://www.rfc-editor.org/rfc/rfc5321 as smtplib needs."""

            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def handle(self) -> None:
                peer.answers.wait(60)
                self.say("220 peer")
                for line in self.rfile:
                    match line[:4].strip().upper():
                        case b"RCPT" if peer.refuses:
                            self.say("550 5.7.1 We do not know the sender")
                        case b"DATA":
                            self.say("354 Go on")
                            lines = iter(self.rfile.readline, b".\r\n")
                            peer.emails.append(message_from_bytes(b"".join(lines), policy=policy.default))
                            self.say("250 OK")
                        case b"QUIT":
                            self.say("221 Bye")
                            return
                        case _:
                            self.say("250 OK")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def handle_error(self, request: object, address: object) -> None:
                """Say nothing of a client that no longer waits."""

        self.server = Server(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_address[1]

    def stop(self) -> None:
        """Refuse connections from now on."""
        self.answers.set()
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def smtp_peer() -> Iterator[SmtpPeer]:
    """Serve while the block runs."""
    peer = SmtpPeer()
    try:
        yield peer
    finally:
        peer.stop()
