"""Tiny networks and a tokenizer, made here: one knows two labels for a pair, one marks words that it does not know."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
from onnx import TensorProto, helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = "[CLS] [SEP] [UNK] the mill opens at nine holds reels never".split()
UNKNOWN, NEVER = WORDS.index("[UNK]"), WORDS.index("never")


def tokenizer(folder: Path) -> None:
    """A tokenizer of whole words that reads pairs."""
    made = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 0), ("[SEP]", 1)]
    )
    made.save(str(folder / "tokenizer.json"))


def network(folder: Path, *, by_token: bool, labels: dict[str, str]) -> Path:
    """A folder with a network whose bad logit is high where a token is unknown, or where "never" is in the pair."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = helper.make_tensor("wanted", TensorProto.INT64, [1], [UNKNOWN if by_token else NEVER])
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [2 if by_token else 1])
    scale = helper.make_tensor("scale", TensorProto.FLOAT, [1], [8.0])
    shift = helper.make_tensor("shift", TensorProto.FLOAT, [1], [4.0])
    nodes = [
        helper.make_node("Equal", ["input_ids", "wanted"], ["same"]),
        helper.make_node("Cast", ["same"], ["one"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze" if by_token else "ReduceSum", ["one", "axis"], ["seen"]),
        helper.make_node("Mul", ["seen", "scale"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "shift"], ["bad"]),
        helper.make_node("Neg", ["bad"], ["good"]),
        helper.make_node("Concat", ["good", "bad"], ["logits"], axis=-1),
    ]
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])
    shape: list[str | int | None] = ["batch", "length", 2] if by_token else ["batch", 2]
    out = helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "tiny", [ids], [out], [wanted, axis, scale, shift])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(folder / "model.onnx"))
    tokenizer(folder)
    (folder / "config.json").write_text(json.dumps({"id2label": labels}), "utf-8")
    return folder


def inference(folder: Path) -> Path:
    """A model of natural language inference that takes "never" for a contradiction."""
    return network(folder, by_token=False, labels={"0": "entailment", "1": "not_entailment"})


def marking(folder: Path) -> Path:
    """A model that marks the words it does not know."""
    return network(folder, by_token=True, labels={"0": "supported", "1": "hallucinated"})
