"""Bytes of one file: opened, unpacked within limits, as UTF-8, in chunks."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from itertools import count
from typing import BinaryIO, cast

import zstandard

from finesift.errors import InputError
from finesift.read.options import Options

#: Bytes per chunk: it costs little beside its bytes, and stays in the cache while it is worked on.
CHUNK = 1 << 20

# Small files are let be: a few rows that repeat reach any ratio.
RATIO_FROM = 64 << 20
#: Unpacked bytes of one file: far more than memory holds, so only a bomb gets there.
MAX_UNPACKED = 1 << 40

_DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, zipfile.BadZipFile)
_UNPACK: tuple[tuple[bytes, Callable[[BinaryIO], object]], ...] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"\x28\xb5\x2f\xfd", lambda file: _Zstd(file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8", "a byte-order mark at the start of the file was left out"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "the file is UTF-16, read as UTF-8"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "the file is UTF-16, read as UTF-8"),
)


class Stream:
    """The bytes of a file, whatever it was packed in.

    name: as the user gave it. decoded: what was done to its encoding, if anything. recoded: the lines that
    were read as Windows-1252. cut: why the data ended early, if it did; what came before is read.
    """

    def __init__(self, file: BinaryIO, name: str, options: Options, *, packed: int = 0) -> None:
        """packed: what the file takes on the disk where `file` is unpacked already, as in an archive."""
        self.name = name
        self.decoded = ""
        self.cut = ""
        self._disk = file
        self._packed = packed
        self._ratio = options.unpack_ratio
        self._unpacked = 0
        self._done = 0
        self._data = _unpacked(file)
        self._is_packed = packed > 0 or self._data is not file
        self._recode: Callable[[bytes, bool], bytes] | None = None
        self.recoded: set[int] = set()
        if options.windows_1252:
            self._recode = _Windows1252(self.recoded)
        self._head = self._decode_head(self._more())

    @property
    def head(self) -> bytes:
        """The first chunk, to look at; it will still be read."""
        return self._head

    @property
    def done(self) -> int:
        """Bytes of the file on the disk that are read."""
        if self._packed:
            return self._packed
        return self._disk.tell() if self._data is not self._disk and self._disk.seekable() else self._done

    def read(self) -> bytes:
        """The next chunk; empty at the end."""
        if self._head:
            head, self._head = self._head, b""
            return head
        chunk = self._more()
        if self._recode is None:
            return chunk
        recoded = self._recode(chunk, not chunk)
        return recoded or (self.read() if chunk else b"")

    def _more(self) -> bytes:
        if self.cut:
            return b""
        try:
            chunk = self._data.read(CHUNK)
        except _DAMAGED as error:
            if not self._is_packed:
                raise InputError(f"{self.name}: cannot be read: {error}.") from None
            self.cut = str(error) or type(error).__name__
            return b""
        self._done += len(chunk)
        if self._is_packed:
            self._check_limits(len(chunk))
        return chunk

    def _check_limits(self, count: int) -> None:
        self._unpacked += count
        packed = self.done or self._unpacked
        if self._unpacked > MAX_UNPACKED or (
            self._unpacked > RATIO_FROM and self._unpacked > self._ratio * packed
        ):
            raise InputError(
                f"{self.name}: unpacks to more than {self._unpacked >> 20:,} MB from {packed >> 10:,} KB; "
                f"the limit is {self._ratio:g} times its size, and {MAX_UNPACKED >> 40} TB.",
                hint="That is what a decompression bomb looks like. Unpack it yourself if you trust it.",
            )

    def _decode_head(self, head: bytes) -> bytes:
        """Without a byte-order mark, as UTF-8; what comes after the head is decoded the same way."""
        encoding = ""
        for mark, name, note in _BOMS:
            if head.startswith(mark):
                head, encoding, self.decoded = head[len(mark) :], name, note
        sample = head[:4096]
        if not encoding and sample.count(0) > len(sample) // 4:
            for encoding_of_text, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
                if zeros.count(0) > 0.6 * len(zeros):
                    encoding, self.decoded = encoding_of_text, "the file is UTF-16, read as UTF-8"
        if encoding.startswith("utf-16"):
            self._recode = self._from_utf_16(encoding)
        return head if self._recode is None else self._recode(head, len(head) < CHUNK)

    def _from_utf_16(self, encoding: str) -> Callable[[bytes, bool], bytes]:
        decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")

        def recode(data: bytes, last: bool) -> bytes:
            text = decoder.decode(data)
            if last and decoder.getstate()[0]:
                self.cut = "the file ends in the middle of a character"
            return text.encode("utf-8", "surrogatepass")

        return recode


def _unpacked(file: BinaryIO) -> BinaryIO:
    start = cast(io.BufferedReader, file).peek(6) if hasattr(file, "peek") else b""
    for magic, unpack in _UNPACK:
        if start.startswith(magic):
            return cast(BinaryIO, unpack(file))
    return file


class _Windows1252:
    """Lines that are not UTF-8 from Windows-1252; others, and what neither encoding has, as they are."""

    def __init__(self, recoded: set[int]) -> None:
        self._recoded = recoded
        self._pending = b""
        self._line = 1

    def __call__(self, data: bytes, last: bool) -> bytes:
        data = self._pending + data
        cut = len(data) if last else data.rfind(b"\n") + 1
        data, self._pending = data[:cut], data[cut:]
        try:
            data.decode()
        except UnicodeDecodeError:
            data = b"\n".join(map(self._recode, data.split(b"\n"), count(self._line)))
        self._line += data.count(b"\n")
        return data

    def _recode(self, line: bytes, number: int) -> bytes:
        try:
            line.decode()
        except UnicodeDecodeError:
            try:
                line = line.decode("cp1252").encode()
                self._recoded.add(number)
            except UnicodeDecodeError:
                pass
        return line


class _Zstd:
    """Zstandard frames. The library's own reader takes a file that is cut off for whole."""

    # Zstandard packs 128 KB into four bytes, so this holds what one step unpacks to some megabytes.
    _STEP = 1 << 10

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._inside = False
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        while len(self._ready) < size:
            packed = self._file.read(self._STEP)
            if not packed:
                if self._inside and not self._ready:
                    raise EOFError("the last frame has no end")
                break
            while packed:
                self._ready += self._frame.decompress(packed)
                self._inside, packed = not self._frame.eof, self._frame.unused_data
                if self._frame.eof:
                    self._frame = zstandard.ZstdDecompressor().decompressobj()
        data = bytes(self._ready[:size])
        del self._ready[:size]
        return data
