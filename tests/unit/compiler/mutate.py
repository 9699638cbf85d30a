"""Mutations of .tflite files that keep the file readable, and plain damage to its bytes."""

import copy

import numpy as np
from ai_edge_litert import schema_py_generated as schema

EXTREMES = (0, 1, -1, 2, 3, 7, 127, -128, 255, 1 << 15, 1 << 24, 2**31 - 1, -(2**31))
REALS = (0.0, -1.0, 1e-45, 1e-30, 1e-9, 0.5, 1.0, 3e3, 1e30, float("inf"), float("nan"))


class Mutator:
    """Random changes to model files, all of them from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def mutate(self, data: bytes) -> bytes:
        """Return a changed copy: mostly of its structure, sometimes of its bytes."""
        if self.rng.random() < 0.15:
            return self._bytes(data)
        try:
            model = schema.ModelT.InitFromPackedBuf(data, 0)
            for _ in range(self.rng.integers(1, 4)):
                self._pick([*self._graph_changes(model)])()
            packed = _pack(model)
        except (AttributeError, TypeError, ValueError, IndexError, KeyError, OverflowError):
            return self._bytes(data)  # a change that the writer refuses
        return self._bytes(packed) if self.rng.random() < 0.05 else packed

    def _pick(self, choices):
        return choices[int(self.rng.integers(len(choices)))]

    def _number(self, near: int = 0) -> int:
        if self.rng.random() < 0.6:
            return int(near + self.rng.integers(-3, 4))
        return self._pick(EXTREMES)

    def _bytes(self, data: bytes) -> bytes:
        raw = bytearray(data)
        for _ in range(self.rng.integers(1, 6)):
            at = int(self.rng.integers(len(raw)))
            if self.rng.random() < 0.1:
                del raw[at : at + int(self.rng.integers(1, 64))]
                raw = raw or bytearray(1)
            else:
                raw[at] = self._pick((0, 1, 0x7F, 0x80, 0xFF, raw[at] ^ (1 << at % 8)))
        return bytes(raw)

    def _graph_changes(self, model):
        graph = self._pick(model.subgraphs)
        tensor = self._pick(graph.tensors)
        operator = self._pick(graph.operators)
        buffer = self._pick(model.buffers)
        yield lambda: self._shape(tensor)
        yield lambda: self._shape(tensor)
        yield lambda: self._quantization(tensor)
        yield lambda: self._quantization(tensor)
        yield lambda: setattr(tensor, "type", self._pick((0, 2, 3, 4, 6, 7, 9)))
        yield lambda: setattr(tensor, "buffer", int(self.rng.integers(len(model.buffers))))
        yield lambda: setattr(tensor, "isVariable", True)
        for _ in range(4):
            yield lambda: self._option(operator)
        yield lambda: self._references(operator, len(graph.tensors))
        yield lambda: setattr(
            operator, "opcodeIndex", int(self.rng.integers(len(model.operatorCodes)))
        )
        yield lambda: self._code(self._pick(model.operatorCodes))
        yield lambda: self._data(buffer)
        yield lambda: self._data(buffer)
        yield lambda: graph.operators.remove(operator)
        yield lambda: graph.operators.insert(0, operator)
        yield lambda: self._ends(graph)
        yield lambda: self._multiply(graph, operator)

    def _shape(self, tensor) -> None:
        shape = [int(n) for n in tensor.shape]
        chance = self.rng.random()
        if shape and chance < 0.7:
            at = int(self.rng.integers(len(shape)))
            shape[at] = self._number(shape[at])
        elif chance < 0.85:
            shape.insert(int(self.rng.integers(len(shape) + 1)), self._pick((1, 1, 2, 3)))
        elif shape:
            shape.pop(int(self.rng.integers(len(shape))))
        tensor.shape = shape

    def _quantization(self, tensor) -> None:
        quant = tensor.quantization
        if quant is None or quant.scale is None or not len(quant.scale):
            quant = schema.QuantizationParametersT()
            quant.scale, quant.zeroPoint = [0.1], [0]
            tensor.quantization = quant
        at = int(self.rng.integers(len(quant.scale)))
        scales, zeros = list(quant.scale), list(quant.zeroPoint)
        what = self._pick(("scale", "scale", "zero", "axis", "count"))
        if what == "scale":
            factor = float(self.rng.choice((0.5, 2, 1e-4, 1e4)))
            scales[at] = self._pick(REALS) if self.rng.random() < 0.5 else scales[at] * factor
        elif what == "zero":
            zeros[at] = self._number(int(zeros[at]))
        elif what == "axis":
            quant.quantizedDimension = self._number(quant.quantizedDimension)
        else:
            scales, zeros = scales[: at + 1], zeros[: at + 1]
        quant.scale, quant.zeroPoint = scales, zeros

    def _option(self, operator) -> None:
        options = operator.builtinOptions
        names = [name for name in vars(options)] if options is not None else []
        if not names:
            operator.builtinOptions, operator.builtinOptionsType = None, 0
            return
        name = self._pick(names)
        old = getattr(options, name)
        if isinstance(old, bool):
            setattr(options, name, not old)
        elif isinstance(old, int):
            small = abs(old) < 5 and self.rng.random() < 0.7
            new = int(self.rng.integers(0, 5)) if small else self._number(old)
            setattr(options, name, new)
        elif isinstance(old, float):
            setattr(options, name, self._pick(REALS))

    def _references(self, operator, count: int) -> None:
        name = self._pick(("inputs", "inputs", "outputs"))
        numbers = [int(n) for n in getattr(operator, name)]
        if numbers and self.rng.random() < 0.7:
            at = int(self.rng.integers(len(numbers)))
            numbers[at] = int(self.rng.integers(-1, count))
        elif numbers and self.rng.random() < 0.5:
            numbers.pop()
        else:
            numbers.append(int(self.rng.integers(-1, count)))
        setattr(operator, name, numbers)

    def _multiply(self, graph, operator) -> None:
        """Let more operators of the same kind read the same constants, side by side or in turn."""
        at = next(n for n, one in enumerate(graph.operators) if one is operator)
        in_turn = self.rng.random() < 0.5
        last = operator
        for _ in range(self._pick((1, 7, 40))):
            new = copy.copy(operator)
            new.inputs, new.outputs = [int(n) for n in operator.inputs], []
            if in_turn and new.inputs and len(last.outputs):
                new.inputs[0] = int(last.outputs[0])
            for number in operator.outputs:
                new.outputs.append(len(graph.tensors))
                graph.tensors.append(copy.copy(graph.tensors[int(number)]))
            at += 1
            graph.operators.insert(at, new)
            last = new
        if self.rng.random() < 0.7:
            graph.outputs = [*(int(n) for n in graph.outputs), *last.outputs]

    def _code(self, code) -> None:
        number = int(self.rng.integers(0, 160))
        code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)

    def _data(self, buffer) -> None:
        if buffer.data is None or not len(buffer.data):
            return
        data = np.array(buffer.data, np.uint8)
        chance = self.rng.random()
        if chance < 0.3:
            data[:] = self._pick((0, 1, 0x7F, 0x80, 0xFF))
        elif chance < 0.8:
            at = int(self.rng.integers(len(data))) // 4 * 4
            word = np.array([self._number()], np.int64).astype(np.int32).view(np.uint8)
            data[at : at + 4] = word[: len(data[at : at + 4])]
        else:
            data = data[: int(self.rng.integers(1, len(data) + 1))]
        buffer.data = data

    def _ends(self, graph) -> None:
        name = self._pick(("inputs", "outputs"))
        numbers = [int(n) for n in getattr(graph, name)]
        numbers.append(int(self.rng.integers(len(graph.tensors))))
        setattr(graph, name, numbers)


def _pack(model) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder(1 << 12)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
