import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { answerQuestion, type Answer } from './answer-question.js';
import { indexDocuments } from './index-documents.js';
import { connect, explain, loadEnvironment, numberSetting, UserError } from './model-server.js';
import { openPassageStore } from './passage-store.js';
import { ENDINGS } from './read-document.js';
import { forTerminal } from './terminal-text.js';

const USAGE = 'npm start -- [FOLDER] [--question TEXT]';

/** Files named that are not read. */
const MOST_NAMES = 5;

function print({ unknownCitations, sources, text }: Answer): void {
  if (text === null) {
    console.log('Nothing was found in the documents that comes near the question.');
    return;
  }
  console.log();
  for (const { number, file, firstLine, lastLine, similarity } of sources) {
    console.log(
      forTerminal(`  [${number}] ${file}:${firstLine}-${lastLine} (similarity ${similarity.toFixed(2)})`),
    );
  }
  if (sources.length === 0) console.log('  The answer names no passage: do not rely on it.');
  for (const number of unknownCitations)
    console.log(`  [${number}] is no passage: the model has made it up.`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { question: { type: 'string' } },
    allowPositionals: true,
  });
  if (positionals.length > 1) throw new UserError(`One folder is read: ${USAGE}`);
  const server = await connect(environment);
  const embeddingModel = environment['EMBEDDING_MODEL'] || server.model;
  const store = await openPassageStore(environment['INDEX_FILE'] || 'index.json', embeddingModel);
  const { added, removed, kept, unread } = await indexDocuments(
    positionals[0] ?? 'documents',
    store,
    server.client,
    (file) => console.error(forTerminal(`reading ${file}`)),
  );
  console.error(`Documents: ${added} read, ${kept} unchanged, ${removed} gone; passages: ${store.size}.`);
  if (unread.length > 0) {
    const names = unread.length > MOST_NAMES ? [...unread.slice(0, MOST_NAMES), '…'] : unread;
    console.error(
      forTerminal(
        `Not read: ${names.join(', ')} (${unread.length} in all). Only ${ENDINGS.join(', ')} are; convert others.`,
      ),
    );
  }
  const limits = {
    leastSimilarity: numberSetting(environment, 'LEAST_SIMILARITY', 0.3),
    passages: numberSetting(environment, 'PASSAGES', 4),
  };
  const answer = async (question: string): Promise<void> =>
    print(
      await answerQuestion(question, store, server, limits, (piece) =>
        process.stdout.write(forTerminal(piece)),
      ),
    );

  if (values.question !== undefined) return answer(values.question);
  console.error('Ask a question; an empty line ends.');
  const lines = createInterface({ input: process.stdin, output: process.stderr, prompt: '> ' });
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() === '') break;
    await answer(line);
    lines.prompt();
  }
  lines.close();
}

const environment = loadEnvironment();
try {
  await main();
} catch (error) {
  console.error(explain(error, environment));
  process.exitCode = 1;
}
