import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { cutToWidth, displayWidth, padToWidth } from '../src';

const texts = [
  '',
  'plain text',
  'abs err m ↓  12.34 ± 0.21  <11.25° %',
  'naïve café e\u0301',
  '訓練データ、ﾊﾝｶｸ、全角ＡＢＣ',
  '한국어 中文。',
  '🚀 👩‍👩‍👧 🇩🇪 ❤️ ✔ ☎️ 1️⃣',
  '█████░░░░ 50/100',
  '\u001B[31mred\u001B[0m and \u001B[1mbold\u001B[22m',
  'zero\u200Bwidth\u0000',
];

test.each(texts)('is as wide as another library says: %j', (text) => {
  expect(displayWidth(text)).toBe(stringWidth(text));
});

test('every letter of the first plane is as wide as another library says', () => {
  const different: string[] = [];
  for (let code = 0x20; code < 0xfffe; code++) {
    const letter = String.fromCodePoint(code);
    if (!/\p{L}/u.test(letter) || /\p{Default_Ignorable_Code_Point}/u.test(letter)) continue;
    if (displayWidth(letter) !== stringWidth(letter)) different.push(`${code.toString(16)} ${letter}`);
  }
  expect(different).toEqual([]);
});

test('cuts and pads by width', () => {
  expect([cutToWidth('訓練', 3), cutToWidth('abc', 3), cutToWidth('abc', 0)]).toEqual(['訓', 'abc', '']);
  expect([padToWidth('訓', 4, 'start'), padToWidth('訓', 4, 'end'), padToWidth('abc', 2, 'end')]).toEqual([
    '  訓',
    '訓  ',
    'abc',
  ]);
});
