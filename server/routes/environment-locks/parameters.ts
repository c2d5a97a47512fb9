import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';

export const environmentParameters = z.object({ id: uuidSchema });
export const ticketParameters = z.object({ id: uuidSchema, ticket: uuidSchema });
