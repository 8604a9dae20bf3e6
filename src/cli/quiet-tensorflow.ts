import process from 'node:process';

/** Keeps libtensorflow, which writes to stderr by itself, to errors, unless the user has chosen otherwise. */
export function quietTensorflow(): void {
  // 2 leaves out information and warnings; libtensorflow reads it when it is loaded.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
}
