"""Read a folder of exports with the programs they are made for, and write there as JSON what each found.

    python tests/interop/reading.py FOLDER

It runs where those programs are installed and ours is not (``requirements/interop.txt``). A warning of any of them
while it reads is an error.
"""

from __future__ import annotations

import json
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def cloud_events(folder: Path) -> dict[str, Any]:
    """Parse every line as a CloudEvent by the CloudEvents SDK."""
    from cloudevents.core.bindings.http import HTTPMessage, from_http_event

    lines = (folder / "log.ndjson").read_bytes().splitlines()
    headers = {"content-type": "application/cloudevents+json"}
    events = [from_http_event(HTTPMessage(headers, line)) for line in lines]
    return {"events": len(events), "ids": [one.get_id() for one in events]}


def data_package(folder: Path) -> dict[str, Any]:
    """Validate the data package with Frictionless."""
    from frictionless import Package, validate

    unpacked = folder / "package"
    with zipfile.ZipFile(folder / "log.zip") as archive:
        archive.extractall(unpacked)
    told = validate(str(unpacked / "datapackage.json"))
    rows = Package(str(unpacked / "datapackage.json")).get_resource("events-csv").read_rows()
    return {"valid": told.valid, "errors": told.flatten(["message"]), "events": len(rows)}


def duckdb_totals(folder: Path) -> dict[str, Any]:
    """Count by type and by stream in DuckDB over the Parquet."""
    import duckdb

    table = f"read_parquet('{folder / 'log.parquet'}')"
    with duckdb.connect() as database:

        def ask(question: str) -> list[Any]:
            rows: list[Any] = database.execute(question).fetchall()
            return rows

        by_type = ask(f"SELECT type, count(*) FROM {table} GROUP BY type ORDER BY type")
        (completed,) = ask(
            f"SELECT count(DISTINCT subject) FROM {table} WHERE type LIKE 'MilestoneCompleted.%'"
        )
        (last,) = ask(
            f"SELECT max(CAST(json_extract_string(data, '$.done') AS INTEGER)) FROM {table}"
            " WHERE type LIKE 'MilestoneProgressed.%'"
        )
    return {"by_type": dict(by_type), "completed": completed[0], "last": last[0]}


def object_centric(folder: Path) -> dict[str, Any]:
    """Read the three forms of OCEL 2.0 with pm4py."""
    import pm4py
    from pm4py.objects.ocel.validation import ocel20_rel_validation

    readers = {
        "json": (pm4py.read_ocel2_json, "log.ocel.json"),
        "xml": (pm4py.read_ocel2_xml, "log.ocel.xml"),
        "sqlite": (pm4py.read_ocel2_sqlite, "log.ocel.sqlite"),
    }
    found = {}
    for name, (read, file) in readers.items():
        log = read(str(folder / file))
        found[name] = {
            "events": len(log.events),
            "objects": len(log.objects),
            "links": len(log.relations),
            "links_of_objects": len(log.o2o),
            "types": sorted(pm4py.ocel_get_object_types(log)),
            "first": str(log.events["ocel:timestamp"].min()),
        }
    _, unmet = ocel20_rel_validation.apply(str(folder / "log.ocel.sqlite"))
    return {**found, "unmet": unmet}


def traces(folder: Path) -> dict[str, Any]:
    """Read the XES with pm4py and find what directly follows what."""
    import pm4py

    # Its own reader: without saying so it asks for a faster one to be installed.
    log = pm4py.read_xes(str(folder / "log.xes"), variant="iterparse", show_progress_bar=False)
    followed, begins, _ = pm4py.discover_dfg(log)
    return {
        "events": len(log),
        "traces": int(log["case:concept:name"].nunique()),
        "begins": sorted(begins),
        "followed": len(followed),
    }


def provenance(folder: Path) -> dict[str, Any]:
    """Read the PROV-JSON with the prov package."""
    from prov.model import ProvDocument, ProvEntity

    document = ProvDocument.deserialize(str(folder / "log.prov.json"), format="json")
    return {"entities": len(list(document.get_records(ProvEntity)))}


def without_warning(read: Callable[[Path], dict[str, Any]], folder: Path) -> dict[str, Any]:
    """Read, and say what was warned of meanwhile."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        found = read(folder)
    return {**found, "warnings": [str(one.message) for one in warned]}


FOUND = "found.json"
"""Where the answer is written: some of these programs greet on standard output."""

READINGS = (cloud_events, data_package, duckdb_totals, object_centric, traces, provenance)

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = {read.__name__: without_warning(read, folder) for read in READINGS}
    (folder / FOUND).write_text(json.dumps(found))
