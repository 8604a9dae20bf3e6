/**
 * The standard normal distribution: its quantiles by Wichura's algorithm AS 241 (PPND16, Applied Statistics 37, 1988:
 * about 16 digits; coefficients as they round to double precision).
 */
const CENTRE = {
  above: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
    67265.7709270087, 33430.57558358813, 2509.0809287301227,
  ],
  below: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
};
const SHOULDER = {
  above: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  below: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
};
const TAIL = {
  above: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  below: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
    1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

function rational(
  x: number,
  { above, below }: { above: readonly number[]; below: readonly number[] },
): number {
  const polynomial = (coefficients: readonly number[]): number =>
    coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
  return polynomial(above) / polynomial(below);
}

/** The value that a standard normal variable stays below with a probability of (0, 1). */
export function normalQuantile(probability: number): number {
  const centred = probability - 0.5;
  if (Math.abs(centred) <= 0.425) return centred * rational(0.180625 - centred ** 2, CENTRE);
  const radius = Math.sqrt(-Math.log(Math.min(probability, 1 - probability)));
  return Math.sign(centred) * (radius <= 5 ? rational(radius - 1.6, SHOULDER) : rational(radius - 5, TAIL));
}

/** From here on the continued fraction converges fast; below, the series does. */
const SERIES_UP_TO = 3;
const FRACTION_TERMS = 200;

/** Probability that a standard normal variable is farther from 0 than `z`, on either side. */
export function normalTwoSidedTail(z: number): number {
  const x = Math.abs(z);
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < SERIES_UP_TO) {
    // Abramowitz and Stegun 1964, 26.2.11: density × (x + x³/3 + x⁵/15 + …).
    let [term, sum] = [x, x];
    for (let k = 3; term > sum * Number.EPSILON; k += 2) {
      term *= (x * x) / k;
      sum += term;
    }
    return 1 - 2 * density * sum;
  }
  // Abramowitz and Stegun 1964, 26.2.14: density / (x + 1/(x + 2/(x + …))).
  let fraction = x;
  for (let k = FRACTION_TERMS; k > 0; k--) fraction = x + k / fraction;
  return (2 * density) / fraction;
}
