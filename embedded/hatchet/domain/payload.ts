import { objectOrNull } from './json-text.ts';

/** A gRPC message above this kills the worker's whole stream, so such a task is failed instead. */
export const maxMessageBytes = 4 * 1024 * 1024;

/** What a worker's function gets, as JSON text; the payloads inside are passed through unparsed. */
export function actionPayload(task: {
  input: string;
  parents: ReadonlyMap<string, string>;
  /** Only for the on-failure task: what went wrong, by task. */
  errors: ReadonlyMap<string, string> | undefined;
}): string {
  const parents = [...task.parents].map(([name, output]) => `${JSON.stringify(name)}:${output}`).join(',');
  const errors =
    task.errors === undefined ? '' : `,"step_run_errors":${JSON.stringify(Object.fromEntries(task.errors))}`;
  return (
    `{"input":${objectOrNull(task.input)},"triggered_by":"manual","parents":{${parents}},` +
    `"triggers":{"filter_payload":null},"user_data":null,"overrides":null${errors}}`
  );
}
