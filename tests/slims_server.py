"""A SLIMS on loopback: the endpoints of its REST interface that `aind-slims-api` calls, in memory.

Faults can be had: who is not let in, an answer that is lost after the write, two writes that wait for each other.
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USER, PASSWORD = "rig", "secret"
_EVENT_TYPES = {10: "Behavior Session"}


@dataclass
class SlimsServer:
    """What it holds, and how it behaves."""

    url: str = ""
    tables: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    attachments: dict[int, dict[str, Any]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    lose_answers: int = 0
    """How many of the next writes get no answer."""

    together: threading.Barrier | None = None
    """For those who add an event: each waits for the other before."""

    _lock: threading.RLock = field(default_factory=threading.RLock)
    _last: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """What lets a client in."""
        return {"SLIMS_USERNAME": USER, "SLIMS_PASSWORD": PASSWORD}

    @property
    def mirror(self) -> str:
        """Its URL as a ledger has it."""
        return f"slims+{self.url}"

    def add(self, table: str, **columns: Any) -> int:
        """Add a row; give its key."""
        with self._lock:
            self._last += 1
            key = {"Content": "cntn_pk", "ContentEvent": "cnvn_pk"}[table]
            self.tables.setdefault(table, {})[self._last] = {**columns, key: self._last}
            return self._last

    def add_mouse(self, name: str) -> int:
        """Add a mouse, which people do in SLIMS."""
        return self.add("Content", cntn_barCode=name, cntp_name="Mouse")

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events, in the order of their dates, each with its `attached`."""
        rows = sorted(self.tables.get("ContentEvent", {}).values(), key=lambda one: one["cnvn_cf_scheduledDate"])
        return [{**one, "attached": self._attached(one["cnvn_pk"])} for one in rows]

    def _attached(self, pk: int) -> list[dict[str, Any]]:
        return [one for one in self.attachments.values() if one["atln_recordPk"] == pk]

    def entity(self, table: str, pk: int, columns: dict[str, Any]) -> dict[str, Any]:
        """A row as the interface gives it."""
        found = [{"name": name, "value": value, "datatype": "STRING"} for name, value in columns.items()]
        return {"pk": pk, "tableName": table, "columns": found, "links": []}

    def rows(self, table: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        """Rows that fit a query."""
        found = [(pk, row) for pk, row in self.tables.get(table, {}).items() if _fits(row, query.get("criteria"))]
        for key in reversed(query.get("sortBy") or []):
            name = key.removeprefix("-")
            found.sort(key=lambda one: one[1].get(name) or 0, reverse=key != name)
        rows = slice(query.get("startRow"), query.get("endRow"))
        return [self.entity(table, pk, row) for pk, row in found[rows]]


def _fits(row: dict[str, Any], criteria: dict[str, Any] | None) -> bool:
    if criteria is None:
        return True
    if "criteria" in criteria:
        assert criteria["operator"] == "and"
        return all(_fits(row, one) for one in criteria["criteria"])
    assert criteria["operator"] == "equals"
    return row.get(criteria["fieldName"]) == criteria["value"]


def _handler(server: SlimsServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _entities(self, rows: list[dict[str, Any]]) -> None:
            self._answer(200, json.dumps({"entities": rows}).encode())

        def _call(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            server.requests.append(f"{self.command} {self.path}")
            secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if self.headers.get("Authorization") != f"Basic {secret}":
                self._answer(401, b"Status 401 \xe2\x80\x93 Unauthorized")
                return
            parts = self.path.removeprefix("/slimsrest/rest/").split("/")
            if self.command == "PUT" and server.together is not None:
                with contextlib.suppress(threading.BrokenBarrierError):
                    server.together.wait(timeout=10)
            match (self.command, *parts):
                case ("GET", table, "advanced"):
                    self._entities(server.rows(table, body))
                case ("PUT", table):
                    columns = {name: value for name, value in body.items() if name != "json_entity"}
                    kind = _EVENT_TYPES.get(columns.get("cnvn_fk_contentEventType", 0))
                    pk = server.add(table, **columns, cnvt_name=kind)
                    self._written(table, pk)
                case ("DELETE", table, key):
                    gone = server.tables[table].pop(int(key), None)
                    self._answer(200 if gone else 404, b"")
                case ("POST", "repo"):
                    with server._lock:
                        server._last += 1
                        server.attachments[server._last] = body
                        pk = server._last
                    if not self._lost():
                        self._answer(200, str(pk).encode())
                case ("GET", "attachment", table, key):
                    found = {pk: one for pk, one in server.attachments.items() if one["atln_recordPk"] == int(key)}
                    columns = [(pk, {"attm_pk": pk, "attm_name": one["attm_name"]}) for pk, one in found.items()]
                    self._entities([server.entity("Attachment", pk, one) for pk, one in columns])
                case ("GET", "repo", key):
                    self._answer(200, base64.b64decode(server.attachments[int(key)]["contents"]))
                case _:
                    self._answer(404, b"no such endpoint")

        def _written(self, table: str, pk: int) -> None:
            if not self._lost():
                self._entities([server.entity(table, pk, server.tables[table][pk])])

        def _lost(self) -> bool:
            """Hang up without an answer, if that is asked for."""
            if not server.lose_answers:
                return False
            server.lose_answers -= 1
            self.close_connection = True
            return True

        do_GET = do_PUT = do_POST = do_DELETE = _call

    return Handler


@contextlib.contextmanager
def slims_server(port: int = 0, server: SlimsServer | None = None) -> Iterator[SlimsServer]:
    """Serve it for as long as the body runs; what was in `server` before is still there."""
    server = server or SlimsServer()
    http = ThreadingHTTPServer(("127.0.0.1", port), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_port}/slimsrest"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
