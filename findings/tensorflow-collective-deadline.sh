#!/usr/bin/env bash
# TensorFlow 2.21.0 (Linux x86-64, on the processor): a collective reduction with timeout_seconds leaves threads behind that sleep
# until the time is over, though the sum was done in milliseconds: two a sum and device with a deadline of 300 s, none without one.
# A step that reduces every few milliseconds reaches the system's limit of threads long before the first of them ends.
# Expected: a deadline that is taken back when its op is done.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet --only-binary :all: tensorflow-cpu==2.21.0
cat > check.py <<'PY'
import os
from concurrent.futures import ThreadPoolExecutor

import tensorflow as tf

processor = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)


def threads():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("Threads:"))


def reduce(device, deadline, group, number):
    with tf.device(f"/cpu:{device}"):
        return tf.raw_ops.CollectiveReduceV2(
            input=tf.ones([1000]) + float(device), group_size=2, group_key=group, instance_key=number, ordering_token=[],
            merge_op="Add", final_op="Id", communication_hint="ring", timeout_seconds=deadline).numpy()


found = {}
with ThreadPoolExecutor(2) as pool:
    for group, deadline in enumerate([0.0, 300.0], start=1):
        for number in range(120):
            if number == 20:
                before = threads()
            parts = [pool.submit(reduce, device, deadline, group, number) for device in range(2)]
            assert all(part.result(60)[0] == 3 for part in parts)
        found[deadline] = threads() - before
print("TensorFlow", tf.__version__, "threads more after 200 sums that are done, by timeout_seconds:", found, flush=True)
assert found[0.0] < 10, "threads without a deadline too"
assert found[300.0] > 150, "no thread for each deadline"
# Leaving by the usual way would wait for them.
os._exit(0)
PY
export TF_CPP_MIN_LOG_LEVEL=2
environment/bin/python check.py
