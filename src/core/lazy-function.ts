/**
 * A function whose module, with all that it imports, is loaded when it is first called.
 *
 * @param load imports the module
 * @param name under which the module exports it
 */
export function lazyFunction<Name extends string, Func extends (...values: never[]) => Promise<unknown>>(
  load: () => Promise<Readonly<Record<Name, Func>>>,
  name: Name,
): Func {
  const call = async (...values: Parameters<Func>): Promise<unknown> => (await load())[name](...values);
  return call as unknown as Func;
}
