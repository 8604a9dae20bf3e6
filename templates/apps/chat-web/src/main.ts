import { chatServer } from './chat-server.js';
import { connect, explain, loadEnvironment, numberSetting } from './model-server.js';

const environment = loadEnvironment();
try {
  const port = numberSetting(environment, 'PORT', 3000);
  const server = chatServer(await connect(environment), environment);
  console.log(`The chat is at ${await server.listen({ host: '127.0.0.1', port })} (Ctrl-C ends it)`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
} catch (error) {
  console.error(explain(error, environment));
  process.exitCode = 1;
}
