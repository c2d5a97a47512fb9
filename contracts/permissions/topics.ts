import { dispatchTopic, type TopicKind } from '../topic.ts';
import { atLeast, type Rule, service } from './rule.ts';

export interface TopicRules {
  join: Rule;
  /** Sees and shows who else is there. */
  presence: Rule;
  broadcast: Rule;
}
const watched: TopicRules = { join: atLeast('viewer'), presence: service, broadcast: service };

/** Private Realtime topics; every other private topic nobody joins but `service_role`. */
export const topics: Readonly<Record<TopicKind | typeof dispatchTopic, TopicRules>> = {
  task: { ...watched, presence: atLeast('viewer') },
  environment: watched,
  project: watched,
  account: watched,
  [dispatchTopic]: { join: service, presence: service, broadcast: service },
};
