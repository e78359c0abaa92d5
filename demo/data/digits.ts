// A data set that is drawn: pictures of the ten digits from a font of 5 x 7 dots, each moved, dimmed and covered with noise.
// The draws are those of `manualSeed`, so the pictures are the same wherever the program runs.
import { arange, normal, rand, randint, tensor, type Tensor } from '../../src/index.ts';

/** Rows of dots from the top, for 0 to 9. */
const font = [
  '01110 10001 10011 10101 11001 10001 01110',
  '00100 01100 00100 00100 00100 00100 01110',
  '01110 10001 00001 00110 01000 10000 11111',
  '11110 00001 00001 01110 00001 00001 11110',
  '00010 00110 01010 10010 11111 00010 00010',
  '11111 10000 11110 00001 00001 10001 01110',
  '00110 01000 10000 11110 10001 10001 01110',
  '11111 00001 00010 00100 01000 01000 01000',
  '01110 10001 10001 01110 10001 10001 01110',
  '01110 10001 10001 01111 00001 00010 01100',
];

/** The side of a picture. */
export const side = 16;

/** (10, 16, 16): every dot twice as wide and high, in the upper left corner. */
function glyphs(): Tensor {
  const dots = font.map((text) => text.split(' '));
  const row = [...Array(side).keys()];
  return tensor(dots.map((glyph) => row.map((y) => row.map((x) => Number(glyph[y >> 1]?.[x >> 1] ?? 0)))));
}

/** `count` pictures (count, 1, 16, 16) and which digits they show (count). */
export function digits(count: number): [X: Tensor, y: Tensor] {
  const y = randint(0, 10, [count]);
  const down = randint(0, 3, [count, 1, 1]);
  const right = randint(0, 7, [count, 1, 1]);
  const rows = arange(side).reshape(1, side, 1).sub(down).remainder(side);
  const columns = arange(side).reshape(1, 1, side).sub(right).remainder(side);
  const light = rand(count, 1, 1).mul(0.5).add(0.5);
  const noise = normal(0, 0.2, [count, side, side]);
  const pictures = glyphs()
    .index(y.reshape(-1, 1, 1), rows, columns)
    .mul(light)
    .add(noise);
  return [pictures.unsqueeze(1), y];
}
