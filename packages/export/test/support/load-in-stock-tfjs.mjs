// Loads a network with nothing but stock TensorFlow.js, over http and then from IndexedDB, and prints what it makes of a ramp:
// node load-in-stock-tfjs.mjs URL-OF-FOLDER [PATH-OF-LAYERS.JS]
import 'fake-indexeddb/auto';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';

const [url, layers] = process.argv.slice(2);
await tf.setBackend('cpu');
if (layers) {
  globalThis.tf = tf;
  await import(pathToFileURL(layers).href);
}

const answers = async (model) => {
  const shape = [2, ...model.inputs[0].shape.slice(1)];
  const size = shape.reduce((a, b) => a * b, 1);
  const y = [model.predict(tf.linspace(-1, 1, size).reshape(shape))].flat();
  return y.map((tensor) => [...tensor.dataSync()]);
};

const loaded = await tf.loadLayersModel(`${url}/model.json`);
const http = await answers(loaded);
globalThis.self = globalThis;
tf.env().set('IS_BROWSER', true);
await loaded.save('indexeddb://network');
// What tfjs writes there itself it cannot always read.
const again = await tf.loadLayersModel('indexeddb://network').catch(() => null);
const indexedDb = again && (await answers(again));
console.log(JSON.stringify({ http, indexedDb }));
