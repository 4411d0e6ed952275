#!/usr/bin/env bash
# TensorFlow 2.21.0 (Linux x86-64, oneDNN on, which is the default): a convolution of one input channel whose output is a
# single column gives wrong numbers where the stride across is larger than the one down, some of them from outside the image.
# Expected: the sums of the windows, as with TF_ENABLE_ONEDNN_OPTS=0, and as with equal strides, which mean the same here.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet --only-binary :all: tensorflow-cpu==2.21.0
cat > check.py <<'PY'
import os
import sys

import numpy as np
import tensorflow as tf

x = np.arange(48, dtype=np.float32).reshape(2, 8, 3, 1)
kernel = np.ones((3, 3, 1, 1), np.float32)
# Six windows of all three columns in each image.
expected = np.array([x[n, i : i + 3].sum() for n in range(2) for i in range(6)])
found = {across: tf.nn.conv2d(x, kernel, [1, 1, across, 1], "VALID").numpy().ravel() for across in (1, 2)}
print("TensorFlow", tf.__version__, "oneDNN", os.environ.get("TF_ENABLE_ONEDNN_OPTS", "as it comes"))
print("expected ", expected, "\nstride 1 ", found[1], "\nstride 2 ", found[2])
assert np.array_equal(found[1], expected), "stride 1 changed"
assert np.array_equal(found[2], expected) == (sys.argv[1] == "right"), "stride 2 changed"
PY
export TF_CPP_MIN_LOG_LEVEL=2
environment/bin/python check.py wrong
TF_ENABLE_ONEDNN_OPTS=0 environment/bin/python check.py right
