"""The text encoder and its stand-in."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from nutgraf.errors import MissingPart
from nutgraf.retrieve.encoder import FOLDER, OnnxEncoder
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.seams import Encoder

TRIPLES = [
    ("How do I become a nurse informaticist?", "Moving from the ward into clinical data work", "Sourdough at scale"),
    ("licence for rooftop solar", "What a contractor needs before installing panels", "Grading chemistry essays"),
    ("speaking at conferences", "How to give your first technical talk", "Reading a balance sheet"),
    ("I was laid off", "Finding work when your position was cut", "Colour contrast in buttons"),
]
TEXTS = [text for triple in TRIPLES for text in triple]


@pytest.fixture(scope="module")
def onnx() -> OnnxEncoder:
    """The encoder that comes with Nutgraf, opened once."""
    return OnnxEncoder.load()


@pytest.fixture(params=["onnx", "hashed"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    """Every encoder must keep the same contract."""
    return request.getfixturevalue("onnx") if request.param == "onnx" else HashEncoder()


def test_rows_have_length_one(encoder: Encoder) -> None:
    """One row a text, of the promised width and of length one."""
    vectors = encoder.encode(TEXTS)

    assert vectors.shape == (len(TEXTS), encoder.dims)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    """Nothing in, nothing out, and still the right width."""
    assert encoder.encode([]).shape == (0, encoder.dims)


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "😀", "\x00", "漢字", "a" * 50_000], ids=repr)
def test_any_text_has_a_vector(encoder: Encoder, text: str) -> None:
    """Empty, strange and endless texts have a finite vector of length one."""
    (vector,) = encoder.encode([text])

    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_order_is_kept_across_batches(encoder: Encoder) -> None:
    """Sorting by length inside never shows outside."""
    texts = [f"{i} " + "word " * (i * 7 % 40) for i in range(70)]
    vectors = encoder.encode(texts)

    for i in (0, 13, 41, 69):
        assert float(vectors[i] @ encoder.encode([texts[i]])[0]) > 0.98


def test_threads_may_share_an_encoder(encoder: Encoder) -> None:
    """Four threads at once read the same vectors as one after another."""
    alone = encoder.encode(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(encoder.encode, [TEXTS] * 8))

    assert all(np.allclose(alone, vectors, atol=1e-5) for vectors in together)


@pytest.mark.parametrize("triple", TRIPLES, ids=lambda t: t[0])
def test_related_texts_are_nearer(onnx: OnnxEncoder, triple: tuple[str, str, str]) -> None:
    """A text on the same subject is nearer than one on another, though they share no words."""
    query, related, other = onnx.encode(triple)

    assert float(query @ related) > float(query @ other) + 0.1


def test_words_beyond_the_limit_do_not_count(onnx: OnnxEncoder) -> None:
    """What comes after the last token that is read changes nothing."""
    start = "solar " * 126

    first, second = onnx.encode([start, start + "and now something about bread"])

    assert float(first @ second) == pytest.approx(1.0, abs=1e-4)


def test_name_tells_models_apart(onnx: OnnxEncoder) -> None:
    """The name holds the model's hash, so that vectors of two models are never compared."""
    name, _, version = onnx.name.partition("@")

    assert (name, len(version)) == ("all-MiniLM-L6-v2", 12)


def _without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _broken(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(b"{")


@pytest.mark.parametrize("spoil", [_without, _broken])
@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "manifest.json"])
def test_missing_file_names_the_command(
    tmp_path: Path, name: str, spoil: Callable[[str], Callable[[Path], object]]
) -> None:
    """A missing or broken file is an error of ours that says what to run."""
    folder = shutil.copytree(FOLDER, tmp_path / "encoder")
    spoil(name)(folder)

    with pytest.raises(MissingPart, match="make install"):
        OnnxEncoder.load(folder)


def test_hashed_words_overlap() -> None:
    """Without a model, shared words still bring texts together, and the numbers never change."""
    one, two, three = HashEncoder().encode(["solar contractor licence", "a licence for contractors", "bread ovens"])

    assert float(one @ two) > 0.3 > float(one @ three)
    assert np.flatnonzero(HashEncoder(dims=16).encode(["nut"])[0]).tolist() == [8, 9, 14]
