#!/usr/bin/env bash
# tfjs 4.22.0 (cpu): the gradient of average pooling with padding 'same' divides by the whole window at the border, where the
# forward pass divides by the pixels that are there. Expected: the forward pass's own derivative (central differences).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"commonjs"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0
cat > check.js <<'JS'
const tf = require('@tensorflow/tfjs');
(async () => {
  await tf.setBackend('cpu');
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  const pooled = (image) => tf.sum(tf.avgPool(image, 2, 2, 'same'));
  const gradient = Array.from(tf.grad(pooled)(x).dataSync());
  const difference = Array.from({ length: 9 }, (_, at) => {
    const shifted = (by) => pooled(tf.tensor4d(Array.from(x.dataSync(), (v, i) => v + (i === at ? by : 0)), [1, 3, 3, 1])).dataSync()[0];
    return Math.round(((shifted(0.5) - shifted(-0.5)) / 1) * 1000) / 1000;
  });
  console.log('tfjs', tf.version.tfjs, 'gradient', gradient, 'central differences', difference);
  // The corner's window holds one pixel: its derivative is 1.
  if (difference[8] !== 1) throw new Error('the forward pass changed');
  if (gradient[8] !== 0.25) throw new Error('the gradient changed');
})();
JS
node check.js
