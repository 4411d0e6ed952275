/**
 * Fetching and unpacking what datasets are published as.
 *
 * @packageDocumentation
 */
export { type Checksum, type Download, digestOf, download } from './download';
export { fromDifferences, toDifferences } from './median-edge';
export { readTar, type TarEntry } from './tar';
export { unpackXz } from './xz';
