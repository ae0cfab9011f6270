/** Does not load. */
throw Object.assign(new TypeError('refused to load'), { code: 'ERR_OF_THE_MODULE' });
