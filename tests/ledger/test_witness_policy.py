"""Which witnesses are enough, and what is refused in a policy's file."""

from __future__ import annotations

import pytest

from ledger.note import COSIGNATURE, SigningKey
from ledger.witness_policy import NO_WITNESSES, BadPolicy, parse_policy

VKEYS = {
    name: SigningKey(f"{name}.example.mx", bytes([n] * 32), COSIGNATURE).public.vkey
    for n, name in enumerate(("uni", "pan", "prd", "diario"))
}
LOG_VKEY = SigningKey("bitacora.example.mx/2027", bytes(32)).public.vkey
WITNESSES = "".join(f"witness {name} {vkey} https://{name}.example.mx/t/\n" for name, vkey in VKEYS.items())


def test_a_group_in_a_group_takes_so_many_of_each() -> None:
    policy = parse_policy(
        f"# Acuerdo 12\nlog {LOG_VKEY}\n{WITNESSES}\n"
        "group partidos any pan prd  # de dos\ngroup todos 2 uni diario partidos\nquorum todos\n"
    )

    assert [witness.address for witness in policy.witnesses][:1] == ["https://uni.example.mx/t"]
    assert policy.needed == 2
    for enough in ({"uni", "pan"}, {"uni", "diario"}, {"diario", "prd"}, set(VKEYS)):
        assert policy.is_met(enough), enough
    for few in (set(), {"uni"}, {"pan", "prd"}, {"nobody", "uni"}):
        assert not policy.is_met(few), few


def test_all_are_all_and_one_witness_may_be_the_quorum_itself() -> None:
    every = parse_policy(f"{WITNESSES}group todos all uni pan prd diario\nquorum todos")
    assert (every.needed, every.is_met(VKEYS), every.is_met({"uni", "pan", "prd"})) == (4, True, False)
    assert parse_policy(f"{WITNESSES}quorum uni").is_met({"uni"})


def test_without_a_quorum_nothing_is_ever_witnessed() -> None:
    assert not parse_policy(f"{WITNESSES}quorum none").is_met(VKEYS)
    assert not NO_WITNESSES.is_met(VKEYS)
    assert (NO_WITNESSES.needed, parse_policy("quorum none").witnesses) == (0, ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no quorum"),
        (WITNESSES, "no quorum"),
        (f"{WITNESSES}quorum uni\nquorum pan", "line 6: .*second quorum"),
        (f"{WITNESSES}quorum otra", "line 5: otra is no witness"),
        (f"{WITNESSES}{WITNESSES}quorum uni", "line 5: the name uni is taken"),
        (f"{WITNESSES}witness otra {VKEYS['uni']}\nquorum uni", "line 5: this is the key of uni again"),
        (
            f"{WITNESSES}witness otra {SigningKey('otra.mx', bytes(32), COSIGNATURE).public.vkey}\nquorum uni",
            "line 5: this is the key of uni again",
        ),
        (f"{WITNESSES}group g 5 uni pan\nquorum g", "1 to 2 of its members, not 5"),
        (f"{WITNESSES}group g 0 uni pan\nquorum g", "not 0"),
        (f"{WITNESSES}group g ² uni pan\nquorum g", "not ²"),
        (f"{WITNESSES}group g 1\nquorum g", "line 5: this is no witness"),
        (f"{WITNESSES}group g 2 uni uni\nquorum g", "each of its members once"),
        (f"{WITNESSES}group g 1 h\ngroup h 1 uni\nquorum g", "line 5: h is no witness and no group"),
        (f"witness none {VKEYS['uni']}\nquorum none", "the name none is taken"),
        (f"witness uni {LOG_VKEY}\nquorum uni", "the key of uni is no witness's"),
        (f"witness uni {VKEYS['uni'][:-4]}\nquorum uni", "line 1: .*vkey"),
        (f"witness uni {VKEYS['uni']} ftp://x\nquorum uni", "is no address"),
        (f"witness uni {VKEYS['uni']} http://x more\nquorum uni", "line 1: this is no witness"),
        ("something else", "line 1: this is no witness"),
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused_with_the_line(text: str, says: str) -> None:
    with pytest.raises(BadPolicy, match=says):
        parse_policy(text)


def test_more_witnesses_than_a_checkpoint_has_room_for_are_refused() -> None:
    lines = [
        f"witness w{n} {SigningKey(f'w{n}', bytes([n] * 32), COSIGNATURE).public.vkey}" for n in range(13)
    ]
    with pytest.raises(BadPolicy, match="13 witnesses are over the 12"):
        parse_policy("\n".join([*lines, "quorum w1"]))
