import { WIDTH } from './svg.js';

const SIZE = /^<svg[^>]* height="(?<height>\d+)"/;

/** Several drawings of one width below each other, as one self-contained SVG document. */
export function chartColumn(charts: readonly string[]): string {
  let height = 0;
  const placed = charts.map((chart) => {
    const y = height;
    height += Number(SIZE.exec(chart)?.groups?.['height']);
    return chart.replace('<svg ', `<svg y="${y}" `);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">\n${placed.join('')}</svg>\n`;
}
