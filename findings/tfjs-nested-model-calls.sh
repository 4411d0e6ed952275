#!/usr/bin/env bash
# tfjs-layers 4.22.0: a model used as a layer counts its own making as its first call. In the JSON, its users name call 1, while
# its inbound_nodes list one call, at place 0; and a network's own listing does not say so. A reader that checks indices
# against inbound_nodes refuses every sound nested model. Expected by the format of plain layers: call 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"commonjs"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0
cat > check.js <<'JS'
const tf = require('@tensorflow/tfjs');
const inner = tf.sequential({ name: 'inner', layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
const x = tf.input({ shape: [3] });
const model = tf.model({ inputs: x, outputs: tf.layers.dense({ name: 'after', units: 1 }).apply(inner.apply(x)) });
const { config } = model.toJSON(null, false);
const nested = config.layers.find(({ name }) => name === 'inner');
const after = config.layers.find(({ name }) => name === 'after');
console.log('tfjs', tf.version.tfjs, 'calls written:', nested.inbound_nodes.length, 'call named:', after.inbound_nodes[0][0]);
if (nested.inbound_nodes.length !== 1 || after.inbound_nodes[0][0][1] !== 1) throw new Error('the format changed');
JS
node check.js
