#!/usr/bin/env bash
# TensorFlow 2.21.0 (Linux x86-64, on the processor): inside a tf.function, tf.add_n of three and more tensors gives other last
# bits from call to call, with no randomness in it. The op adds into the first input whose memory nothing else reads any more,
# and begins the sum with that one; which it is depends on what ran beside it.
# Expected: the order of the inputs, as a chain of additions has it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet --only-binary :all: tensorflow-cpu==2.21.0
cat > check.py <<'PY'
import numpy as np
import tensorflow as tf

x = tf.constant(np.random.default_rng(1).normal(size=(64, 64)).astype(np.float32))

@tf.function
def step(x):
    sums, read = [], []
    for group in range(40):
        terms = [tf.tanh(x * (group + index + 0.3)) for index in range(5)]
        # Others read the terms at the same time, so that the memory of each is free at a time of its own.
        read += [tf.reduce_sum(tf.exp(term)) for term in terms]
        sums.append(tf.add_n(terms))
    return tf.stack(sums), tf.stack(read)

found = {step(x)[0].numpy().tobytes() for _ in range(300)}
print("TensorFlow", tf.__version__, "different results of 300 calls:", len(found))
assert len(found) > 1, "the same bits at each call"
PY
export TF_CPP_MIN_LOG_LEVEL=2
environment/bin/python check.py
