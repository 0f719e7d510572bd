/**
 * Metering from the wire: which calls go to a model or a tool, and what they used, from the bytes
 * that pass by and never from an SDK.
 */
import type { CallHead, MeterableCall, MeteredCall } from './metering-types.ts';

export type {
  CallHead,
  McpCall,
  MeterableCall,
  MeteredCall,
  RefusalAnswer,
  ResponseTap,
  TapEnd,
  ToolCall,
} from './metering-types.ts';
export { MAX_METERED_BODY_BYTES } from './metering-types.ts';
export { providerRefusal } from './provider-refusal.ts';

/** Whether the proxy should read the whole request body before it forwards it (up to MAX_METERED_BODY_BYTES). */
export function needsBody(_call: CallHead): boolean {
  return false;
}

/** @returns undefined for a plain call */
export function meterCall(_call: MeterableCall): MeteredCall | undefined {
  return undefined;
}
