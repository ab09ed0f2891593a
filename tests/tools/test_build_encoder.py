"""The encoder's recipe: the graph it writes is BERT, and a wheel without the model is refused."""

import math
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hatchling.builders.wheel import WheelBuilder
from numpy.typing import NDArray

from tools.build_encoder import COMMON, Shape, Weights, build_graph, cut, is_current, quantise

ROOT = Path(__file__).resolve().parents[2]
SHAPE = Shape(layers=2, heads=4)
WIDTH, WIDE, WORDS, PLACES = 16, 32, 50, 12

Floats = NDArray[np.float32]


def make_weights() -> Weights:
    """A tiny BERT with seeded random weights, named as the published one names them."""
    random = np.random.default_rng(7)

    def draw(*shape: int) -> Floats:
        return random.normal(0, 0.4, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": draw(WORDS, WIDTH),
        "embeddings.position_embeddings.weight": draw(PLACES, WIDTH),
        "embeddings.token_type_embeddings.weight": draw(2, WIDTH),
    }
    dense = {
        "attention.output.dense": (WIDTH, WIDTH),
        "intermediate.dense": (WIDE, WIDTH),
        "output.dense": (WIDTH, WIDE),
    }
    dense |= {f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
    norms = ["embeddings.LayerNorm"]
    for layer in range(SHAPE.layers):
        name = f"encoder.layer.{layer}"
        for part, shape in dense.items():
            weights[f"{name}.{part}.weight"], weights[f"{name}.{part}.bias"] = draw(*shape), draw(shape[0])
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
    for norm in norms:
        weights[f"{norm}.weight"], weights[f"{norm}.bias"] = draw(WIDTH) / np.float32(4) + np.float32(1), draw(WIDTH)
    return weights


def embed_by_hand(weights: Weights, ids: list[int]) -> Floats:
    """One text through BERT, written down from its definition, one head at a time."""

    def dense(name: str, x: Floats) -> Floats:
        return np.asarray(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"], np.float32)

    def normalise(name: str, x: Floats) -> Floats:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt(x.var(-1, keepdims=True) + SHAPE.epsilon)
        return np.asarray(scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"], np.float32)

    x = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.token_type_embeddings.weight"][0]
    x = normalise("embeddings.LayerNorm", x + weights["embeddings.position_embeddings.weight"][: len(ids)])
    size = WIDTH // SHAPE.heads
    for layer in range(SHAPE.layers):
        name = f"encoder.layer.{layer}"
        q, k, v = (dense(f"{name}.attention.self.{part}", x) for part in ("query", "key", "value"))
        heads = []
        for head in range(SHAPE.heads):
            part = slice(head * size, (head + 1) * size)
            scores = np.exp(q[:, part] @ k[:, part].T / math.sqrt(size))
            heads.append(scores / scores.sum(-1, keepdims=True) @ v[:, part])
        mixed = dense(f"{name}.attention.output.dense", np.concatenate(heads, -1))
        x = normalise(f"{name}.attention.output.LayerNorm", x + mixed)
        wide = dense(f"{name}.intermediate.dense", x)
        wide = np.vectorize(lambda n: n * (1 + math.erf(n / math.sqrt(2))) / 2)(wide)
        x = normalise(f"{name}.output.LayerNorm", x + dense(f"{name}.output.dense", wide))
    mean = x.mean(0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def run(model: bytes | str, batch: list[list[int]]) -> Floats:
    """A padded batch through the ONNX file."""
    longest = max(map(len, batch))
    ids = np.array([row + [0] * (longest - len(row)) for row in batch], np.int64)
    mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in batch], np.int64)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})[0])


BATCHES = [[[3]], [[3, 1, 4, 1, 5, 9, 2, 6], [5, 3], [5, 8, 9, 7]], [[i % WORDS for i in range(PLACES)]]]


@pytest.mark.parametrize("batch", BATCHES, ids=lambda b: f"{len(b)}x{max(map(len, b))}")
def test_the_graph_is_bert(batch: list[list[int]]) -> None:
    """Any batch and length give what the definition gives, and padding counts for nothing."""
    weights = make_weights()
    found = run(build_graph(weights, SHAPE).SerializeToString(), batch)

    assert found == pytest.approx(np.stack([embed_by_hand(weights, row) for row in batch]), abs=1e-5)


def test_the_int8_model_is_near(tmp_path: Path) -> None:
    """Quantising turns the vectors a little, not more, and gives the same file every time."""
    weights = make_weights()
    for name in ("one.onnx", "two.onnx"):
        quantise(build_graph(weights, SHAPE), tmp_path / name)
    found = run(str(tmp_path / "one.onnx"), BATCHES[1])

    assert all(float(row @ embed_by_hand(weights, ids)) > 0.99 for row, ids in zip(found, BATCHES[1], strict=True))
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()


def test_an_unfinished_build_is_not_current(tmp_path: Path) -> None:
    """A folder without a manifest, or with a broken one, is built again."""
    assert not is_current(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    assert not is_current(tmp_path)


def test_a_wheel_without_the_encoder_is_refused(tmp_path: Path) -> None:
    """The build stops and names the command that makes the model."""
    (tmp_path / "src" / "nutgraf").mkdir(parents=True)
    (tmp_path / "src" / "nutgraf" / "__init__.py").touch()
    for name in ("pyproject.toml", "hatch_build.py", "LICENSE", "README.md"):
        if (ROOT / name).exists():
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())

    with pytest.raises(FileNotFoundError, match="make install"):
        list(WheelBuilder(str(tmp_path)).build(directory=str(tmp_path / "dist"), versions=["standard"]))


def test_rare_pieces_are_left_out_and_the_rest_are_numbered_anew() -> None:
    """Marks, characters, common and named pieces stay, in their order; the rows given are their old numbers."""
    names = ["[PAD]", "[unused1]", "a", "##b", "common", "[CLS]", "rare", "rarer"]
    numbers = [0, 1, 2, 3, 4, COMMON, COMMON + 1, COMMON + 2]
    tokenizer = {
        "model": {"vocab": dict(zip(names, numbers, strict=True))},
        "added_tokens": [{"content": "[CLS]", "id": COMMON}],
        "post_processor": {"special_tokens": {"[CLS]": {"tokens": ["[CLS]"], "ids": [COMMON]}}},
    }
    rows = cut(tokenizer, ["rare", "unheard"])

    assert tokenizer["model"] == {"vocab": {"[PAD]": 0, "a": 1, "##b": 2, "common": 3, "[CLS]": 4, "rare": 5}}
    assert rows == [0, 2, 3, 4, COMMON, COMMON + 1]
    assert tokenizer["added_tokens"] == [{"content": "[CLS]", "id": 4}]
    assert tokenizer["post_processor"] == {"special_tokens": {"[CLS]": {"tokens": ["[CLS]"], "ids": [4]}}}
