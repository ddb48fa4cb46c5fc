"""Files of an export: whole or not at all, and gone on with from wherever they were cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config import exportfiles
from reconciler.config.export import Exported
from reconciler.config.exportfiles import JOURNAL, FilePerCase, OneFile, Stream, Target
from reconciler.errors import ReconcilerError

HEADER = "# Written by: reconciler export soc\n"
CASES = [
    Exported("1", "a-1", '  a-1:\n    provider: soc\n    import: "1"\n    name: A\n'),
    Exported(
        "2", "b-2", '  b-2:\n    # said\n    import: "2"\n    description: |\n      c-3:\n\n      import: "7"\n'
    ),
    Exported(
        "3",
        "c-3",
        '  c-3:\n    import: {id: "3", take_over: true}\n    tasks:\n      d:\n        name: Ünterföhring\n',
    ),
]
WHOLE = f"{HEADER}cases:\n{CASES[0].text}\n{CASES[1].text}\n{CASES[2].text}"


def export(target: Target) -> list[str]:
    """Write what is not there yet, and make it final; return the ids that were written."""
    left = [each for each in CASES if each.id not in target.done]
    for each in left:
        target.add(each)
    target.finish()
    target.close()
    return [each.id for each in left]


def test_a_file_is_there_at_the_end_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "soc.yaml"
    target = OneFile(path, HEADER, force=False)
    target.add(CASES[0])
    assert not path.exists()

    assert export(target) == ["2", "3"]

    assert path.read_text(encoding="utf-8") == WHOLE
    assert [each.name for each in path.parent.iterdir()] == ["soc.yaml"]


def test_a_part_that_was_cut_anywhere_is_gone_on_with(tmp_path: Path) -> None:
    path, part = tmp_path / "soc.yaml", tmp_path / "soc.yaml.part"
    whole = WHOLE.encode()
    written = {}
    for cut in range(len(whole) + 1):
        part.write_bytes(whole[:cut])
        target = OneFile(path, HEADER, force=True)
        kept = list(target.done)
        written[cut] = export(target)
        assert path.read_bytes() == whole, f"cut at {cut}"
        assert kept + written[cut] == ["1", "2", "3"]
    assert written[0] == ["1", "2", "3"]
    assert written[len(whole)] == ["3"], "the last may have been cut"


def test_a_part_of_another_export_is_left_alone(tmp_path: Path) -> None:
    for part, make in ((tmp_path / "soc.yaml.part", OneFile), (tmp_path / "soc.yaml" / JOURNAL, FilePerCase)):
        part.parent.mkdir(exist_ok=True)
        part.write_text("# Written by: reconciler export intel\ncases:\n", encoding="utf-8")

        with pytest.raises(ReconcilerError, match="begun by another export") as error:
            make(tmp_path / "soc.yaml", HEADER, force=False)

        assert error.value.hint == f"repeat that one (its head tells it), or begin anew: rm {part}"
        assert "intel" in part.read_text(encoding="utf-8")
        part.unlink()


def test_a_file_of_no_case_says_so(tmp_path: Path) -> None:
    target = OneFile(tmp_path / "soc.yaml", HEADER, force=False)
    target.finish()
    target.close()

    assert (tmp_path / "soc.yaml").read_text(encoding="utf-8") == f"{HEADER}cases: {{}}\n"


def test_a_file_that_nobody_could_read_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exportfiles, "MAX_BYTES", 100)
    target = OneFile(tmp_path / "soc.yaml", HEADER, force=False)

    with pytest.raises(ReconcilerError, match="no larger file is read") as error:
        export(target)

    assert "--split" in str(error.value.hint)
    target.close()


def test_each_file_is_whole_and_its_folder_is_gone_on_with(tmp_path: Path) -> None:
    first = FilePerCase(tmp_path, HEADER, force=False)
    first.add(CASES[0])
    first.add(CASES[1])
    first.close()
    (tmp_path / "b-2.yaml").unlink()  # begun, and killed before it was there

    second = FilePerCase(tmp_path, HEADER, force=False)
    assert second.done == {"1": "a-1"}
    assert export(second) == ["2", "3"]

    assert sorted(each.name for each in tmp_path.iterdir()) == ["a-1.yaml", "b-2.yaml", "c-3.yaml"]
    assert (tmp_path / "b-2.yaml").read_text(encoding="utf-8") == f"{HEADER}cases:\n{CASES[1].text}"


@pytest.mark.parametrize("force", [False, True])
def test_a_file_of_a_case_is_replaced_by_force_only(tmp_path: Path, *, force: bool) -> None:
    (tmp_path / "a-1.yaml").write_text("mine", encoding="utf-8")
    target = FilePerCase(tmp_path, HEADER, force=force)
    if force:
        target.add(CASES[0])
    else:
        with pytest.raises(ReconcilerError, match="is there already"):
            target.add(CASES[0])
    target.close()

    assert ((tmp_path / "a-1.yaml").read_text(encoding="utf-8") == "mine") is not force


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    for make in (OneFile, FilePerCase):
        with pytest.raises(ReconcilerError, match="cannot be written: "):
            make(tmp_path / "file" / "soc.yaml", HEADER, force=False)


def test_a_text_is_handed_on_piece_by_piece() -> None:
    pieces: list[str] = []

    export(Stream(pieces.append, HEADER))

    assert len(pieces) == 3
    assert "".join(pieces) == WHOLE
