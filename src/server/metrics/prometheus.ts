/** Metrics in Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ */

/** Names and values that tell series of one metric apart. */
export type Labels = Readonly<Record<string, string>>;

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    return `${name}="${escaped}"`;
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function header(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** Something that a metrics page shows. */
export interface Metric {
  render(): string;
}

/** A number that only grows, counted here. */
export class Counter implements Metric {
  private readonly series = new Map<string, number>();

  constructor(
    private readonly name: string,
    private readonly help: string,
  ) {}

  increment(labels: Labels): void {
    const key = labelText(labels);
    this.series.set(key, (this.series.get(key) ?? 0) + 1);
  }

  render(): string {
    const lines = [...this.series].map(([labels, value]) => `${this.name}${labels} ${value}\n`);
    return header(this.name, 'counter', this.help) + lines.join('');
  }
}

/** A number that is known elsewhere. */
export class Reading implements Metric {
  constructor(
    private readonly name: string,
    private readonly type: 'counter' | 'gauge',
    private readonly help: string,
    private readonly read: () => number,
  ) {}

  render(): string {
    return `${header(this.name, this.type, this.help)}${this.name} ${this.read()}\n`;
  }
}

interface Distribution {
  readonly labels: Labels;
  /** For each bound how many observations are not above it. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/** How observations are spread. */
export class Histogram implements Metric {
  private readonly series = new Map<string, Distribution>();

  /** @param bounds of the buckets, ascending */
  constructor(
    private readonly name: string,
    private readonly help: string,
    private readonly bounds: readonly number[],
  ) {}

  observe(value: number, labels: Labels = {}): void {
    const key = labelText(labels);
    let series = this.series.get(key);
    if (series === undefined) {
      series = { labels, counts: this.bounds.map(() => 0), sum: 0, count: 0 };
      this.series.set(key, series);
    }
    for (const [index, bound] of this.bounds.entries()) if (value <= bound) series.counts[index]!++;
    series.sum += value;
    series.count++;
  }

  render(): string {
    const lines = [...this.series].map(([key, { labels, counts, sum, count }]) => {
      const buckets = [...this.bounds.map(String), '+Inf'].map(
        (bound, index) =>
          `${this.name}_bucket${labelText({ ...labels, le: bound })} ${counts[index] ?? count}\n`,
      );
      return `${buckets.join('')}${this.name}_sum${key} ${sum}\n${this.name}_count${key} ${count}\n`;
    });
    return header(this.name, 'histogram', this.help) + lines.join('');
  }
}
