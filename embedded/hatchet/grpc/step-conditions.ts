import {
  actionToJSON,
  type BaseMatchCondition,
  type TaskConditions,
} from '@hatchet-dev/typescript-sdk/protoc/v1/shared/condition.js';
import type { Condition } from '../domain/workflow.ts';

const blank = { eventKey: null, parent: null, sleepFor: null };

/** The wait, skip and cancel conditions of a task; or-groups, random on the wire, become numbers in their order. */
export function stepConditions(conditions: TaskConditions | undefined): Condition[] {
  if (conditions === undefined) return [];
  const groups = new Map<string, number>();
  const base = (message: BaseMatchCondition | undefined) => {
    const group = message?.orGroupId ?? '';
    if (!groups.has(group)) groups.set(group, groups.size);
    return {
      action: message === undefined ? 'QUEUE' : actionToJSON(message.action),
      orGroup: groups.get(group) ?? 0,
      expression: message?.expression ?? '',
      dataKey: message?.readableDataKey ?? '',
    };
  };
  return [
    ...conditions.userEventConditions.map(
      (condition): Condition => ({
        ...blank,
        ...base(condition.base),
        kind: 'USER_EVENT',
        eventKey: condition.userEventKey,
      }),
    ),
    ...conditions.sleepConditions.map(
      (condition): Condition => ({
        ...blank,
        ...base(condition.base),
        kind: 'SLEEP',
        sleepFor: condition.sleepFor,
      }),
    ),
    ...conditions.parentOverrideConditions.map(
      (condition): Condition => ({
        ...blank,
        ...base(condition.base),
        kind: 'PARENT_OVERRIDE',
        dataKey: condition.parentReadableId,
        parent: condition.parentReadableId,
      }),
    ),
  ];
}
