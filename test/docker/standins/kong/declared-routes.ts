// Takes the place of the gateway's own table (see the recipe): the routes are Kong's configuration's.
import { declared } from './environment.ts';

export const { routes } = declared;
