/**
 * Curves of a training run as event files, which TensorBoard shows; nothing of TensorBoard or TensorFlow is needed to write
 * them.
 *
 * @packageDocumentation
 */

export { encodeEvent, type TensorBoardEvent } from './event';
export { beginEvents, type EventLog, type EventLogOptions } from './event-log';
export { crc32c, encodeRecord } from './record';
export { type Scalar, scalarsOf } from './scalars';
