#!/usr/bin/env bash
# TensorFlow 2.21.0 (Linux x86-64, on the processor): taking every other pixel of images by a slice with steps takes many
# times as long (36 measured) as the same by a reshape, which puts steps and what lies within them on axes of their own, and a plain slice.
# Expected: about the same, as both copy the same runs of channels. Subsampling shortcuts and strided filters of single pixels
# are written that way.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet --only-binary :all: tensorflow-cpu==2.21.0
cat > check.py <<'PY'
import time
import numpy as np
import tensorflow as tf

n, side, channels = 32, 32, 256
images = tf.constant(np.random.default_rng(1).normal(size=(n, side, side, channels)).astype(np.float32))

@tf.function
def sliced(x):
    return x[:, ::2, ::2, :]

@tf.function
def reshaped(x):
    pairs = tf.reshape(x, [n, side // 2, 2, side // 2, 2 * channels])
    return tf.reshape(pairs[:, :, 0, :, :channels], [n, side // 2, side // 2, channels])

assert np.array_equal(sliced(images), reshaped(images)), "the two no longer give the same"
def best(work):
    times = []
    for _ in range(30):
        started = time.perf_counter()
        work(images)
        times.append(time.perf_counter() - started)
    return 1000 * min(times)
slow, fast = best(sliced), best(reshaped)
print(f"TensorFlow {tf.__version__}: every other pixel of {images.shape}: {slow:.1f} ms by steps, {fast:.1f} ms by a reshape and a slice")
assert slow > 3 * fast
PY
export TF_CPP_MIN_LOG_LEVEL=2
environment/bin/python check.py
