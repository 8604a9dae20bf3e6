import { Help, type Interfaces } from '@oclif/core';
import { unknownCommandError } from './unknown-command.js';

/** Help whose topics stand in the order of a project's life, which is their order in package.json. */
export default class LifecycleHelp extends Help {
  protected override get sortedTopics(): Interfaces.Topic[] {
    const order = Object.keys(this.config.pjson.oclif.topics ?? {});
    const rank = (topic: Interfaces.Topic): number => {
      const index = order.indexOf(topic.name.split(':')[0] ?? '');
      return index === -1 ? order.length : index;
    };
    return super.sortedTopics.sort((a, b) => rank(a) - rank(b));
  }

  override async showHelp(argv: string[]): Promise<void> {
    const firstFlag = argv.findIndex((word) => word.startsWith('-'));
    const subject = argv.slice(0, firstFlag === -1 ? undefined : firstFlag);
    if (subject.length > 0 && !this.isKnown(subject))
      throw unknownCommandError(subject.join(':'), this.config);
    await super.showHelp(argv);
  }

  /** Whether the words are a topic, or begin with a command, whose arguments may follow; a topic's own takes none. */
  private isKnown(words: readonly string[]): boolean {
    const isTopic = (id: string): boolean => this.config.findTopic(id) !== undefined;
    const prefixes = words.map((_, index) => words.slice(0, index + 1).join(':'));
    return (
      prefixes.some((id) => this.config.findCommand(id) !== undefined && !isTopic(id)) ||
      isTopic(words.join(':'))
    );
  }
}
