import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** Path of a file that the ordinary tools wrote, see `fixtures`. */
export const fixturePath = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** Its bytes. */
export const fixture = (name: string) => readFileSync(fixturePath(name));

/** What the fixtures hold. */
export const content = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) >> 3);

/** Matches an error by its code. */
export const code = (expected: string) => expect.objectContaining({ code: expected });
