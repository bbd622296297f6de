export { asyncApi, channel, messageRef, sessionDocument, shown } from './asyncapi.ts';
export { openApi } from './openapi.ts';
export { type Json, type JsonObject, plain } from './schemas.ts';
export { type Field, fieldsOf } from './signatures.ts';
export { table, tables } from './tables.ts';
