// CommonJS, because the SDK loads a failure converter by `require(path)` outside of tsx, and packs
// the same file into the workflow bundle.
const { DefaultFailureConverter } = require('@temporalio/common');

/** Moves messages and stack traces of failures into a payload, which the codec then encrypts. */
exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
