import { stringify } from 'yaml';

/** Quoted for readers of YAML 1.1 too, to whom `no` is false and `0:0` a number; no line is folded, no anchor used. */
export const renderYaml = (value: unknown): string =>
  stringify(value, { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false });
