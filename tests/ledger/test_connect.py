"""What every connection of the ledger is like."""

from __future__ import annotations

import socket

from ledger.connect import connect
from tests.database import FAST, programs_of_18, running_cluster


def test_a_server_notices_a_host_that_is_gone_within_seconds() -> None:
    """Or the lock of a leader whose machine lost its power would hold every standby up for two hours."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    over_tcp = {**FAST, "listen_addresses": "127.0.0.1", "port": str(port)}
    with running_cluster(programs_of_18(), over_tcp) as cluster:
        settings = (
            "tcp_keepalives_idle",
            "tcp_keepalives_interval",
            "tcp_keepalives_count",
            "tcp_user_timeout",
        )
        with connect(f"postgresql://bitacora@127.0.0.1:{port}/postgres", "bitacora", "test") as connection:
            seen = [connection.execute(f"SHOW {name}").fetchone() for name in settings]
        assert cluster.status().running

    assert seen == [("5",), ("2",), ("3",), ("10000",)]
