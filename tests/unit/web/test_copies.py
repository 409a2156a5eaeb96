"""Copies of everything that is kept of somebody: one at a time, and nobody stands in line twice."""

import threading
import time

import anyio
from anyio import create_task_group, run

from personalize.web.privacy.copies import Copies


def test_one_copy_is_made_at_a_time_and_each_person_gets_their_own() -> None:
    at_work, most, made = 0, 0, dict[int, int | None]()

    def copy(subject: int) -> int:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        time.sleep(0.02)
        at_work -= 1
        return subject

    async def main() -> None:
        copies = Copies()

        async def ask(subject: int) -> None:
            made[subject] = await copies.make(subject, lambda: copy(subject))

        async with create_task_group() as people:
            for subject in range(1, 6):
                people.start_soon(ask, subject)

    run(main)
    assert (most, made) == (1, {subject: subject for subject in range(1, 6)})


def test_who_waits_already_is_refused_and_who_waits_too_long_and_then_it_goes_on() -> None:
    free = threading.Event()

    async def main() -> list[str | None]:
        copies, first = Copies(patience=0.05), list[str | None]()

        async def ask() -> None:
            first.append(await copies.make(1, lambda: "first" if free.wait(30) else None))

        async with create_task_group() as people:
            people.start_soon(ask)
            await anyio.sleep(0.01)
            refused = [await copies.make(subject, lambda: "too soon") for subject in (1, 2)]
            free.set()
        return [*first, *refused, *[await copies.make(subject, lambda: "again") for subject in (1, 2)]]

    assert run(main) == ["first", None, None, "again", "again"]


def test_a_copy_that_fails_gives_the_turn_back() -> None:
    def fail() -> None:
        raise ValueError

    async def main() -> str | None:
        copies = Copies(patience=0.05)
        try:
            await copies.make(1, fail)
        except ValueError:
            return await copies.make(1, lambda: "made")

    assert run(main) == "made"
