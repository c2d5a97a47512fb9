import { expectSchema, platformSchemaSchema } from '../../../contracts/schema-version.ts';
import { gatewayClient, type Verification } from './verification.ts';

/** The database has the migrations that the installed version needs, and none that it cannot run on. */
export const schemaVerification: Verification = {
  name: 'schema',
  title: 'Schema',
  async run({ url, stack, schemaVersion }) {
    const { data, error } = await gatewayClient(url, stack.secrets.publishableKey).rpc('platform_schema');
    if (error !== null) throw new Error(`platform_schema does not answer: ${error.message}`);
    const found = platformSchemaSchema.parse(data);
    expectSchema(found, schemaVersion);
    return `migration ${found.version}`;
  },
};
