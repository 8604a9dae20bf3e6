import { z } from 'zod';
import { tool, ToolError } from '../tool.js';

/** Bytes of an answer that are read; the rest is left. */
const MOST_BYTES = 200_000;
/** Milliseconds that an answer may take. */
const TIMEOUT = 20_000;

/** Reads from the web, from these hosts alone: redirects to other places are not followed. */
export const httpGet = (allowedHosts: readonly string[]) =>
  tool({
    name: 'http_get',
    description:
      allowedHosts.length === 0
        ? 'Reads a web address. No host is allowed at present: do not use it.'
        : `Reads a web address of one of these hosts: ${allowedHosts.join(', ')}.`,
    inputSchema: z.strictObject({ url: z.string().max(2000) }),
    async run({ url }) {
      const address = URL.canParse(url) ? new URL(url) : undefined;
      if (address === undefined || !['http:', 'https:'].includes(address.protocol)) {
        throw new ToolError('that is not an address of the web');
      }
      // The host with its port: an allowed host does not open its other ports.
      if (!allowedHosts.includes(address.host))
        throw new ToolError(`the host ${address.host} is not allowed`);
      if (address.username !== '' || address.password !== '')
        throw new ToolError('an address may hold no password');
      let response: Response;
      try {
        response = await fetch(address, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) });
        const location = response.headers.get('location');
        if (location !== null) return `It redirects to ${new URL(location, address).href}`;
        if (!response.ok) throw new ToolError(`the server answers with status ${response.status}`);
        return await beginning(response);
      } catch (error) {
        if (error instanceof ToolError) throw error;
        throw new ToolError(`${address.host} cannot be reached or does not answer in time`);
      }
    },
  });

async function beginning(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    const part = (chunk as Uint8Array).subarray(0, MOST_BYTES - bytes);
    text += decoder.decode(part, { stream: true });
    bytes += part.length;
    if (bytes === MOST_BYTES) break;
  }
  return text;
}
