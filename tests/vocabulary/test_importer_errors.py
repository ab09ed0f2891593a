"""What an import says when a file cannot be used."""

from pathlib import Path

import pytest

from nutgraf.errors import InputError
from nutgraf.vocabulary.importer import import_files

ONET = "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\n"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("skills_en.csv", "conceptUri,preferredLabel\na,b\n", "skills_en.csv, line 1: no column 'altLabels'"),
        ("Skills.txt", ONET.replace("Scale ID", "Scale"), "Skills.txt, line 1: no column 'Scale ID'"),
        ("notes.csv", "a,b\n1,2\n", "notes.csv, line 1: neither an ESCO nor an O*NET header"),
        ("empty.csv", "", "empty.csv, line 1: neither"),
        ("s.csv", "conceptUri,preferredLabel,altLabels\na,b,\n\nc\n", "s.csv, line 4: 1 columns, so 'preferredLabel'"),
        ("s.csv", "conceptUri,preferredLabel,altLabels\na, ,x\n", "s.csv, line 2: column 'preferredLabel' is missing"),
        ("s.csv", 'conceptUri,preferredLabel,altLabels\na,"b\nc"\n', "s.csv, line 3: 2 columns, so 'altLabels'"),
        ("s.csv", "conceptUri,preferredLabel,altLabels\na,b," + "x" * 140_000, "s.csv, line 2: field larger"),
        ("Skills.txt", ONET + "1\t2.A\tListening\tIM\tmuch\n", "Skills.txt, line 2: column 'Data Value' is 'much'"),
        ("Skills.txt", ONET + "1\t2.A\tListening\tIM\n", "Skills.txt, line 2: 4 columns, so 'Data Value' is missing"),
        ("Skills.txt", ONET, "no skills in it"),
        ("r.csv", "occupationUri,skillUri\na,b\n", "no skills in it; give skills_en.csv"),
        ("own.tsv", "id\tlabel\tgroup\n", "own.tsv, line 1: no column 'aliases' in this Nutgraf file"),
    ],
)
def test_a_broken_file_is_named_with_line_and_column(tmp_path: Path, name: str, text: str, message: str) -> None:
    """The message says which file, which line and which column, and nothing is written."""
    (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(InputError) as caught:
        import_files(tmp_path / name, tmp_path / "out")

    assert message in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    """A file in another encoding is refused with the remedy."""
    (tmp_path / "s.csv").write_bytes(b"\xff\xfe\x00c")

    with pytest.raises(InputError, match=r"s\.csv: cannot be read as UTF-8 text .* save it as UTF-8"):
        import_files(tmp_path / "s.csv", tmp_path / "out")


def test_two_formats_at_once_are_refused(tmp_path: Path) -> None:
    """A folder with ESCO and O*NET files side by side is not guessed about."""
    (tmp_path / "s.csv").write_text("conceptUri,preferredLabel,altLabels\na,b,\n", encoding="utf-8")
    (tmp_path / "t.txt").write_text(ONET + "1\t2.A\tListening\tIM\t4\n", encoding="utf-8")

    with pytest.raises(InputError, match="ESCO and O\\*NET; import one format at a time"):
        import_files(tmp_path, tmp_path / "out")


def test_an_empty_folder_and_no_folder_are_told_apart(tmp_path: Path) -> None:
    """The one has no skills in it, the other does not exist."""
    with pytest.raises(InputError, match="no skills in it"):
        import_files(tmp_path, tmp_path / "out")
    with pytest.raises(InputError, match="no such file or folder"):
        import_files(tmp_path / "nowhere", tmp_path / "out")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file where the folder should be is an error of ours."""
    (tmp_path / "s.csv").write_text("conceptUri,preferredLabel,altLabels\na,b,\n", encoding="utf-8")
    (tmp_path / "out").write_text("a file", encoding="utf-8")

    with pytest.raises(InputError, match="out: cannot be written to"):
        import_files(tmp_path / "s.csv", tmp_path / "out")
