import { readFileSync } from 'node:fs';
import { isOverparamError } from '@overparam/errors';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../src/index';
import { errorOf, fileOf } from './support';

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`./fixtures/${name}`, import.meta.url)));

function bytesOf(tensor: { data: ArrayBufferView }): number[] {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return [...new Uint8Array(buffer, byteOffset, byteLength)];
}

/** Tensors of every type that is written, their numbers from any bits at all. */
const anyTensor: fc.Arbitrary<StoredTensor> = fc
  .record({
    dtype: fc.constantFrom('F32', 'I32', 'U8', 'BOOL'),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
  })
  .chain(({ dtype, shape }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const width = dtype === 'F32' || dtype === 'I32' ? 4 : 1;
    const max = dtype === 'BOOL' ? 1 : 255;
    const length = count * width;
    return fc.uint8Array({ minLength: length, maxLength: length, max }).map((bytes) => {
      const { buffer } = Uint8Array.from(bytes);
      const data =
        dtype === 'F32'
          ? new Float32Array(buffer)
          : dtype === 'I32'
            ? new Int32Array(buffer)
            : new Uint8Array(buffer);
      return { dtype, shape, data } as StoredTensor;
    });
  });

const anyFile = fc.record({
  tensors: fc
    .array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'a/b', '"', 'é')), anyTensor), {
      maxLength: 5,
    })
    .map((entries) => new Map(entries)),
  metadata: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
});

test('what is written is read back bit for bit', () => {
  fc.assert(
    fc.property(anyFile, (file) => {
      const read = decodeSafetensors(encodeSafetensors(file));
      expect([...read.tensors.keys()].sort()).toEqual([...file.tensors.keys()].sort());
      for (const [name, tensor] of file.tensors) {
        const found = read.tensors.get(name)!;
        expect([found.dtype, found.shape]).toEqual([tensor.dtype, tensor.shape]);
        expect(bytesOf(found)).toEqual(bytesOf(tensor));
      }
      expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(file.metadata).sort());
    }),
    { seed: 3 },
  );
});

test('the bytes do not depend on the order of tensors and metadata, and numbers are aligned', () => {
  fc.assert(
    fc.property(anyFile, ({ tensors, metadata }) => {
      const bytes = encodeSafetensors({ tensors, metadata });
      const turned = encodeSafetensors({
        tensors: new Map([...tensors].reverse()),
        metadata: Object.fromEntries(Object.entries(metadata).reverse()),
      });
      expect(turned).toEqual(bytes);
      expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
    }),
    { seed: 4 },
  );
});

describe('files of the Python package', () => {
  const bytes = fixture('reference.safetensors');

  test('are read', () => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect(metadata).toEqual({ note: 'a "quoted" line\nand é' });
    expect(tensors.get('stem/kernel')).toEqual({
      dtype: 'F32',
      shape: [2, 3],
      data: Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-45),
    });
    expect(tensors.get('labels')).toEqual({
      dtype: 'I32',
      shape: [2, 2],
      data: Int32Array.of(1, -2, 3, -2147483648),
    });
    expect(tensors.get('steps')).toEqual({ dtype: 'I32', shape: [], data: Int32Array.of(7) });
    expect(tensors.get('mask')).toEqual({ dtype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) });
    expect(tensors.get('empty')?.shape).toEqual([0, 4]);
    expect(tensors.size).toBe(7);
  });

  test('are what is written here, byte for byte', () => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect(encodeSafetensors({ tensors: tensors as Map<string, StoredTensor>, metadata })).toEqual(bytes);
  });

  test('may hold types that are only read', () => {
    const { tensors } = decodeSafetensors(fixture('read-only.safetensors'));
    expect(tensors.get('big')).toEqual({ dtype: 'I64', shape: [2], data: BigInt64Array.of(2n ** 62n, -1n) });
    // NumPy's halves of 1, -2, 65504, 6e-8, 6.1e-5, 0.1, infinity and -0.
    const halves = [1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, 0.0999755859375, Number.POSITIVE_INFINITY, -0];
    expect(tensors.get('half')).toEqual({ dtype: 'F16', shape: [8], data: Float32Array.from(halves) });
  });
});

describe('half precision', () => {
  const float = (dtype: 'F16' | 'BF16', numbers: readonly number[]) =>
    encodeSafetensors({
      tensors: new Map([['x', { dtype, shape: [numbers.length], data: Float32Array.from(numbers) }]]),
      metadata: {},
    });
  const words = (bytes: Uint8Array, count: number) => [...new Uint16Array(bytes.slice(-2 * count).buffer)];

  test("is written as NumPy's and PyTorch's files have it", () => {
    const files = [
      'fixtures/read-only.safetensors',
      '../../import/test/fixtures/checkpoints/types.safetensors',
    ];
    const seen = new Set<string>();
    for (const file of files) {
      const bytes = new Uint8Array(readFileSync(new URL(file, import.meta.url)));
      for (const [name, tensor] of decodeSafetensors(bytes).tensors) {
        if (tensor.dtype !== 'F16' && tensor.dtype !== 'BF16') continue;
        seen.add(tensor.dtype);
        const written = encodeSafetensors({ tensors: new Map([[name, tensor]]), metadata: {} });
        const count = tensor.data.length;
        const header = JSON.parse(
          new TextDecoder().decode(
            bytes.subarray(8, 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))),
          ),
        );
        const start =
          8 + Number(new DataView(bytes.buffer).getBigUint64(0, true)) + header[name].data_offsets[0];
        expect(words(written, count)).toEqual([
          ...new Uint16Array(bytes.slice(start, start + 2 * count).buffer),
        ]);
      }
    }
    expect([...seen].sort()).toEqual(['BF16', 'F16']);
  });

  // Written down by hand: sign, exponent and mantissa; ties go to the even word.
  test.each([
    ['F16', 1, 0x3c00],
    ['F16', 1 + 2 ** -11, 0x3c00],
    ['F16', 1 + 3 * 2 ** -11, 0x3c02],
    ['F16', 65520, 0x7c00],
    ['F16', 2 ** -25, 0x0000],
    ['F16', -(2 ** -24), 0x8001],
    ['BF16', 1, 0x3f80],
    ['BF16', 1 + 2 ** -8, 0x3f80],
    ['BF16', 1 + 3 * 2 ** -8, 0x3f82],
    ['BF16', 3.4e38, 0x7f80],
    ['BF16', -0, 0x8000],
    ['BF16', Number.NEGATIVE_INFINITY, 0xff80],
  ] as const)('%s of %d is 0x%s', (dtype, number, word) => {
    expect(words(float(dtype, [number]), 1)).toEqual([word]);
  });

  test('of no number is no number, and of no numbers nothing', () => {
    for (const dtype of ['F16', 'BF16'] as const) {
      expect(decodeSafetensors(float(dtype, [Number.NaN])).tensors.get('x')!.data[0]).toBeNaN();
      const { shape, data } = decodeSafetensors(float(dtype, [])).tensors.get('x')!;
      expect([shape, data.length]).toEqual([[0], 0]);
    }
  });
});

const entry = (shape: string, offsets: string, dtype = 'F32') =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

test.each<[string, Uint8Array, RegExp]>([
  ['no bytes', new Uint8Array(0), /at least 8 bytes, got 0/],
  ['a length beyond the file', fileOf('{}').subarray(0, 9), /given as 2 bytes, but only 1 follow/],
  ['a length beyond reason', new Uint8Array(16).fill(0xff), /at most 100000000/],
  ['no header', new Uint8Array(8), /begin with/],
  ['an array', fileOf('[]'), /begin with/],
  ['a space before', fileOf(' {}'), /begin with/],
  ['half a header', fileOf('{"a":'), /not JSON/],
  ['broken UTF-8', fileOf('{"a":1}').fill(0xff, 10, 11), /not JSON in UTF-8/],
  ['bytes of no tensor', fileOf('{}', 3), /3 bytes behind the last tensor/],
  ['a tensor cut off', fileOf(`{"w":${entry('[2]', '[0,8]')}}`, 7), /"w" ends at .* truncated/],
  [
    'a shape that does not fit',
    fileOf(`{"w":${entry('[3]', '[0,8]')}}`, 8),
    /"w" \[3\] of F32 takes 12 bytes/,
  ],
  ['a shape beyond all sizes', fileOf(`{"w":${entry('[9e15,9e15]', '[0,8]')}}`, 8), /"w"/],
  ['a negative size', fileOf(`{"w":${entry('[-1,-2]', '[0,8]')}}`, 8), /shape of tensor "w"/],
  ['a size that is no integer', fileOf(`{"w":${entry('[0.5,4]', '[0,8]')}}`, 8), /shape of tensor "w"/],
  ['offsets backwards', fileOf(`{"w":${entry('[2]', '[8,0]')}}`, 8), /span -8/],
  ['three offsets', fileOf(`{"w":${entry('[2]', '[0,8,8]')}}`, 8), /two integers/],
  ['no offsets', fileOf('{"w":{"dtype":"F32","shape":[0]}}'), /two integers/],
  ['a foreign type', fileOf(`{"w":${entry('[2]', '[0,8]', 'toString')}}`, 8), /"w" is of type "toString"/],
  [
    'an unknown key',
    fileOf('{"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}}'),
    /unknown key "x"/,
  ],
  ['an entry that is none', fileOf('{"w":7}'), /"w" must be an object/],
  ['an overlap', fileOf(`{"v":${entry('[2]', '[0,8]')},"w":${entry('[2]', '[4,12]')}}`, 12), /"w" overlaps/],
  [
    'a hole',
    fileOf(`{"v":${entry('[1]', '[0,4]')},"w":${entry('[1]', '[8,12]')}}`, 12),
    /4 bytes before .*"w"/,
  ],
  [
    'a name twice',
    fileOf(`{"w":${entry('[1]', '[0,4]')}, "\\u0077" : ${entry('[1]', '[0,4]')}}`, 4),
    /name "w" twice/,
  ],
  [
    'a shape twice',
    fileOf('{"w":{"dtype":"F32","shape":[9],"shape":[0],"data_offsets":[0,0]}}'),
    /"shape" twice/,
  ],
  ['metadata that is no text', fileOf('{"__metadata__":{"a":1}}'), /__metadata__ must hold strings; "a"/],
  ['metadata that is a list', fileOf('{"__metadata__":[]}'), /__metadata__ must be an object/],
  ['a BOOL of 2', fileOf(`{"w":${entry('[1]', '[0,1]', 'BOOL')}}`, 1).fill(2, -1), /"w" is of type BOOL/],
])('%s is refused', async (_, bytes, message) => {
  const error = await errorOf(() => decodeSafetensors(bytes, 'weights.safetensors'));
  expect(error.code).toBe('safetensors-invalid');
  expect(error.message).toMatch(message);
  expect(error.message).toMatch(/^weights\.safetensors: /);
});

test('a long header with many escapes is read', () => {
  const note = '\\"{'.repeat(300_000);
  const bytes = encodeSafetensors({ tensors: new Map(), metadata: { note } });
  expect(decodeSafetensors(bytes).metadata.note).toBe(note);
});

describe('damaged files end in no other error', () => {
  const readable = (bytes: Uint8Array) => {
    try {
      decodeSafetensors(bytes);
    } catch (error) {
      if (!isOverparamError(error) || error.code !== 'safetensors-invalid') throw error;
    }
  };
  const reference = fixture('reference.safetensors');

  test('after every truncation, which is always noticed', async () => {
    for (let length = 0; length < reference.length; length++) {
      const { code } = await errorOf(() => decodeSafetensors(reference.subarray(0, length)));
      expect(code).toBe('safetensors-invalid');
    }
  });

  test('with bytes changed', () => {
    const place = fc.tuple(fc.nat(reference.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = Uint8Array.from(reference);
        for (const [index, value] of changes) bytes[index] = value;
        readable(bytes);
      }),
      { numRuns: 2000, seed: 5 },
    );
  });

  test('with a header of any JSON', () => {
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom('F32', [0, 8], [2], [], null));
    const header = fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('__metadata__', '__proto__', 'w')),
      fc.oneof(fc.jsonValue(), fc.record({ dtype: field, shape: field, data_offsets: field })),
    );
    fc.assert(
      fc.property(header, fc.nat(16), (value, size) => readable(fileOf(JSON.stringify(value), size))),
      { numRuns: 1000, seed: 6 },
    );
  });
});

test('what the format cannot hold is not written', async () => {
  const write = (name: string, tensor: StoredTensor) => () =>
    encodeSafetensors({ tensors: new Map([[name, tensor]]), metadata: {} });
  const wrong: [string, StoredTensor][] = [
    ['w', { dtype: 'F32', shape: [3], data: new Float32Array(2) }],
    ['w', { dtype: 'F32', shape: [-1, -2], data: new Float32Array(2) }],
    ['w', { dtype: 'BOOL', shape: [1], data: Uint8Array.of(2) }],
    ['__metadata__', { dtype: 'U8', shape: [1], data: Uint8Array.of(2) }],
  ];
  for (const [name, tensor] of wrong) {
    const error = await errorOf(write(name, tensor));
    expect(error.code).toBe('invalid-tensor');
    expect(error.message).toContain(`"${name}"`);
  }
});
