/** The three tools of the desk, over a small in-memory back office. */
import { tool } from '@langchain/core/tools';
import { z } from 'zod';

const CUSTOMERS = [
  { email: 'ada@example.com', name: 'Ada', plan: 'enterprise', openTickets: 2 },
  { email: 'bob@example.com', name: 'Bob', plan: 'free', openTickets: 0 },
  { email: 'eve@example.com', name: 'Eve', plan: 'team', openTickets: 5 },
];

const ARTICLES = [
  {
    id: 'KB-101',
    title: 'Resetting a password',
    words: ['password', 'login', 'sign', 'locked'],
    text: 'Use "Forgot password"; the link lasts 15 minutes.',
  },
  {
    id: 'KB-202',
    title: 'Refunds and double charges',
    words: ['refund', 'charge', 'charged', 'invoice', 'billing', 'payment'],
    text: 'Double charges are refunded within 3 working days.',
  },
  {
    id: 'KB-303',
    title: 'API errors with status 5xx',
    words: ['error', 'api', 'down', 'outage', '500', '503', 'crash'],
    text: 'Check the status page; retry with back-off; open an incident when it lasts.',
  },
];

export const lookUpCustomer = tool(
  ({ email }) => {
    const customer = CUSTOMERS.find((entry) => entry.email === email.toLowerCase());
    return JSON.stringify(customer ?? { email, plan: 'unknown', openTickets: 0 });
  },
  {
    name: 'look_up_customer',
    description: 'Finds the customer who wrote a ticket: plan and open tickets.',
    schema: z.object({ email: z.string() }),
  },
);

export const searchArticles = tool(
  ({ query }) => {
    const words = query.toLowerCase().split(/\W+/);
    const found = ARTICLES.filter((article) => article.words.some((word) => words.includes(word)));
    return JSON.stringify(found.map(({ id, title, text }) => ({ id, title, text })));
  },
  {
    name: 'search_articles',
    description: 'Searches the knowledge base.',
    schema: z.object({ query: z.string() }),
  },
);

export const routeTicket = tool(
  ({ team, priority, summary }) => JSON.stringify({ routed: true, team, priority, summary }),
  {
    name: 'route_ticket',
    description: 'Hands the ticket to a team with a priority. Call it last, once.',
    schema: z.object({
      team: z.enum(['billing', 'accounts', 'engineering', 'general']),
      priority: z.enum(['low', 'normal', 'high', 'urgent']),
      summary: z.string(),
    }),
  },
);

export const tools = [lookUpCustomer, searchArticles, routeTicket];
