import type { SourceFile } from './run-folder.js';

/** What the card of a trained model tells. */
export interface AdaptCard {
  readonly title: string;
  /** The model it was made from; absent where it was trained from scratch. */
  readonly base?: string;
  readonly adapter: boolean;
  readonly data: readonly SourceFile[];
  readonly recipe: Readonly<Record<string, string | number | boolean>>;
  readonly results: Readonly<Record<string, string | number>>;
  readonly usage: string;
}

function yamlText(text: string): string {
  return JSON.stringify(text);
}

function table(header: string, rows: Readonly<Record<string, string | number | boolean>>): string {
  const cell = (value: string | number | boolean): string =>
    String(value).replace(/\|/g, '\\|').replace(/\s+/g, ' ');
  const lines = Object.entries(rows).map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`);
  return [`| ${header} | |`, '| --- | --- |', ...lines].join('\n');
}

/** A model card in the Hugging Face form: YAML front matter, then text. */
export function renderAdaptCard(card: AdaptCard): string {
  const front = [
    '---',
    ...(card.base === undefined ? [] : [`base_model: ${yamlText(card.base)}`]),
    `library_name: ${card.adapter ? 'peft' : 'transformers'}`,
    'pipeline_tag: text-generation',
    'tags:',
    '- genai-toolkit',
    ...(card.adapter ? ['- lora'] : []),
    '---',
  ];
  const data = card.data.map(
    ({ path, bytes, sha256 }) => `- \`${path}\` (${bytes} bytes, sha256 \`${sha256}\`)`,
  );
  return [
    ...front,
    '',
    `# ${card.title}`,
    '',
    card.base === undefined
      ? 'Trained from scratch.'
      : `${card.adapter ? 'A LoRA adapter for' : 'Fine-tuned from'} \`${card.base}\`.`,
    '',
    '## Data',
    '',
    ...data,
    '',
    '## Recipe',
    '',
    table('setting', card.recipe),
    '',
    '## Results',
    '',
    table('measure', card.results),
    '',
    '## Use',
    '',
    '```sh',
    card.usage,
    '```',
    '',
    'The licences of the base model and of the data apply. Outputs have not been checked for any use; test them on yours.',
    '',
  ].join('\n');
}
