// Installs the native engine where nothing of it is there yet, and says why where it cannot; `npm start` and `npm test` run
// this with the TypeScript loader. It ends with 0 whether the engine is there or not, and with 130 when it is interrupted.
import { defaultVersion, locate, runEngineCommand } from '@overparam/engine-tensorflow/library';

const controller = new AbortController();
process.on('SIGINT', () => controller.abort());
process.on('SIGTERM', () => controller.abort());

/** What `promise` fails with, or null. */
const failureOf = (promise) =>
  promise.then(
    () => null,
    (error) => error,
  );

/** @returns null where the engine is there at the end, or the reason why not */
async function provide() {
  const missing = await failureOf(locate());
  // Another fault is of a library that was chosen by name; installing one would not help.
  if (missing === null || missing.code !== 'library-missing' || process.env.OVERPARAM_TENSORFLOW)
    return missing;
  console.error(
    `Installing the native engine with pip: TensorFlow ${defaultVersion}, about 270 MB to download (once). ` +
      'To do without, set OVERPARAM_NO_ENGINE=1 in the environment.',
  );
  return failureOf(
    runEngineCommand(
      { action: 'install' },
      {
        stream: process.stderr,
        result: (_value, text) => console.error(`${text}\n`),
        signal: controller.signal,
      },
    ),
  );
}

const failure = await provide();
if (failure?.code === 'interrupted') {
  console.error(failure.message);
  process.exitCode = 130;
} else if (failure !== null) {
  console.error(
    `${failure.message}\nGoing on with the portable engine, which takes several times as long.\n`,
  );
}
