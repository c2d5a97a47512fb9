/** True for what a server can be reached at. `localhost:8000` is not: a URL parser takes `localhost` for the scheme. */
export const isServerUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
