// Shamir's secret sharing over GF(2^8), polynomial 0x11b, byte by byte: the twin of sealing/shamir.py.
// Eight shift-and-mask rounds without secret-dependent branches or table look-ups.

import { random } from "../../../portal/js/keys/bytes.js";

export function multiply(a, b) {
  let product = 0;
  for (let round = 0; round < 8; round += 1) {
    product ^= a & -(b & 1);
    a = (a << 1) ^ (0x11b & -(a >> 7));
    b >>= 1;
  }
  return product;
}

/** a^254, the inverse of a non-zero element. */
export function inverse(a) {
  if (a === 0) throw new RangeError("zero has no inverse");
  let result = 1;
  let power = a;
  for (let round = 0; round < 7; round += 1) {
    power = multiply(power, power);
    result = multiply(result, power);
  }
  return result;
}

/** Shares 1…n as an array; any `k` of them combine. */
export function split(secret, k, n) {
  if (!(k >= 2 && k <= n && n <= 255)) throw new RangeError("2 <= k <= n <= 255 is needed");
  const rows = [secret, ...Array.from({ length: k - 1 }, () => random(secret.length))];
  return Array.from({ length: n }, (_, place) => evaluate(rows, place + 1));
}

function evaluate(rows, x) {
  let value = new Uint8Array(rows[0].length);
  for (const row of [...rows].reverse()) value = value.map((byte, at) => multiply(byte, x) ^ row[at]);
  return value;
}

/** The secret from a Map of index to value, exactly `k` of them: Lagrange interpolation at 0. */
export function combine(shares) {
  const indices = [...shares.keys()];
  let secret = new Uint8Array(shares.get(indices[0]).length);
  for (const x of indices) {
    let weight = 1;
    for (const other of indices) if (other !== x) weight = multiply(weight, multiply(other, inverse(other ^ x)));
    secret = secret.map((byte, at) => byte ^ multiply(shares.get(x)[at], weight));
  }
  return secret;
}
