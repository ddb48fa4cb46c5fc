"""Maps whose keys the system may call otherwise, and whose values it may write as one text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.model.case import Live
from reconciler.model.fields import Field, Map, Schema
from reconciler.model.values import Secret
from reconciler.planning.naming import named
from tests.planning.worlds import LINEAGE

SCHEMA = Schema({"fields": Field.of("fields", [Map(",")])})
SEALED = Secret("hunter2").digest(LINEAGE)
AB = frozenset({"a", "b"})


def seen(shown: Mapping[str, Any], *ours: Any, aliases: Mapping[str, frozenset[str]] | None = None) -> Any:
    live = Live("1", "", {"fields": shown}, {"fields": aliases or {}})
    return named(live, SCHEMA, {}, tuple({"fields": each} for each in ours), LINEAGE).attributes["fields"]


@pytest.mark.parametrize(
    ("shown", "ours", "words"),
    [
        pytest.param({"os": "x"}, [{"os": "y"}], {"os": "x"}, id="a text"),
        pytest.param({"hosts": "b,a"}, [{"hosts": AB}], {"hosts": AB}, id="a text that is a set to us"),
        pytest.param({"hosts": "b,a"}, [{"hosts": "a"}], {"hosts": "b,a"}, id="and one that is none"),
        pytest.param({"hosts": "b,,a,"}, [{"hosts": frozenset()}], {"hosts": AB}, id="empty members are none"),
        pytest.param({"hosts": ""}, [{"hosts": AB}], {"hosts": frozenset()}, id="an empty set"),
        pytest.param({"hosts": "b,a"}, [{}, {"hosts": AB}], {"hosts": AB}, id="as it was recorded"),
        pytest.param({"hosts": None}, [{"hosts": AB}], {"hosts": None}, id="nothing"),
        pytest.param({"theirs": "b,a"}, [{"hosts": AB}], {"theirs": "b,a"}, id="somebody else's"),
        pytest.param({"t": "hunter2"}, [{"t": SEALED}], {"t": SEALED}, id="a secret"),
        pytest.param({"hosts": "b,a"}, [{"hosts": AB, "os": "x"}], {"hosts": AB}, id="less than ours"),
    ],
)
def test_a_text_is_a_set_where_ours_is_one(shown: dict[str, Any], ours: list[Any], words: dict[str, Any]) -> None:
    assert seen(shown, *ours) == words


def test_a_key_gets_the_name_that_we_know_it_by() -> None:
    aliases = {"17": frozenset({"Hosts", "hosts"})}

    assert seen({"17": "b,a"}, {"hosts": AB}, aliases=aliases) == {"hosts": AB}
    assert seen({"17": "b,a"}, {"17": "x"}, aliases=aliases) == {"17": "b,a"}
    assert seen({"17": "b,a"}, {"os": "x"}, aliases=aliases) == {"17": "b,a"}
