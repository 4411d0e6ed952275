import { describe, expect, test } from 'vitest';
import { ProgressBook } from '../../src/compare/progress';

describe('progress of a comparison', () => {
  test('counts only what was done since the start', () => {
    const book = new ProgressBook();
    expect(book.add([100, 100, 100])).toEqual([0, 1, 2]);
    expect(book.standings()).toEqual({ made: 0, toMake: 300, runsDone: 0, runs: 3 });
    book.finish(0);
    expect(book.standings()).toEqual({ made: 0, toMake: 200, runsDone: 1, runs: 3 });
    // A run that goes on from update 40.
    book.advance(1, 40);
    expect(book.standings()).toMatchObject({ made: 0, toMake: 160 });
    book.advance(1, 60);
    book.advance(2, 0);
    book.advance(2, 30);
    expect(book.standings()).toMatchObject({ made: 50, toMake: 160 });
    book.advance(1, 100);
    book.finish(1);
    // One that failed after 30 leaves nothing to wait for.
    book.finish(2);
    expect(book.standings()).toEqual({ made: 90, toMake: 90, runsDone: 3, runs: 3 });
  });

  test('runs may be of different lengths', () => {
    const book = new ProgressBook();
    book.add([100, 20]);
    book.advance(0, 0);
    book.advance(1, 0);
    book.advance(1, 20);
    book.finish(1);
    expect(book.standings()).toEqual({ made: 20, toMake: 120, runsDone: 1, runs: 2 });
    // Runs that come up later, and one that turns out shorter.
    expect(book.add([50])).toEqual([2]);
    book.expect(0, 60);
    expect(book.standings()).toEqual({ made: 20, toMake: 130, runsDone: 1, runs: 3 });
  });
});
