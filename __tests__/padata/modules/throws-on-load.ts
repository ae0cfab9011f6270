/** Does not load. */
throw new Error('refused to load');
