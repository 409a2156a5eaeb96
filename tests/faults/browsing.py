"""Clients that keep every connection busy and note what they saw, also of an answer that was cut."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence

from tests.faults.site.app import Page, read_page

END = b"\r\n0\r\n\r\n"


class Browsing:
    """What some clients saw: pages, how many of them cut, and answers that were no page of ours."""

    def __init__(self, customers: int, seed: int) -> None:
        self.customers, self.random = customers, random.Random(seed)
        self.pages: list[Page] = []
        self.strange: list[bytes] = []
        self.came = asyncio.Event()

    @contextlib.asynccontextmanager
    async def saturating(self, ports: Sequence[int], connections: int) -> AsyncIterator[None]:
        """Keep so many connections busy, spread over the ports, for as long as the block."""
        clients = [asyncio.create_task(self._client(ports[n % len(ports)])) for n in range(connections)]
        try:
            yield
        finally:
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)

    async def _client(self, port: int) -> None:
        """Visit page after page on one connection, and on another one when that breaks."""
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    while await self._visit(reader, writer):
                        pass
                finally:
                    writer.close()
            await asyncio.sleep(0.02)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Ask for a page and note what came of it; say whether the connection holds."""
        number = self.random.randint(1, self.customers)
        writer.write(f"GET / HTTP/1.1\r\nhost: site.example\r\nx-customer: {number}\r\n\r\n".encode())
        answer = b""
        try:
            while not answer.endswith(END):
                piece = await reader.read(65536)
                if not piece:
                    return False
                answer += piece
            return True
        except OSError:
            return False
        finally:
            self._note(number, answer)

    def _note(self, number: int, answer: bytes) -> None:
        page = read_page(answer)
        if page is not None and page.customer == number and page.code:
            self.pages.append(page)
            self.came.set()
        elif page is not None or answer.endswith(END) or not b"HTTP/1.1 200".startswith(answer[:12]):
            self.strange.append(answer[:500])


async def reached(browsing: Browsing, pages: int, seconds: float) -> None:
    """Wait until the clients saw so many pages."""
    async with asyncio.timeout(seconds):
        while len(browsing.pages) < pages:
            browsing.came.clear()
            await browsing.came.wait()
