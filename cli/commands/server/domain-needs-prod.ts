import { UsageError } from '../../usage-error.ts';

export const domainNeedsProd = (): UsageError =>
  new UsageError('Only a stack of --mode prod has a domain.', 'Add --mode prod, or leave --domain out.');
