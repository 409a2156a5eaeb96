"""The key ring and its file."""

import json
import os
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from personalize.errors import KeyFileError
from personalize.recognition.keys import IDS, SETTLING, KeyRing, Secret

NOW = 1_800_000_000_000_000
DAY = 86_400_000_000
CANARY = "5ec7e7" + "a5" * 29


def document(**changes: Any) -> dict[str, Any]:
    key = {"id": 1, "key": CANARY, "created": "2027-01-15T08:00:00Z", "retired": None}
    return {"identifiers": "0b" * 32, "ring": [key]} | changes


def ring_of(*keys: dict[str, Any]) -> dict[str, Any]:
    return document(ring=[document()["ring"][0] | changes for changes in keys])


def test_a_saved_ring_loads_as_it_was(tmp_path: Path) -> None:
    ring = KeyRing.new(NOW).rotate(NOW)
    ring.save(tmp_path / "personalize.keys")
    assert KeyRing.load(tmp_path / "personalize.keys").to_bytes() == ring.to_bytes()


def test_a_saved_ring_is_the_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        KeyRing.new(NOW).save(tmp_path / "keys")
    finally:
        os.umask(before)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600


def test_a_key_file_is_not_written_over_by_mistake(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    ring = KeyRing.new(NOW)
    ring.save(path)
    with pytest.raises(KeyFileError, match="there is a key file already"):
        KeyRing.new(NOW).save(path)
    ring.rotate(NOW).save(path, replace=True)
    assert len(KeyRing.load(path).keys) == 2


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys"
    KeyRing.new(NOW).save(path)
    old = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(KeyFileError, match="No space left"):
        KeyRing.new(NOW).save(path, replace=True)
    assert [path.read_bytes(), os.listdir(tmp_path)] == [old, ["keys"]]


FAULTS = {
    "empty": (b"", "not a complete key file"),
    "cut": (json.dumps(document()).encode()[:-9], "not a complete key file"),
    "not text": (b"\xff\xfe\x00", "not a complete key file"),
    "another document": (b"[]", "not a complete key file"),
    "unknown field": (json.dumps(document(extra=1)).encode(), "extra"),
    "no identifier root": (json.dumps({"ring": document()["ring"]}).encode(), "identifiers"),
    "short key": (json.dumps(ring_of({"key": CANARY[:-2]})).encode(), r"32 bytes.*ring\[0\].key"),
    "key in another alphabet": (json.dumps(ring_of({"key": "z" * 64})).encode(), "32 bytes"),
    "key of another type": (json.dumps(ring_of({"key": 7})).encode(), "expected text"),
    "id 0": (json.dumps(ring_of({"id": 0})).encode(), ">= 1"),
    "id 256": (json.dumps(ring_of({"id": 256})).encode(), "<= 255"),
    "no time zone": (json.dumps(ring_of({"created": "2027-01-15T08:00:00"})).encode(), "created"),
    "same id twice": (json.dumps(ring_of({}, {"key": "aa" * 32})).encode(), "same id"),
    "same key twice": (json.dumps(ring_of({}, {"id": 2})).encode(), "twice"),
    "identifier root as key": (json.dumps(ring_of({"key": "0b" * 32})).encode(), "twice"),
    "no key": (json.dumps(document(ring=[])).encode(), "no key is left"),
    "all retired": (json.dumps(ring_of({"retired": "2027-01-16T08:00:00Z"})).encode(), "no key is left"),
    "huge": (b" " * 200_000, "not a key file"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_key_file_is_refused_with_place_cause_and_advice(tmp_path: Path, fault: str) -> None:
    raw, cause = FAULTS[fault]
    path = tmp_path / "personalize.keys"
    path.write_bytes(raw)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=cause) as caught:
        KeyRing.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "personalize keys new" in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o644, 0o666, 0o601])
def test_a_key_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys"
    KeyRing.new(NOW).save(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=rf"mode {mode:04o}.*chmod 600"):
        KeyRing.load(path)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="there is no key file"):
        KeyRing.load(tmp_path / "keys")


def test_what_cannot_be_read_as_a_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "plain").touch(0o600)
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "plain" / "keys"):
        with pytest.raises(KeyFileError, match=r"cannot be read|not a file"):
            KeyRing.load(path)


def test_a_secret_shows_nowhere() -> None:
    ring = KeyRing.from_bytes(json.dumps(document()).encode())
    shown = [repr(ring), repr(ring.keys), str(ring.newest), f"{ring.newest.key}", repr(ring.newest.key)]
    assert not any(CANARY in text or repr(bytes.fromhex(CANARY))[2:-1] in text for text in shown)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(ring.newest.key)


@pytest.mark.parametrize("fault", [ring_of({}, {"id": 2}), ring_of({"key": CANARY + "00"}), ring_of({"id": 0})])
def test_an_error_shows_no_secret(fault: dict[str, Any]) -> None:
    with pytest.raises(KeyFileError) as caught:
        KeyRing.from_bytes(json.dumps(fault).encode())
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_the_newest_key_signs_and_the_older_stays() -> None:
    ring = KeyRing.new(NOW).rotate(NOW + 1).rotate(NOW + 2)
    assert [key.id for key in ring.keys] == [1, 2, 3]
    assert ring.newest.id == 3
    assert ring.retire(3, NOW).newest.id == 2


def test_a_new_key_signs_once_every_worker_has_had_time_to_read_it(ring: KeyRing) -> None:
    rotated = ring.rotate(NOW + DAY)
    assert rotated.signing(NOW + DAY).id == 1
    assert rotated.signing(NOW + DAY + SETTLING).id == 2
    assert rotated.retire(1, NOW + DAY).signing(NOW + DAY).id == 2


def test_retiring_is_refused_for_the_last_key_and_for_an_unknown_one() -> None:
    ring = KeyRing.new(NOW)
    with pytest.raises(KeyFileError, match="rotate first"):
        ring.retire(1, NOW)
    with pytest.raises(KeyFileError, match="No key 9"):
        ring.retire(9, NOW)


def test_retiring_twice_keeps_the_first_date() -> None:
    ring = KeyRing.new(NOW).rotate(NOW).retire(1, NOW)
    assert ring.retire(1, NOW + 10**9).key(1) == ring.key(1)


def test_a_full_ring_gives_the_first_retired_id_anew() -> None:
    ring = KeyRing.new(NOW)
    for _ in IDS[1:]:
        ring = ring.rotate(NOW)
    with pytest.raises(KeyFileError, match="255"):
        ring.rotate(NOW)
    old = ring.key(7)
    ring = ring.retire(9, NOW + 2_000_000).retire(7, NOW + 1_000_000).rotate(NOW)
    assert ring.newest.id == 7
    assert ring.newest.key is not (old and old.key)


def test_subkeys_are_hkdf_and_differ_by_use() -> None:
    ring = KeyRing.from_bytes(json.dumps(document()).encode())
    expected = HKDF(SHA256(), 32, None, b"token\0https://a.nl\0click").derive(bytes.fromhex(CANARY))
    signer = ring.signer(1, "token", "https://a.nl", "click")
    assert signer.secret_key == expected
    assert ring.signer(1, "token", "https://a.nl", "click") is signer
    assert ring.signer(1, "token", "https://a.nl", "cookie").secret_key != expected


def test_an_identifier_digest_depends_on_root_kind_and_value() -> None:
    ring, other = KeyRing.new(NOW), KeyRing.new(NOW)
    digest = ring.identifier_digest("email", "a@b.nl")
    assert len(digest) == 16
    assert digest == ring.rotate(NOW).identifier_digest("email", "a@b.nl")
    others = [ring.identifier_digest("emai", "la@b.nl"), ring.identifier_digest("email", "a@b.n")]
    assert digest not in [*others, other.identifier_digest("email", "a@b.nl")]


def test_a_secret_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Secret(b"short")
