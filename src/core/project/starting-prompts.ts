import type { ScopeTaskName } from '../scope/tasks.js';

/** A task as a model is shown it: an instruction, and pairs of what comes in and what goes out. */
interface Demonstration {
  readonly instruction: string;
  readonly input: string;
  readonly output: string;
  readonly examples: readonly (readonly [input: string, output: string])[];
  /** The input that is asked about. */
  readonly question: string;
}

/** Where a project's prompts start from: short, and to be replaced by the project's own texts. */
const DEMONSTRATIONS: Readonly<Record<ScopeTaskName, Demonstration>> = {
  'text-generation': {
    instruction: 'Write one sentence for a shop about this product.',
    ...{ input: 'Product', output: 'Sentence' },
    examples: [
      ['a kettle of steel', 'Boils in two minutes, and lasts for twenty years.'],
      ['a rain coat', 'Let it pour: you will arrive dry.'],
    ],
    question: 'a reading lamp',
  },
  summarization: {
    instruction: 'Summarise this conversation in one sentence.',
    ...{ input: 'Conversation', output: 'Summary' },
    examples: [
      ['Ann: Can we meet at nine? Ben: Ten is better. Ann: Ten, then.', 'Ann and Ben will meet at ten.'],
      [
        'Caller: My parcel is torn. Agent: I will send a new one today.',
        'The agent replaces a torn parcel today.',
      ],
    ],
    question: 'Eve: Is the report done? Max: The figures are missing. Eve: Then send it on Monday.',
  },
  translation: {
    instruction: 'Translate from English to German.',
    ...{ input: 'English', output: 'German' },
    examples: [
      ['Good morning.', 'Guten Morgen.'],
      ['Where is the station?', 'Wo ist der Bahnhof?'],
    ],
    question: 'The train is late.',
  },
  'code-generation': {
    instruction: 'Write a Python expression.',
    ...{ input: 'Task', output: 'Expression' },
    examples: [
      ['the length of the list xs', 'len(xs)'],
      ['the largest number in xs', 'max(xs)'],
    ],
    question: 'the sum of the squares in xs',
  },
  'text-classification': {
    instruction: 'Classify this review.',
    ...{ input: 'Review', output: 'Sentiment' },
    examples: [
      ['The battery lasts for two days.', 'positive'],
      ['It broke within a week.', 'negative'],
    ],
    question: 'The soup was cold and the waiter rude.',
  },
  'token-classification': {
    instruction: 'List the names of people and places.',
    ...{ input: 'Text', output: 'Names' },
    examples: [
      ['Marie Curie was born in Warsaw.', 'Marie Curie (person), Warsaw (place)'],
      ['The court sits in The Hague.', 'The Hague (place)'],
    ],
    question: 'Ada Lovelace died in London.',
  },
  'question-answering': {
    instruction: 'Answer from the text.',
    ...{ input: 'Text and question', output: 'Answer' },
    examples: [
      ['The museum opens at ten. When does it open?', 'At ten.'],
      ['Tickets cost 8 euros, for children 4. What does a child pay?', '4 euros.'],
    ],
    question: 'The bus leaves from platform 6 at noon. Where does it leave from?',
  },
  'sentence-similarity': {
    instruction: 'Do the two sentences mean the same?',
    ...{ input: 'Sentences', output: 'Same' },
    examples: [
      ['It is raining. / Rain is falling.', 'yes'],
      ['The shop is open. / The shop is for sale.', 'no'],
    ],
    question: 'He missed the train. / He came too late for the train.',
  },
  conversational: {
    instruction: 'Answer as a friendly assistant, in one or two sentences.',
    ...{ input: 'User', output: 'Assistant' },
    examples: [
      ['My screen is black.', 'Is the lamp beside the button on? If not, please check the cable.'],
      ['The lamp is on.', 'Then hold the button for ten seconds, and it will start again.'],
    ],
    question: 'It started, thank you!',
  },
  'tool-calling': {
    instruction: 'Answer with one call: weather(city), time(city) or none().',
    ...{ input: 'User', output: 'Call' },
    examples: [
      ['Do I need an umbrella in Bergen?', 'weather("Bergen")'],
      ['Tell me a joke.', 'none()'],
    ],
    question: 'How late is it in Tokyo?',
  },
};

/** Prompts of a new project by file name: with no, one and two examples in the context (zero-, one- and few-shot). */
export function startingPrompts(task: ScopeTaskName): Record<string, string> {
  const { instruction, input, output, examples, question } = DEMONSTRATIONS[task];
  const prompt = (shots: number): string =>
    [
      instruction,
      ...examples.slice(0, shots).map(([given, wanted]) => `${input}: ${given}\n${output}: ${wanted}`),
      // A model goes on where the text ends: after the colon, since a last line break is no part of a prompt.
      `${input}: ${question}\n${output}:\n`,
    ].join('\n\n');
  return { 'zero-shot.txt': prompt(0), 'one-shot.txt': prompt(1), 'few-shot.txt': prompt(2) };
}
