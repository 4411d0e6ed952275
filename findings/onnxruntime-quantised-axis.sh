#!/usr/bin/env bash
# ONNX Runtime 1.30.0, on the processor: a kernel in eight bits whose DequantizeLinear has its scales along input channels (Conv:
# axis 1; MatMul and Gemm: axis 0) is fused into QLinearConv, QLinearMatMul and QGemm, which take these scales for those of output
# channels. With as many of the one as of the other nothing is refused, and the answers are wrong.
# Expected: the same as without the runtime's changes of the graph; scales along another axis are not fused, or are refused.
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

random = np.random.default_rng(0)
channels = 4
step = 30


def apart(operator, axis, shape, kernel):
    """How many steps of the output's grid the runtime's two forms are apart."""
    constants = {
        "w": random.integers(-127, 128, kernel).astype(np.int8),
        "ws": np.array([1, 0.1, 0.01, 3], np.float32),
        "wz": np.zeros(channels, np.int8),
        "s": np.float32(0.03),
        "s2": np.float32(step),
        "z": np.uint8(128),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["xq"]),
        helper.make_node("DequantizeLinear", ["xq", "s", "z"], ["xd"]),
        helper.make_node("DequantizeLinear", ["w", "ws", "wz"], ["wd"], axis=axis),
        helper.make_node(operator, ["xd", "wd"], ["y0"]),
        helper.make_node("QuantizeLinear", ["y0", "s2", "z"], ["yq"]),
        helper.make_node("DequantizeLinear", ["yq", "s2", "z"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, types.FLOAT, of) for name, of in (("x", shape), ("y", None))]
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "graph", ends[:1], ends[1:], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    x = random.normal(size=shape).astype(np.float32)
    found = []
    for level in (ort.GraphOptimizationLevel.ORT_ENABLE_ALL, ort.GraphOptimizationLevel.ORT_DISABLE_ALL):
        options = ort.SessionOptions()
        options.graph_optimization_level = level
        options.log_severity_level = 3
        session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        found.append(session.run(None, {"x": x})[0])
    return round(float(np.abs(found[0] - found[1]).max() / step))


print("onnxruntime", ort.__version__, "steps apart, scales along output and input channels:")
square, image, kernel = (channels, channels), (2, channels, 5, 6), (channels, channels, 3, 3)
for operator, output, inner, shape, weight in (
    ("Conv", 0, 1, image, kernel),
    ("MatMul", 1, 0, (2, channels), square),
    ("Gemm", 1, 0, (2, channels), square),
):
    right, wrong = apart(operator, output, shape, weight), apart(operator, inner, shape, weight)
    print(operator, right, wrong)
    assert right <= 1 and wrong > 1, "the axis counts"
PY
environment/bin/python check.py
