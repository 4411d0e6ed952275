import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** A finished run as it is kept: its records as text, without weights and pictures. */
export interface KeptRun {
  /** From the comparison's folder. */
  readonly folder: string;
  /** By name; `config` is what the comparison started it with. */
  readonly files: Readonly<Record<string, string>>;
}

/** What a finished run is known by, the result last: a folder is a finished run's from that file on. */
const recordNames = [
  'config.yaml',
  'about.json',
  'data.json',
  'layers.jsonl',
  'metrics.jsonl',
  'timings.jsonl',
  'SHA256SUMS',
  'result.json',
];

function configFile(out: string, folder: string): string {
  return join(out, 'configs', `${folder}.yaml`);
}

function runFolders(out: string, folder = out): string[] {
  if (existsSync(join(folder, 'config.yaml'))) return [relative(out, folder)];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'configs')
    .flatMap(({ name }) => runFolders(out, join(folder, name)))
    .sort();
}

/** The finished runs of a comparison's folder, those that chose among them. */
export function finishedRuns(out: string): KeptRun[] {
  if (!existsSync(out)) return [];
  return runFolders(out)
    .filter((folder) => existsSync(join(out, folder, 'result.json')))
    .map((folder) => {
      const names = recordNames.filter((name) => existsSync(join(out, folder, name)));
      const texts = names.map((name) => [name, readFileSync(join(out, folder, name), 'utf8')] as const);
      return {
        folder,
        files: { config: readFileSync(configFile(out, folder), 'utf8'), ...Object.fromEntries(texts) },
      };
    });
}

/** Writes runs into one file, a line each. */
export function keepRuns(file: string, runs: readonly KeptRun[]): void {
  const lines = runs.map((run) => `${JSON.stringify(run)}\n`).join('');
  mkdirSync(dirname(file), { recursive: true });
  // A process that is killed while it writes leaves the former file.
  writeFileSync(`${file}.part`, gzipSync(lines, { level: 9 }));
  renameSync(`${file}.part`, file);
}

/** The runs that a file keeps; none where there is no file. */
export function keptRuns(file: string): KeptRun[] {
  if (!existsSync(file)) return [];
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as KeptRun);
}

/**
 * Lays kept runs into a comparison's folder, where it then takes them for finished; one that has a folder there already, finished
 * or begun, is left as it is.
 *
 * @returns how many were laid there
 */
export function layRuns(out: string, runs: readonly KeptRun[]): number {
  const missing = runs.filter(({ folder }) => !existsSync(join(out, folder)));
  for (const { folder, files } of missing) {
    const { config, ...records } = files;
    mkdirSync(join(out, folder), { recursive: true });
    mkdirSync(dirname(configFile(out, folder)), { recursive: true });
    writeFileSync(configFile(out, folder), config!);
    for (const name of recordNames) {
      if (records[name] !== undefined) writeFileSync(join(out, folder, name), records[name]);
    }
  }
  return missing.length;
}

/** Clock time of runs, as if one had followed the other; seconds. */
export function secondsOf(runs: readonly KeptRun[]): number {
  const lines = runs.flatMap(({ files }) => (files['timings.jsonl'] ?? '').split('\n').slice(0, -1));
  return lines.reduce((sum, line) => {
    // The last line of a file is its checksum.
    const { trainSeconds = 0, testSeconds = 0 } = JSON.parse(line) as Record<string, number>;
    return sum + trainSeconds + testSeconds;
  }, 0);
}
