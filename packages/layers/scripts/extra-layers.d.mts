/** The layers as a script for browsers and Node that takes TensorFlow.js from the global `tf`. */
export function extraLayersScript(): Promise<string>;
/** The TypeScript file that holds the script. */
export function extraLayersModule(): Promise<string>;
