/**
 * Writes networks in the formats of others, reads each back where it will be used, and compares.
 *
 * @packageDocumentation
 */
export { type ExportOptions, type ExportReport, exportNetwork, formatNamed, formats } from './export-network';
export { type NetworkFolder, networksIn } from './networks-in';
export type { FormatOptions, OutputGap, Writer } from './writer';
