"""An inventory as a software bill of materials: CycloneDX 1.6 in JSON (ECMA-424), and read back from one.

Written by hand, because it is one dictionary. It says nothing of when or where it was made: the same installation is
the same bytes.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from api.ceremonies.installed import OWN
from api.ceremonies.inventory import Component, Inventory

FILE = "sbom.cdx.json"
"""What it is called beside a record: the name by which CycloneDX's tools know one."""
DIGEST = "bitacora:huella"
"""The property that holds the digest, over all and over each part."""


class BadBill(Exception):
    """This is no bill of materials that was written here; the message says what is wrong."""


def bill_of_materials(inventory: Inventory) -> bytes:
    """Return an inventory as CycloneDX."""
    ordered = sorted(inventory.components, key=lambda component: component.name)
    own = next((component.version for component in ordered if component.name == OWN), "")
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, inventory.digest)}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": OWN, "version": own},
            "properties": [{"name": DIGEST, "value": inventory.digest}],
        },
        "components": [_written(component) for component in ordered],
    }
    return json.dumps(bill, ensure_ascii=False, indent=1).encode() + b"\n"


def read_bill(content: bytes) -> Inventory:
    """Return the inventory of a bill that was written here. Raises `BadBill`."""
    try:
        bill = json.loads(content)
        inventory = Inventory([_read(component) for component in bill["components"]])
        said = {each["name"]: each["value"] for each in bill["metadata"]["properties"]}
    except (ValueError, KeyError, TypeError) as error:
        raise BadBill(
            f"This is no bill of materials that 'bitacora audit software' wrote: {error}."
        ) from error
    if said.get(DIGEST) != inventory.digest:
        raise BadBill(
            "What this bill of materials lists does not come to the digest it says: it was changed."
        )
    return inventory


def _written(component: Component) -> dict[str, Any]:
    bill: dict[str, Any] = {
        "type": component.kind,
        "bom-ref": f"{component.name}@{component.version}",
        "name": component.name,
        "version": component.version,
    }
    if component.kind == "library":
        bill["purl"] = f"pkg:pypi/{component.name}@{component.version}"
    if component.licence:
        bill["licenses"] = [{"license": {"name": component.licence}}]
    bill["properties"] = [{"name": DIGEST, "value": component.digest}]
    if component.files:
        bill["components"] = [
            {"type": "file", "name": path, "hashes": [{"alg": "SHA-256", "content": component.files[path]}]}
            for path in sorted(component.files)
        ]
    return bill


def _read(bill: dict[str, Any]) -> Component:
    licences = bill.get("licenses", [])
    return Component(
        name=bill["name"],
        version=bill["version"],
        kind=bill["type"],
        licence=licences[0]["license"]["name"] if licences else "",
        files={file["name"]: file["hashes"][0]["content"] for file in bill.get("components", [])},
    )
