#!/usr/bin/env bash
# tfjs-backend-wasm 4.22.0: a convolution with padding 'same' whose last window ends before the image does, such as 3x3 at
# stride 4 over 8x8 pixels, gives zeros, without an error. Expected: the sums of the windows, as on cpu. The same padding in
# numbers is right.
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
    const x = tf.range(1, 65).reshape([1, 8, 8, 1]);
    const convolved = (padding) => Array.from(tf.conv2d(x, tf.ones([3, 3, 1, 1]), 4, padding).dataSync());
    found[`${backend}, same`] = convolved('same');
    found[`${backend}, valid`] = convolved('valid');
  }
  console.log('tfjs', tf.version.tfjs, found);
  // Nothing is padded here, so that both are the same: pixels 1, 2, 3, 9, 10, 11, 17, 18, 19 add up to 90.
  if (found['cpu, same'][0] !== 90 || found['wasm, valid'][0] !== 90) throw new Error('what was right changed');
  if (found['wasm, same'].some((value) => value !== 0)) throw new Error('wasm changed');
})();
JS
node check.js
