import { cacheRoot, type Environment } from './cache';
import { type Finding, type LocatedLibrary, librariesIn } from './finding';
import { howToInstall, search } from './locate';
import { findPip } from './pip';
import { type Platform, platformOf } from './platform';
import { probeVersion } from './probe';
import { sizeText } from './unpack';
import { minimumVersion } from './version';

/** What is found where. */
export interface LibraryStatus {
  /** Such as `linux-x64`. */
  readonly platform: string;
  /** The folder of our installations, whether it exists or not. */
  readonly cache: string;
  /** Every place that holds something, in the order of looking. */
  readonly findings: readonly Finding[];
  /** What {@link locate} would give; null where it would throw. */
  readonly uses: LocatedLibrary | null;
  /** What pip or uv says of itself; null where an installation would not find it. */
  readonly pip: string | null;
  readonly minimumVersion: string;
}

/** Options of {@link libraryStatus}; the defaults are this process's. */
export interface StatusOptions {
  readonly environment?: Environment;
  readonly platform?: Platform;
  readonly workingFolder?: string;
}

/** A library whose files do not tell the version is asked, in a process of its own. */
async function withVersion(finding: Finding, platform: Platform): Promise<Finding> {
  const own = platform.key === `${process.platform}-${process.arch}`;
  if (finding.located === null || finding.version !== null || !own) return finding;
  const { framework, library } = await librariesIn(finding.folder, platform);
  const version = await probeVersion(framework, library);
  if (version !== null) return { ...finding, version, located: { ...finding.located, version } };
  const message = `${library} cannot be loaded, or has no TF_Version.`;
  return { ...finding, located: null, problem: { code: 'library-invalid', message } };
}

/**
 * Says what of TensorFlow is on this machine, what of it would be used, and what is wrong with the rest.
 *
 * @throws OverparamError `unsupported-platform`
 */
export async function libraryStatus(options: StatusOptions = {}): Promise<LibraryStatus> {
  const { environment = process.env, platform = platformOf() } = options;
  const asked = findPip(environment);
  const findings: Finding[] = [];
  for await (const finding of search(options)) findings.push(await withVersion(finding, platform));
  const [first] = findings;
  // What the environment names is used or refused, and nothing else instead.
  const named = first?.source === 'environment' ? first : null;
  const uses = named ? named.located : (findings.find(({ located }) => located !== null)?.located ?? null);
  const pip = await asked;
  return {
    platform: platform.key,
    cache: cacheRoot(environment, platform),
    findings,
    uses,
    pip: pip?.version ?? null,
    minimumVersion,
  };
}

const sources = {
  environment: 'OVERPARAM_TENSORFLOW',
  cache: 'cache',
  python: 'Python',
  'tfjs-node': 'tfjs-node',
} as const;

/** A status as lines for a person. */
export function describeStatus(status: LibraryStatus): string {
  const lines = status.findings.map(({ source, folder, version, bytes, located, problem }) => {
    const what = `${sources[source]}: TensorFlow ${version ?? 'of unknown version'}, ${sizeText(bytes)}, ${folder}`;
    if (located === null) return `no   ${sources[source]}: ${problem?.message}`;
    const used = located.library === status.uses?.library;
    return [`${used ? 'used' : 'yes '} ${what}`, ...located.lacks.map((lack) => `     ${lack}`)].join('\n');
  });
  if (status.findings.length === 0) lines.push('TensorFlow is not on this machine.');
  if (status.uses === null) lines.push(howToInstall);
  lines.push(
    `cache: ${status.cache}`,
    `pip: ${status.pip ?? 'not found (nor uv); installing needs it, or a wheel given with --from'}`,
  );
  return lines.join('\n');
}
