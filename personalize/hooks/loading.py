"""Find and run the code of a plugin; where that fails, say which file and line of it."""

import difflib
import importlib
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import walk_tb
from types import ModuleType

from personalize.errors import PluginError

NOT_THEIRS = (Path(__file__).parent.parent, Path(importlib.__file__).parent)
"""What runs between us and a plugin's own lines: these folders, and the frozen parts of the interpreter."""
FAILURES = (Exception, SystemExit)
"""What a plugin's code may raise at start: some that is also a command of its own ends the program."""


def load_module(name: str, module: object, folder: Path) -> ModuleType:
    """Return the module that `[plugins.NAME]` names: a file in `folder`, or what can be imported.

    Raises PluginError with the file and line to mend.
    """
    place = f"[plugins.{name}] module = {module!r}"
    if not isinstance(module, str) or not module.strip():
        raise PluginError(f'{place} is no name. Write the file, module = "{name}.py", or what can be imported.')
    path = folder / module
    if module.endswith(".py") and not path.is_file():
        raise PluginError(f"{place}: there is no file {path}. {_file_meant(path)}")
    try:
        return _from_file(name, path) if module.endswith(".py") else importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and f"{module}.".startswith(f"{error.name}.") and not module.endswith(".py"):
            raise PluginError(f"{place}: there is no module '{error.name}'. {_module_meant(module, folder)}") from error
        raise PluginError(f"{place}: {told(error)}. {remedy_of(error)}") from error
    except FAILURES as error:
        raise PluginError(f"{place}: {told(error)}. {remedy_of(error)}") from error


def _from_file(name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(f"personalize_site_{name.replace('-', '_')}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _file_meant(path: Path) -> str:
    near = difflib.get_close_matches(path.name, [each.name for each in path.parent.glob("*.py")], 1)
    return f"Did you mean `{near[0]}`?" if near else "Put it there, or correct the name."


def _module_meant(module: str, folder: Path) -> str:
    file = f"{module.replace('.', '/')}.py"
    if (folder / file).is_file():
        return f'Write module = "{file}": that file is there.'
    return "Install it, or correct the name; of a file write the ending .py too."


def remedy_of(error: BaseException) -> str:
    """Return what to do about an error of a plugin's code."""
    return "Install what it imports, or correct that line." if isinstance(error, ImportError) else "Mend that line."


def told(error: BaseException) -> str:
    """Return an error of a plugin's code in one line, with the file and line where it came up."""
    words = error.msg if isinstance(error, SyntaxError) else str(error)
    place = where(error)
    return f"{type(error).__name__}: {words}{f' ({place})' if place else ''}"


def where(error: BaseException) -> str:
    """Return the plugin's file and line where an error came up, empty where no line of it had begun.

    Of what the plugin calls in turn, only the files beside its own count as its own.
    """
    if isinstance(error, SyntaxError) and error.filename and not error.filename.startswith("<"):
        return f"{error.filename}, line {error.lineno}"
    theirs = list(_theirs(error))
    own = [(file, line) for file, line in theirs if file.parent == theirs[0][0].parent]
    return f"{own[-1][0]}, line {own[-1][1]}" if own else ""


def _theirs(error: BaseException) -> Iterator[tuple[Path, int]]:
    for frame, line in walk_tb(error.__traceback__):
        file = Path(frame.f_code.co_filename)
        if not str(file).startswith("<") and not any(map(file.is_relative_to, NOT_THEIRS)):
            yield file, line
