/**
 * One training run over several processes and machines.
 *
 * @packageDocumentation
 */
export { clusterOf, slurmHosts, type Variables } from './environment';
export { type LaunchOptions, launchWorkers, lostExitCode } from './launch';
export { Meeting } from './meeting';
export { waitForWorkers } from './wait';
