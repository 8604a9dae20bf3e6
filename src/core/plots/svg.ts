/** Width of every drawing, in SVG user units (pixels at 100 %). */
export const WIDTH = 720;
/** Colours that stay apart for the colour-blind (Okabe and Ito 2008). */
export const COLOURS = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#f0e442',
  '#7f7f7f',
] as const;
const WANTED_TICKS = 6;

/** Text made safe to stand in XML, without the control characters that XML does not allow. */
export function escapeXml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!).replace(/[^\P{Cc}\n\t]/gu, '');
}

/** Round numbers that cover a range: multiples of 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number): number[] {
  const rough = (high - low) / WANTED_TICKS || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const values: number[] = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index++) {
    values.push(Number((index * step).toPrecision(12)));
  }
  return values;
}

/** A drawing with its title, as a self-contained document. */
export function svgDocument(title: string, height: number, elements: readonly string[]): string {
  const escaped = escapeXml(title);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="${escaped}">
<rect width="100%" height="100%" fill="white"/>
<text x="${WIDTH / 2}" y="24" text-anchor="middle" font-size="15">${escaped}</text>
${elements.join('\n')}
</svg>
`;
}
