import { Help, type Interfaces } from '@oclif/core';
import { isMeantForCommand, unknownCommandError } from './unknown-command.js';

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

  /**
   * Whether the words are a topic, or begin with a command, whose arguments may follow. What follows a topic that is a
   * command with arguments may also be meant for one of the commands below it.
   */
  private isKnown(words: readonly string[]): boolean {
    const isTopic = (id: string): boolean => this.config.findTopic(id) !== undefined;
    const takesArguments = (id: string, next: string | undefined): boolean => {
      const command = this.config.findCommand(id);
      if (command === undefined || !isTopic(id)) return command !== undefined;
      const isArgument = next !== undefined && !isMeantForCommand(next, id, this.config);
      return isArgument && Object.keys(command.args).length > 0;
    };
    return (
      words.some((_, index) => takesArguments(words.slice(0, index + 1).join(':'), words[index + 1])) ||
      isTopic(words.join(':'))
    );
  }
}
