"""Python that the engine writes: the lines of its functions, and the values that these name.

Nothing a person wrote becomes code. Values go in under generated names, texts as comments on one line.
"""

import linecache
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from types import CodeType
from typing import Any, NamedTuple

INDENT = "    "
MOST_COMMENT = 160
CLOCK = {"today": 1, "now": 2}
"""The clock's readings among the bits of what is known."""
CELLS = 2
"""How many bits stand before those of the cells."""

_numbers = count(1)


class State(NamedTuple):
    """What is certain where a line stands.

    `known` has a bit for each cell and clock reading at hand, `read` is what was read (None: it depends),
    `clean` says that `absent` is None.
    """

    known: int = 0
    read: int | None = 0
    clean: bool = False


class Cell(NamedTuple):
    """How lines name one cell: its value, the absence where it has none, and whether it has none or one."""

    value: str
    absence: str
    absent: str
    there: str


class Program:
    """Functions written so far, and the values they name."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values: dict[str, Any] = dict(values)
        self.functions: list[str] = []

    @property
    def source(self) -> str:
        """Return the functions as a developer reads them."""
        return "\n\n".join(self.functions)

    def value(self, value: object) -> str:
        """Return a new name for a value."""
        name = f"k{len(self.values)}"
        self.values[name] = value
        return name


class Body:
    """The lines of one function.

    What is certainly at hand is not read again: a state tells, and each block begins with one. It tells which
    reads are certain too; where they depend on the run, `reads_into` has them noted in a local.

    Of the first `attributes` cells there is the value or None in `values`, and the absence in `absences`; the page's
    `facts` come after them.
    """

    def __init__(self, program: Program, attributes: int, masks: Sequence[str] = ()) -> None:
        self.program, self.attributes = program, attributes
        self.masks = list(masks)
        self.state = State()
        self._lines: list[str] = []
        self._margin = INDENT
        self._into = ""
        self._first: dict[str, str] = {}

    def line(self, text: str) -> None:
        """Add a line where we stand."""
        self._lines.append(self._margin + text)

    def lines(self, *texts: str) -> None:
        """Add lines where we stand; an empty one is none."""
        for text in filter(None, texts):
            self.line(text)

    def comment(self, *texts: str) -> None:
        """Add texts as a comment, whatever they hold."""
        said = " ".join(ascii(text)[1:-1] for text in texts if text)
        self.line(f"# {said if len(said) <= MOST_COMMENT else said[:MOST_COMMENT] + '...'}")

    @contextmanager
    def block(self, opening: str, state: State | None = None) -> Iterator[None]:
        """Write what follows inside this statement, where `state` holds if it is told."""
        before, margin = self.state, self._margin
        inside = self.state = state or before
        self.line(opening)
        self._margin += INDENT
        yield
        self._margin = margin
        unchanged = inside.read is not None and self.state.read == inside.read
        clean = before.clean and self.state.clean
        self.state = State(before.known, before.read if unchanged else None, clean)

    def chain(self, guard: str, steps: list[Callable[[], State]]) -> State:
        """Write steps of which each is made only while the guard holds; return what is certain if it still does.

        Each step returns what is certain where the guard holds after it. Side by side, not nested: however
        many there are, nothing grows but the number of lines.
        """
        certain = steps[0]()
        for step in steps[1:]:
            with self.block(guard, certain):
                certain = step()
        return certain

    @contextmanager
    def reads_into(self, mask: str) -> Iterator[None]:
        """Note what is read in here in this local, which is 0 when the function begins."""
        outer, certain = self._into, self.state.read
        self._into, self.state = mask, self.state._replace(read=0)
        yield
        if self.state.read != 0:
            self.begin(mask, "0")
            self.masks.append(mask)
        self._into, self.state = outer, self.state._replace(read=certain)

    def cell(self, index: int) -> Cell:
        """Return how a cell is named, which is read and noted."""
        name, bit, known, fact = f"c{index}", 1 << index + CELLS, self.state.known, index - self.attributes
        if not known & bit:
            self.note(1 << index)
            self.line(f"{name} = values[{index}]" if fact < 0 else f"{name} = facts[{fact}]")
            self.state = self.state._replace(known=known | bit)
        if fact < 0:
            return Cell(name, f"absences[{index}]", f"{name} is None", f"{name} is not None")
        return Cell(name, name, f"{name}.__class__ is Absence", f"{name}.__class__ is not Absence")

    def note(self, bit: int) -> None:
        """Note a read; where all that was read is certain, the sum is written down instead of added up."""
        read = self.state.read
        if read is None:
            self.line(f"{self._into} |= {bit:#x}")
            return
        self.state = self.state._replace(read=read | bit)
        if self._into:
            self.line(f"{self._into} = {read | bit:#x}")

    def note_from(self, local: str) -> None:
        """Note reads that only the run will tell."""
        self.line(f"{self._into} |= {local}")
        self.state = self.state._replace(read=None)

    def clock(self, name: str) -> str:
        """Return the local that holds `today` or `now`, asked of the moment once."""
        if not self.state.known & CLOCK[name]:
            if self._margin == INDENT:
                self.line(f"{name} = moment.{name}")
            else:
                self.begin(name)
                self.lines(f"if {name} is None:", f"    {name} = moment.{name}")
            self.state = self.state._replace(known=self.state.known | CLOCK[name])
        return name

    def forget_absence(self) -> None:
        """Make `absent` None."""
        if not self.state.clean:
            self.line("absent = None")
            self.state = self.state._replace(clean=True)

    def note_absence(self, cell: Cell, when: str) -> None:
        """Make this cell the first absence, where it is."""
        conditions = [when] if when else []
        if not self.state.clean:
            conditions.append("absent is None")
        if conditions:
            self.line(f"if {' and '.join(conditions)}:")
        self.line(f"{INDENT if conditions else ''}absent = {cell.absence}")
        self.state = self.state._replace(clean=False)

    def begin(self, local: str, value: str = "None") -> None:
        """Give a local this value when the function begins, unless it got one already."""
        self._first.setdefault(local, value)

    def finish(self, name: str, *arguments: str) -> None:
        """Give the function to the program."""
        first = [f"def {name}({', '.join(arguments)}):"]
        first += [f"{INDENT}{local} = {value}" for local, value in self._first.items() if local not in arguments]
        self.program.functions.append("\n".join([*first, *(line for line in self._lines if line), ""]))


def code_of(source: str, title: str) -> CodeType:
    """Return a function's source compiled, whose lines tracebacks show for as long as it lives."""
    file = f"<{ascii(title)[1:-1]} {next(_numbers)}>"
    code = compile(source, file, "exec", dont_inherit=True)
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    *_, last = (part for part in code.co_consts if isinstance(part, CodeType))
    weakref.finalize(last, linecache.cache.pop, file, None).atexit = False
    return code


def run(codes: Iterable[CodeType], values: Mapping[str, object]) -> dict[str, Any]:
    """Return the names that these define among these values.

    Where each function has a code of its own, other threads have their turn between them: Python lets none in while it
    compiles.
    """
    namespace = dict(values)
    for code in codes:
        exec(code, namespace)  # noqa: S102  # written by us alone: no text of a person is code in it
    return namespace
