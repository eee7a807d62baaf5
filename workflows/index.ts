/** Every workflow that a worker registers, and nothing else: whatever is exported here is one. */
export {};
