// The known answers of the Random123 library for Philox4x32-10: counter, key, words.
import type { Words2, Words4 } from '../../src/host/philox.ts';

const ONES = 0xffffffff;

export const knownAnswers: readonly (readonly [string, Words4, Words2, Words4])[] = [
  ['zero', [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
  ['all ones', [ONES, ONES, ONES, ONES], [ONES, ONES], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
  [
    'digits of pi',
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];
