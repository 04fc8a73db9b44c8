"""Bytes of one file: opened, decompressed within limits, decoded to UTF-8, in chunks."""

from __future__ import annotations

import gzip
import sys
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from finesift.errors import InputError

#: Bytes per chunk: large enough that the work per chunk is nothing, small enough to stay in the cache.
CHUNK = 1 << 18

UTF8_BOM = b"\xef\xbb\xbf"


class Stream:
    """The bytes of a file, whatever it was packed in.

    name: as the user gave it. size: bytes on the disk, 0 for a pipe. done: how many of those are read.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self.decoded = ""  # what was done to the encoding, if anything
        if path == "-":
            self.size = 0
            self._disk: BinaryIO = sys.stdin.buffer
        else:
            try:
                self.size = Path(path).stat().st_size
                self._disk = Path(path).open("rb")  # noqa: SIM115 (closed by `close`)
            except FileNotFoundError:
                raise InputError(f"{path}: there is no such file.", hint=_nearby(path)) from None
            except OSError as error:
                raise InputError(f"{path}: cannot be opened: {error.strerror}.") from None
        self._data = self._disk
        self._head = self._disk.read(CHUNK)
        self._count = len(self._head)
        if self._head.startswith(b"\x1f\x8b"):
            self._disk.seek(0)
            self._data = cast(BinaryIO, gzip.GzipFile(fileobj=self._disk))
            self._head = self._more()
        if self._head.startswith(UTF8_BOM):
            self.decoded = "a byte-order mark at the start of the file was left out"
            self._head = self._head[len(UTF8_BOM) :]

    @property
    def head(self) -> bytes:
        """The first chunk, to look at; it will still be read."""
        return self._head

    @property
    def done(self) -> int:
        return self._disk.tell() if self._data is not self._disk else self._count

    def read(self) -> bytes:
        """The next chunk; empty at the end."""
        if self._head:
            head, self._head = self._head, b""
            return head
        return self._more()

    def close(self) -> None:
        if self.name != "-":
            self._disk.close()

    def _more(self) -> bytes:
        try:
            chunk = self._data.read(CHUNK)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(
                f"{self.name}: the compressed data is damaged or cut off: {error}.",
                hint="Fetch or compress the file again.",
            ) from None
        self._count += len(chunk)
        return chunk


def _nearby(path: str) -> str:
    import difflib

    folder = Path(path).parent
    if not folder.is_dir():
        return f"There is no folder {folder} either."
    names = [entry.name for entry in folder.iterdir()]
    close = difflib.get_close_matches(Path(path).name, names, n=3)
    return (
        f"Did you mean {' or '.join(str(folder / name) for name in close)}?" if close else "Check the path."
    )
