"""A model hub on this machine: what huggingface_hub asks of one, for a single repository."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

STALLED = b"stalled"  # a file with this content is never sent whole
GONE = b"gone"  # one with this is listed and not there


@dataclass
class Hub:
    """What a hub has and was asked for.

    Attributes:
        files: content by name.
        commit: the one revision that it has.
        address: where it answers.
        asked: "METHOD path" of each request, in order.
        is_stalled: set when a stalled file has begun.
    """

    files: Mapping[str, bytes]
    commit: str
    address: str = ""
    asked: list[str] = field(default_factory=list)
    is_stalled: threading.Event = field(default_factory=threading.Event)

    def asked_for(self, part: str) -> list[str]:
        """Returns the requests whose path has this part."""
        return [one for one in self.asked if part in one]


@contextmanager
def serve_hub(files: Mapping[str, bytes], commit: str) -> Iterator[Hub]:
    """Serves files until the block ends."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        hub = server.hub = Hub(files, commit, f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield hub
        finally:
            server.is_over.set()
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    hub: Hub

    def __init__(self, *how: Any) -> None:
        super().__init__(*how)
        self.is_over = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        self._answer(has_body=False)

    def do_GET(self) -> None:
        self._answer(has_body=True)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, has_body: bool) -> None:
        hub, path = self.server.hub, unquote(urlsplit(self.path).path)
        hub.asked.append(f"{self.command} {path}")
        name = path.partition(f"/resolve/{hub.commit}/")[2]
        if path.endswith(f"/revision/{hub.commit}"):
            self._send(json.dumps(_info(hub)).encode())
        elif path.endswith(f"/tree/{hub.commit}"):
            self._send(json.dumps(_tree(hub)).encode())
        elif hub.files.get(name, GONE) != GONE:
            self._send(hub.files[name], has_body)
        else:
            self._refuse("EntryNotFound" if "/resolve/" in path else "RevisionNotFound")

    def _send(self, body: bytes, has_body: bool = True) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{_digest(body)}"')
        self.send_header("X-Repo-Commit", self.server.hub.commit)
        self.end_headers()
        if body == STALLED and has_body:
            self.wfile.write(body[:1])
            self.wfile.flush()
            self.server.hub.is_stalled.set()
            self.server.is_over.wait()
        elif has_body:
            self.wfile.write(body)

    def _refuse(self, kind: str) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.send_header("X-Error-Code", kind)
        self.end_headers()


def _digest(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


def _info(hub: Hub) -> dict[str, object]:
    siblings = [{"rfilename": name, "size": len(body)} for name, body in hub.files.items()]
    return {"id": "any/name", "sha": hub.commit, "siblings": siblings}


def _tree(hub: Hub) -> list[dict[str, object]]:
    return [
        {"type": "file", "path": name, "size": len(body), "oid": _digest(body)}
        for name, body in hub.files.items()
    ]
