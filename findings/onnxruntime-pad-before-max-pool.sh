#!/usr/bin/env bash
# ONNX Runtime 1.30.0, on the processor: a Pad with zeros before a MaxPool is fused into the pooling's own padding, which counts
# as minus infinity. Where everything in a border's window is negative the answer is that number and not zero.
# Expected: the same as without the runtime's changes of the graph; the zeros are values of the graph.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet --only-binary :all: onnx==1.23.2 onnxruntime==1.30.0
cat > check.py <<'PY'
import numpy as np
import onnxruntime as ort
from onnx import TensorProto as types
from onnx import helper, numpy_helper

nodes = [
    helper.make_node("Pad", ["x", "pads"], ["padded"], mode="constant"),
    helper.make_node("MaxPool", ["padded"], ["y"], kernel_shape=[2, 2], strides=[2, 2]),
]
pads = numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64), "pads")
ends = [helper.make_tensor_value_info("x", types.FLOAT, [1, 1, 2, 2]), helper.make_tensor_value_info("y", types.FLOAT, None)]
graph = helper.make_graph(nodes, "graph", ends[:1], ends[1:], [pads])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
x = np.array([[[[-1, -2], [-3, -4]]]], np.float32)
found = []
for level in (ort.GraphOptimizationLevel.ORT_ENABLE_ALL, ort.GraphOptimizationLevel.ORT_DISABLE_ALL):
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found.append(session.run(None, {"x": x})[0].ravel().tolist())
print("onnxruntime", ort.__version__, "with and without changes of the graph:", *found)
assert found[1] == [0, 0, 0, 0], "the zeros count without changes"
assert found[0] == [-1, -2, -3, -4], "the zeros count now"
PY
environment/bin/python check.py
