/** Stands at the top of every page that is made from the code. */
export const generatedNote = '<!-- Made by `npm run docs` from the code. Do not edit. -->';
