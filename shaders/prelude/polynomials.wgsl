// Orthogonal polynomials by their recurrence. The header of bits.wgsl says how this folder is cut and used.

// Degree of a polynomial: n towards zero; -1 for what has none (negative, NaN, or 2^31 and above, where i32 ends).
fn wg_degree(n: f32) -> i32 {
  let inside = wg_gt(n, -1.0) & wg_lt(n, 2147483648.0);
  return select(-1, i32(select(0.0, n, inside)), inside);
}

// p(n) of p(0) = 1, p(1) = `first` and (1 + h k) p(k + 1) = ((slope.x + slope.y k) x + shift.x + shift.y k) p(k) -
// (drop.x + drop.y k) p(k - 1). Ends where p is NaN, and after 65536 turns. 0 for a negative degree.
fn wg_polynomial(x: f32, degree: i32, first: f32, slope: vec2f, shift: vec2f, drop: vec2f, h: f32) -> f32 {
  if (degree < 1) {
    return select(1.0, 0.0, degree < 0);
  }
  var before = 1.0;
  var value = first;
  for (var turn = 1; turn < min(degree, 65536); turn++) {
    let k = f32(turn);
    let factor = (slope.x + slope.y * k) * x + (shift.x + shift.y * k);
    let next = (factor * value - (drop.x + drop.y * k) * before) / (1.0 + h * k);
    before = value;
    value = next;
    if (wg_is_nan(value)) {
      break;
    }
  }
  return value;
}

// Chebyshev's polynomials of the four kinds, 0 to 3: first value x, 2 x, 2 x - 1, 2 x + 1. Inside (-1, 1) and from
// degree 9 on by the angle, which takes one turn for any degree: cos(n t), sin((n + 1) t) / sin t, and for the last
// two the cosine and the sine of (n + 1/2) t over that of t / 2.
fn wg_chebyshev(x: f32, n: f32, kind: u32) -> f32 {
  let degree = wg_degree(n);
  if ((degree > 8) & (wg_abs(x) < 1.0)) {
    let t = wg_acos(x);
    let count = f32(degree);
    if (kind == 0u) {
      return wg_cos(count * t);
    }
    if (kind == 1u) {
      return wg_sin((count + 1.0) * t) / wg_sin(t);
    }
    let half = (count + 0.5) * t;
    let top = select(wg_sin(half), wg_cos(half), kind == 2u);
    return top / select(wg_sin(0.5 * t), wg_cos(0.5 * t), kind == 2u);
  }
  let double = 2.0 * x;
  let first = select(select(double - 1.0, double + 1.0, kind == 3u), select(x, double, kind == 1u), kind < 2u);
  return wg_polynomial(x, degree, first, vec2f(2.0, 0.0), vec2f(0.0), vec2f(1.0, 0.0), 0.0);
}

// Hermite's, of physicists (scale 2) and probabilists (scale 1): p(k + 1) = scale (x p(k) - k p(k - 1)).
fn wg_hermite(x: f32, n: f32, scale: f32) -> f32 {
  return wg_polynomial(x, wg_degree(n), scale * x, vec2f(scale, 0.0), vec2f(0.0), vec2f(0.0, scale), 0.0);
}

// (k + 1) p(k + 1) = (2 k + 1 - x) p(k) - k p(k - 1).
fn wg_laguerre(x: f32, n: f32) -> f32 {
  return wg_polynomial(x, wg_degree(n), 1.0 - x, vec2f(-1.0, 0.0), vec2f(1.0, 2.0), vec2f(0.0, 1.0), 1.0);
}

// (k + 1) p(k + 1) = (2 k + 1) x p(k) - k p(k - 1).
fn wg_legendre(x: f32, n: f32) -> f32 {
  return wg_polynomial(x, wg_degree(n), x, vec2f(1.0, 2.0), vec2f(0.0), vec2f(0.0, 1.0), 1.0);
}
