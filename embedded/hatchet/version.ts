/** What SDKs see: they switch features on by it. The surface is that of the 0.106 line, as far as it exists here. */
export const engineVersion = 'v0.106.3';
