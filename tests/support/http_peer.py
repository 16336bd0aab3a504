"""An HTTP server of this machine that keeps what it was sent, and that can be wrong, slow or down."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

type Answer = tuple[int, bytes]


@dataclass
class Request:
    """What the server was sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class HttpPeer:
    """A server on a free port; it answers by a function, at once or when ``answers`` is set."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        """Serve until ``stop`` is called."""
        self.requests: list[Request] = []
        self.answer = answer
        self.answers = Event()
        self.answers.set()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                request = Request(self.command, self.path, dict(self.headers), self.rfile.read(length))
                peer.requests.append(request)
                peer.answers.wait(60)
                status, body = peer.answer(request)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, address: object) -> None:
                """Say nothing of a client that no longer waits."""

        self.server = Server(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.host = f"127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        """Refuse connections from now on."""
        self.answers.set()
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def http_peer(answer: Callable[[Request], Answer]) -> Iterator[HttpPeer]:
    """Serve while the block runs."""
    peer = HttpPeer(answer)
    try:
        yield peer
    finally:
        peer.stop()
