import type { EventDraft } from '../../contracts/trail.ts';
import type { McpCall, ToolCall } from '../metering/metering.ts';

type Attribute = NonNullable<EventDraft['attributes']>[string];

/** A guest's own words are in it: each list and text is cut. */
const MAX_ITEMS = 20;
const MAX_TEXT = 200;

export function mcpAttribute(mcp: McpCall, toolCalls: readonly ToolCall[] | undefined): Attribute {
  return {
    methods: cut(mcp.methods),
    requestIds: cut(mcp.requestIds),
    ...(mcp.sessionId !== undefined && { sessionId: mcp.sessionId.slice(0, MAX_TEXT) }),
    tools: cut(mcp.tools),
    ...(toolCalls !== undefined && {
      toolCalls: toolCalls.slice(0, MAX_ITEMS).map(({ id, tool, failed }) => ({
        ...(id !== undefined && { id: text(id) }),
        ...(tool !== undefined && { tool: text(tool) }),
        ...(failed !== undefined && { failed }),
      })),
    }),
  };
}

function cut(list: readonly (string | number)[]): (string | number)[] {
  return list.slice(0, MAX_ITEMS).map(text);
}

function text(value: string | number): string | number {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT) : value;
}
