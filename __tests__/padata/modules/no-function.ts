/** Has nothing to run. */
export const parallel = 'not a function';
