export { completionScript, completionShells } from './completion';
/**
 * The command lines of this project: commander's, with errors in our words.
 *
 * @packageDocumentation
 */
export { type Interruptions, interruptible, interruptions } from './interrupt';
export { choice, flag, value, values } from './options';
export type { Hint } from './problem';
export { type Body, runCommandLine, StrictCommand } from './strict-command';
