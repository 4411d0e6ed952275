/** Layers that carry a state along a sequence. */
const recurrent: ReadonlySet<string> = new Set([
  'LSTM',
  'GRU',
  'SimpleRNN',
  'RNN',
  'ConvLSTM2D',
  'Bidirectional',
]);

/**
 * What to do about a kind of layer that a format cannot have, in sentences.
 *
 * @param kinds  that can be written
 */
export function insteadOf(kind: string, kinds: readonly string[]): string {
  const elsewhere = recurrent.has(kind)
    ? 'Recurrent layers are in the formats tfjs and saved-model; write the network there. '
    : '';
  const own = kinds.filter((name) => !name.startsWith('Overparam'));
  return `${elsewhere}Kinds that can be written: ${own.join(', ')}.`;
}
