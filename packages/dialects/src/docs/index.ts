export { asyncApiOf } from './asyncapi.ts';
export { openApiOf } from './openapi.ts';
