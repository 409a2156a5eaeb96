"""The key ring: 32-byte roots with one-byte ids, kept in one file of mode 0600."""

import hmac
import os
import secrets
import stat
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import Signer
from msgspec import Meta, Struct, structs

from personalize.durable import replace_file, sync_folder
from personalize.errors import KeyFileError

ROOT_LENGTH = 32
DIGEST_LENGTH = 16
MAX_FILE = 128 * 1024
IDS = range(1, 256)
SETTLING = 3_000_000  # µs that a new key waits before it signs: until then not every worker has read it
RESTORE = (
    "Put back the file from its backup, or make a new one with `personalize keys new` (links sent before stop working)"
)


class Secret:
    """A root of 32 bytes that never shows: not in a repr, a message or a pickle (T47)."""

    __slots__ = ("_root",)

    def __init__(self, root: bytes) -> None:
        if len(root) != ROOT_LENGTH:
            raise ValueError(f"expected {ROOT_LENGTH} bytes as {2 * ROOT_LENGTH} hexadecimal digits")
        self._root = root

    def reveal(self) -> bytes:
        """Return the root itself; keep it no longer than needed."""
        return self._root

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __reduce__(self) -> Any:
        raise TypeError("a secret is not pickled")


class RootKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One root of the ring. A retired one signs and verifies nothing any more."""

    id: Annotated[int, Meta(ge=1, le=255)]
    key: Secret
    created: Annotated[datetime, Meta(tz=True)]
    retired: Annotated[datetime, Meta(tz=True)] | None = None


class _Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The key file. The identifier root never rotates: the identifiers it hashed are not kept."""

    identifiers: Secret
    ring: tuple[RootKey, ...]


class KeyRing:
    """The keys of one site, oldest first: the newest that has settled signs, all verify until retired."""

    __slots__ = ("_by_id", "_document", "_erasures", "_identifiers", "_newest", "_signers")

    def __init__(self, document: _Document) -> None:
        self._document = document
        self._by_id = {key.id: key for key in document.ring}
        self._newest = next(key for key in reversed(document.ring) if key.retired is None)
        self._identifiers = hmac.new(derive(document.identifiers, b"identifiers"), digestmod=sha256)
        self._erasures = derive(document.identifiers, b"erasures")
        self._signers: dict[tuple[int, tuple[str, ...]], Signer] = {}

    def __repr__(self) -> str:
        return f"KeyRing(newest={self._newest.id}, ids={sorted(self._by_id)})"

    @classmethod
    def new(cls, now: int) -> "KeyRing":
        """Return a ring with a fresh identifier root and one key; `now` is µs since 1970 UTC."""
        return cls(_Document(identifiers=_fresh(), ring=(_fresh_key(1, now),)))

    @classmethod
    def load(cls, path: Path) -> "KeyRing":
        """Read a key file; raises KeyFileError with what is wrong and what to do."""
        return cls.from_bytes(_read(path), name=str(path))

    @classmethod
    def from_bytes(cls, raw: bytes, *, name: str = "key file") -> "KeyRing":
        """Return the ring that the text of a key file describes; `name` is used in errors."""
        try:
            document = msgspec.json.decode(raw, type=_Document, dec_hook=_decode_secret)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _refusal(name, f"not a complete key file ({error})") from None
        _check(document, name)
        return cls(document)

    def to_bytes(self) -> bytes:
        """Return the text of the key file: secret."""
        text = msgspec.json.encode(self._document, enc_hook=_encode_secret)
        return msgspec.json.format(text, indent=2) + b"\n"

    def save(self, path: Path, *, replace: bool = False) -> None:
        """Write the key file whole or not at all, mode 0600; an existing one only with `replace`.

        Raises KeyFileError: a key file written over by mistake takes every stored identifier with it.
        """
        if path.exists() and not replace:
            raise KeyFileError(f"{path}: there is a key file already. Renew it by `personalize keys rotate`.")
        try:
            replace_file(path, self.to_bytes())
            sync_folder(path.parent)
        except OSError as error:
            raise KeyFileError(
                f"{path}: cannot be written ({error.strerror}). Check the folder's rights and room."
            ) from error

    @property
    def keys(self) -> tuple[RootKey, ...]:
        """Return every key, oldest first, retired ones too."""
        return self._document.ring

    @property
    def newest(self) -> RootKey:
        """Return the key that signs, once it has settled."""
        return self._newest

    def signing(self, now: int) -> RootKey:
        """Return the key to sign with: the newest that every worker knows by now; none such: the newest of all."""
        settled = _moment(now - SETTLING)
        usable = (key for key in reversed(self.keys) if key.retired is None and key.created <= settled)
        return next(usable, self._newest)

    def key(self, key_id: int) -> RootKey | None:
        """Return the key of that id, retired or not."""
        return self._by_id.get(key_id)

    def rotate(self, now: int) -> "KeyRing":
        """Return a ring with one key more, which signs from now on.

        The 256th rotation takes over the id of the key that was retired first.
        """
        taken = self._document.ring
        if len(taken) == len(IDS):
            taken = _without_first_retired(taken)
        free = next(number for number in IDS if all(key.id != number for key in taken))
        return KeyRing(structs.replace(self._document, ring=(*taken, _fresh_key(free, now))))

    def retire(self, key_id: int, now: int) -> "KeyRing":
        """Return a ring in which that key verifies nothing any more; raises KeyFileError."""
        key = self.key(key_id)
        if key is None:
            raise KeyFileError(f"No key {key_id} in the ring: it has {sorted(self._by_id)}.")
        if key is self._newest and sum(each.retired is None for each in self.keys) == 1:
            raise KeyFileError(f"Key {key_id} is the only one in use: rotate first, then retire it.")
        retired = structs.replace(key, retired=key.retired or _moment(now))
        ring = tuple(retired if each is key else each for each in self.keys)
        return KeyRing(structs.replace(self._document, ring=ring))

    def signer(self, key_id: int, *names: str) -> Signer:
        """Return the signer of a key for one use; raises KeyError for an unknown id. Kept once made."""
        signer = self._signers.get((key_id, names))
        if signer is None:
            subkey = derive(self._by_id[key_id].key, "\0".join(names).encode())
            signer = Signer(subkey, key_derivation="none", digest_method=sha256)
            self._signers[key_id, names] = signer
        return signer

    def identifier_digest(self, kind: str, normalised: str) -> bytes:
        """Return the keyed hash (16 bytes) under which an identifier is stored (F11).

        The state after the key is kept and copied: a third of the cost, as nothing is looked up by name.
        """
        keyed = self._identifiers.copy()
        keyed.update(f"{kind}\0{normalised}".encode())
        return keyed.digest()[:DIGEST_LENGTH]

    def cookbook_key(self) -> bytes:
        """Return the key (32 bytes) of the cookbook's digests; as old ones must hold, it never rotates."""
        return derive(self._document.identifiers, b"cookbook digests")

    def context_key(self) -> bytes:
        """Return the key (32 bytes) of the names of contexts."""
        return derive(self._document.identifiers, b"contexts")

    def erasure_digest(self, subject: int) -> bytes:
        """Return the keyed hash (16 bytes) under which the erasure list knows a subject."""
        return hmac.digest(self._erasures, subject.to_bytes(8, "big"), "sha256")[:DIGEST_LENGTH]

    def erasure_key(self) -> bytes:
        """Return the key (32 bytes) of what the erasure list says of nobody in particular; it never rotates."""
        return derive(self._document.identifiers, b"erasure list")


def derive(root: Secret, info: bytes) -> bytes:
    """Return the 32-byte subkey of a root for one use (HKDF-SHA256, RFC 5869, no salt)."""
    return HKDF(algorithm=SHA256(), length=ROOT_LENGTH, salt=None, info=info).derive(root.reveal())


def _fresh() -> Secret:
    return Secret(secrets.token_bytes(ROOT_LENGTH))


def _fresh_key(key_id: int, now: int) -> RootKey:
    return RootKey(id=key_id, key=_fresh(), created=_moment(now))


def _moment(now: int) -> datetime:
    return datetime.fromtimestamp(now // 1_000_000, UTC)


def _without_first_retired(ring: tuple[RootKey, ...]) -> tuple[RootKey, ...]:
    retired = [key for key in ring if key.retired is not None]
    if not retired:
        raise KeyFileError("All 255 key ids are in use: retire old ones by `personalize keys retire ID`.")
    first = min(retired, key=lambda key: key.retired or key.created)
    return tuple(key for key in ring if key is not first)


def _decode_secret(wanted: type, value: Any) -> Secret:
    if not isinstance(value, str):
        raise ValueError("expected text")
    try:
        root = bytes.fromhex(value)
    except ValueError:
        root = b""
    return Secret(root)


def _encode_secret(value: Any) -> str:
    if not isinstance(value, Secret):
        raise TypeError(f"a key file holds no {type(value).__name__}")
    return value.reveal().hex()


def _refusal(name: str, cause: str) -> KeyFileError:
    return KeyFileError(f"{name}: {cause}. {RESTORE}.")


def _check(document: _Document, name: str) -> None:
    ids = [key.id for key in document.ring]
    roots = [document.identifiers.reveal(), *(key.key.reveal() for key in document.ring)]
    if len(set(ids)) < len(ids):
        raise _refusal(name, "two keys bear the same id")
    if len(set(roots)) < len(roots):
        raise _refusal(name, "the same key stands there twice")
    if all(key.retired is not None for key in document.ring):
        raise _refusal(name, "no key is left that is not retired")


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            _check_rights(path, os.fstat(file.fileno()))
            raw = file.read(MAX_FILE + 1)
    except FileNotFoundError:
        raise _refusal(str(path), "there is no key file") from None
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read ({error.strerror}). Make it this user's, mode 0600.") from error
    if len(raw) > MAX_FILE:
        raise _refusal(str(path), f"more than {MAX_FILE} bytes, so not a key file")
    return raw


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting, so that a named pipe in the file's place cannot hang the start."""
    return os.open(path, flags | os.O_NONBLOCK)


def _check_rights(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _refusal(str(path), "not a file")
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise KeyFileError(f"{path}: others may use it (mode {mode:04o}). Run `chmod 600 {path}`.")
