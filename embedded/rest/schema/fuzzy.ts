/**
 * "Perhaps you meant …": the approximate matching of the FuzzySet libraries (cosine of n-grams to find candidates, then
 * Levenshtein to rank them), because the hints that PostgREST gives come from there.
 */
const gramSizes = [3, 2] as const;

function grams(text: string, size: number): Map<string, number> {
  let padded = `-${text.toLowerCase().replace(/[^\p{L}\p{N}, ]/gu, '')}-`;
  while (padded.length < size) padded += '-';
  const counts = new Map<string, number>();
  for (let at = 0; at + size <= padded.length; at++) {
    const gram = padded.slice(at, at + size);
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

function levenshtein(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const change = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, change));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

export interface Match {
  text: string;
  score: number;
}

/** Candidates that resemble `wanted`, the best first; an exact one alone. */
export function similar(candidates: readonly string[], wanted: string, minimum = 0.33): Match[] {
  const needle = wanted.toLowerCase();
  const distinct = [...new Map(candidates.map((text) => [text.toLowerCase(), text]))];
  const exact = distinct.find(([lower]) => lower === needle);
  if (exact !== undefined) return [{ text: exact[1], score: 1 }];
  for (const size of gramSizes) {
    const wantedGrams = grams(needle, size);
    const sharing = distinct.filter(([lower]) => [...grams(lower, size).keys()].some((gram) => wantedGrams.has(gram)));
    const ranked = sharing
      .map(([lower, text]) => ({
        text,
        score: 1 - levenshtein(lower, needle) / Math.max(lower.length, needle.length),
      }))
      .filter(({ score }) => score >= minimum)
      .toSorted((a, b) => b.score - a.score);
    if (ranked.length > 0) return ranked;
  }
  return [];
}
