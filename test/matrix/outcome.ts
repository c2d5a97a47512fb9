import { type Actor, actors, may, type Rule } from '../../contracts/permissions/rule.ts';

/** Allowed, refused, or what else came: that is no answer to the question and fails the comparison. */
export type Outcome = boolean | string;

export const expectedActors = (rule: Rule): string[] => actors.filter((actor) => may(actor, rule));

/** Who was allowed, and what was neither allowed nor refused. */
export async function allowedActors(attempt: (actor: Actor) => Promise<Outcome>): Promise<string[]> {
  const allowed: string[] = [];
  for (const actor of actors) {
    const outcome = await attempt(actor);
    if (outcome === true) allowed.push(actor);
    if (typeof outcome === 'string') allowed.push(`${actor}: ${outcome}`);
  }
  return allowed;
}

/** @param holds whether a successful answer has what was asked for: RLS hides rather than refuses. */
export function outcomeOf(status: number, body: unknown, holds: boolean): Outcome {
  if (status === 401 || status === 403 || status === 404) return false;
  return status < 300 ? holds : `${status} ${JSON.stringify(body).slice(0, 300)}`;
}
