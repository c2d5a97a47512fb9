/** For a PATCH whose every field may be left out, but not all. */
export const atLeastOne = (body: object): boolean => Object.values(body).some((value) => value !== undefined);
export const nothingToChange = { error: 'Nothing to change: name at least one field.' };
