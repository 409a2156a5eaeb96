"""A site with two slots, and a reader for one content file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from personalize.content.files import Content, read_content
from personalize.errors import ConfigError, ManyErrors
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.content import Field, Segment, Slot
from personalize.settings import Settings, Site


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    hero = Slot(
        name="hero",
        fields=(Field(name="headline"), Field(name="link", kind="url", required=False)),
        context={"topic": AttributeType.text, "depth": AttributeType.number},
    )
    first_name = Attribute(name="first_name", type=AttributeType.text, source="crm", purpose="offers")
    return Settings(
        file=tmp_path / "personalize.toml",
        root=tmp_path,
        site=Site(url="https://www.nieuwsblad.example", languages=("nl", "en"), links=("shop.example",)),
        attributes=(first_name,),
        segments=(Segment(name="z", when="known(first_name)"), Segment(name="a", when="known(first_name)")),
        slots={"hero": hero, "foot": Slot(name="foot", fields=(Field(name="text"),))},
    )


@pytest.fixture
def read(settings: Settings) -> Callable[[str], Content]:
    def write_and_read(text: str, name: str = "a.toml") -> Content:
        settings.content.mkdir(exist_ok=True)
        (settings.content / name).write_text(text, "utf-8")
        return read_content(settings)

    return write_and_read


@pytest.fixture
def errors(read: Callable[[str], Content]) -> Callable[[str], list[ConfigError]]:
    def write_and_fail(text: str) -> list[ConfigError]:
        return list(ManyErrors(read(text).errors).errors)

    return write_and_fail
