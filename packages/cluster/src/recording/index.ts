export * from './checker/index.ts';
export { readDatabase } from './database.ts';
export { createRecorder, type Recorder, seenOf } from './recorder.ts';
export { recordedSdk } from './sdk-client.ts';
