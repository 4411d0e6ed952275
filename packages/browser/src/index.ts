/**
 * A trained network as a static page: written from a run's folder, served on this machine.
 *
 * @packageDocumentation
 */
export { type PageOptions, type PageReport, writePage } from './page/write-page';
export { type ServedPage, servePage } from './serve';
