import { ProtoMessage } from '@overparam/files/protobuf';
import type { Scalar } from './scalars';

/** What stands at one time in an event file. */
export interface TensorBoardEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** Epochs trained; 0 at the head of a file. */
  readonly step: number;
  /** `version` opens every file; `start` lets TensorBoard forget what an earlier file said of later steps. */
  readonly what: 'version' | 'start' | readonly Scalar[];
}

/** Numbers of the fields of `Event`, `SessionLog`, `Summary` and its values. */
const fields = {
  event: { wallTime: 1, step: 2, version: 3, summary: 5, session: 7 },
  session: { status: 1, start: 1 },
  summary: { value: 1 },
  value: { tag: 1, number: 2 },
} as const;

/**
 * An event as a protocol buffer, its fields by their numbers; a step of 0 is left out, as proto3 has it.
 *
 * Source: https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto
 */
export function encodeEvent({ wallTime, step, what }: TensorBoardEvent): Uint8Array {
  const event = new ProtoMessage().double(fields.event.wallTime, wallTime);
  if (step !== 0) event.integer(fields.event.step, step);
  if (what === 'version') return event.bytes(fields.event.version, 'brain.Event:2').finish();
  if (what === 'start') {
    const session = new ProtoMessage().integer(fields.session.status, fields.session.start);
    return event.message(fields.event.session, session).finish();
  }
  const summary = new ProtoMessage();
  for (const { tag, value } of what) {
    const number = new ProtoMessage().bytes(fields.value.tag, tag).float(fields.value.number, value);
    summary.message(fields.summary.value, number);
  }
  return event.message(fields.event.summary, summary).finish();
}
