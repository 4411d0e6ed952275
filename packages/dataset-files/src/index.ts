/**
 * Fetching and unpacking what datasets are published as.
 *
 * @packageDocumentation
 */
export { type Checksum, type Download, digestOf, download, readText } from './download';
export { readGzip, unpackGzip } from './gzip';
export { fromDifferences, toDifferences } from './median-edge';
export { withMemoryAtMost } from './memory-limit';
export { type Numbers, readNpy } from './npy';
export { readTar, type TarEntry, type TarOptions } from './tar';
export { unpackXz } from './xz';
export { openZip, type ZipArchive, type ZipMember } from './zip';
