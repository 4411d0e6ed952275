#!/usr/bin/env bash
# tfjs-backend-wasm 4.22.0: maxPool3d of values below zero gives the least positive float, 1.1754943508222875e-38, where it
# looked for the least one (C++'s numeric_limits<float>::min). Expected: the largest value of the window, as on cpu.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"commonjs"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0
cat > check.js <<'JS'
const tf = require('@tensorflow/tfjs');
require('@tensorflow/tfjs-backend-wasm');
(async () => {
  const found = {};
  for (const backend of ['cpu', 'wasm']) {
    await tf.setBackend(backend);
    const x = tf.tensor5d([-1, -2, -3, -4, -5, -6, -7, -8], [1, 2, 2, 2, 1]);
    found[backend] = tf.maxPool3d(x, 2, 2, 'valid').dataSync()[0];
  }
  console.log('tfjs', tf.version.tfjs, 'largest of -1 to -8:', found);
  if (found.cpu !== -1) throw new Error('cpu changed');
  if (found.wasm !== 1.1754943508222875e-38) throw new Error('wasm changed');
})();
JS
node check.js
