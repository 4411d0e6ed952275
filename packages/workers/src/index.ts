/**
 * One training run over several processes and machines.
 *
 * @packageDocumentation
 */
export { clusterOf, slurmHosts, type Variables } from './environment';
export { lostExitCode } from './exit-code';
export { type LaunchOptions, launchWorkers, type WorkerFailure } from './launch';
export { Meeting } from './meeting';
export { waitForWorkers } from './wait';
