"""What a document is, by its bytes: what it is called decides nothing, and what nobody asked for is refused.

A table of our own: each kind begins in its own way, and a file that is two things at once is none.
References: ISO 32000-1, 7.5.2 (PDF); PNG, 5.2; ITU-T T.81, B.1.1.3 (JPEG); TIFF 6.0, 2; APPNOTE 6.3, 4.3 (ZIP);
WHATWG MIME Sniffing, 7.1 (what a browser takes for HTML).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, NamedTuple

from api.documents.packages import END_OF_PACKAGE, kind_of_package
from api.documents.refusals import damaged, not_taken, two_at_once
from api.documents.texts import kind_of_text
from domain.event import Refused
from domain.names import Names

HEAD_BYTES = 4096
TAIL_BYTES = 64 * 1024 + 22
"""As far from the end as a ZIP's last record can be."""


class Kind(NamedTuple):
    """A kind of document that is taken."""

    media_type: str
    extensions: tuple[str, ...]
    """What its files are called; the first is the usual one."""
    name: Names


def _kind(media_type: str, extensions: str, es: str, en: str = "") -> tuple[str, Kind]:
    return media_type, Kind(media_type, tuple(extensions.split()), Names(es=es, en=en or es))


KINDS: Mapping[str, Kind] = dict(
    (
        _kind("application/pdf", "pdf", "PDF"),
        _kind("image/png", "png", "imagen PNG", "PNG image"),
        _kind("image/jpeg", "jpg jpeg", "imagen JPEG", "JPEG image"),
        _kind("image/tiff", "tif tiff", "imagen TIFF", "TIFF image"),
        _kind(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "xlsx",
            "hoja de cálculo XLSX",
            "XLSX sheet",
        ),
        _kind(
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "docx",
            "documento DOCX",
            "DOCX text",
        ),
        _kind("application/vnd.oasis.opendocument.text", "odt", "documento ODT", "ODT text"),
        _kind("application/vnd.oasis.opendocument.spreadsheet", "ods", "hoja de cálculo ODS", "ODS sheet"),
        _kind("application/xml", "xml", "XML"),
        _kind("text/plain", "txt csv tsv md log", "texto o CSV", "text or CSV"),
    )
)
"""What is taken, by media type."""

_BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_REFUSED = (
    (b"MZ", "un programa", "a program"),
    (b"\x7fELF", "un programa", "a program"),
    (b"\xca\xfe\xba\xbe", "un programa", "a program"),
    (b"\xcf\xfa\xed\xfe", "un programa", "a program"),
    (b"\x00asm", "un programa", "a program"),
    (b"#!", "un programa", "a program"),
    (b"Rar!", "un archivo comprimido RAR", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "un archivo comprimido 7z", "a 7z archive"),
    (b"\x1f\x8b", "un archivo comprimido GZIP", "a GZIP archive"),
    (b"BZh", "un archivo comprimido BZIP2", "a BZIP2 archive"),
    (b"\xfd7zXZ", "un archivo comprimido XZ", "an XZ archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "un documento de Office anterior a 2007", "an Office file from before 2007"),
    (b"GIF8", "una imagen GIF", "a GIF image"),
    (b"RIFF", "un archivo WebP, de audio o de video", "a WebP, audio or video file"),
    (b"{\\rtf", "un documento RTF", "an RTF file"),
    (b"%!PS", "un programa de impresión PostScript", "a PostScript program"),
)  # fmt: skip
"""What is met most, to say what it is."""


def kind_of(path: Path, size_bytes: int) -> Kind:
    """Return what a file is. Raises `Refused` where that is not taken, or the file is broken or two at once."""
    if size_bytes == 0:
        raise Refused(
            "document-empty",
            es="El documento llegó vacío: elige otra vez el archivo.",
            en="The document arrived empty: choose the file again.",
        )
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(max(0, size_bytes - TAIL_BYTES))
        tail = file.read(TAIL_BYTES)
        return KINDS[_media_type(file, head, tail)]


def refuse_another_name(name: str, kind: Kind) -> None:
    """Refuse a file whose name says that it is another kind than its bytes are."""
    _, _, extension = name.lower().rpartition(".")
    said = next((one for one in KINDS.values() if extension in one.extensions), None)
    if said is None or said is kind:
        return
    raise Refused(
        "document-not-as-named",
        es=f"El archivo se llama «.{extension}» ({said.name.es}) pero es {kind.name.es}: revisa si es el que querías "
        f"y nómbralo «.{kind.extensions[0]}».",
        en=f"The file is called '.{extension}' ({said.name.en}) but is {kind.name.en}: see whether it is the one you "
        f"meant and call it '.{kind.extensions[0]}'.",
        fields=("name",),
    )


def _media_type(file: IO[bytes], head: bytes, tail: bytes) -> str:
    if head.startswith(b"PK"):
        return kind_of_package(file)
    for beginning, media_type in _BEGINNINGS:
        if head.startswith(beginning):
            _refuse_broken(media_type, tail)
            return media_type
    for beginning, es, en in _REFUSED:
        if head.startswith(beginning):
            raise not_taken(es, en)
    if head[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1"}:
        raise not_taken("una foto HEIC: guárdala como JPEG", "a HEIC photo: save it as JPEG")
    file.seek(0)
    return kind_of_text(file)


def _refuse_broken(media_type: str, tail: bytes) -> None:
    """Refuse a file that was cut off, and one with a package hidden behind it."""
    if media_type == "application/pdf" and b"%%EOF" not in tail[-2048:]:
        raise damaged()
    if media_type == "image/png" and not tail.endswith(b"IEND\xaeB`\x82"):
        raise damaged()
    at = tail.rfind(END_OF_PACKAGE)
    if at >= 0 and at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail):
        raise two_at_once()
