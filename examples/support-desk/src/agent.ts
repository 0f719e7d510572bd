/** The graph: the model speaks, its tools run, until it has nothing left to call. */
import { type AIMessage, SystemMessage } from '@langchain/core/messages';
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { ToolNode } from '@langchain/langgraph/prebuilt';
import { chooseModel } from './model.ts';
import { tools } from './tools.ts';

const INSTRUCTIONS = `You triage support tickets. Look up the customer, search the knowledge base,
then route the ticket to a team with a priority. End with a short answer to the customer.`;

const { name, model } = await chooseModel(process.env);
const withTools = model.bindTools?.(tools) ?? model;

export const modelName = name;

export const graph = new StateGraph(MessagesAnnotation)
  .addNode('model', async ({ messages }) => ({
    messages: [await withTools.invoke([new SystemMessage(INSTRUCTIONS), ...messages])],
  }))
  .addNode('tools', new ToolNode(tools))
  .addEdge(START, 'model')
  .addConditionalEdges('model', ({ messages }) =>
    (messages.at(-1) as AIMessage).tool_calls?.length ? 'tools' : END,
  )
  .addEdge('tools', 'model')
  .compile();
