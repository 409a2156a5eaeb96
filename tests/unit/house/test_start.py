"""What a worker loads before it answers: after a kill visitors wait for that."""

import subprocess
import sys
from pathlib import Path

from tests.faults.site.files import write_files
from tests.faults.workers import ROOT

SPARED = ("jinja2", "personalize.campaigns.newsletter", "personalize.explain.sentences", "personalize.web")
PROGRAM = """
import sys
from personalize.personalizer import Personalizer
from tests.faults.site.app import application, who
personalizer = Personalizer.from_toml(sys.argv[1], login=who)
application(personalizer).build_middleware_stack()
personalizer.open(index=True)
print(*sys.modules)
personalizer.close()
"""


def test_a_worker_starts_without_pages_explanations_and_newsletters(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(write_files(tmp_path))]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split()
    assert "personalize.pipeline" in loaded
    assert [name for name in SPARED if name in loaded] == []
