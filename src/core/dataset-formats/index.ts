/** Datasets as people have them: which row formats and file formats there are, and reading them into examples. */
export type { ChatExample, Example, PromptCompletionExample, TextExample } from './example.js';
export { FILE_FORMATS } from './files/file-formats.js';
export type { FileFormat, FileRow, FileRowOptions } from './files/file-format.js';
export { holdOut } from './hold-out.js';
export { readDataset, type Dataset, type DatasetFile, type RowProblem } from './read-dataset.js';
export { readRows, type RowFile, type RowSource } from './read-rows.js';
export { detectRowFormat, ROW_FORMATS, rowFormatOf } from './row-formats.js';
export type { Row, RowFault, RowFormat } from './row-format.js';
