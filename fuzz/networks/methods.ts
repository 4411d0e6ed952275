import { plain, type Selection } from '@overparam/core-reparam';
import { fnl } from '@overparam/method-fnl';
import { trirep } from '@overparam/method-new';
import { repvgg } from '@overparam/method-repvgg';
import type { Method } from '@overparam/plugin';
import type { Random } from './random';

/** A method with options, whether it must begin as the given network, and which layers it takes. */
export interface Choice {
  readonly selections: readonly Selection[];
  readonly preserves: boolean;
  readonly words: string;
}

/** Draws what a network is expanded by. */
export function drawChoice(random: Random): Choice {
  const start = random.pick(['fresh', 'preserve'] as const);
  const first = drawMethod(random, start);
  const second = random.chance(first.method.name === 'repvgg' ? 0.8 : 0.15)
    ? drawMethod(random, start)
    : null;
  const kinds = [{ kind: 'conv2d' }, { kind: 'dense' }] as const;
  const selections: Selection[] = second
    ? [{ ...first, select: first.method.name === 'repvgg' ? { kernel: [3, 3] } : kinds[0] }, second]
    : [random.chance(0.15) ? { ...first, select: { ...random.pick(kinds) } } : first];
  const names = selections.map(({ method, options }) => `${method.name} ${JSON.stringify(options)}`);
  return { selections, preserves: start === 'preserve', words: names.join(' and ') };
}

function drawMethod(random: Random, start: 'fresh' | 'preserve'): { method: Method; options: unknown } {
  const scales = random.chance(0.7);
  switch (random.integer(0, 3)) {
    case 0:
      return { method: plain as Method, options: { start } };
    case 1:
      return { method: repvgg as Method, options: { start, identity: random.pick(['auto', false]) } };
    case 2:
      return {
        method: fnl as Method,
        options: {
          start,
          form: random.pick(['deep', 'wide']),
          ...(start === 'fresh' && random.chance(0.5)
            ? { rankScale: 0.5, deploy: random.pick(['auto', 'factors', 'kernel']) }
            : {}),
        },
      };
    default:
      return {
        method: trirep as Method,
        options: { start, scales, frames: random.pick(['channel', 'unfolded', 'none']) },
      };
  }
}
