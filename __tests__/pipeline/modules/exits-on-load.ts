/** Ends its thread before it has loaded. */
process.exit(3);
