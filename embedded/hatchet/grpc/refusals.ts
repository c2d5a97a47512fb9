import { ServerError, Status } from 'nice-grpc';
import { durationRule } from '../domain/duration.ts';
import { isUuid } from '../domain/uuid.ts';
import { validationText } from '../domain/validation.ts';

/** Refusals in the wire's words (recorded from the real engine). */
export const invalid = (details: string): ServerError => new ServerError(Status.INVALID_ARGUMENT, details);
export const invalidRequest = (details: string): ServerError => invalid(`Invalid request: ${details}`);
export const workerNotFound = (id: string): ServerError => new ServerError(Status.NOT_FOUND, `worker not found: ${id}`);
export const taskNotFound = (id: string): ServerError => new ServerError(Status.NOT_FOUND, `task run not found: ${id}`);
export const notFound = (): ServerError => new ServerError(Status.NOT_FOUND, 'not found');
export const unimplemented = (method: string): ServerError =>
  new ServerError(Status.UNIMPLEMENTED, `${method} is not implemented`);

export const invalidDuration = (field: string): ServerError => {
  const [subject = '', path = ''] = field.split('.');
  return invalidRequest(validationText(subject, [[path, durationRule]]));
};

export const workerId = (id: string): string => {
  if (!isUuid(id)) throw invalid(`invalid worker ID format: ${id}`);
  return id;
};

/** The reason of the uuid parser that the real engine uses. */
export const uuidProblem = (text: string): string =>
  text.length === 36 ? 'invalid UUID format' : `invalid UUID length: ${text.length}`;
