/** The middle value, or the mean of the two middle ones. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Rounded to four digits, so that the results' file stays readable. */
export const round = (value) => Number(value.toPrecision(4));

export function summary(values) {
  return {
    median: round(median(values)),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
  };
}

/** How many times less time than `theirs` takes `ours`: the median over pairs of the same turn. */
export const timesFaster = (ours, theirs) => round(median(ours.map((ms, i) => theirs[i] / ms)));
