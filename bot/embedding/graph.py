"""
Writes MiniLM-L6 as an ONNX graph with small numbers: matrices of eight bits, a scale for each column.

The words' own vectors stay at sixteen bits: they are looked up and not multiplied, so eight would cost exactness and
save no time. One text at a time goes through, so there is no padding, and what a text means never depends on what else
was asked. Only ``sidedoor train`` comes here; the ``onnx`` package is not needed to run what it writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from bot.embedding.weights import Tensors

LAYERS, WIDTH, HEADS = 6, 384, 12
_HEAD = WIDTH // HEADS
_OPSET = 17


def build(tensors: Tensors, *, small: bool = True, layers: int = LAYERS) -> bytes:
    """
    The graph as bytes: input ``ids`` (int64, 1 by pieces), output ``vectors`` (1 by 384, of length 1), and ``hidden``
    (1 by pieces by 384), from which they are made, after as many *layers*.
    """
    return bytes(_Writer(tensors, small).model(layers).SerializeToString())


class _Writer:
    """Collects nodes and arrays; each method adds a part of the network and gives the name of its output."""

    def __init__(self, tensors: Tensors, small: bool) -> None:
        self._tensors = tensors
        self._small = small
        self._nodes: list[Any] = []
        self._arrays: list[Any] = []
        self._numbers = count()

    def model(self, layers: int) -> Any:
        """The whole network, checked."""
        hidden = self._embedded()
        for number in range(layers):
            hidden = self._layer(f"encoder.layer.{number}.", hidden)
        self._pooled(hidden)
        ids = helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "pieces"])
        out = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [1, WIDTH])
        seen = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [1, "pieces", WIDTH])
        self._nodes.append(helper.make_node("Identity", [hidden], ["hidden"]))
        graph = helper.make_graph(self._nodes, "minilm", [ids], [out, seen], self._arrays)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
        onnx.checker.check_model(model)
        return model

    # -- parts of the network

    def _embedded(self) -> str:
        words = self._array("words", self._tensors["embeddings.word_embeddings.weight"].astype(np.float16))
        looked_up = self._add("Cast", [self._add("Gather", [words, "ids"])], to=TensorProto.FLOAT)
        kind = self._tensors["embeddings.token_type_embeddings.weight"][0]
        places = self._array("places", self._tensors["embeddings.position_embeddings.weight"] + kind)
        length = self._add("Gather", [self._add("Shape", ["ids"]), self._array("one", np.array([1]))])
        here = self._add(
            "Slice", [places, self._array("zero", np.array([0])), length, self._array("axis0", np.array([0]))]
        )
        return self._norm("embeddings.LayerNorm", self._add("Add", [looked_up, here]))

    def _layer(self, name: str, hidden: str) -> str:
        attended = self._dense([f"{name}attention.output.dense"], self._attention(name, hidden))
        hidden = self._norm(f"{name}attention.output.LayerNorm", self._add("Add", [attended, hidden]))
        inner = self._gelu(self._dense([f"{name}intermediate.dense"], hidden))
        outer = self._dense([f"{name}output.dense"], inner)
        return self._norm(f"{name}output.LayerNorm", self._add("Add", [outer, hidden]))

    def _attention(self, name: str, hidden: str) -> str:
        parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
        together = self._dense(parts, hidden)
        outputs = [self._name() for _ in parts]
        split = self._array(self._name(), np.array([WIDTH] * 3))
        self._nodes.append(helper.make_node("Split", [together, split], outputs, axis=2))
        query, key, value = (
            self._by_head(part, turned)
            for part, turned in zip(outputs, ((0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)), strict=True)
        )
        scores = self._add(
            "Mul", [self._add("MatMul", [query, key]), self._array(self._name(), np.float32(_HEAD**-0.5))]
        )
        shares = self._add("Softmax", [scores], axis=-1)
        mixed = self._add("Transpose", [self._add("MatMul", [shares, value])], perm=(0, 2, 1, 3))
        return self._add("Reshape", [mixed, self._array(self._name(), np.array([0, 0, WIDTH]))])

    def _by_head(self, part: str, turned: Sequence[int]) -> str:
        shape = self._array(self._name(), np.array([0, 0, HEADS, _HEAD]))
        return self._add("Transpose", [self._add("Reshape", [part, shape])], perm=turned)

    def _gelu(self, x: str) -> str:
        half = self._add("Div", [x, self._array(self._name(), np.float32(np.sqrt(2)))])
        grown = self._add("Add", [self._add("Erf", [half]), self._array(self._name(), np.float32(1))])
        return self._add("Mul", [self._add("Mul", [x, grown]), self._array(self._name(), np.float32(0.5))])

    def _pooled(self, hidden: str) -> None:
        total = self._add("ReduceSum", [hidden, self._array("axis1", np.array([1]))], keepdims=0)
        length = self._add("ReduceL2", [total], axes=[1], keepdims=1)  # the mean and the sum have one direction
        self._nodes.append(helper.make_node("Div", [total, length], ["vectors"]))

    # -- small change

    def _dense(self, names: Sequence[str], x: str) -> str:
        weight = np.concatenate([self._tensors[f"{name}.weight"] for name in names]).T
        bias = np.concatenate([self._tensors[f"{name}.bias"] for name in names])
        product = (
            self._small_product(x, weight)
            if self._small
            else self._add("MatMul", [x, self._array(self._name(), weight)])
        )
        return self._add("Add", [product, self._array(self._name(), bias)])

    def _product(self, x: str, weight: Any) -> str:
        return self._add("MatMul", [x, self._array(self._name(), weight)])

    def _small_product(self, x: str, weight: Any) -> str:
        scales = np.maximum(np.abs(weight).max(axis=0), 1e-12) / 127
        small = self._array(self._name(), np.rint(weight / scales).astype(np.int8))
        outputs = [self._name() for _ in range(3)]
        self._nodes.append(helper.make_node("DynamicQuantizeLinear", [x], outputs))
        whole, scale, zero = outputs
        product = self._add("Cast", [self._add("MatMulInteger", [whole, small, zero])], to=TensorProto.FLOAT)
        columns = self._array(self._name(), scales.astype(np.float32))
        return self._add("Mul", [product, self._add("Mul", [scale, columns])])

    def _norm(self, name: str, x: str) -> str:
        scale, bias = (self._array(f"{name}.{part}", self._tensors[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self._add("LayerNormalization", [x, scale, bias], axis=-1, epsilon=1e-12)

    def _add(self, operation: str, inputs: Sequence[str], **attributes: Any) -> str:
        output = self._name()
        self._nodes.append(helper.make_node(operation, inputs, [output], **attributes))
        return output

    def _array(self, name: str, value: Any) -> str:
        array = np.asarray(value)
        if array.dtype == np.int_:
            array = array.astype(np.int64)
        self._arrays.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return name

    def _name(self) -> str:
        return f"n{next(self._numbers)}"
