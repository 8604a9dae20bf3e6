/**
 * The first key that one JSON object holds twice, at any depth. `JSON.parse` keeps the last of them in silence.
 * @param json valid JSON text
 */
export function duplicateJsonKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  let lastString = '';
  for (let i = 0; i < json.length; i++) {
    switch (json[i]) {
      case '"': {
        const start = i++;
        while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
        lastString = json.slice(start, i + 1);
        break;
      }
      case '{':
        open.push(new Set());
        break;
      case '}':
        open.pop();
        break;
      case ':': {
        // Outside strings a colon stands only between a key and its value.
        const key = JSON.parse(lastString) as string;
        const keys = open.at(-1)!;
        if (keys.has(key)) return key;
        keys.add(key);
      }
    }
  }
  return undefined;
}
