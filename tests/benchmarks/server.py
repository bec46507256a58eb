"""A vendor of any size in a process of its own: a small sandbox's people, repeated with fresh ids as often as asked.

A record is rendered once, from what the vendor's `Sandbox` shows in the observed dialect, and cut at its id; a page
is put together from these pieces when it is asked for. So 200,000 people cost no memory, and hardly any time.

The path says which vendor and which scenario: `/namely/people=10000,latency=20/profiles?page=1`. What it is not a
list of people is the small sandbox's own answer. `/counted/<vendor>/<scenario>` tells what came.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs
import requests

from headcount.sandbox import Sandbox
from headcount_bamboohr.sandbox import BambooSandbox
from headcount_insightly.sandbox import InsightlySandbox
from headcount_namely.reading import FIELDS as NAMELY_FIELDS
from headcount_namely.reading import NEVER
from headcount_namely.sandbox import NamelySandbox

TEMPLATES = 200
CHUNK = 256
"""So many records of the one long answer are sent at once."""
PERSONNEL = NEVER | {*NAMELY_FIELDS["demographics"], "salary", "office"}
"""What a Namely token without the right to personnel files does not see."""

Row = dict[str, Any]
Piece = tuple[bytes, bytes]


@attrs.frozen
class Scenario:
    """How the vendor behaves. `latency` is in milliseconds, `limit` requests of the list in each `per` seconds."""

    people: int = 1000
    latency: float = 0
    limit: int = 0
    per: float = 0.5
    faults: int = 0
    """So many requests of the list fail, every third one, with 503."""
    run: int = 0

    def __str__(self) -> str:
        return ",".join(f"{name}={value:g}" for name, value in attrs.asdict(self).items())

    @classmethod
    def parse(cls, text: str) -> Scenario:
        given = {name: float(value) for name, _, value in (part.partition("=") for part in text.split(","))}
        whole = {name: int(given[name]) for name in ("people", "limit", "faults", "run")}
        return cls(latency=given["latency"], per=given["per"], **whole)


@attrs.define
class Counted:
    """What came in one scenario."""

    requests: int = 0
    listed: int = 0
    refused: int = 0
    failed: int = 0
    at_once: int = 0
    most_at_once: int = 0
    window_began: float = float("-inf")
    in_window: int = 0
    windows: int = 0

    def limited(self, scenario: Scenario) -> bool:
        """Whether this request is one too many in the vendor's window, which begins with its first request."""
        now = time.monotonic()
        if now >= self.window_began + scenario.per:
            self.window_began, self.in_window, self.windows = now, 0, self.windows + 1
        self.in_window += 1
        return bool(scenario.limit) and self.in_window > scenario.limit


@attrs.frozen
class Vendor:
    """One vendor's list of people: where it is, what its records are called, and how a page of it is wrapped."""

    sandbox: type[Sandbox]
    method: str
    path: str
    at: str | None
    id: str
    spelt: Callable[[int], str]
    throttled: int
    window: Callable[[Mapping[str, str]], tuple[int, int | None]]
    """From which record on a query asks, and how many; None: all."""
    all: str = ""
    """What to ask the sandbox, so that it shows everyone it has."""


def numbered(query: Mapping[str, str]) -> tuple[int, int]:
    size = min(int(query.get("per_page", 30)), 50)
    return (int(query.get("page", 1)) - 1) * size, size


def skipped(query: Mapping[str, str]) -> tuple[int, int]:
    return int(query.get("skip", 0)), min(int(query.get("top", 100)), 500)


VENDORS = {
    "namely": Vendor(
        NamelySandbox,
        "GET",
        "/profiles",
        "profiles",
        "id",
        lambda number: f'"{number:08x}-0000-4000-8000-{number:012x}"',
        406,
        numbered,
    ),
    "insightly": Vendor(
        InsightlySandbox, "GET", "/Users", None, "USER_ID", lambda number: f"{1000 + number}", 429, skipped
    ),
    "bamboohr": Vendor(
        BambooSandbox,
        "POST",
        "/reports/custom",
        "employees",
        "id",
        lambda number: f'"{1000 + number}"',
        429,
        lambda _: (0, None),
    ),
}


class Multiplied:
    """One vendor, multiplied: the sandbox behind it is asked once for each thing, and its answers are kept."""

    def __init__(self, name: str) -> None:
        self.vendor = VENDORS[name]
        self.box = self.vendor.sandbox(people=TEMPLATES)
        self.box.start()
        self._kept: dict[tuple[str, str, bytes], requests.Response] = {}
        self._pieces: dict[bytes, tuple[Row, list[Piece]]] = {}
        self._session = requests.Session()

    def asked(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> requests.Response:
        """The small sandbox's own answer."""
        key = (method, target, body)
        if key not in self._kept:
            kept = {name: headers[name] for name in ("authorization", "content-type", "accept") if name in headers}
            self._kept[key] = self._session.request(method, self.box.base_url + target, data=body, headers=kept)
        return self._kept[key]

    def pieces(self, query: str, headers: Mapping[str, str], body: bytes) -> tuple[Row, list[Piece]]:
        """The envelope of the list, and every record cut at its id."""
        if body not in self._pieces:
            vendor, rows = self.vendor, list[Row]()
            head: Row = {}
            targets = [f"{vendor.path}?{query}"]
            if vendor.at == "profiles":
                targets = [f"{vendor.path}?per_page=50&page={page}" for page in range(1, TEMPLATES // 50 + 1)]
            for target in targets:
                answer = self.asked(vendor.method, target, headers, body).json()
                rows += answer if vendor.at is None else answer.pop(vendor.at)
                head = {} if vendor.at is None else answer
            if "linked" in head:
                head["linked"] = {}
            self._pieces[body] = head, [cut(row, vendor.id) for row in rows]
        return self._pieces[body]

    def records(self, pieces: list[Piece], start: int, stop: int) -> bytes:
        """These records of the whole list, with commas between them."""
        spelt, number = self.vendor.spelt, len(pieces)
        return b",".join(spelt(n).encode().join(pieces[n % number]) for n in range(start, stop))


def cut(row: Row, id: str) -> Piece:
    shown = {key: value for key, value in row.items() if key not in PERSONNEL}
    before, _, after = json.dumps({**shown, id: "@id@"}, separators=(",", ":"), ensure_ascii=False).partition('"@id@"')
    return before.encode(), after.encode()


class Server:
    """HTTP/1.1 with kept-alive connections, as little of it as the clients need."""

    def __init__(self) -> None:
        self.counted: dict[str, Counted] = {}
        self.multiplied: dict[str, Multiplied] = {}

    async def serve(self) -> None:
        """Serve on a free port, printed on stdout, until the process is ended."""
        server = await asyncio.start_server(self.connected, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, target, _ = lines[0].split(" ")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                await self.answer(writer, method, target, headers, body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(
        self, writer: asyncio.StreamWriter, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        url = urlsplit(target)
        _, name, scenario_text, *rest = url.path.split("/", 3)
        if name == "counted":
            _, _, name, scenario_text = url.path.split("/")
            return send(writer, json.dumps(attrs.asdict(self.counted[f"{name}/{scenario_text}"])).encode())
        scenario = Scenario.parse(scenario_text)
        counted = self.counted.setdefault(f"{name}/{scenario_text}", Counted())
        counted.requests += 1
        counted.at_once += 1
        counted.most_at_once = max(counted.most_at_once, counted.at_once)
        try:
            if name not in self.multiplied:
                self.multiplied[name] = Multiplied(name)
            if scenario.latency:
                await asyncio.sleep(scenario.latency / 1000)
            path = f"/{rest[0]}" if rest else "/"
            await self.vendor(writer, self.multiplied[name], scenario, counted, method, path, url.query, headers, body)
        finally:
            counted.at_once -= 1
        return None

    async def vendor(
        self,
        writer: asyncio.StreamWriter,
        it: Multiplied,
        scenario: Scenario,
        counted: Counted,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> None:
        if (method, path) != (it.vendor.method, it.vendor.path):
            kept = it.asked(method, f"{path}?{query}", headers, body)
            content = kept.content
            if path == "/employees":  # BambooHR's count of everyone
                content = json.dumps({"data": [], "meta": {"total": scenario.people}}).encode()
            more = {n: v for n, v in kept.headers.items() if n.lower().startswith("x-")}
            return send(writer, content, kept.status_code, more)
        counted.listed += 1
        if counted.limited(scenario):
            counted.refused += 1
            return send(writer, b'{"message":"too many"}', it.vendor.throttled)
        if counted.failed < scenario.faults and counted.listed % 3 == 1:
            counted.failed += 1
            return send(writer, b"{}", 503)
        head, pieces = it.pieces(query, headers, body)
        start, size = it.vendor.window(dict(parse_qsl(query)))
        if size is None:
            await stream(writer, it, head, pieces, scenario.people)
            return None
        stop = max(start, min(start + size, scenario.people))
        records = b"[" + it.records(pieces, start, stop) + b"]"
        if it.vendor.at is None:
            return send(writer, records, more={"X-Total-Count": str(scenario.people)})
        meta = {"count": stop - start, "total_count": scenario.people, "status": 200}
        around = json.dumps({**head, "meta": meta}).encode()
        return send(writer, b'{"%s":%s,%s' % (it.vendor.at.encode(), records, around[1:]))


async def stream(writer: asyncio.StreamWriter, it: Multiplied, head: Row, pieces: list[Piece], people: int) -> None:
    """One answer of any length, in chunks."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")

    def chunk(part: bytes) -> None:
        writer.write(b"%x\r\n%s\r\n" % (len(part), part))

    chunk(json.dumps(head)[:-1].encode() + b', "employees":[')
    for start in range(0, people, CHUNK):
        chunk((b"," if start else b"") + it.records(pieces, start, min(start + CHUNK, people)))
        await writer.drain()
    chunk(b"]}")
    chunk(b"")


def send(writer: asyncio.StreamWriter, body: bytes, status: int = 200, more: Mapping[str, str] | None = None) -> None:
    lines = [f"HTTP/1.1 {status} Answer", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (more or {}).items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)


@attrs.frozen
class Line:
    """The server's process, as the benchmarks see it."""

    port: int

    def base_url(self, vendor: str, scenario: Scenario) -> str:
        """The base URL of a vendor that behaves so."""
        return f"http://127.0.0.1:{self.port}/{vendor}/{scenario}"

    def counted(self, vendor: str, scenario: Scenario) -> Counted:
        """What came in this scenario."""
        answer = requests.get(f"http://127.0.0.1:{self.port}/counted/{vendor}/{scenario}", timeout=10)
        return Counted(**answer.json())


@contextmanager
def running() -> Iterator[Line]:
    """The server, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Line(int(process.stdout.readline()))
        finally:
            process.terminate()


def settings(vendor: str, base_url: str) -> dict[str, str]:
    """What a company gives to connect to this vendor: the keys that the sandboxes take."""
    key = f"{vendor}-sandbox-key-1"
    given = {"namely": {"company": "acme", "token": key}, "bamboohr": {"company": "acme", "api_key": key}}
    return {**given.get(vendor, {"api_key": key}), "base_url": base_url}


if __name__ == "__main__":
    asyncio.run(Server().serve())
