const COURSE = 'Generative AI with Large Language Models (DeepLearning.AI and AWS, 2023)';

/** What the rules of the plan rest on. */
export const SOURCES = {
  lifecycle: `${COURSE}, week 1, generative AI project lifecycle`,
  prompting: `${COURSE}, week 1, prompting and prompt engineering`,
  architectures: `${COURSE}, week 1, pre-training large language models`,
  transformer: `${COURSE}, week 1, generating text with transformers`,
  domains: `${COURSE}, week 1, pre-training for domain adaptation`,
  fewShot: `${COURSE}, weeks 1 and 2: examples in the prompt beyond five or six seldom help a model that still fails`,
  singleTask: `${COURSE}, week 2, fine-tuning on a single task: often 500 to 1,000 examples are enough`,
  memory: `${COURSE}, week 1, computational challenges of training`,
  bloomberg: 'BloombergGPT, arXiv 2303.17564, sections 2 and 3',
  chinchilla: 'Hoffmann et al. 2022, arXiv 2203.15556: about 20 tokens for each parameter',
  adaptive: 'Gururangan et al. 2020, arXiv 2004.10964, table 1 (tokens) and section 4 (task-adaptive)',
  pubmedBert: 'PubMedBERT, Gu et al. 2020, arXiv 2007.15779',
  bart: 'BART, arXiv 1910.13461 (1,024 positions); T5, arXiv 1910.10683 (trained on 512 tokens)',
  curation:
    'GPT-3, arXiv 2005.14165, section 2.2: 570 GB left of 45 TB, 1.27 %; 1 to 3 % is a common rule of thumb',
  setFit: 'SetFit, arXiv 2209.11055: 8 examples of each label came close to fine-tuning on 3,000',
  conll: 'CoNLL-2003, https://aclanthology.org/W03-0419: 14,987 training sentences in English',
  pegasus: 'PEGASUS, arXiv 1912.08777: 1,000 examples passed the best earlier results on 6 of 12 datasets',
  lowResourceTranslation:
    'Sennrich and Zhang 2019, arXiv 1905.11901: neural models pass phrase-based ones from 100,000 words of pairs on',
  splinter:
    'Splinter, arXiv 2101.00438: 72.7 F1 on SQuAD from 128 examples; standard models do poorly with so few',
  dpr: 'DPR, arXiv 2004.04906, section 5.2: a retriever trained on 1,000 questions passes BM25',
  lima: 'LIMA, arXiv 2305.11206: 1,000 chosen conversations taught a 65B model to answer',
  gorilla: 'Gorilla, arXiv 2305.15334: 16,450 pairs of instruction and call, for 1,645 APIs',
  codex: 'Chen et al. 2021, arXiv 2107.03374: HumanEval, 164 problems with tests',
  instructGpt:
    'InstructGPT, arXiv 2203.02155, table 6: 13k prompts to fine-tune, 33k to train the reward model',
  rouge: 'Lin 2004, https://aclanthology.org/W04-1013',
  sacreBleu: 'sacreBLEU, Post 2018, arXiv 1804.08771',
  squad: 'SQuAD, arXiv 1606.05250, section 6.1',
  beir: 'BEIR, arXiv 2104.08663, section 3',
  judge: 'MT-Bench and Chatbot Arena, arXiv 2306.05685',
  retrievalBook: 'Manning, Raghavan and Schütze, Introduction to Information Retrieval, section 13.6',
  functionCalling: 'Gorilla, arXiv 2305.15334: a call is right when its syntax tree matches',
  binomial: 'normal approximation of the binomial distribution, 95 % (1.96 standard errors)',
  decoding: 'Pope et al. 2022, arXiv 2211.05102: each step of decoding reads all weights once',
  scope: 'follows from the scope',
  licences: 'the licences of the model cards; the text of a licence decides',
} as const;
