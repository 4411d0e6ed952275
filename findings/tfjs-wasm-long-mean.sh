#!/usr/bin/env bash
# tfjs-backend-wasm 4.22.0: a mean keeps one float32 running sum, so that the mean of 884,736 equal values is off by about a
# percent. Expected: the value, to rounding, as on the other backends. Reducing one axis after the other is right.
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
  await tf.setBackend('wasm');
  const x = tf.fill([8, 288, 384], 0.7);
  const whole = tf.mean(x).dataSync()[0] / 0.7 - 1;
  const byAxis = tf.mean(tf.mean(tf.mean(x, 2), 1), 0).dataSync()[0] / 0.7 - 1;
  console.log('tfjs', tf.version.tfjs, 'relative error, all axes at once:', whole, 'one by one:', byAxis);
  if (!(Math.abs(whole) > 1e-3)) throw new Error('the mean is right now');
  if (!(Math.abs(byAxis) < 1e-5)) throw new Error('one axis at a time changed');
})();
JS
node check.js
