/** An element of a document that was read. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A well-formed document. */
export interface XmlDocument {
  readonly root: XmlElement;
  all(name: string): XmlElement[];
  /** The text of every element that has some. */
  texts(): string[];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const TOKEN = /<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
const ATTRIBUTE = /([\w:-]+)="([^"]*)"/g;

function unescape(text: string): string {
  // Characters that XML 1.0 does not allow, and "]]>" in text (section 2.4).
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]|\]\]>/.test(text)) throw new Error(`not XML: ${text}`);
  return text.replace(/&([^;\s]*;?)/g, (whole, name: string) => {
    const character = ENTITIES[name.replace(/;$/, '')];
    if (character === undefined || !name.endsWith(';')) throw new Error(`not an entity: ${whole}`);
    return character;
  });
}

/** Reads the part of XML that our drawings use, and throws at whatever is not well-formed. */
export function readXml(source: string): XmlDocument {
  const elements: XmlElement[] = [];
  const texts: string[] = [];
  const open: string[] = [];
  TOKEN.lastIndex = 0;
  let read = 0;
  for (const [token, closes, name, attributes, selfCloses, text] of source.matchAll(TOKEN)) {
    read += token.length;
    if (text !== undefined) {
      if (text.trim() !== '') {
        if (open.length === 0) throw new Error('text outside the root');
        texts.push(unescape(text));
      }
    } else if (closes) {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
    } else {
      if (open.length === 0 && elements.length > 0) throw new Error('a second root');
      const pairs = [...attributes!.matchAll(ATTRIBUTE)].map(([, key, value]) => [key!, unescape(value!)]);
      const own = Object.fromEntries(pairs) as Record<string, string>;
      if (Object.keys(own).length < pairs.length) throw new Error(`an attribute twice in ${token}`);
      elements.push({ name: name!, attributes: own });
      if (!selfCloses) open.push(name!);
    }
  }
  if (read < source.length || open.length > 0) throw new Error(`not well-formed at ${read}`);
  return {
    root: elements[0]!,
    all: (name) => elements.filter((element) => element.name === name),
    texts: () => texts,
  };
}
