// Runs networks with nothing but stock TensorFlow.js on its plain backend, one for each line that names its folder: `inputs` there
// is safetensors, `outputs` is written, and `ok` said, or what went wrong.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';

console.log = console.warn = () => {};
await tf.setBackend('cpu');
globalThis.tf = tf;
for await (const folder of createInterface({ input: process.stdin })) {
  const said = await run(folder).then(
    () => 'ok',
    (error) => String(error).replaceAll('\n', ' '),
  );
  process.stdout.write(`${said}\n`);
}

async function run(folder) {
  if (existsSync(`${folder}/layers.js`)) await import(pathToFileURL(`${folder}/layers.js`).href);
  const bytes = readFileSync(`${folder}/inputs`);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  const given = Object.fromEntries(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(
        ([
          name,
          {
            shape,
            data_offsets: [from, to],
          },
        ]) => {
          const part = Uint8Array.from(bytes.subarray(8 + length + from, 8 + length + to));
          return [name, tf.tensor(new Float32Array(part.buffer), shape)];
        },
      ),
  );

  const json = JSON.parse(readFileSync(`${folder}/model.json`, 'utf8'));
  const model = await tf.loadLayersModel({
    load: () =>
      tf.io.getModelArtifactsForJSON(json, async (manifest) => {
        const files = manifest.flatMap(({ paths }) => paths).map((name) => readFileSync(`${folder}/${name}`));
        return [manifest.flatMap(({ weights }) => weights), new Uint8Array(Buffer.concat(files)).buffer];
      }),
  });
  const made = [model.predict(model.inputs.map(({ sourceLayer }) => given[sourceLayer.name]))].flat();
  const told = {};
  let at = 0;
  for (const [index, { shape, size }] of made.entries()) {
    told[index] = { dtype: 'F32', shape, data_offsets: [at, at + 4 * size] };
    at += 4 * size;
  }
  let text = JSON.stringify(told);
  text += ' '.repeat((8 - (text.length % 8)) % 8);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(text.length));
  const data = made.map((tensor) => Buffer.from(Float32Array.from(tensor.dataSync()).buffer));
  writeFileSync(`${folder}/outputs`, Buffer.concat([start, Buffer.from(text), ...data]));
  model.dispose();
  tf.dispose([Object.values(given), made]);
}
