"""Print the files over 300 lines and the functions over 25: places to look, not a verdict."""

import ast
from collections.abc import Iterator
from pathlib import Path

FILE_LINES, FUNCTION_LINES = 300, 25
FOLDERS = ("personalize", "plugins", "examples", "bench", "tests")


def main() -> None:
    """Print both lists, longest first."""
    root = Path(__file__).resolve().parent.parent
    texts = {
        path.relative_to(root): path.read_text("utf-8")
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
    }
    files = [(len(text.splitlines()), str(path)) for path, text in texts.items()]
    functions = [found for path, text in texts.items() for found in functions_in(path, text)]
    report(f"Files over {FILE_LINES} lines", files, FILE_LINES)
    report(f"Functions over {FUNCTION_LINES} lines", functions, FUNCTION_LINES)


def functions_in(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """Yield the length in lines (docstring included) and the place of every function."""
    for node in ast.walk(ast.parse(text, str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1, f"{path}:{node.lineno} {node.name}"


def report(title: str, measured: list[tuple[int, str]], limit: int) -> None:
    """Print those over the limit, longest first."""
    over = sorted((row for row in measured if row[0] > limit), reverse=True)
    print(f"{title}: {len(over)} of {len(measured)}")
    for lines, place in over:
        print(f"  {lines:5}  {place}")


if __name__ == "__main__":
    main()
