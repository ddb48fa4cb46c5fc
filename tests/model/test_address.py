from __future__ import annotations

import pytest

from reconciler.model.address import Address


@pytest.mark.parametrize(
    ("text", "provider", "name"),
    [
        ("soc.phishing-wave", "soc", "phishing-wave"),
        ("a.b", "a", "b"),
        ("_x._y", "_x", "_y"),
        ("S0C.2024_q4", "S0C", "2024_q4"),
        (f"p.{'n' * 128}", "p", "n" * 128),
    ],
)
def test_an_address_is_read_and_written_alike(text: str, provider: str, name: str) -> None:
    assert Address.parse(text) == Address(provider, name)
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "soc",
        "soc.",
        ".wave",
        "soc..wave",
        "soc.a.b",
        "soc.-wave",
        "-soc.wave",
        "soc.wave ",
        "soc.wave\n",
        "soc.wäve",
        "soc.a/b",
        f"p.{'n' * 129}",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an address; write PROVIDER\.CASE, such as soc\.phishing-wave"):
        Address.parse(text)


def test_addresses_sort_by_provider_then_name() -> None:
    texts = ["soc.b", "intel.z", "soc.a", "soc-2.a"]

    assert [str(address) for address in sorted(map(Address.parse, texts))] == [
        "intel.z",
        "soc.a",
        "soc.b",
        "soc-2.a",
    ]
