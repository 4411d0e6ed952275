// A Slurm of one host with three nodes, for tests: `node scripts/slurm.mjs start FOLDER`, `... stop FOLDER`. It takes Debian's
// packages slurmctld, slurmd, slurm-client and munge, and no systemd; everything lies in the folder.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const programs = ['slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol', 'munged', 'munge'];
const administrators = ['/usr/sbin', '/sbin', '/usr/local/sbin'];
/** Nodes of the cluster. */
export const nodes = ['node1', 'node2', 'node3'];

function find(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...administrators];
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

/** Why there can be no Slurm here; null where there can. */
export function slurmMissing() {
  if (process.platform !== 'linux') return 'Slurm runs on Linux.';
  const missing = programs.filter((program) => !find(program));
  if (missing.length > 0)
    return `Not installed: ${missing.join(', ')} (Debian: apt-get install slurmctld slurmd slurm-client munge).`;
  return process.getuid() === 0 ? null : 'Its daemons are started by root here.';
}

function run(program, given, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(find(program) ?? program, given, {
    encoding: 'utf8',
    ...options,
  });
  if (error || status !== 0) throw new Error(`${program} ${given.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

function freePort() {
  return new Promise((found, failed) => {
    const server = createServer().on('error', failed);
    server.listen(0, () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

async function configText(folder, { maxArraySize }) {
  const [controller, ...ports] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const at = (name) => join(folder, name);
  return [
    'ClusterName=onehost',
    'SlurmctldHost=localhost',
    `SlurmctldPort=${controller}`,
    'AuthType=auth/munge',
    // How long a task that is queued again has to wait follows from it; 120 s by default.
    'AuthInfo=cred_expire=5',
    'SlurmUser=root',
    'SlurmdUser=root',
    `StateSaveLocation=${at('state')}`,
    `SlurmdSpoolDir=${at('spool')}/%n`,
    `SlurmctldPidFile=${at('slurmctld.pid')}`,
    `SlurmdPidFile=${at('%n.pid')}`,
    `SlurmctldLogFile=${at('slurmctld.log')}`,
    `SlurmdLogFile=${at('%n.log')}`,
    'ProctrackType=proctrack/linuxproc',
    'TaskPlugin=task/none',
    'JobAcctGatherType=jobacct_gather/none',
    'AccountingStorageType=accounting_storage/none',
    'SchedulerType=sched/backfill',
    'SchedulerParameters=sched_interval=2,bf_interval=2,sched_min_interval=100000',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_Core',
    'SlurmdParameters=config_overrides',
    'MpiDefault=none',
    'SwitchType=switch/none',
    'ReturnToService=2',
    'SlurmdTimeout=6',
    'KillWait=30',
    'MinJobAge=600',
    'JobRequeue=1',
    `MaxArraySize=${maxArraySize}`,
    ...nodes.map(
      (name, at) =>
        `NodeName=${name} NodeHostname=localhost Port=${ports[at]} CPUs=1 RealMemory=4000 State=UNKNOWN`,
    ),
    `PartitionName=cpu Nodes=${nodes.join(',')} Default=YES MaxTime=INFINITE State=UP`,
    '',
  ].join('\n');
}

/** Starts munge's daemon, which all of Slurm's programs show who they are with, unless one is there. */
function startMunge() {
  if (spawnSync(find('munge'), ['--no-input']).status === 0) return;
  mkdirSync('/run/munge', { recursive: true });
  run('chown', ['munge:munge', '/run/munge']);
  run('su', ['-s', '/bin/sh', 'munge', '-c', find('munged')]);
}

/** Starts the daemon of a node. */
export function startNode(folder, node) {
  run('slurmd', ['-N', node, '-f', join(folder, 'slurm.conf')]);
}

function pidOf(folder, name) {
  const file = join(folder, `${name}.pid`);
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
}

/** Kills the daemon of a node, as a crash does; its tasks go on without it. */
export function killNode(folder, node) {
  process.kill(pidOf(folder, node), 'SIGKILL');
}

/**
 * Starts a cluster.
 *
 * @param folder  a new one
 * @returns       the path for `SLURM_CONF`
 */
export async function startSlurm(folder, { maxArraySize = 1001 } = {}) {
  const missing = slurmMissing();
  if (missing !== null) throw new Error(missing);
  for (const name of ['state', 'spool', ...nodes.map((node) => `spool/${node}`)])
    mkdirSync(join(folder, name), { recursive: true });
  const config = join(folder, 'slurm.conf');
  writeFileSync(config, await configText(folder, { maxArraySize }));
  startMunge();
  run('slurmctld', ['-c', '-i', '-f', config]);
  for (const node of nodes) startNode(folder, node);
  const environment = { ...process.env, SLURM_CONF: config };
  for (let asked = 0; asked < 150; asked++) {
    const { stdout } = spawnSync(find('sinfo') ?? 'sinfo', ['-h', '-N', '-o', '%T'], {
      encoding: 'utf8',
      env: environment,
    });
    if ((stdout.match(/^idle$/gm) ?? []).length === nodes.length) return config;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`The nodes did not come up within 30 s; see the logs in ${folder}.`);
}

/** Ends a cluster and its tasks. */
export async function stopSlurm(folder) {
  const environment = { ...process.env, SLURM_CONF: join(folder, 'slurm.conf') };
  spawnSync(find('scancel'), ['--quiet', '--partition=cpu'], { env: environment, timeout: 5000 });
  await new Promise((done) => setTimeout(done, 1500));
  for (const name of [...nodes, 'slurmctld']) {
    try {
      process.kill(pidOf(folder, name), 'SIGTERM');
    } catch {
      // It has ended already.
    }
  }
  await new Promise((done) => setTimeout(done, 1000));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [what, given = ''] = process.argv.slice(2);
  const folder = resolve(given);
  if (given === '' || !['start', 'stop'].includes(what)) {
    console.error('Usage: node scripts/slurm.mjs start|stop FOLDER');
    process.exitCode = 2;
  } else if (what === 'stop') {
    await stopSlurm(folder);
    rmSync(folder, { recursive: true, force: true });
  } else if (existsSync(folder) && readdirSync(folder).length > 0) {
    console.error(`The folder ${folder} is in use.`);
    process.exitCode = 2;
  } else {
    console.log(`export SLURM_CONF=${await startSlurm(folder)}`);
  }
}
