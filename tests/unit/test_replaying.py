"""The watch over every test's store complains when what was handed out is not what stands in the cookbook."""

import shutil
from pathlib import Path

import msgspec

from personalize import Personalizer
from personalize.recognition.keys import KeyRing
from personalize.recognition.recognise import Credentials
from tests.replaying import Watch

HELLO = Path(__file__).resolve().parents[2] / "examples" / "01-hello"


def test_a_decision_that_was_handed_out_otherwise_is_complained_of(tmp_path: Path) -> None:
    shutil.copy(HELLO / "personalize.toml", tmp_path)
    shutil.copytree(HELLO / "content", tmp_path / "content")
    personalizer = Personalizer.from_toml(tmp_path / "personalize.toml")
    KeyRing.new(personalizer.clock.now()).save(tmp_path / "personalize.keys")
    house = personalizer.open()
    house.store.profiles.create(house.digests("customer_number:7"), 1)
    prepared = house.pipeline.prepare(Credentials(login="customer_number:7"))
    decision = house.pipeline.decide(prepared, "hello", code=5)
    watch = Watch()
    watch.note(house.pipeline, decision)
    watch.check(house)
    assert watch.complaints == []
    replace = msgspec.structs.replace
    watch.note(house.pipeline, replace(decision, answer=replace(decision.answer, variant="by-name")))
    watch.check(house)
    watch.note(house.pipeline, replace(decision, shared=replace(decision.shared, page_id=b"elsewhere!!!")))
    watch.check(house)
    assert [complaint.split(" ")[0] for complaint in watch.complaints] == ["handed", "handed"]
    personalizer.close()
