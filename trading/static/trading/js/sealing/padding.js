// Padmé lengths (Nikitin et al., PETS 2019), at least 64 KiB: what a size may tell (SPEC.md §7).

export const MIN_SIZE = 64 * 1024;
export const LENGTH_SIZE = 8;

/** The padded length of `size` bytes, the length field included. Plain numbers: sizes exceed 32 bits. */
export function paddedSize(size) {
  const wanted = Math.max(size, MIN_SIZE);
  const exponent = bits(wanted) - 1;
  const step = 2 ** (exponent - bits(exponent));
  return Math.ceil(wanted / step) * step;
}

function bits(value) {
  let count = 0;
  for (let left = value; left >= 1; left = Math.floor(left / 2)) count += 1;
  return count;
}
