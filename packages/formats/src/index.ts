/**
 * Writes networks in the formats of others, reads each back where it will be used, and compares.
 *
 * @packageDocumentation
 */
export { type ExportOptions, type ExportReport, exportNetwork, formatNamed, formats } from './export-network';
export { inspect, inspectBytes } from './inspect/inspect';
export type { InspectedLayer, Inspection, InspectionCheck } from './inspect/inspection';
export { inspectionRows } from './inspect/text';
export { type NetworkFolder, networksIn } from './networks-in';
export type { Exported, FormatOptions, OutputGap, ReadBack, Writer } from './writer';
export { onnxMetadata } from './writers/onnx';
