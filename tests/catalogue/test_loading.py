"""
Data files: every fault in one run, each at its place, and no value in an error.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalogue import Catalogue
from bot.catalogue.loading import Faults, read, read_any
from bot.errors import DataError
from tests.catalogue.builders import change, copied


def test_every_fault_is_found_in_one_run(tmp_path: Path) -> None:
    """
    Faults in four files are all named, with file and line, by one attempt to load.
    """
    data = copied(tmp_path)
    change(data / "options.yml", "  privacy_rank: 2\n", "  privacy_rank: two\n")
    change(data / "options.yml", "  title: A buddy on the job\n", "")
    change(data / "guarantees.yml", "sources: [debriefing-rulings]", "sources: [a-place-nobody-knows]")
    change(data / "guarantees.yml", "  chaplain:\n    two_lines:", "  chaplain:\n    two_linez:")
    change(data / "jurisdictions.yml", "duty_to_warn: must_case}", "duty_to_warn: always}")
    change(data / "providers.yml", 'number: "741741"', 'number: "HOME"')

    with pytest.raises(DataError) as told:
        Catalogue.load(data)

    lines = str(told.value).splitlines()
    expected = [
        ("options.yml", "crisis_line.privacy_rank", "whole number"),
        ("options.yml", "buddy.title", "is missing"),
        ("guarantees.yml", "sources", "entry 1 is not known"),
        ("guarantees.yml", "cards.chaplain.two_linez", "is not a known field"),
        ("guarantees.yml", "cards.chaplain.two_lines", "is missing"),
        ("jurisdictions.yml", "states.AL.duty_to_warn", "must be one of"),
        ("providers.yml", "services[3].phones[1].number", "does not have the form"),
    ]
    for file, field, problem in expected:
        assert [line for line in lines if line.startswith(f"{file}: line ") and field in line and problem in line]


def test_a_fault_names_its_line(tmp_path: Path) -> None:
    """
    The line in the report is the line in the file.
    """
    data = copied(tmp_path)
    change(data / "matching.yml", "  faith: faith and meaning", "  faith: []")
    line = (data / "matching.yml").read_text(encoding="utf-8").splitlines().index("  faith: []") + 1

    with pytest.raises(DataError, match=f"matching.yml: line {line}: needs.faith: must be a text"):
        Catalogue.load(data)


def test_an_error_never_quotes_a_value(tmp_path: Path) -> None:
    """
    What stands in a broken field is not repeated in the error.
    """
    data = copied(tmp_path)
    change(data / "options.yml", 'outside_department: "yes"', "outside_department: zebra-unit-17")

    with pytest.raises(DataError) as told:
        Catalogue.load(data)

    assert "zebra" not in str(told.value)


@pytest.mark.parametrize("text", ["\t{", "a: [", "- x\n- y\n", "", "a: *nobody\n", "\x00"])
def test_a_broken_file_is_a_fault(tmp_path: Path, text: str) -> None:
    """
    A file that is no mapping is reported and read as empty.
    """
    (tmp_path / "x.yml").write_text(text, encoding="utf-8")
    faults = Faults()

    record = read(tmp_path / "x.yml", faults)

    assert list(record) == []
    assert len(faults) == (0 if text == "" else 1)


def test_a_field_given_twice_is_a_fault(tmp_path: Path) -> None:
    """
    Of two fields of one name, neither is dropped in silence.
    """
    (tmp_path / "x.yml").write_text("a: one\nb: two\na: three\n", encoding="utf-8")
    faults = Faults()

    read(tmp_path / "x.yml", faults)

    assert [str(fault) for fault in faults] == ["x.yml: line 3: a: is given twice"]


def test_a_file_that_is_not_text_is_a_fault(tmp_path: Path) -> None:
    """
    Bytes that are not UTF-8, and a file that is not there, are reported.
    """
    (tmp_path / "x.yml").write_bytes(b"\xff\xfe")
    faults = Faults()

    read(tmp_path / "x.yml", faults)
    read(tmp_path / "none.yml", faults)

    assert [fault.problem for fault in faults] == ["cannot be read", "cannot be read"]


def test_json_is_read_with_its_lines(tmp_path: Path) -> None:
    """
    JSON with tabs and paired escapes is read, and a fault in it has a line.
    """
    text = '{\n\t"name": "\\ud83d\\ude00 line",\n\t"url": "https:\\/\\/river.example",\n\t"n": "x"\n}\n'
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    faults = Faults()

    record = read(tmp_path / "x.json", faults)

    assert record.text("name") == "\U0001f600 line"
    assert record.text("url") == "https://river.example"
    record.number("n", low=0, high=9)
    assert [(fault.line, fault.field) for fault in faults] == [(4, "n")]


@given(st.text(max_size=200))
@settings(deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    """
    Whatever a file holds, reading it ends in a value or a fault, never in another error.
    """
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.yml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))

        read_any(path, Faults())
