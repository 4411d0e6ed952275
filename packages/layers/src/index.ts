/**
 * The layers that stock TensorFlow.js lacks, and the building blocks that networks are made of. Import this package
 * beside plain TensorFlow.js before a `model.json` that holds such layers; it depends on nothing else.
 *
 * @packageDocumentation
 */
export * from './building-blocks';
export * from './custom-layers';
