"""A Data Package (Frictionless Data): the events as NDJSON, CSV and Parquet in one ZIP, with what each column says.

``datapackage.json`` comes last, because it tells the SHA-256 of the others. Nothing is compressed and nothing has an
hour, so the bytes depend on no library of compression and on no clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from zipfile import ZipFile, ZipInfo

from api.draining import Drain
from api.event_columns import table_schema
from api.exports import Format, csv_file, ndjson, parquet
from api.extract import Extract

PARTS = (ndjson.FORMAT, csv_file.FORMAT, parquet.FORMAT)


def _pieces(extract: Extract) -> Iterator[bytes]:
    file, resources = Drain(), list[dict[str, Any]]()
    with ZipFile(file, "w") as archive:
        for part in PARTS:
            name = f"events.{part.ending}"
            digest, size = hashlib.sha256(), 0
            with archive.open(ZipInfo(name), "w", force_zip64=True) as member:
                for piece in part.pieces(extract):
                    digest.update(piece)
                    size += len(piece)
                    member.write(piece)
                    yield file.drain()
            resources.append(_resource(part, name, digest.hexdigest(), size))
        archive.writestr(ZipInfo("datapackage.json"), _description(extract, resources))
    yield file.drain()


def _resource(part: Format, path: str, sha256: str, size: int) -> dict[str, Any]:
    told = {
        "name": f"events-{part.name}",
        "path": path,
        "format": part.ending,
        "mediatype": part.media_type,
        "bytes": size,
        "hash": f"sha256:{sha256}",
    }
    if part is csv_file.FORMAT:
        return {**told, "type": "table", "encoding": "utf-8", "schema": table_schema()}
    return {**told, "type": "file"}


def _description(extract: Extract, resources: list[dict[str, Any]]) -> bytes:
    package = {
        "name": extract.name.lower(),
        "title": "Bitácora Electoral: asientos de la bitácora",
        "description": (
            "Los asientos de una parte de la bitácora, tal como se registraron. Proyecto independiente; no es de una "
            "autoridad. The entries of a part of the log, as they were recorded. Not an authority's publication."
        ),
        "bitacora": extract.stamp,
        "resources": resources,
    }
    return (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode()


FORMAT = Format("datapackage", "application/zip", "zip", len(PARTS), _pieces)
"""All three tables, described."""
