"""A telecom site in a folder of its own, and a way to run commands there."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from personalize.cli.main import main
from personalize.model.decisions import Decision
from personalize.personalizer import Personalizer
from personalize.recognition.recognise import Credentials

CHECKOUT = Path(__file__).resolve().parents[3]
COLUMNS = (
    "customer_id,email,phone,postcode,house_number,plate,churn,tenure,phone_service,internet_service,"
    "streaming_tv,contract,monthly_charges,total_charges,months_to_renewal"
)
PEOPLE = """
C1,ann@example.org,0610000001,1001CD,2,,No,12,1,DSL,No,One year,50,600,2
C2,ben@example.org,0610000002,1001CD,4,,No,12,1,No,No,One year,20,240,9
C3,cas@example.org,0610000003,1001CD,6,,Yes,12,1,DSL,No,Month-to-month,50,600,
"""


class Result(Struct, frozen=True):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Result]
Visit = Callable[..., Decision]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: str) -> Result:
        capsys.readouterr()
        code = main(words)
        return Result(code, *capsys.readouterr())

    return command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the telecom site's settings and content, as the current one."""
    for name in ("personalize.toml", "content"):
        source = CHECKOUT / "examples" / "03-telecom" / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def site(folder: Path, run: Run) -> Path:
    """The same with keys and three customers: C1 has internet and renews soon, C2 has none, C3 has left."""
    (folder / "crm.csv").write_text(COLUMNS + PEOPLE)
    assert run("keys", "new").code == 0
    assert run("import", "crm.csv", "--source", "crm").code == 0
    return folder


@pytest.fixture
def visit(site: Path) -> Visit:
    """Decide a slot as a request of a logged-in person does, recorded under a code's number."""

    def decide(identifier: str, slot: str, number: int) -> Decision:
        personalizer = Personalizer.from_toml(site / "personalize.toml")
        try:
            pipeline = personalizer.open().pipeline
            return pipeline.decide(pipeline.prepare(Credentials(login=identifier)), slot, code=number)
        finally:
            personalizer.close()

    return decide


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
